//! Keys, erasure and secrets, by running the program: stories of an operator who guards an organisation, and of
//! somebody who got hold of a part of it.
//!
//! Each story has a home of its own; none needs a network. Size: some fifty starts of the program; ten seconds.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};
use support::cli::{Home, PASSWORD, mode};

fn fingerprint(home: &Home) -> String {
    home.run("key status --json").ends(0).json()["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn an_exchanged_key_leaves_open_links_alone_and_a_stolen_one_ends_them() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org linus@example.org").ends(0);
    let code = |who: &str| home.run(&format!("link {who} --json")).ends(0).json()["link"].as_str().unwrap().to_owned();
    let (grace, linus) = (code("grace@example.org"), code("linus@example.org"));
    let first = fingerprint(&home);

    let rotated = home.run("key rotate --json").ends(0).json();
    assert_ne!(rotated["fingerprint"], json!(first));
    assert_eq!(rotated["links_ended"], json!({ "invitations": 0, "resets": 0, "email_changes": 0 }));
    let told = home.run("key status --json").ends(0).json();
    assert_eq!(told["older"][0]["state"], "retired");
    assert_eq!((&told["open_links"], &told["older"][0]["open_links"]), (&json!(0), &json!(2)));
    assert_eq!(code("linus@example.org"), linus, "the mail that was sent and the link that is shown are the same");
    home.type_in(&format!("{grace}\n{PASSWORD}\n"), &["accept", "-", "--password-stdin"]).ends(0);

    home.run("key rotate --stolen").ends(2).tells("add --yes");
    let said = home.run("key rotate --stolen --yes").ends(0).tells("rsvp resend --view invited");
    assert!(said.out.contains("Links ended: 1 invitation, 0 password resets"), "{said:?}");
    home.type_in(PASSWORD, &["accept", &linus, "--password-stdin"]).ends(4);
    home.run("resend --view invited --force --yes").ends(0);
    home.type_in(PASSWORD, &["accept", &code("linus@example.org"), "--password-stdin"]).ends(0);
    let verified = home.run("audit verify --json").ends(0).json();
    assert_eq!(verified["state"], "ok");
    let log = home.run("audit list --action key-rotate --json").ends(0).json();
    assert_eq!(log["items"][0]["detail"]["change"]["links_ended"], 1);
    assert_eq!(log["items"][1]["detail"]["change"]["key"]["before"], json!(first));
    assert!(!fs::read_to_string(home.key()).unwrap().contains(&first), "a fingerprint is no key");
}

#[test]
fn a_key_is_not_exchanged_under_a_service_that_has_it() {
    let mut home = Home::with_organisation();
    let served = home.serve();
    let is_alive = |home: &Home| {
        let all = home.run("doctor --json").json();
        let all = all["items"].as_array().unwrap().clone();
        all.iter().any(|one| one["check"] == "portal process" && one["message"] == "alive")
    };
    let deadline = std::time::Instant::now() + support::DEADLINE;
    while !is_alive(&home) {
        assert!(std::time::Instant::now() < deadline, "the portal never gave a sign of life");
    }
    let before = fs::read(home.key()).unwrap();
    home.run("key rotate").ends(3).tells("of this organisation is still running: the portal on");
    assert_eq!(fs::read(home.key()).unwrap(), before);
    drop(served);
}

#[test]
fn a_lost_key_is_replaced_and_only_a_lost_one() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    home.run("key new --lost --yes").ends(2).tells("rsvp key rotate");
    home.run("key new --yes").ends(2);
    fs::remove_file(home.key()).unwrap();
    home.run("list").ends(1).tells("rsvp key new --lost");
    home.run("key new --lost").ends(2).tells("add --yes");
    home.run("key new --lost --yes").ends(0).tells("rsvp resend --view invited");
    let grace = home.run("show grace@example.org --json").ends(0).json();
    assert_eq!(grace["invitation"]["state"], "revoked");
    let verified = home.run("audit verify --json").ends(0).json();
    assert_eq!(verified["state"], "ok");
    assert_eq!(home.run("key status --json").json()["older"][0]["state"], "lost");
    let other = Home::with_organisation();
    fs::copy(other.key(), home.key()).unwrap();
    home.run("key new --lost --yes").ends(1).tells("already exists");
    home.run("key rotate").ends(1).tells("belongs to a different installation");
}

