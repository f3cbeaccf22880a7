//! Workspaces: create, rename, delete, who belongs to them and with which role.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::support::pty::key;

const GRACE: &str = "grace@example.org";

/// The workspaces as the command line lists them, each with how many users it has.
fn stored(desk: &Desk) -> Vec<(String, i64)> {
    let all = desk.home.run("workspace list --json").ends(0).json();
    let one =
        |item: &Value| (item["name"].as_str().expect("a name").to_owned(), item["users"].as_i64().expect("users"));
    all["items"].as_array().expect("workspaces").iter().map(one).collect()
}

fn one(name: &str, users: i64) -> (String, i64) {
    (name.to_owned(), users)
}

#[test]
fn a_workspace_is_created_renamed_and_deleted_and_no_name_is_taken_twice() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.press("3");
    desk.press("i");
    desk.sees("Create workspace");
    desk.press(&format!("Research{}", key::CTRL_S));
    desk.sees("Workspace Research created");
    assert_eq!(stored(&desk), [one("Research", 0)]);
    desk.press("i");
    desk.sees("╭ Create workspace");
    desk.press(&format!("research{}", key::CTRL_S));
    desk.sees("A workspace named research already exists");
    desk.press(&format!("{}Library{}", key::CTRL_U, key::CTRL_S));
    desk.sees("Workspace Library created");
    assert_eq!(stored(&desk), [one("Library", 0), one("Research", 0)]);

    desk.press("g");
    desk.screen.wait_in_row("▌", "Library");
    desk.press("e");
    desk.sees("Rename workspace Library");
    desk.press(&format!("{}Archive{}", key::CTRL_U, key::CTRL_S));
    desk.sees("Workspace Library is called Archive now");
    desk.screen.wait_in_row("▌", "Archive");

    desk.home.run(&format!("member add Archive {GRACE}")).ends(0);
    desk.press("D");
    desk.sees("Delete workspace Archive?");
    desk.cancel();
    desk.sees_go("Delete workspace Archive?");
    assert_eq!(stored(&desk), [one("Archive", 1), one("Research", 0)]);
    desk.press("D");
    desk.sees("Delete workspace Archive?");
    desk.confirm();
    desk.sees("Workspace Archive deleted");
    desk.screen.wait_in_row("▌ Archive", "deleted");
    desk.press("e");
    desk.sees("This workspace was deleted.");
    assert_eq!(stored(&desk), [one("Research", 0)]);
    assert_eq!(desk.user(GRACE)["workspaces"], json!([]));
}

#[test]
fn a_workspace_that_somebody_else_deleted_is_not_renamed() {
    let mut desk = Desk::with(&[]);
    desk.home.run("workspace create Research").ends(0);
    desk.press("3");
    desk.screen.wait_in_row("▌", "Research");
    desk.press("e");
    desk.sees("Rename workspace Research");
    desk.home.run("workspace delete Research --yes").ends(0);
    desk.press(&format!("{}Archive{}", key::CTRL_U, key::CTRL_S));
    desk.sees("There is no workspace Research");
    assert!(stored(&desk).is_empty());
}

#[test]
fn somebody_joins_a_workspace_as_its_administrator_and_leaves_it() {
    let mut desk = Desk::with(&["Grace Hopper"]);
    desk.find("Grace Hopper");
    desk.press("w");
    desk.sees("There are no workspaces yet.");
    for name in ["Library", "Research"] {
        desk.home.run(&format!("workspace create {name}")).ends(0);
    }
    desk.press("w");
    desk.sees("[ ] Library");
    desk.press(&format!(" {}{}", key::DOWN, key::RIGHT));
    desk.sees("[x] Library");
    desk.sees("[x] Research");
    desk.press(key::RIGHT);
    desk.screen.wait_in_row("[x] Research", "help desk");
    desk.press(key::RIGHT);
    desk.screen.wait_in_row("[x] Research", "administrator");
    desk.press(key::ENTER);
    // More than her link was sent for: it is said that she gets a new one.
    desk.sees("This is more than their link was sent for");
    desk.confirm();
    desk.sees("Grace Hopper: workspaces saved");
    let member = json!([{ "name": "Library", "role": "member" }, { "name": "Research", "role": "admin" }]);
    assert_eq!(desk.user(GRACE)["workspaces"], member);

    desk.press("w");
    desk.sees("[x] Library");
    desk.press(&format!(" {}", key::ESCAPE));
    desk.sees_go("] Library");
    assert_eq!(desk.user(GRACE)["workspaces"], member);

    // Somebody else changed her meanwhile: what was chosen is not saved over it.
    desk.press("w");
    desk.sees("[x] Library");
    desk.home.run(&format!("member remove Research {GRACE}")).ends(0);
    desk.press(&format!(" {}", key::ENTER));
    desk.sees("Someone changed Grace Hopper while you were editing. Nothing was saved.");
    assert_eq!(desk.user(GRACE)["workspaces"], json!([{ "name": "Library", "role": "member" }]));
}
