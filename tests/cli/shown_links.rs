//! Links that somebody was shown end with their right to know them: the question, the dry run and the outcome say how many.

use crate::support::cli::Home;
use crate::support::pty::Starter;
use crate::support::seed;

const WOULD: &str =
    "; 1 invitation link that they were shown would stop working, and the invited person would be sent a new one";
const ENDED: &str =
    "; 1 invitation link that they were shown no longer works, and the invited person is sent a new one";
const ASKED: &str =
    "1 invitation link that they were shown stops working too, and the invited person is sent a new one.";

/// Bob and Carl, who have a role everywhere or in the Library, and Grace, whose link both were shown.
fn shown_to_bob_and_carl(bob: &str) -> Home {
    let home = Home::with_organisation();
    home.run("workspace create Library").ends(0);
    home.run(&format!("invite bob@example.org --name Bob-Viewer {bob}")).ends(0);
    home.run(&format!("invite carl@example.org --name Carl-Viewer {bob}")).ends(0);
    home.run("invite grace@example.org --name Grace --workspace Library").ends(0);
    show_both(&home);
    home
}

/// Both are shown Grace's link, as it is now.
fn show_both(home: &Home) {
    let shown = "INSERT INTO link_views (link_id, user_id, at)
        SELECT l.id, viewer.id, l.issued_at FROM links l JOIN users u ON u.id = l.user_id, users viewer
        WHERE u.email = 'grace@example.org' AND l.open_key IS NOT NULL
            AND viewer.email IN ('bob@example.org', 'carl@example.org')";
    seed::run(&home.database_url(), &[shown.to_owned()]);
}

/// A dry run says what would end, the command what ended, once; both in JSON as well.
#[track_caller]
fn ends(home: &Home, command: &str) {
    let would = home.run(&format!("{command} --dry-run")).ends(0);
    assert!(would.out.contains(&format!("is possible{WOULD}; nothing was changed")), "{command}: {would:?}");
    assert_eq!(home.run(&format!("{command} --dry-run --json")).ends(0).json()["links_replaced"], 1, "{command}");
    let done = home.run(command).ends(0);
    assert!(done.out.trim_end().ends_with(ENDED), "{command}: {done:?}");
    let log = home.run("audit list --user grace@example.org --action resend --json").ends(0).json();
    assert!(!log["items"].as_array().unwrap().is_empty(), "{command}: Grace is sent a new one");
    show_both(home);
    let again = home.run(command);
    assert!(!again.out.contains("invitation link"), "{command}: {again:?}: nothing is taken twice");
}

#[test]
fn commands_that_take_power_say_how_many_shown_links_end() {
    for command in
        ["suspend bob@example.org", "edit bob@example.org --role none", "edit bob@example.org --role helpdesk"]
    {
        ends(&shown_to_bob_and_carl("--role administrator"), command);
    }
    for command in [
        "member remove Library bob@example.org",
        "member role Library:member bob@example.org",
        "edit bob@example.org --no-workspaces",
    ] {
        ends(&shown_to_bob_and_carl("--workspace Library:admin"), command);
    }
    let home = shown_to_bob_and_carl("--role administrator");
    for command in ["delete bob@example.org", "erase carl@example.org"] {
        let would = home.run(&format!("{command} --dry-run")).ends(0);
        assert!(would.out.contains(WOULD), "{would:?}");
        let done = home.run(&format!("{command} --yes")).ends(0);
        assert!(done.out.trim_end().ends_with(ENDED), "{done:?}");
        show_both(&home);
    }
}

#[test]
fn what_takes_no_power_says_nothing_of_shown_links() {
    let home = shown_to_bob_and_carl("--role auditor --workspace Library");
    for command in [
        "edit bob@example.org --role administrator",
        "member role Library:admin bob@example.org",
        "edit bob@example.org --name Robert",
    ] {
        for way in [" --dry-run", ""] {
            let said = home.run(&format!("{command}{way}")).ends(0);
            assert!(!said.out.contains("invitation link"), "{command}{way}: {said:?}");
        }
        assert_eq!(home.run(&format!("{command} --dry-run --json")).ends(0).json()["links_replaced"], 0, "{command}");
    }
}

#[test]
fn a_link_that_several_were_shown_is_one_in_a_question_about_many() {
    let home = shown_to_bob_and_carl("--role administrator");
    home.run("delete bob@example.org carl@example.org --dry-run").ends(0);
    let starter = Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data"));
    let starter = starter.env("XDG_CONFIG_HOME", home.path("config"));
    let mut asked = starter.args("delete bob@example.org carl@example.org".split(' ')).start();
    asked.wait_for(ASKED);
    asked.wait_for("Delete 2 users? [y/N]");
    asked.send("n\r");
    asked.wait_exit();
    // Without a question, it is said before it is done, and then of whoever was the first.
    let done = home.run("suspend --search viewer --yes").ends(0).tells(ASKED);
    assert_eq!(done.out, format!("bob@example.org: suspended{ENDED}\ncarl@example.org: suspended\n"));
}

#[test]
fn a_workspace_that_is_deleted_says_how_many_links_its_managers_were_shown() {
    let home = shown_to_bob_and_carl("--workspace Library:admin");
    let says = "; 1 invitation link that its managers were shown is replaced by a new one";
    let would = home.run("workspace delete Library --dry-run").ends(0);
    assert!(would.out.contains(says), "{would:?}");
    assert_eq!(home.run("workspace delete Library --dry-run --json").json()["links_replaced"], 1);
    assert_eq!(home.run("workspace delete Library --yes --json").ends(0).json()["links_replaced"], 1);
    let log = home.run("audit list --user grace@example.org --action resend --json").ends(0).json();
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "Grace is sent one new link");
}