#[test]
fn a_key_in_a_folder_that_others_write_to_is_refused_with_the_command_that_fixes_it() {
    let home = Home::with_organisation();
    let folder = home.path("data/rsvp");
    mode(&folder, 0o777);
    home.run("list").ends(1).tells("others can replace the database").tells("chmod go-w ");
    mode(&folder, 0o700);
    home.run("list").ends(0);
    let settings = home.settings("[invitation]\nvalid_for = \"3d\"\n");
    mode(&settings, 0o666);
    home.run("list").ends(2).tells("can be written by others").tells("chmod go-w ");
}

#[test]
fn whoever_is_erased_is_gone_from_every_answer_and_from_the_file() {
    let home = Home::with_organisation();
    home.run("invite zelda.quartz@example.org --name Zelda --message crystalline").ends(0);
    home.run("erase zelda.quartz@example.org").ends(2).tells("add --yes");
    let all = home.run("show zelda.quartz@example.org --all --json").ends(0).json();
    assert_eq!(all["invitations"][0]["message"], "crystalline");
    for name in ["resets", "email_changes", "mails", "history", "did"] {
        assert!(all[name].is_array(), "{name}");
    }
    let number = all["id"].as_i64().unwrap();
    let gone = home.run("erase zelda.quartz@example.org --yes --json").ends(0).json();
    assert_eq!(gone, json!({ "id": number, "state": "erased", "links_replaced": 0 }));
    home.run("show zelda.quartz@example.org").ends(4);
    home.run("erase zelda.quartz@example.org --yes").ends(4);
    home.run("erase ada@example.org --yes").ends(3).tells("last active administrator");
    let log = home.run("audit list --json").ends(0);
    assert!(!log.out.contains("quartz") && !log.out.contains("Zelda"), "{log:?}");
    let entries = log.json();
    let invited: Vec<&Value> =
        entries["items"].as_array().unwrap().iter().filter(|one| one["user"] == number).collect();
    assert_eq!(invited.len(), 2, "that user {number} was invited and erased stays");
    assert_eq!(home.run("audit verify --json").ends(0).json()["state"], "ok");
    for name in ["rsvp.db", "rsvp.db-wal"] {
        let bytes = fs::read(home.path("data/rsvp").join(name)).unwrap_or_default();
        for word in ["zelda", "Zelda", "quartz", "crystalline"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} is in {name}");
        }
    }
    home.run(&format!("erase #{number} --yes")).ends(0);
}

#[test]
fn an_only_administrator_who_forgot_the_password_comes_back_in_from_the_shell() {
    let home = Home::with_organisation();
    let shown = home.run("reset-password ada@example.org --print-link --json").ends(0).json();
    let code = shown["link"].as_str().unwrap();
    home.type_in("another velvet cactus moon\n", &["reset", code, "--password-stdin"]).ends(0);
    let log = home.run("audit list --action reset-password --json").ends(0).json();
    assert_eq!(log["items"][0]["detail"]["change"]["link"], "shown");
    home.run("reset-password ada@example.org --print-link --dry-run").ends(2);
}

/// Waits until a file says this.
fn says(file: &Path, text: &str) -> String {
    let deadline = std::time::Instant::now() + support::DEADLINE;
    loop {
        let all = fs::read_to_string(file).unwrap();
        if all.contains(text) {
            return all;
        }
        assert!(std::time::Instant::now() < deadline, "“{text}” is not in {all}");
        std::thread::yield_now();
    }
}

#[test]
fn the_head_of_the_audit_log_goes_to_the_log_of_the_service_and_tells_when_the_end_was_cut_off() {
    let mut home = Home::with_organisation();
    let log = home.path("service.log");
    let served = home.serve_into(&log);
    home.run("invite grace@example.org").ends(0);
    let told = says(&log, "the audit log is sealed up to here head=\"2:");
    drop(served);
    let head = told.rsplit("head=\"").next().unwrap().split('"').next().unwrap().to_owned();
    home.run(&format!("audit verify --head {head}")).ends(0);
    on(&home, "DROP TRIGGER audit_chain_no_delete");
    on(&home, "DELETE FROM audit_chain WHERE seq = 2");
    home.run("audit verify").ends(1);
    fs::remove_file(home.key().with_added_extension("head")).unwrap();
    home.run("audit verify").ends(0);
    let cut = home.run(&format!("audit verify --json --head {head}")).ends(1).json();
    assert_eq!((&cut["state"], &cut["broken"]["link"]), (&json!("broken"), &json!(2)));
}

/// Runs a statement on the embedded database, as another program would.
fn on(home: &Home, statement: &str) {
    let url = format!("sqlite://{}", home.database().display());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::connect(url).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
    });
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

