//! The audit log: what is shown of it, and whether anybody meddled with it.

use crate::desk::Desk;
use crate::support;
use crate::support::pty::key;

const TAB: &str = key::TAB;

#[test]
fn the_log_is_filtered_by_person_and_the_filter_is_cleared() {
    let mut desk = Desk::with(&["Grace Hopper", "Zoe Zimmer"]);
    desk.press("4");
    desk.screen.wait_in_row("invited", "Zoe Zimmer");
    desk.press("f");
    desk.sees("Which entries");
    desk.press(&format!("grace@example.org{TAB}{TAB}{TAB}yesterday{}", key::CTRL_S));
    desk.sees("isn't a time");
    desk.press(&format!("{}{}", key::CTRL_U, key::CTRL_S));
    desk.sees_go("Which entries");
    desk.sees_go("Zoe Zimmer");
    desk.screen.wait_in_row("invited", "Grace Hopper");
    let found = desk.home.run("audit list --user grace@example.org --json").ends(0).json();
    let count = found["items"].as_array().expect("entries").len();
    desk.sees(&format!("newest first · {count} "));
    desk.press("@");
    desk.sees("╭ Grace Hopper ");
    desk.press("4");
    desk.sees("newest first");
    desk.cancel();
    desk.screen.wait_in_row("invited", "Zoe Zimmer");
}

#[test]
fn the_chain_over_the_log_is_walked_and_a_change_behind_it_is_found() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    let service = desk.home.start(&["serve", "--no-portal"]);
    let deadline = std::time::Instant::now() + support::DEADLINE;
    let sealed = loop {
        let found = desk.home.run("audit verify --json").ends(0).json();
        if found["unsealed"] == 0 {
            break found["sealed"].as_i64().expect("a number");
        }
        assert!(std::time::Instant::now() < deadline, "{found}");
    };
    drop(service);
    desk.press("4c");
    desk.sees(&format!("{sealed} entries are sealed and unchanged"));

    desk.change("DROP TRIGGER audit_no_update");
    desk.change("UPDATE audit SET action = 'delete' WHERE action = 'invite'");
    desk.press("c");
    desk.sees("The audit log is broken at link");
    desk.home.run("audit verify").ends(1);
}
