//! People: invite, edit, suspend, reactivate, delete, restore, erase, the role, and undo.

use serde_json::json;

use crate::desk::{Desk, accept};
use crate::support::pty::key;
use crate::support::seed;

const TAB: &str = key::TAB;
const GRACE: &str = "grace@example.org";

#[test]
fn somebody_is_invited_and_nobody_twice() {
    let mut desk = Desk::with(&[]);
    desk.press("i");
    desk.sees("Invite user");
    desk.press(&format!("Grace Hopper{TAB}not an address{}", key::CTRL_S));
    desk.sees("“not an address” isn't an email address");
    assert!(desk.emails().is_empty());
    desk.press(&format!("{}{GRACE}{TAB}{}{}", key::CTRL_U, key::LEFT, key::CTRL_S));
    desk.sees("Grace Hopper: invited, but no relay is set, so the email waits; nothing serves the link yet");
    desk.screen.wait_in_row("Grace Hopper", "◌ invited");
    let stored = desk.user(GRACE);
    assert_eq!((&stored["name"], &stored["role"]), (&json!("Grace Hopper"), &json!("administrator")));
    assert_eq!((&stored["status"], &stored["invitation"]["state"]), (&json!("invited"), &json!("pending")));
    assert_eq!(desk.emails(), [format!("invitation {GRACE} queued")]);

    desk.press(&format!("iHopper{TAB}{GRACE}{}", key::CTRL_S));
    desk.sees(&format!("{GRACE} is already invited"));
    desk.cancel();
    desk.sees("Leave without saving?");
    desk.cancel();
    desk.sees_go("╭ Invite user");
    assert_eq!(desk.emails().len(), 1);
    assert_eq!(desk.user(GRACE)["name"], "Grace Hopper");

    desk.press("u");
    desk.sees("Grace Hopper: “invite user” undone");
    assert_eq!(
        (desk.status(GRACE), desk.emails()),
        ("deleted".to_owned(), vec![format!("invitation {GRACE} cancelled")])
    );
}

#[test]
fn two_people_edit_somebody_at_once_and_neither_loses_what_they_wrote_unseen() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press(&format!("e{}Rear Admiral Hopper{}", key::CTRL_U, key::CTRL_S));
    desk.sees("Rear Admiral Hopper: name saved");
    assert_eq!(desk.user(GRACE)["name"], "Rear Admiral Hopper");

    desk.cancel();
    desk.find("Rear Admiral Hopper");
    desk.press(&format!("e{}Mine", key::CTRL_U));
    desk.sees("Mine");
    desk.home.type_in("", &["edit", GRACE, "--name", "Theirs"]).ends(0);
    desk.press(key::CTRL_S);
    desk.sees("Someone changed Theirs while you were editing. Nothing was saved.");
    assert_eq!(desk.user(GRACE)["name"], "Theirs");
    desk.screen.settle(std::time::Duration::from_millis(400));
    desk.press(TAB);
    desk.confirm();
    desk.sees("Mine: name saved");
    assert_eq!(desk.user(GRACE)["name"], "Mine");

    desk.press(&format!("e{TAB}{}ada@example.org{}", key::CTRL_U, key::CTRL_S));
    desk.sees("ada@example.org belongs to another user, who is active");
    assert_eq!(desk.user(GRACE)["name"], "Mine");
}

#[test]
fn somebody_is_suspended_and_comes_back() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    accept(&desk.home, GRACE);
    desk.screen.wait_in_row("Grace Hopper", "● active");
    desk.find("Grace Hopper");
    desk.press("s");
    desk.sees("Suspend Grace Hopper?");
    desk.cancel();
    desk.sees_go("Suspend Grace Hopper?");
    assert_eq!(desk.status(GRACE), "active");
    desk.press("s");
    desk.sees("Suspend Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: suspended");
    desk.screen.wait_in_row("Grace Hopper", "suspended");
    assert_eq!(desk.status(GRACE), "suspended");

    // Somebody else was faster: what was asked about is no more.
    desk.press("s");
    desk.sees("Reactivate Grace Hopper?");
    desk.home.run(&format!("reactivate {GRACE}")).ends(0);
    desk.confirm();
    desk.sees("Grace Hopper: ");
    desk.screen.wait_in_row("Grace Hopper", "● active");
    assert_eq!(desk.log().iter().filter(|action| *action == "reactivate").count(), 1);

    desk.home.run(&format!("suspend {GRACE}")).ends(0);
    desk.screen.wait_in_row("Grace Hopper", "suspended");
    desk.press("s");
    desk.sees("Reactivate Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: reactivated");
    assert_eq!(desk.status(GRACE), "active");

    desk.find("Ada");
    desk.press("s");
    desk.sees("Suspend Ada?");
    desk.confirm();
    desk.sees("This is the last active administrator");
    assert_eq!(desk.status("ada@example.org"), "active");
}