#[test]
fn no_secret_is_in_the_log_the_database_its_side_files_a_backup_or_any_output() {
    let mut home = Home::with_organisation();
    home.set("RUST_LOG", "trace");
    let relay_password = "canary-relay-password-41";
    fs::create_dir_all(home.path("config/rsvp")).unwrap();
    fs::write(home.path("config/rsvp/relay"), relay_password).unwrap();
    mode(&home.path("config/rsvp/relay"), 0o600);
    // Nobody answers there: the worker fails at each try, and says so.
    home.settings(
        "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 1\n\
         user = \"canary\"\npassword_file = \"relay\"\n",
    );
    let log = home.path("service.log");
    let served = home.serve_into(&log);
    let mut said = String::new();
    let mut hear = |one: &support::cli::Said| said.extend([one.out.as_str(), one.err.as_str()]);
    home.run("invite grace@example.org linus@example.org").ends(0);
    let link = |who: &str| home.run(&format!("link {who} --json")).ends(0).json()["link"].as_str().unwrap().to_owned();
    let (grace, linus) = (link("grace@example.org"), link("linus@example.org"));
    let (weak, wrong, right) =
        ("canary-weak-pw", "canary wrong harvest under moonlight", "canary right harvest under moonlight");
    hear(&home.type_in(weak, &["accept", &grace, "--password-stdin", "--json"]).ends(2));
    hear(&home.type_in(right, &["accept", &grace, "--password-stdin"]).ends(0));
    hear(&home.type_in(wrong, &["accept", &grace, "--password-stdin", "--json"]).ends(3));
    let opened = ureq::get(&linus).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(opened.contains("Example"));
    let other = linus.replace("/i/", "/r/");
    assert!(ureq::get(&other).call().is_err(), "a link is for one thing");
    says(&log, "client=127.0.0.1 method=GET route=\"/r/{code}\" status=404");
    for command in [
        "list --json",
        "show grace@example.org --all --json",
        "audit list --jsonl",
        "config show",
        "doctor",
        "key status",
        "mail list --json",
    ] {
        hear(&home.run(command));
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", served.id())).unwrap();
    let dumps = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(dumps.split_whitespace().nth(4), Some("0"), "{dumps}");
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", served.id())).unwrap();
    on(&home, &format!("VACUUM INTO '{}'", home.path("backup.db").display()));
    drop(served);

    let key = fs::read_to_string(home.key()).unwrap().lines().nth(1).unwrap().to_owned();
    let code = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    let mut secrets =
        vec![weak.to_owned(), wrong.to_owned(), right.to_owned(), PASSWORD.to_owned(), relay_password.to_owned(), key];
    for code in [code(&grace), code(&linus)] {
        secrets.extend([code.replace('-', ""), code]);
    }
    let own = [home.key(), home.path("config/rsvp/relay")];
    let mut searched = vec![("output".to_owned(), said.into_bytes()), ("arguments".to_owned(), arguments.into_bytes())];
    for file in files(&home.path("")).into_iter().filter(|file| !own.contains(file)) {
        searched.push((file.display().to_string(), fs::read(&file).unwrap()));
    }
    assert_in_none(&secrets, &searched);
}

/// Fails if a secret is in what was searched, or if the files that matter most were not.
fn assert_in_none(secrets: &[String], searched: &[(String, Vec<u8>)]) {
    for name in ["rsvp.db", "rsvp.db-wal", "service.log", "backup.db"] {
        let is_there = searched.iter().any(|(file, bytes)| file.ends_with(name) && !bytes.is_empty());
        assert!(is_there, "{name} was not searched");
    }
    for (place, bytes) in searched {
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret is in {place}");
        }
    }
}

/// What nobody may get to a terminal, a page or a header.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "\u{9b}31m",
        "Ada\u{202e}ecalevoL",
        "one\r\nBcc: eve@example.org\r\n\r\ntwo",
        "in\u{200b}visible",
        "\u{feff}mark",
        "tag\u{e0041}ged",
        "=HYPERLINK(\"http://evil.example\")",
        "<script>alert(1)</script>",
        "'; DROP TABLE users; --",
        "{{ 7 * 7 }}",
        "../../etc/passwd",
        "\u{fffe}",
        "--help\u{1b}",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("a{}", "\u{301}".repeat(60)));
    all.push("x".repeat(20_000));
    all
}

/// Whether bytes on their way to a terminal are harmless.
fn is_harmless(text: &str) -> bool {
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    !text.chars().any(acts) && !text.contains(&"\u{301}".repeat(5))
}

