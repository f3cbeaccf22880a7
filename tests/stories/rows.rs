//! A row that leaves its list stays under the cursor, as what it became, until the cursor moves.

use crate::desk::{Desk, accept, expire, fail};

#[test]
fn who_is_resent_stays_in_the_view_of_expired_invitations_and_a_second_key_hits_nobody_else() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    for email in ["bea@example.org", "cal@example.org"] {
        expire(&desk.home, email);
    }
    desk.choose("f", 3, "╭ expired ");
    desk.sees("╭ Bea Bird ");
    desk.press("r");
    desk.sees("Bea Bird: invitation resent");
    desk.screen.wait_in_row("▌ Bea Bird", "7 d left");
    desk.sees("· 1 user");
    desk.press("r");
    desk.sees("Bea Bird: An invitation was queued");
    assert_eq!(desk.list("expired"), ["cal@example.org"]);
    assert_eq!(desk.user("bea@example.org")["invitation"]["times_sent"], 2);
    assert_eq!(desk.user("cal@example.org")["invitation"]["times_sent"], 1);

    desk.press("j");
    desk.sees("▌ Cal Crow");
    desk.sees_go("Bea Bird  ");
}

#[test]
fn who_is_suspended_stays_in_the_view_of_active_users() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    for email in ["bea@example.org", "cal@example.org"] {
        accept(&desk.home, email);
    }
    desk.choose("f", 4, "╭ active ");
    desk.press("j");
    desk.sees("╭ Bea Bird ");
    desk.press("s");
    desk.sees("Suspend Bea Bird?");
    desk.confirm();
    desk.sees("Bea Bird: suspended");
    desk.screen.wait_in_row("▌ Bea Bird", "suspended");
    desk.press("s");
    desk.sees("Reactivate Bea Bird?");
    desk.cancel();
    desk.sees_go("Reactivate Bea Bird?");
    assert_eq!(desk.list("suspended"), ["bea@example.org"]);

    desk.press("j");
    desk.sees("▌ Cal Crow");
    desk.sees_go("Bea Bird  ");
    assert_eq!(desk.status("cal@example.org"), "active");
}

#[test]
fn an_email_that_is_retried_stays_in_the_view_of_failed_ones() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    for email in ["bea@example.org", "cal@example.org"] {
        fail(&desk.home, email);
    }
    desk.press("2");
    desk.screen.wait_in_row("▌", "cal@example.org");
    desk.choose("f", 2, "failed");
    desk.screen.wait_in_row("▌", "cal@example.org");
    desk.press("r");
    desk.sees("Email retried");
    desk.screen.wait_in_row("▌", "◌ queued");
    desk.sees("◌ QUEUED");
    desk.sees("Mail · failed · newest first · 1 ");
    desk.screen.wait_in_row("▌", "cal@example.org");
    desk.press("r");
    desk.sees("Email retried");
    assert_eq!(desk.emails(), ["invitation cal@example.org queued", "invitation bea@example.org failed"]);

    desk.press("j");
    desk.screen.wait_in_row("▌", "bea@example.org");
    desk.sees_go("cal@example.org  ");
}
