//! The command line, by running the program: stories of scripts and of people who get something wrong.
//!
//! Each story has a home of its own; none needs a network. Size: some thirty starts of the program; a few seconds.

#[path = "cli/json.rs"]
mod json;
#[path = "cli/list.rs"]
mod list;
#[path = "cli/many.rs"]
mod many;
#[path = "cli/shown_links.rs"]
mod shown_links;
#[path = "cli/ssh_line.rs"]
mod ssh_line;
#[path = "cli/stopped.rs"]
mod stopped;
mod support;

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};
use support::cli::{Home, PASSWORD, mode};

#[test]
fn set_up_makes_a_private_database_and_key_and_the_second_time_is_refused() {
    let home = Home::new();
    home.run("list").ends(4).tells("there is no organisation yet").tells("rsvp setup");
    let said = home.set_up().ends(0);
    assert!(said.out.contains(&home.database().to_string_lossy().into_owned()), "{said:?}");
    for file in [home.database(), home.key()] {
        assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    }
    home.set_up().ends(3).tells("this database already has an organisation");
    home.run("list").ends(0);
}

#[test]
fn set_up_checks_everything_before_it_creates_anything() {
    let home = Home::new();
    let with = |password: &str, more: &[&str]| {
        let mut arguments = vec!["setup", "--organisation", "Example", "--name", "Ada", "--password-stdin"];
        arguments.extend(more);
        home.type_in(password, &arguments)
    };
    let ada = ["--email", "ada@example.org"];
    with("short\n", &ada).ends(2).tells("needs at least 15");
    with("ada@example.org is mine\n", &ada).ends(2).tells("part of your name");
    with(PASSWORD, &["--email", "ada"]).ends(2).tells("isn't an email address");
    with(PASSWORD, &[&ada[..], &["--public-url", "http://example.org"]].concat()).ends(2).tells("begins with http://");
    let relay = ["--from", "rsvp@example.org", "--smtp-url", "smtps://ada:hunter2@relay.example.org"];
    let said = with(PASSWORD, &[&ada[..], &relay].concat()).ends(2).tells("--smtp-url contains a password");
    assert!(said.err.contains("RSVP_MAIL__SMTP__URL") && !said.err.contains("hunter2"), "{said:?}");
    assert!(!home.path("data").exists() && !home.path("config").exists());
}

