//! Commands for many: how many, who they are, and a yes before anything is changed.

use serde_json::json;

use crate::support::cli::{Home, Said};
use crate::support::pty::{Starter, Terminal};
use crate::support::seed;

/// An organisation with so many invited people.
fn with_people(count: usize) -> Home {
    let home = Home::with_organisation();
    seed::invited(&home.database_url(), count);
    home
}

fn in_view(home: &Home, view: &str) -> usize {
    let listed = home.run(&format!("list --view {view} --limit 1000 --json")).ends(0).json();
    listed["items"].as_array().expect("a list").len()
}

/// A command with words that hold spaces, or nothing.
fn run(home: &Home, words: &[&str]) -> Said {
    home.type_in("", words)
}

fn in_terminal(home: &Home, command: &str) -> Terminal {
    let starter = Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data"));
    starter.env("XDG_CONFIG_HOME", home.path("config")).args(command.split(' ')).start()
}

/// Every command that a query can be given to, with what it must say for three people.
const COMMANDS: [&str; 10] = [
    "suspend",
    "reactivate",
    "delete",
    "restore",
    "erase",
    "revoke",
    "resend",
    "reset-password",
    "member add Research",
    "member remove Research",
];

#[test]
fn without_a_terminal_every_query_needs_a_yes_and_says_how_many_and_who() {
    let home = with_people(3);
    home.run("workspace create Research").ends(0);
    for command in COMMANDS {
        let said = home.run(&format!("{command} --view invited")).ends(2).tells("can't ask without a terminal");
        let said =
            said.tells("3 users: Bulk 1 <bulk1@example.org>, Bulk 2 <bulk2@example.org>, Bulk 3 <bulk3@example.org>");
        said.tells("add --yes");
    }
    assert_eq!(in_view(&home, "invited"), 3, "nobody was changed");
    home.run("suspend --view all --yes").ends(6).tells("4 users: Ada <ada@example.org>, Bulk 1").tells("and 1 more.");
    assert_eq!(in_view(&home, "suspended"), 3);
}

#[test]
fn above_fifty_people_their_number_must_be_given_and_must_be_right() {
    let home = with_people(51);
    home.run("suspend --view invited --yes").ends(2).tells("it would change 51 users").tells("--yes --expect 51");
    let wrong = home.run("suspend --view invited --yes --expect 50 --json").ends(5).error();
    assert_eq!(wrong["code"], "unexpected_count");
    assert_eq!(wrong["message"], "50 users were expected and 51 match, so nothing was changed");
    assert_eq!(in_view(&home, "suspended"), 0);
    // Fewer than were expected are as wrong, and so is a number of those who were named.
    home.run("suspend --search bulk5@ --yes --expect 2").ends(5);
    home.run("suspend bulk5@example.org --expect 2").ends(5);
    assert_eq!(in_view(&home, "suspended"), 0);
    home.run("suspend --view invited --yes --expect 51").ends(0).tells("and 48 more");
    assert_eq!(in_view(&home, "suspended"), 51);
    // A dry run shows all of them without a question.
    home.run("delete --view suspended --dry-run").ends(0);
}

#[test]
fn an_empty_filter_is_wrong_usage_and_never_everybody() {
    let home = with_people(3);
    // What folding takes away: accents and joiners that stand alone.
    for nothing in ["", " ", "\u{301}", "\u{200d}", " \u{308} \u{200c}"] {
        for command in COMMANDS {
            let mut words: Vec<&str> = command.split(' ').collect();
            words.extend(["--search", nothing, "--yes"]);
            run(&home, &words).ends(2);
            words.extend(["--view", "all"]);
            run(&home, &words).ends(2);
        }
        run(&home, &["list", "--search", nothing]).ends(2);
    }
    for argument in ["--view", "--workspace"] {
        run(&home, &["delete", argument, "", "--yes"]).ends(2);
        run(&home, &["list", argument, ""]).ends(2);
    }
    run(&home, &["delete", "--workspace", " ", "--yes"]).ends(2);
    for filter in
        [&["mail", "list", "--user", ""][..], &["audit", "list", "--user", ""], &["audit", "list", "--actor", ""]]
    {
        run(&home, filter).ends(2);
    }
    assert_eq!(in_view(&home, "invited"), 3);
}

