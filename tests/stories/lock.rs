//! The lock: a terminal that nobody touched shows nothing until the password is typed, and keeps what was being typed.

use crate::desk::invite;
use crate::support::cli::{Home, PASSWORD};
use crate::support::pty::key;

const TAB: &str = key::TAB;

#[test]
fn a_terminal_that_was_left_alone_opens_only_with_the_password_and_keeps_the_form() {
    let home = Home::with_organisation();
    invite(&home, &["Grace Hopper"]);
    home.settings("[terminal]\nidle_lock = \"2s\"\n");
    let mut screen = home.terminal().size(170, 40).start();
    screen.wait_for("Password forgotten?");
    screen.send(&format!("ada@example.org{TAB}{PASSWORD}{}", key::ENTER));
    screen.wait_for("Grace Hopper");
    screen.send(&format!("iZoe Zimmer{TAB}zoe@example.org"));
    screen.wait_for("zoe@example.org");
    screen.wait_gone("zoe@example.org");
    assert!(!screen.shows("Grace Hopper"), "{}", screen.picture());

    screen.send(&format!("not the password{}", key::ENTER));
    screen.wait_for("password is wrong");
    assert!(!screen.shows("zoe@example.org"), "{}", screen.picture());
    home.run("show zoe@example.org").ends(4);
    screen.send(&format!("{PASSWORD}{}", key::ENTER));
    screen.wait_for("zoe@example.org");
    screen.send(key::CTRL_S);
    screen.wait_for("Zoe Zimmer: invited");
    assert_eq!(home.run("show zoe@example.org --json").ends(0).json()["status"], "invited");
}