#[test]
fn set_up_stores_the_settings_of_portal_and_mail() {
    let home = Home::new();
    let settings = home.settings("# mine\n[invitation]\nvalid_for = \"3d\"\n");
    let arguments = [
        "setup",
        "--organisation",
        "Example",
        "--name",
        "Ada",
        "--email",
        "ada@example.org",
        "--password-stdin",
        "--public-url",
        "https://rsvp.example.org",
        "--smtp-url",
        "smtp://127.0.0.1:2525?tls=none",
        "--from",
        "Example <rsvp@example.org>",
    ];
    home.type_in(PASSWORD, &arguments).ends(0);
    let kept = fs::read_to_string(&settings).unwrap();
    assert!(kept.starts_with("# mine\n[invitation]\nvalid_for = \"3d\"\n"), "{kept}");
    let shown = home.run("config show --json").ends(0).json();
    let value =
        |key: &str| shown["items"].as_array().unwrap().iter().find(|s| s["key"] == key).unwrap()["value"].clone();
    assert_eq!(value("portal.public_url"), "\"https://rsvp.example.org\"");
    assert_eq!(value("mail.transport"), "\"smtp\"");
    assert_eq!(fs::metadata(settings).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn an_invitation_is_listed_resent_and_refused_within_the_same_minute() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org --valid-for 2d").ends(0);
    let listed = home.run("list --view invited").ends(0);
    assert!(listed.out.contains("grace@example.org") && listed.out.contains("invited"), "{listed:?}");
    assert!(!listed.out.contains("ada@example.org"));
    home.run("resend grace@example.org").ends(3).tells("error: ").tells("hint: ");
    home.run("resend grace@example.org --force").ends(0);
    home.run("resend ada@example.org").ends(3).tells("already active");
    home.run("resend nobody@example.org").ends(4).tells("there is no user nobody@example.org");
    home.run("invite grace@example.org").ends(3).tells("is already invited").tells("resend");
    home.run("invite ada@example.org").ends(3).tells("already belongs to a user, who is active");
}

#[test]
fn what_is_typed_wrong_is_refused_with_what_is_right() {
    let home = Home::with_organisation();
    for (command, told) in [
        ("invite grace", "isn't an email address"),
        ("invite a@example.org b@example.org --name A", "one by one"),
        ("invite grace@example.org --language tlh", "use en, de, fr"),
        ("invite grace@example.org --valid-for 31d", "for 1h to 30d"),
        ("invite grace@example.org --valid-for soon", "a length of time"),
        ("invite grace@example.org --workspace X:boss", "use member, helpdesk or admin"),
        ("list --view nobody", "use one of all, attention"),
        ("list --sort size", "use one of name, email"),
        ("list --after xyz", "a place in a list"),
        ("list --limit 0", "“0” can't be the value of --limit"),
        ("frobnicate", "`rsvp` has no command “frobnicate”"),
        ("suspend", "also needs USER"),
        ("list --search=", "--search needs a value"),
        ("accept 12345", "the code is incomplete"),
        ("--database mysql://localhost/x list", "which rsvp doesn't support"),
        ("--database postgres://ada:hunter2@localhost/x list", "--database contains a password"),
        ("--config none.toml list", "there is no settings file"),
    ] {
        let said = home.run(command).ends(2).tells(told);
        assert!(!said.err.contains("hunter2"), "{said:?}");
        let error = home.run(&format!("{command} --json")).ends(2).error();
        assert!(error["code"].is_string() && error["message"].is_string(), "{error}");
    }
    home.run("invite grace@example.org --workspace None").ends(4).tells("there is no workspace");
}

#[test]
fn delete_asks_and_without_anybody_to_ask_wants_yes() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    home.run("delete grace@example.org").ends(2).tells("add --yes");
    home.run("delete ada@example.org --yes").ends(3).tells("last active administrator");
    home.run("delete grace@example.org --yes").ends(0);
    assert!(!home.run("list").ends(0).out.contains("grace"));
    assert!(home.run("list --view deleted").ends(0).out.contains("grace"));
    home.run("restore grace@example.org").ends(0);
    assert!(home.run("list").ends(0).out.contains("grace"));
}

#[test]
fn workspaces_are_created_filled_renamed_and_deleted_and_nobody_goes_with_them() {
    let home = Home::with_organisation();
    home.run("workspace list").ends(0).tells("rsvp workspace create");
    home.type_in("", &["workspace", "create", "Talks: West, North"]).ends(0);
    home.run("workspace create Research").ends(0);
    home.run("workspace create RESEARCH").ends(3).tells("a workspace named RESEARCH already exists").tells("hint: ");
    home.run("invite mia@example.org noa@example.org --workspace Research").ends(0);
    home.type_in("", &["member", "add", "\"Talks: West, North\":admin", "noa@example.org"]).ends(0);
    home.run("member role Research:admin noa@example.org ada@example.org").ends(6);
    let refused = home.run("member role Research:admin ada@example.org --json").ends(3).error();
    assert_eq!(refused["code"], "not_a_member");
    let role = home.run("show noa@example.org --json").ends(0).json();
    assert_eq!(role["role"], "workspace administrator");
    assert_eq!(
        role["workspaces"],
        json!([{ "name": "Research", "role": "admin" }, { "name": "Talks: West, North", "role": "admin" }])
    );
    let all = home.run("workspace list --json").ends(0).json();
    assert_eq!((&all["items"][0]["name"], &all["items"][0]["users"]), (&json!("Research"), &json!(2)));
    assert_eq!(all["items"][0]["administrators"], 1);

    home.run("workspace rename Research Discovery").ends(0);
    assert!(home.run("list --workspace Discovery").ends(0).out.contains("mia@example.org"));
    home.run("member remove Discovery mia@example.org --dry-run").ends(0);
    home.run("member add Discovery --view invited --yes").ends(0);
    home.run("workspace delete Discovery").ends(2).tells("add --yes");
    let would = home.run("workspace delete discovery --dry-run").ends(0);
    assert!(would.out.contains("2 users stay without it, 1 of them no longer managing it; 1 belongs"), "{would:?}");
    home.run("workspace delete discovery --yes").ends(0);
    home.run("workspace delete discovery --yes").ends(4).tells("there is no workspace discovery");
    assert_eq!(home.run("list --json").ends(0).json()["items"].as_array().unwrap().len(), 3);
}