#[test]
fn a_filter_that_names_nothing_that_is_there_says_so() {
    let home = with_people(1);
    home.run("list --workspace Nope").ends(4).tells("there is no workspace Nope");
    for command in COMMANDS {
        home.run(&format!("{command} --workspace Nope --yes")).ends(4).tells("there is no workspace Nope");
    }
    home.run("mail list --user nobody@example.org").ends(4).tells("there is no user nobody@example.org");
    home.run("audit list --user nobody@example.org").ends(4);
    home.run("audit list --actor nobody@example.org").ends(4);
    home.run("audit list --actor #99").ends(4);
}

#[test]
fn what_fails_of_many_is_named_by_its_address() {
    let home = with_people(2);
    let said = home.run("reset-password --view all --yes").ends(6);
    assert!(said.out.contains("bulk1@example.org: ") && !said.out.contains('#'), "{said:?}");
    let items = home.run("reset-password --view invited --yes --json").ends(6).json();
    assert_eq!(items["items"][0]["target"], "bulk1@example.org");
    // Whoever is named by number has an address, too; a script reads what it wrote.
    let said = home.run("reset-password #2 #3").ends(6);
    assert!(said.out.contains("bulk1@example.org: ") && !said.out.contains("#2"), "{said:?}");
    assert_eq!(home.run("reset-password #2 #3 --json").ends(6).json()["items"][0]["target"], "#2");
}

#[test]
fn in_a_terminal_the_question_says_how_many_and_who() {
    let home = with_people(4);
    let mut asked = in_terminal(&home, "resend --view invited --force");
    asked.wait_for("4 users: Bulk 1 <bulk1@example.org>");
    asked.wait_for("Resend invitations of 4 users? [y/N]");
    asked.send("n\r");
    asked.wait_for("Nothing was changed.");
    asked.wait_exit();
    let mut asked = in_terminal(&home, "suspend --search bulk");
    asked.wait_for("Suspend 4 users? [y/N]");
    asked.send("y\r");
    asked.wait_for("bulk4@example.org: suspended");
    asked.wait_exit();
    assert_eq!(in_view(&home, "suspended"), 4);
}

#[test]
fn in_a_terminal_the_number_of_more_than_fifty_is_typed() {
    let home = with_people(51);
    for (typed, suspended) in [("y", 0), ("50", 0), ("51", 51)] {
        let mut asked = in_terminal(&home, "suspend --view invited --yes");
        asked.wait_for("Suspend 51 users? Type 51 to confirm:");
        asked.send(&format!("{typed}\r"));
        asked.wait_exit();
        assert_eq!(in_view(&home, "suspended"), suspended, "{typed}");
    }
}

#[test]
fn retrying_every_failed_email_asks_as_well() {
    let home = with_people(2);
    home.run("mail retry --failed").ends(0);
    seed::run(&home.database_url(), &["UPDATE outbox SET state = 'dead'".to_owned()]);
    let said = home.run("mail retry --failed").ends(2).tells("2 failed emails: ").tells("<bulk").tells("add --yes");
    assert!(said.out.is_empty(), "{said:?}");
    home.run("mail retry --failed --yes --expect 99").ends(5);
    let would = home.run("mail retry --failed --dry-run").ends(0);
    assert!(would.out.contains("2 failed emails would be retried; nothing was changed"), "{would:?}");
    home.run("mail retry 1 --dry-run").ends(2);
    home.run("mail retry --failed --yes").ends(0);
}

#[test]
fn what_is_counted_before_a_retry_is_what_is_retried() {
    let home = with_people(3);
    home.run("revoke bulk2@example.org").ends(0);
    seed::run(&home.database_url(), &["UPDATE outbox SET state = 'dead'".to_owned()]);
    home.run("mail retry --failed --yes --expect 3").ends(5).tells("3 failed emails were expected and 2 match");
    let would = home.run("mail retry --failed --dry-run --json").ends(0).json();
    assert_eq!((&would["left_out"], would["would_retry"].as_array().unwrap().len()), (&json!(1), 2));
    let said = home.run("mail retry --failed --yes --expect 2").ends(0).tells("1 failed email is left out");
    assert_eq!(said.out, "2 emails retried\n");
}
