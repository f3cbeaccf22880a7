//! The list of users: who has which role, and only those with one.

use crate::support::cli::Home;

/// Ada is an administrator; Hal helps everybody, Aud reads, Wes manages the Library, Mia belongs to it.
fn organisation() -> Home {
    let home = Home::with_organisation();
    home.run("workspace create Library").ends(0);
    home.run("workspace create Research").ends(0);
    for (who, with) in [
        ("hal", "--role helpdesk"),
        ("aud", "--role auditor --workspace Library"),
        ("wes", "--workspace Library:admin --workspace Research:member"),
        ("mia", "--workspace Library"),
    ] {
        home.run(&format!("invite {who}@example.org {with}")).ends(0);
    }
    home
}

#[test]
fn a_role_is_a_column_and_a_filter_in_the_words_of_an_edit() {
    let home = organisation();
    let all = home.run("list").ends(0).out;
    let line = |who: &str| all.lines().find(|line| line.contains(&format!("{who}@"))).unwrap().to_owned();
    assert!(all.lines().next().unwrap().contains("Role"), "{all}");
    for (who, role) in [
        ("ada", "administrator"),
        ("hal", "helpdesk"),
        ("aud", "auditor"),
        ("wes", "workspace administrator"),
        ("mia", "member"),
    ] {
        assert!(line(who).contains(&format!("  {role}  ")), "{all}");
    }
    let with = |filter: &str| {
        let listed = home.run(&format!("list {filter} --sort email --json")).ends(0).json();
        let address = |user: &serde_json::Value| user["email"].as_str().unwrap().split('@').next().unwrap().to_owned();
        listed["items"].as_array().unwrap().iter().map(address).collect::<Vec<_>>()
    };
    assert_eq!(with("--role administrator"), ["ada"]);
    assert_eq!(with("--role helpdesk"), ["hal"]);
    assert_eq!(with("--role auditor"), ["aud"]);
    assert_eq!(with("--role none"), ["mia", "wes"]);
    assert_eq!(with("--role Library:admin"), ["wes"]);
    assert_eq!(with("--role library:member"), ["aud", "mia"]);
    assert_eq!(with("--role Library:helpdesk"), Vec::<String>::new());
    assert_eq!(with("--role none --workspace Research"), ["wes"]);
}

#[test]
fn a_role_that_is_none_is_wrong_usage_with_the_words_there_are() {
    let home = organisation();
    for role in ["boss", "Library:boss", "Library", ":admin"] {
        home.run(&format!("list --role {role}")).ends(2).tells("use administrator, helpdesk, auditor or none");
    }
    home.run("list --role Library:admin --workspace Research").ends(2).tells("leave out --workspace");
    home.run("list --role Nope:admin").ends(4).tells("there is no workspace Nope");
}