#[test]
fn the_audit_log_says_who_did_what_and_that_nobody_meddled_with_it() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    home.run("edit grace@example.org --name Grace").ends(0);
    let listed = home.run("audit list --user grace@example.org").ends(0);
    assert!(listed.out.contains("operator") && listed.out.contains("edited"), "{listed:?}");
    let items = home.run("audit list --actor operator --action edit --since 1h --json").ends(0).json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!(items[0]["detail"]["change"]["name"], json!({ "before": "grace", "after": "Grace" }));
    let all = home.run("audit list --jsonl").ends(0).out;
    let ids: Vec<i64> =
        all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap()).collect();
    assert!(ids.len() >= 3 && ids.is_sorted(), "{ids:?}");
    let rest = home.run(&format!("audit list --jsonl --after {}", ids[ids.len() - 2])).ends(0).out;
    assert_eq!(rest.lines().count(), 1, "a collector goes on where it was");
    for (command, told) in [
        ("audit list --since yesterday", "isn't a time"),
        ("audit list --action dance", "use one of setup, sign-in"),
        ("audit verify --head nonsense", "a head of the audit log"),
    ] {
        home.run(command).ends(2).tells(told);
    }
    home.run("audit list --actor nobody@example.org").ends(4).tells("there is no user");

    let unsealed = home.run("audit verify --json").ends(0).json();
    assert_eq!((&unsealed["state"], &unsealed["unsealed"]), (&json!("ok"), &json!(ids.len())));
    let service = home.start(&["serve", "--no-portal"]);
    let sealed = loop {
        let found = home.run("audit verify --json").ends(0).json();
        if found["unsealed"] == 0 {
            break found;
        }
    };
    drop(service);
    assert_eq!(sealed["sealed"], ids.len());
    let head = sealed["head"].as_str().unwrap().to_owned();
    assert!(home.run(&format!("audit verify --head {head}")).ends(0).out.contains("sealed and unchanged"));
    let url = format!("sqlite://{}", home.database().display());
    support::seed::run(
        &url,
        &["DROP TRIGGER audit_no_update".to_owned(), "UPDATE audit SET subject_id = 1 WHERE id = 2".to_owned()],
    );
    let broken = home.run("audit verify --json").ends(1).json();
    assert_eq!((&broken["state"], &broken["broken"]["entry"]), (&json!("broken"), &json!(2)));
    assert!(home.run("audit verify").ends(1).out.contains("BROKEN at link 2, entry 2"));
}

