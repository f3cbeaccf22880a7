//! Emails: retry one or all, cancel, preview, correct the address, send a test.

use crate::desk::{Desk, accept, fail};
use crate::support::pty::key;

const GRACE: &str = "grace@example.org";

#[test]
fn an_email_is_cancelled_once_and_retried() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.press("2");
    desk.screen.wait_in_row("▌", GRACE);
    desk.press("x");
    desk.sees("Cancel email 1?");
    desk.cancel();
    desk.sees_go("Cancel email 1?");
    assert_eq!(desk.emails(), [format!("invitation {GRACE} queued")]);
    desk.press("x");
    desk.sees("Cancel email 1?");
    desk.confirm();
    desk.sees("Email cancelled");
    desk.screen.wait_in_row("▌", "cancelled");
    assert_eq!(desk.emails(), [format!("invitation {GRACE} cancelled")]);
    desk.press("r");
    desk.sees("Email 1 is cancelled; you can only retry one that is queued or failed.");
    assert_eq!(desk.emails(), [format!("invitation {GRACE} cancelled")]);
}

#[test]
fn all_failed_emails_are_retried_but_not_one_whose_link_no_longer_works() {
    let mut desk = Desk::with(&["Grace Hopper", "Zoe Zimmer", "Bea Bird"]);
    desk.press("2");
    desk.screen.wait_in_row("▌", "bea@example.org");
    desk.press("a");
    desk.sees("No email failed.");
    for email in [GRACE, "zoe@example.org", "bea@example.org"] {
        fail(&desk.home, email);
    }
    desk.sees("2 Mail !3");
    desk.press("a");
    desk.sees("Retry 3 failed emails?");
    desk.cancel();
    desk.sees_go("Retry 3 failed emails?");
    assert!(desk.emails().iter().all(|email| email.ends_with("failed")));
    // Zoe's email has nothing to say any more.
    desk.change(
        "UPDATE links SET ending = 'revoked', ended_at = issued_at, open_key = NULL WHERE address = 'zoe@example.org'",
    );
    desk.press("a");
    desk.sees("Retry 2 failed emails?");
    desk.sees("1 failed email is left out");
    desk.confirm();
    desk.sees("2 emails retried");
    let queued = |name: &str, state: &str| format!("invitation {name}@example.org {state}");
    assert_eq!(desk.emails(), [queued("bea", "queued"), queued("zoe", "failed"), queued("grace", "queued")]);

    desk.press("j");
    desk.screen.wait_in_row("▌", "zoe@example.org");
    desk.press("r");
    desk.sees("The link in email 2 no longer works");
    assert_eq!(desk.emails()[1], queued("zoe", "failed"));
}

#[test]
fn what_an_email_says_is_read_without_its_code() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.press("2");
    desk.screen.wait_in_row("▌", GRACE);
    desk.press("v");
    desk.sees("╭ Email 1 ");
    desk.sees("Subject: ");
    desk.sees("•••••");
    let read = desk.home.run("mail preview 1 --json").ends(0).json();
    desk.sees(&format!("Subject: {}", read["subject"].as_str().expect("a subject")));
    desk.press("q");
    desk.sees_go("Subject: ");
    desk.home.run(&format!("erase {GRACE} --yes")).ends(0);
    desk.sees_go(GRACE);
    desk.press("v");
    desk.sees("No email is under the cursor.");
}

#[test]
fn an_address_is_corrected_from_the_email_that_failed() {
    let mut desk = Desk::with(&["Grace Hopper", "Zoe Zimmer"]);
    fail(&desk.home, GRACE);
    desk.press("2");
    desk.choose("f", 2, "failed");
    desk.screen.wait_in_row("▌", GRACE);
    desk.press("e");
    desk.sees("Edit Grace Hopper");
    desk.press(&format!("{}zoe@example.org{}", key::CTRL_U, key::CTRL_S));
    desk.sees("zoe@example.org belongs to another user, who is invited");
    desk.press(&format!("{}hopper@example.org{}", key::CTRL_U, key::CTRL_S));
    desk.sees("email saved; a new invitation goes to the new address, and the earlier link no longer works");
    assert_eq!(desk.user("hopper@example.org")["invitation"]["times_sent"], 2);
    let emails = desk.emails();
    assert_eq!(emails[0], "invitation hopper@example.org queued");
    assert_eq!(emails[2], format!("invitation {GRACE} cancelled"));
}

#[test]
fn a_test_email_goes_to_the_outbox_and_belongs_to_no_user() {
    let mut desk = Desk::with(&[]);
    desk.press("2t");
    desk.sees("Send test email");
    desk.press(&format!("nobody{}", key::CTRL_S));
    desk.sees("“nobody” isn't an email address");
    assert!(desk.emails().is_empty());
    desk.press(&format!("{}ops@example.org{}", key::CTRL_U, key::CTRL_S));
    desk.sees("A test email to ops@example.org is in the outbox");
    assert_eq!(desk.emails(), ["test ops@example.org queued"]);
    assert_eq!(desk.log()[0], "mail-test");
    desk.screen.wait_in_row("▌", "ops@example.org");
    desk.press("e");
    desk.sees("A test email goes to no user.");
}

#[test]
fn an_email_leads_to_its_user() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    accept(&desk.home, GRACE);
    desk.press("2");
    desk.screen.wait_in_row("▌", GRACE);
    desk.press("@");
    desk.sees("╭ Grace Hopper ");
    desk.sees("● ACTIVE");
    assert_eq!(desk.status(GRACE), "active");
}
