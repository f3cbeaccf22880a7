//! What programs read: JSON with the documented names, and long lists page by page.

use serde_json::{Value, json};

use crate::support::cli::Home;

/// The names in an object, sorted.
fn names(value: &Value) -> Vec<&str> {
    let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

const USER: [&str; 15] = [
    "administrator",
    "created_at",
    "email",
    "email_change",
    "id",
    "invitation",
    "language",
    "last_sign_in_at",
    "name",
    "organisation_role",
    "role",
    "ssh",
    "status",
    "version",
    "workspaces",
];

const MAIL: [&str; 12] = [
    "attempts",
    "created_at",
    "ended_at",
    "id",
    "kind",
    "last_code",
    "last_stage",
    "last_text",
    "next_at",
    "state",
    "to",
    "user",
];

#[test]
fn json_has_the_documented_names_and_no_others() {
    let home = Home::with_organisation();
    let invited = home.run("invite grace@example.org --name Grace --json").ends(0).json();
    assert_eq!(names(&invited), USER);
    assert_eq!(names(&invited["invitation"]), ["expires_at", "issued_at", "mail", "state", "times_sent"]);
    assert_eq!((&invited["status"], &invited["role"]), (&json!("invited"), &json!("member")));
    assert_eq!(
        (&invited["invitation"]["state"], &invited["invitation"]["mail"]),
        (&json!("pending"), &json!("queued"))
    );
    let at = invited["created_at"].as_str().unwrap();
    assert!(at.len() == 20 && at.ends_with('Z') && at.as_bytes()[10] == b'T', "{at}");

    let list = home.run("list --json --limit 1").json();
    assert_eq!(names(&list), ["items", "next"]);
    assert_eq!(names(&list["items"][0]), USER);
    assert_eq!(list["items"][0]["invitation"], Value::Null);
    let next = home.run(&format!("list --json --limit 1 --after {}", list["next"].as_str().unwrap())).json();
    assert_eq!((&next["items"][0]["email"], &next["next"]), (&json!("grace@example.org"), &Value::Null));

    let moving = home.run("edit ada@example.org --email ada@elsewhere.example --json").ends(0).json();
    assert_eq!(moving["email"], json!("ada@example.org"), "it counts when it is confirmed");
    assert_eq!(names(&moving["email_change"]), ["expires_at", "issued_at", "state", "to"]);
    let refused = home.run("reset-password ada@example.org --json").ends(3).error();
    assert_eq!(refused["code"], "address_waits");
    let kept = home.run("revoke ada@example.org --json").ends(0).json();
    assert_eq!(kept["email_change"], Value::Null);

    let all = home.run("show grace@example.org --all --json").json();
    assert_eq!(names(&all["mails"][0]), MAIL);
    assert_eq!(names(&all["history"][0]), ["action", "actor", "at", "detail"]);
    let refused = home.run("resend grace@example.org --json").ends(3);
    assert_eq!(names(&refused.error()), ["code", "hint", "message"]);
    assert_eq!(refused.out, "");
    let documented = include_str!("../../docs/json.md");
    for name in USER {
        assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
    }
}

#[test]
fn a_long_list_is_read_page_by_page() {
    let home = Home::with_organisation();
    home.run("invite p0@example.org p1@example.org p2@example.org p3@example.org p4@example.org").ends(0);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = home.run(&format!("list --json --sort email --limit 2 {after}")).ends(0).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("--after {next}");
    }
    assert!(seen.len() == 6 && seen.is_sorted(), "{seen:?}");
    let people = home.run("list --limit 2").ends(0).tells("there are more: ");
    assert_eq!(people.out.lines().count(), 3);
}