#[test]
fn the_memory_of_a_service_that_crashes_is_kept_nowhere() {
    let home = Home::with_organisation();
    let service = home.start(&["serve", "--no-portal"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", service.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn several_targets_get_a_verdict_each() {
    let home = Home::with_organisation();
    home.run("invite a@example.org b@example.org c@example.org").ends(0);
    let said = home.run("suspend a@example.org nobody@example.org ada@example.org --json").ends(6);
    let items = said.json()["items"].clone();
    assert_eq!(items[0]["user"]["status"], "suspended");
    assert_eq!(items[1]["error"]["code"], "no_such_user");
    assert_eq!(items[2]["error"]["code"], "last_administrator");
    let from_stdin = home.type_in("a@example.org\n\n b@example.org \na@example.org\n", &["revoke", "-"]).ends(6);
    assert_eq!(from_stdin.out.lines().count(), 2, "{from_stdin:?}");

    let would = home.run("suspend --view invited --dry-run --json").ends(0).json();
    assert_eq!(would["items"].as_array().unwrap().len(), 2);
    assert_eq!(home.run("list --view suspended --json").json()["items"].as_array().unwrap().len(), 1);
    home.run("suspend --view invited --search c@ --yes").ends(0).tells("1 user: c <c@example.org>.");
    assert_eq!(home.run("list --view suspended --json").json()["items"].as_array().unwrap().len(), 2);
    home.run("reactivate --view suspended --yes").ends(0);
    home.run("reactivate --view suspended").ends(0).tells("No users match");
    home.run("suspend a@example.org --view invited").ends(2);
}

#[test]
fn a_dry_run_changes_nothing() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org --dry-run").ends(0);
    assert_eq!(home.run("list --json").json()["items"].as_array().unwrap().len(), 1);
    home.run("invite grace@example.org").ends(0);
    home.run("invite grace@example.org --dry-run").ends(3);
    for command in ["resend", "revoke", "suspend", "delete"] {
        home.run(&format!("{command} grace@example.org --dry-run")).ends(0);
    }
    home.run("restore grace@example.org --dry-run").ends(3);
    let grace = home.run("show grace@example.org --json").json();
    assert_eq!((&grace["status"], &grace["version"]), (&json!("invited"), &json!(grace["version"])));
    assert_eq!(grace["invitation"]["times_sent"], 1);
}

#[test]
fn a_code_is_accepted_once_beside_the_database() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    let link = home.run("link grace@example.org --json").ends(0).json();
    let code = link["link"].as_str().unwrap();
    home.type_in("short\n", &["accept", code, "--password-stdin"]).ends(2).tells("needs at least 15");
    let accepted = home.type_in(PASSWORD, &["accept", code, "--password-stdin", "--json"]).ends(0).json();
    assert_eq!(accepted, json!({ "state": "accepted", "email": "grace@example.org", "organisation": "Example" }));
    home.type_in(PASSWORD, &["accept", code, "--password-stdin"]).ends(3).tells("the link has already been used");
    assert_eq!(home.run("show grace@example.org --json").json()["status"], "active");
    home.run("resend grace@example.org").ends(3).tells("already active");
    let (most, last) = code.split_at(code.len() - 1);
    let wrong = format!("{most}{}", if last == "0" { "1" } else { "0" });
    home.type_in(PASSWORD, &["accept", &wrong, "--password-stdin"]).ends(2).tells("typing mistake");
}

#[test]
fn whoever_accepts_reads_as_what_in_the_words_of_the_email() {
    let mut home = Home::with_organisation();
    let _portal = home.serve();
    home.run("workspace create Research").ends(0);
    home.run("workspace create Library").ends(0);
    let invitations = [
        ("hd@example.org", "--role helpdesk", "You'll be on the help desk of Example."),
        ("desk@example.org", "--workspace Library:helpdesk", "You'll be on the help desk of: Library."),
        (
            "both@example.org",
            "--role auditor --workspace Research:admin --workspace Library:member",
            "You'll be an auditor of Example: you can see everything and change nothing. \
             You'll manage the users of: Research. You'll be a member of: Library.",
        ),
        ("nobody@example.org", "", ""),
    ];
    for (email, role, words) in invitations {
        home.run(&format!("invite {email} {role}")).ends(0);
        let link = home.run(&format!("link {email} --json")).ends(0).json()["link"].as_str().unwrap().to_owned();
        let code = link.rsplit('/').next().unwrap();
        let expected = format!("Example invites {email}. {words}").trim_end().to_owned();
        for given in [code, &link] {
            let said = home.type_in("short\n", &["accept", given, "--password-stdin"]).ends(2);
            assert_eq!(said.err.lines().next(), Some(&*expected), "{said:?}");
        }
    }
}

