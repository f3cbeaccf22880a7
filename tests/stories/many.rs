//! The same for many at once: marks, what is asked, and who is left out.

use serde_json::json;

use crate::desk::{Desk, accept};
use crate::support::cli::Home;
use crate::support::pty::key;
use crate::support::seed;

/// An organisation with so many people who are invited.
fn crowd(count: usize) -> Desk {
    let home = Home::with_organisation();
    seed::invited(&format!("sqlite://{}", home.database().display()), count);
    Desk::at(home)
}

#[test]
fn more_than_fifty_are_deleted_only_when_their_number_is_typed() {
    let mut desk = crowd(60);
    desk.choose("f", 2, "╭ invited ");
    desk.press("*");
    desk.sees("all marked");
    desk.press("D");
    desk.sees("Delete 60 users?");
    desk.sees("Type 60 to confirm:");
    // Not their number: it says so, and nothing but Cancel can be pressed.
    desk.prove("61");
    desk.sees("That isn't 60.");
    desk.cancel();
    desk.sees_go("Delete 60 users?");
    assert_eq!(desk.list("invited").len(), 60);
    desk.press("D");
    desk.sees("Type 60 to confirm:");
    // Someone who is invited while the question is open was not counted.
    desk.home.run("invite late@example.org").ends(0);
    desk.prove("60");
    desk.sees("Deleted: 60 users; 0 refused.");
    desk.sees("1 user matched only after you were asked, and didn't change.");
    assert_eq!(desk.list("invited"), ["late@example.org"]);
    assert_eq!(desk.status("bulk60@example.org"), "deleted");
    assert!(desk.emails().iter().filter(|email| email.contains("bulk")).all(|email| email.ends_with("cancelled")));
}

#[test]
fn whoever_leaves_while_many_are_changed_is_told_how_far_it_came() {
    let mut desk = crowd(2_000);
    desk.choose("f", 2, "╭ invited ");
    desk.press("*");
    desk.sees("all marked");
    desk.press("s");
    desk.sees("Type 2000 to confirm:");
    desk.prove("2000");
    desk.sees(" of 2,000");
    desk.screen.signal(rustix::process::Signal::TERM);
    assert_eq!(desk.screen.wait_exit().exit_code(), 6);
    let url = format!("sqlite://{}", desk.home.database().display());
    let count = "SELECT count(*) AS n FROM users WHERE suspended_at IS NOT NULL";
    let suspended = seed::rows(&url, count, |row| row.try_get::<i64>("", "n").unwrap())[0];
    let said = format!("Suspended: {suspended} users. rsvp ended before the other ");
    assert!(desk.screen.shows(&said), "{said} {}", desk.screen.picture());
}

#[test]
fn those_who_are_marked_are_suspended_and_nobody_else() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow", "Dan Dove"]);
    desk.press("j");
    desk.screen.wait_in_row("▌", "Bea Bird");
    desk.press("  ");
    desk.sees("2 marked");
    desk.press("s");
    desk.sees("Suspend 2 users?");
    desk.cancel();
    desk.sees_go("Suspend 2 users?");
    assert!(desk.list("suspended").is_empty());
    // One of them is gone by the time it is done.
    desk.press("s");
    desk.sees("Suspend 2 users?");
    desk.home.run("delete cal@example.org --yes").ends(0);
    desk.confirm();
    desk.sees("Suspended: 1 user; 1 refused.");
    desk.sees("✗ 1 user · Someone else changed this user in the meantime, so nothing was done");
    assert_eq!(desk.list("suspended"), ["bea@example.org"]);
    assert_eq!((desk.status("cal@example.org"), desk.status("dan@example.org")), ("deleted".into(), "invited".into()));
}

#[test]
fn whoever_cannot_be_resent_is_listed_with_the_reason() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    accept(&desk.home, "bea@example.org");
    desk.screen.wait_in_row("Bea Bird", "● active");
    desk.change("UPDATE links SET issued_at = issued_at - 61000");
    desk.press("*r");
    desk.sees("Resend invitations of 3 users?");
    desk.confirm();
    desk.sees("Invitation resent: 1 user; 2 refused.");
    desk.sees("bea@example.org");
    assert_eq!(desk.user("cal@example.org")["invitation"]["times_sent"], 2);
    assert_eq!(desk.log().iter().filter(|action| *action == "resend").count(), 1);
}

#[test]
fn many_join_a_workspace_and_become_administrators() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    desk.home.run("workspace create Research").ends(0);
    desk.press("jV");
    desk.sees("Mark one end with Space");
    desk.press(" V");
    desk.sees("2 marked");
    desk.press("w");
    desk.sees("Add everybody who is marked");
    desk.press(key::ENTER);
    desk.sees("Add 2 users to Research as member?");
    desk.confirm();
    desk.sees("Added to Research: 2 users");
    for email in ["bea@example.org", "cal@example.org"] {
        assert_eq!(desk.user(email)["workspaces"], json!([{ "name": "Research", "role": "member" }]));
    }
    assert_eq!(desk.user("ada@example.org")["workspaces"], json!([]));

    desk.press("g*");
    desk.sees("all marked");
    desk.run("change role");
    desk.sees("Role of everybody who is marked");
    desk.press(key::ENTER);
    desk.sees("Make 3 users member?");
    desk.confirm();
    desk.sees("Made member: 2 users; 1 refused.");
    desk.sees("✗ 1 user · This is the last active administrator");
    assert_eq!(desk.user("ada@example.org")["role"], "administrator");
}
