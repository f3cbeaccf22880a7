//! Links: resend, revoke, show, and the reset of a password.

use base64::Engine as _;
use serde_json::json;

use crate::desk::{Desk, accept, expire, wait_a_minute};
use crate::support::pty::key;

const GRACE: &str = "grace@example.org";

#[test]
fn an_invitation_is_resent_and_not_twice_within_a_minute() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("r");
    desk.sees("Grace Hopper: An invitation was queued");
    assert_eq!(desk.user(GRACE)["invitation"]["times_sent"], 1);

    wait_a_minute(&desk.home, GRACE);
    desk.press("r");
    desk.sees("Grace Hopper: invitation resent, but no relay is set, so the email waits");
    assert_eq!(desk.user(GRACE)["invitation"]["times_sent"], 2);
    assert_eq!(desk.emails(), [format!("invitation {GRACE} queued"), format!("invitation {GRACE} cancelled")]);

    accept(&desk.home, GRACE);
    desk.screen.wait_in_row("Grace Hopper", "● active");
    desk.press("r");
    desk.sees("Grace Hopper is already active; send a password reset instead.");
    assert_eq!(desk.log().iter().filter(|action| *action == "resend").count(), 1);
}

#[test]
fn an_invitation_is_revoked_once() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("x");
    desk.sees("Revoke the invitation of Grace Hopper?");
    desk.enter();
    desk.sees_go("Revoke the invitation of Grace Hopper?");
    assert_eq!(desk.user(GRACE)["invitation"]["state"], "pending");

    desk.press("x");
    desk.sees("Revoke the invitation of Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: invitation revoked");
    let stored = desk.user(GRACE);
    assert_eq!((&stored["status"], &stored["invitation"]["state"]), (&json!("invited"), &json!("revoked")));
    assert_eq!(desk.emails(), [format!("invitation {GRACE} cancelled")]);
    desk.press("x");
    desk.sees("Grace Hopper has no open invitation");
    assert_eq!(desk.log().iter().filter(|action| *action == "revoke").count(), 1);
}

#[test]
fn a_link_is_shown_copied_and_noted_and_none_that_no_longer_works() {
    let mut desk = Desk::with(&["Grace Hopper", "Zoe Zimmer"]);
    expire(&desk.home, "zoe@example.org");
    desk.find("Grace Hopper");
    desk.press("y");
    desk.sees("Link of Grace Hopper");
    let copied = desk.screen.clipboard().last().expect("a copied link").clone();
    let copied = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(copied).unwrap()).unwrap();
    desk.sees(&copied);
    assert_eq!(desk.log()[0], "link");
    assert_eq!(desk.home.run(&format!("link {GRACE}")).ends(0).out.trim(), copied);
    desk.cancel();
    desk.sees_go("Link of Grace Hopper");

    let seen = desk.log().len();
    desk.find("Zoe Zimmer");
    desk.press("y");
    desk.sees("The link has expired");
    assert_eq!(desk.log().len(), seen);
}

#[test]
fn a_password_reset_goes_to_somebody_who_is_active_and_one_a_minute() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("p");
    desk.sees("Grace Hopper isn't active yet");
    accept(&desk.home, GRACE);
    desk.screen.wait_in_row("Grace Hopper", "● active");
    desk.press("p");
    desk.sees("Send Grace Hopper a password reset?");
    desk.cancel();
    desk.sees_go("Send Grace Hopper a password reset?");
    assert!(!desk.log().contains(&"reset-password".to_owned()));

    desk.press("p");
    desk.sees("Send Grace Hopper a password reset?");
    desk.confirm();
    desk.sees("Grace Hopper: password reset sent");
    assert_eq!(desk.emails()[0], format!("password reset {GRACE} queued"));
    desk.press("p");
    desk.sees("Send Grace Hopper a password reset?");
    desk.confirm();
    desk.sees("less than a minute ago");
    assert_eq!(desk.log().iter().filter(|action| *action == "reset-password").count(), 1);
}

#[test]
fn a_new_address_waits_to_be_confirmed_and_the_current_one_is_kept() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    accept(&desk.home, GRACE);
    desk.screen.wait_in_row("Grace Hopper", "● active");
    desk.find("Grace Hopper");
    desk.press("x");
    desk.sees("Grace Hopper has accepted the invitation");
    desk.press(&format!("e{}{}hopper@example.org{}", key::TAB, key::CTRL_U, key::CTRL_S));
    desk.sees("Grace Hopper: hopper@example.org must be confirmed first, and the current address gets an email");
    assert_eq!(desk.emails()[..2].iter().filter(|email| email.ends_with(" queued")).count(), 2);
    desk.press("p");
    desk.sees("hopper@example.org hasn't been confirmed as the new address yet; x keeps the current one.");

    desk.press("x");
    desk.sees("Keep the current address of Grace Hopper?");
    desk.enter();
    desk.sees_go("Keep the current address of Grace Hopper?");
    assert!(!desk.log().contains(&"keep-email".to_owned()));
    desk.press("x");
    desk.sees("Keep the current address of Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: kept the current address");
    assert_eq!(desk.log()[0], "keep-email");
    assert_eq!(desk.user(GRACE)["email"], GRACE);
    let confirm = desk.emails().into_iter().find(|email| email.contains("confirm"));
    assert_eq!(confirm.as_deref(), Some("confirm email hopper@example.org cancelled"));
}