#[test]
fn a_link_is_accepted_through_the_portal_from_a_home_without_a_database() {
    let mut home = Home::with_organisation();
    let _portal = home.serve();
    home.run("invite grace@example.org").ends(0);
    let link = home.run("link grace@example.org --json").ends(0).json()["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with("http://127.0.0.1:") && link.contains("/i/"), "{link}");

    let elsewhere = Home::new();
    let said = elsewhere.type_in("short\n", &["accept", &link, "--password-stdin"]).ends(2);
    let said = said.tells("Example invites grace@example.org").tells("needs at least 15");
    assert!(!said.err.contains(link.rsplit('/').next().unwrap()), "{said:?}");
    elsewhere.type_in("", &["reset", &link]).ends(2).tells("use `rsvp accept`");
    let accepted = elsewhere.type_in(PASSWORD, &["accept", &link, "--password-stdin", "--json"]).ends(0).json();
    assert_eq!(accepted, json!({ "state": "accepted", "email": "grace@example.org", "organisation": "Example" }));
    elsewhere.type_in(PASSWORD, &["accept", &link, "--password-stdin"]).ends(3).tells("the link has already been used");
    assert_eq!(home.run("show grace@example.org --json").json()["status"], "active");

    let in_the_clear = link.replace("127.0.0.1", "portal.example.org");
    elsewhere.type_in(PASSWORD, &["accept", &in_the_clear, "--password-stdin"]).ends(3).tells("unencrypted");
    let nobody = link.replace("http://127.0.0.1:", "http://127.0.0.1:1/");
    elsewhere.type_in(PASSWORD, &["accept", &nobody, "--password-stdin"]).ends(1).tells("can't be reached");
    home.run("doctor").ends(0);
}

#[test]
fn settings_that_are_wrong_are_reported_all_at_once() {
    let home = Home::with_organisation();
    home.settings("[portal]\npublic_ulr = \"https://example.org\"\n[password]\nmin_length = 3\n");
    let said = home.run("list").ends(2).tells("config.toml:2: there is no setting “portal.public_ulr”");
    assert!(said.err.contains("the nearest is portal.public_url") && said.err.contains("config.toml:4"), "{said:?}");
    let checked = home.run("config check --json").ends(2).json();
    assert_eq!(checked["items"].as_array().unwrap().len(), 2);
    assert_eq!(checked["items"][0]["code"], "config_unknown_key");
    home.settings("");
    home.run("config check").ends(0);
    home.settings("[database]\npassword_file = \"secret\"\nurl = \"postgres://ada@127.0.0.1:1/rsvp\"\n");
    fs::write(home.path("config/rsvp/secret"), "hunter2\n").unwrap();
    mode(&home.path("config/rsvp/secret"), 0o644);
    let said = home.run("config check").ends(2);
    assert!(said.out.contains("can be read by others") && said.out.contains("chmod 600 "), "{said:?}");
    mode(&home.path("config/rsvp/secret"), 0o600);
    home.run("config check").ends(0);
    let shown = home.run("config show").ends(0);
    assert!(shown.out.contains("postgres://ada@127.0.0.1:1/rsvp") && !shown.out.contains("hunter2"));
    let said = home.run("list").ends(1).tells("hint: ");
    assert!(!said.err.contains("hunter2"), "{said:?}");
}

#[test]
fn a_database_that_cannot_be_used_is_reported_as_what_it_is() {
    let home = Home::with_organisation();
    let at = |path: &str| home.run(&format!("list --database sqlite://{path}"));
    fs::create_dir(home.path("folder")).unwrap();
    at("folder").ends(2).tells("is a folder");
    at("none.db").ends(4).tells("there is no organisation yet");
    fs::write(home.path("noise.db"), [0x5a; 8192]).unwrap();
    mode(&home.path("noise.db"), 0o600);
    at("noise.db").ends(1).tells("restore the last backup");
    on(&home, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_future', 0)");
    home.run("list").ends(1).tells("install that version of rsvp or a later one");
    on(&home, "DELETE FROM seaql_migrations WHERE version LIKE 'm2999%'");
    mode(&home.database(), 0o644);
    home.run("list").ends(1).tells("chmod 600 ");
    mode(&home.database(), 0o600);
    home.run("list").ends(0);
}

#[test]
fn a_server_on_another_machine_is_reached_as_the_settings_say() {
    let home = Home::new();
    let list = |more: &str| {
        home.settings(&format!("[database]\nurl = \"postgres://rsvp@nowhere.invalid/rsvp?sslmode=require\"\n{more}"));
        let said = home.run("list --json");
        let error: Value = serde_json::from_str(&said.err).unwrap();
        (said.status, error["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(list(""), (2, "database_plain".to_owned()));
    assert_eq!(list("allow_plain = true\n"), (1, "database_unknown_host".to_owned()));
    assert_eq!(list("allow_plain = true\nca_file = \"nothing.pem\"\n"), (2, "database_ca_file".to_owned()));
    assert_eq!(list("connections = 101\n").0, 2);
}

#[test]
fn a_database_with_a_broken_page_is_reported_and_not_written_to() {
    let home = Home::with_organisation();
    on(&home, "PRAGMA wal_checkpoint(TRUNCATE)");
    let mut bytes = fs::read(home.database()).unwrap();
    bytes[4096..].fill(0x5a);
    fs::write(home.database(), &bytes).unwrap();
    home.run("invite grace@example.org").ends(1).tells("restore the last backup");
    assert_eq!(fs::read(home.database()).unwrap(), bytes);
}

/// Runs a statement on the embedded database, as another program would.
fn on(home: &Home, statement: &'static str) {
    let url = format!("sqlite://{}", home.database().display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(url).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
    });
}

#[test]
fn a_key_that_is_missing_open_or_of_another_installation_is_refused() {
    let home = Home::with_organisation();
    mode(&home.key(), 0o640);
    home.run("list").ends(1).tells("can be read by others").tells("chmod 600 ");
    mode(&home.key(), 0o600);
    let other = Home::with_organisation();
    fs::copy(other.key(), home.key()).unwrap();
    home.run("list").ends(1).tells("belongs to a different installation");
    fs::remove_file(home.key()).unwrap();
    home.run("list").ends(1).tells("doesn't exist").tells("secrets.key_file");
    let wrong = home.run("doctor --json").ends(1).json();
    assert!(wrong["items"].as_array().unwrap().iter().any(|item| item["state"] == "wrong"), "{wrong}");
}

#[test]
fn help_and_completions_are_data_and_end_well() {
    let home = Home::new();
    let help = home.run("--help").ends(0);
    assert!(help.out.contains("Exit status: 0 done") && help.err.is_empty());
    assert!(home.run("completions bash").ends(0).out.contains("rsvp"));
    let said = home.run("show nobody@example.org --json").ends(4);
    assert_eq!((said.out.as_str(), &said.error()["code"]), ("", &json!("no_organisation")));
}

#[test]
fn own_keys_and_colours_that_cannot_be_are_reported_with_their_lines_before_anything_begins() {
    let home = Home::with_organisation();
    home.settings(
        "[keys.users]\ndelete = \"d\"\nresend = \"q\"\nremove = \"z\"\n[keys.user]\nedit = \"ctrl-b\"\n\
         [keys.mail]\nretry = 3\n[terminal.colours]\ngood = \"greenish\"\n",
    );
    let said = home.run("config check --json").ends(2).json();
    let told: Vec<String> = said["items"].as_array().unwrap().iter().map(|one| one["message"].to_string()).collect();
    assert!(told.iter().any(|one| one.contains("config.toml:8: keys.mail.retry isn't a list of keys")), "{told:?}");
    assert!(told.iter().any(|one| one.contains("keys.users.resend is q, which is also quit")), "in one go: {told:?}");
    assert!(told.iter().any(|one| one.contains("config.toml:10: terminal.colours.good isn't a colour")), "{told:?}");

    let path = home.settings(
        "[keys.users]\ndelete = \"d\"\nresend = \"q\"\nremove = \"z\"\n[keys.user]\nedit = \"e\"\n[keys.form]\nsave = \"s\"\n",
    );
    let said = home.run("config check --json").ends(2).json();
    let items = said["items"].as_array().unwrap();
    let message_on_line = |line: usize| {
        let at = format!("config.toml:{line}: ");
        let found = items.iter().find(|one| one["message"].as_str().unwrap().contains(&at));
        found.unwrap_or_else(|| panic!("nothing about line {line}: {items:?}"))
    };
    assert!(
        message_on_line(3)["message"]
            .as_str()
            .unwrap()
            .ends_with("keys.users.resend is q, which is also quit (keys.everywhere.quit)")
    );
    assert!(message_on_line(4)["hint"].as_str().unwrap().contains("docs/keys.md"));
    assert!(message_on_line(6)["hint"].as_str().unwrap().contains("did you mean keys.users?"));
    assert!(message_on_line(8)["message"].as_str().unwrap().contains("is typed there"));
    assert_eq!(items.len(), 4);
    home.run("demo").ends(2).tells("keys.users.resend is q");

    fs::write(path, "[keys.users]\ndelete = \"d\"\nlink = []\n").unwrap();
    home.run("config check").ends(0);
    let shown = home.run("config show --json").ends(0).json();
    let own = shown["items"].as_array().unwrap().iter().find(|one| one["key"] == "keys.users.delete").unwrap().clone();
    assert!(own["source"].as_str().unwrap().ends_with("config.toml:2"), "{own}");
}