#[test]
fn somebody_is_deleted_restored_and_not_restored_where_the_address_is_taken() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("D");
    desk.sees("Delete Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: deleted");
    assert_eq!(
        (desk.status(GRACE), desk.emails()),
        ("deleted".to_owned(), vec![format!("invitation {GRACE} cancelled")])
    );
    desk.cancel();
    desk.choose("f", 6, "╭ deleted ");
    desk.find("Grace Hopper");
    desk.press("b");
    desk.sees("Grace Hopper: restored");
    assert_eq!(desk.status(GRACE), "invited");

    desk.home.run(&format!("delete {GRACE} --yes")).ends(0);
    desk.home.type_in("", &["invite", GRACE, "--name", "Another Grace"]).ends(0);
    desk.screen.wait_in_row("Grace Hopper", "⌫ deleted");
    desk.sees("⌫ DELETED");
    desk.press("b");
    desk.sees("grace@example.org now belongs to another user");
    assert_eq!(desk.list("deleted"), [GRACE]);
    assert_eq!(desk.user(GRACE)["name"], "Another Grace");
}

#[test]
fn somebody_is_erased_only_after_the_word() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.run("erase user");
    desk.sees("Type erase to confirm:");
    // Another word: it says so, and nothing but Cancel can be pressed.
    desk.prove("delete");
    desk.sees("That isn't erase.");
    desk.cancel();
    desk.sees_go("Type erase to confirm:");
    assert_eq!(desk.status(GRACE), "invited");
    desk.run("erase user");
    desk.sees("Type erase to confirm:");
    desk.prove("erase");
    desk.sees("Erased: 1 user");
    desk.sees_go("grace@example.org");
    desk.home.run(&format!("show {GRACE}")).ends(4);
    assert_eq!(desk.log()[0], "erase");
    assert!(!desk.home.run("audit list --json").ends(0).out.contains("Grace"));
}

#[test]
fn somebody_becomes_an_administrator_and_is_one_no_longer() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    accept(&desk.home, GRACE);
    desk.screen.wait_in_row("Grace Hopper", "● active");
    desk.find("Grace Hopper");
    desk.run("change role");
    desk.sees("Edit Grace Hopper");
    desk.press(&format!("{}{}", key::LEFT, key::CTRL_S));
    desk.sees("Grace Hopper: role saved");
    assert_eq!(desk.user(GRACE)["role"], "administrator");
    desk.press("u");
    desk.sees("Grace Hopper: “edit user” undone");
    assert_eq!(desk.user(GRACE)["role"], "member");

    desk.find("Ada");
    desk.run("change role");
    desk.sees("Edit Ada");
    desk.press(&format!("{}{}", key::RIGHT, key::CTRL_S));
    desk.sees("This is the last active administrator");
    assert_eq!(desk.user("ada@example.org")["role"], "administrator");
}

#[test]
fn what_somebody_else_changed_since_is_not_undone() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("u");
    desk.sees("Nothing that you did here can be undone now.");
    desk.press("s");
    desk.sees("Suspend Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: suspended · u undoes this");
    desk.press("u");
    desk.sees("Grace Hopper: “suspend user” undone");
    assert_eq!(desk.status(GRACE), "invited");

    desk.press("s");
    desk.sees("Suspend Grace Hopper?");
    desk.confirm();
    desk.sees("Grace Hopper: suspended · u undoes this");
    desk.home.type_in("", &["edit", GRACE, "--name", "Hopper"]).ends(0);
    desk.press("u");
    desk.sees("This can't be undone: the user has been changed since then");
    assert_eq!(desk.status(GRACE), "suspended");
}

#[test]
fn a_change_that_fails_after_somebody_left_is_not_lost_without_a_word() {
    let mut desk = Desk::with(&["Bea Bird"]);
    desk.find("Bea Bird");
    desk.press("s");
    desk.sees("Suspend Bea Bird?");
    let url = format!("sqlite://{}", desk.home.database().display());
    seed::while_held(&url, || {
        desk.confirm();
        desk.sees_go("Suspend Bea Bird?");
        desk.press(key::CTRL_C);
        assert_eq!(desk.screen.wait_exit().exit_code(), 1);
    });
    assert!(desk.screen.shows("The database is locked by another program"), "{}", desk.screen.picture());
    assert_eq!(desk.status("bea@example.org"), "invited");
}

#[test]
fn whoever_undoes_an_edit_that_cannot_be_undone_undoes_nothing_older() {
    let mut desk = Desk::with(&["Bea Bird", "Cal Crow"]);
    desk.find("Cal Crow");
    desk.press("s");
    desk.sees("Suspend Cal Crow?");
    desk.confirm();
    desk.sees("Cal Crow: suspended");
    desk.find("Bea Bird");
    desk.press("e");
    desk.sees("Edit Bea Bird");
    desk.press(&format!("{}Bea Brown{}", key::CTRL_U, key::CTRL_S));
    desk.sees("Bea Brown: name saved");
    desk.press("u");
    desk.sees("Nothing that you did here can be undone now");
    assert_eq!(desk.status("cal@example.org"), "suspended");
}