/// Every place where somebody may type something, with a `?` for what is typed.
const PLACES: &[&[&str]] = &[
    &["invite", "?"],
    &["invite", "new@example.org", "--dry-run", "--name", "?"],
    &["invite", "new@example.org", "--dry-run", "--workspace", "?"],
    &["invite", "new@example.org", "--dry-run", "--language", "?"],
    &["invite", "new@example.org", "--dry-run", "--valid-for", "?"],
    &["invite", "new@example.org", "--dry-run", "--message", "?"],
    &["list", "--search", "?"],
    &["list", "--view", "?"],
    &["list", "--sort", "?"],
    &["list", "--workspace", "?"],
    &["list", "--after", "?"],
    &["list", "--limit", "?"],
    &["show", "?"],
    &["link", "?"],
    &["edit", "grace@example.org", "--dry-run", "--name", "?"],
    &["edit", "grace@example.org", "--dry-run", "--email", "?"],
    &["edit", "grace@example.org", "--dry-run", "--role", "?"],
    &["resend", "?"],
    &["revoke", "?", "other?"],
    &["suspend", "--search", "?", "--dry-run"],
    &["delete", "?", "--yes"],
    &["erase", "?", "--yes"],
    &["erase", "#?", "--yes"],
    &["reset-password", "?", "--print-link"],
    &["workspace", "rename", "?", "Elsewhere"],
    &["workspace", "rename", "Nowhere", "?"],
    &["workspace", "delete", "?", "--yes"],
    &["member", "add", "?", "grace@example.org"],
    &["member", "role", "Research:?", "grace@example.org"],
    &["mail", "list", "--state", "?"],
    &["mail", "list", "--user", "?"],
    &["mail", "show", "?"],
    &["mail", "test", "?"],
    &["audit", "list", "--user", "?"],
    &["audit", "list", "--actor", "?"],
    &["audit", "list", "--action", "?"],
    &["audit", "list", "--since", "?"],
    &["audit", "verify", "--head", "?"],
    &["accept", "?", "--password-stdin"],
    &["reset", "https://example.org/r/?", "--password-stdin"],
    &["list", "--database", "?"],
    &["list", "--database", "sqlite:///nowhere/?"],
    &["list", "--config", "?"],
    &["?"],
    &["--as", "?"],
    &["setup", "--organisation", "?", "--name", "A", "--email", "a@example.org", "--password-stdin"],
    &["setup", "--organisation", "A", "--name", "?", "--email", "a@example.org", "--password-stdin"],
    &["setup", "--organisation", "A", "--name", "A", "--email", "?", "--password-stdin"],
    &["setup", "--organisation", "A", "--name", "A", "--email", "a@example.org", "--from", "?", "--password-stdin"],
    &[
        "setup",
        "--organisation",
        "A",
        "--name",
        "A",
        "--email",
        "a@example.org",
        "--public-url",
        "?",
        "--password-stdin",
    ],
];

#[test]
fn nothing_hostile_that_is_typed_anywhere_comes_back_raw_or_breaks_anything() {
    let home = Home::with_organisation();
    home.run("workspace create Research").ends(0);
    home.run("invite grace@example.org --workspace Research").ends(0);
    for (at, text) in hostile().iter().enumerate() {
        for field in PLACES {
            // Each other time as a script would.
            let mut arguments: Vec<String> = field.iter().map(|word| word.replace('?', text)).collect();
            if at % 2 == 0 {
                arguments.push("--json".to_owned());
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let said = home.type_in(PASSWORD, &arguments);
            let shown: String = said.out.chars().chain(said.err.chars()).take(300).collect();
            assert!((0..=6).contains(&said.status), "{field:?} {text:.40}: {shown}");
            assert!(is_harmless(&said.out) && is_harmless(&said.err), "{field:?} {text:.40}: {shown}");
            assert!(!said.err.contains("panicked"), "{field:?} {text:.40}: {shown}");
        }
    }
    let all = home.run("list --json").ends(0).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "nobody came in by it");
}

#[test]
fn what_the_surroundings_say_of_somebody_is_stored_as_said_and_shown_harmless() {
    for text in hostile().into_iter().filter(|text| text.len() < 1_000) {
        let mut home = Home::with_organisation();
        home.set("USER", &text);
        home.set("SSH_CONNECTION", &format!("{text} 1 192.0.2.1 22"));
        home.run("invite grace@example.org").ends(0);
        for command in ["audit list", "audit list --json", "audit list --jsonl", "show grace@example.org --all"] {
            let said = home.run(command).ends(0);
            assert!(is_harmless(&said.out) && is_harmless(&said.err), "{text:?} {command}: {said:?}");
        }
        let entry = home.run("audit list --action invite --json").json();
        assert_eq!(entry["items"][0]["detail"]["login"], json!(text));
    }
}
