//! Editing, password resets and emails from the command line, by running the program: stories of scripts and of people
//! who get something wrong. Size: some thirty starts of the program and one worker.

mod support;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::cli::{Home, PASSWORD};
use support::relay::Relay;
use support::seed;

const NEW: &str = "copper harvest under moonlight";

/// An organisation whose emails go into a folder, and whose links lead to a portal that need not be there.
fn with_mail_folder() -> Home {
    let home = Home::with_organisation();
    home.settings(&format!(
        "[portal]\npublic_url = \"https://rsvp.example.org\"\nlisten = \"127.0.0.1:0\"\n\
         [mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"Example <rsvp@example.org>\"\n",
        home.path("mails").display()
    ));
    home
}

/// The emails in the folder, as soon as there are so many, without the soft line ends of quoted-printable.
fn mails(home: &Home, count: usize) -> Vec<String> {
    let deadline = Instant::now() + support::DEADLINE;
    loop {
        let mut files: Vec<_> =
            fs::read_dir(home.path("mails")).into_iter().flatten().map(|file| file.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "eml"));
        files.sort();
        if files.len() >= count {
            return files.iter().map(|path| fs::read_to_string(path).unwrap().replace("=\r\n", "")).collect();
        }
        assert!(Instant::now() < deadline, "{count} emails do not come: {files:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn code(mails: &[String], kind: &str) -> String {
    let begin = format!("https://rsvp.example.org/{kind}/");
    let mail = mails.iter().find(|mail| mail.contains(&begin)).expect("a mail with such a link");
    let rest = &mail[mail.find(&begin).unwrap() + begin.len()..];
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

#[test]
fn a_user_is_edited_and_what_cannot_be_is_refused_with_its_reason() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    let said = home.type_in("", &["edit", "grace@example.org", "--name", "Grace Hopper", "--language", "de"]).ends(0);
    assert!(said.out.contains("name, language saved"), "{said:?}");
    home.run("edit grace@example.org --language de").ends(0);
    let moved = home.run("edit grace@example.org --email hopper@example.org").ends(0);
    assert!(moved.out.contains("a new invitation goes to the new address, and the earlier link no longer works"));
    let shown = home.run("show hopper@example.org --all --json").ends(0).json();
    assert_eq!((&shown["name"], &shown["invitation"]["times_sent"]), (&json!("Grace Hopper"), &json!(2)));
    assert_eq!(shown["history"][0]["detail"]["change"]["email"]["before"], "grace@example.org");

    home.run("edit hopper@example.org").ends(2).tells("no change was given");
    home.run("edit hopper@example.org --email ada@example.org").ends(3).tells("belongs to another user");
    let asked = home.run("edit ada@example.org --email ada@elsewhere.example").ends(0);
    assert!(asked.out.contains("must be confirmed first"), "{asked:?}");
    home.run("edit ada@example.org --role none").ends(3).tells("last active administrator");
    home.run("edit hopper@example.org --role boss").ends(2).tells("use administrator, helpdesk, auditor or none");
    home.run("edit hopper@example.org --workspace None").ends(4).tells("there is no workspace");
    home.run("edit nobody@example.org --name X").ends(4);
    home.run("edit hopper@example.org --role administrator").ends(0);
    assert_eq!(home.run("show hopper@example.org --json").json()["role"], "administrator");
}

#[test]
fn a_forgotten_password_is_reset_with_the_code_out_of_the_mail() {
    let home = with_mail_folder();
    home.run("invite grace@example.org").ends(0);
    home.run("reset-password grace@example.org").ends(3).tells("isn't active yet").tells("resend the invitation");
    home.run("reset-password ada@example.org").ends(0);
    home.run("reset-password ada@example.org").ends(3).tells("less than a minute ago");
    let _worker = home.start(&["serve", "--no-portal"]);
    let mails = mails(&home, 2);
    let reset = code(&mails, "r");
    home.type_in(NEW, &["accept", &reset, "--password-stdin"]).ends(4).tells("this code isn't valid");
    home.type_in("short", &["reset", &reset, "--password-stdin"]).ends(2).tells("needs at least 15");
    let done = home.type_in(NEW, &["reset", &reset, "--password-stdin", "--json"]).ends(0).json();
    assert_eq!(done, json!({ "state": "reset", "email": "ada@example.org", "organisation": "Example" }));
    home.type_in(NEW, &["reset", &reset, "--password-stdin"]).ends(3).tells("the link has already been used");
    let invitation = code(&mails, "i");
    home.type_in(PASSWORD, &["accept", &invitation, "--password-stdin"]).ends(0);
}

#[test]
fn mails_are_listed_steered_and_explained() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org zoe@example.org").ends(0);
    let listed = home.run("mail list").ends(0).tells("2 queued: links can't be made: set portal.public_url");
    assert!(listed.out.contains("queued") && listed.out.contains("zoe@example.org"), "{listed:?}");
    let page = home.run("mail list --limit 1 --json").ends(0).json();
    assert_eq!(page["items"][0]["to"], "zoe@example.org");
    let next = home.run(&format!("mail list --limit 1 --json --after {}", page["next"])).ends(0).json();
    assert_eq!((&next["items"][0]["to"], &next["next"]), (&json!("grace@example.org"), &Value::Null));
    let of_grace = home.run("mail list --user grace@example.org --json").ends(0).json();
    assert_eq!(of_grace["items"].as_array().unwrap().len(), 1);

    assert_eq!(home.run("mail cancel 1 --json").ends(0).json()["state"], "cancelled");
    home.run("mail cancel 1").ends(3).tells("only a queued or failed email");
    home.run("mail retry 1").ends(3);
    home.run("mail retry 99").ends(4).tells("there is no email 99");
    let several = home.run("mail retry 1 2 --json").ends(6).json();
    assert_eq!(several["items"][0]["error"]["code"], "mail_state");
    assert_eq!(several["items"][1]["mail"]["state"], "queued");
    assert_eq!(home.run("mail retry --failed --json").ends(0).json(), json!({ "retried": 0, "left_out": 0 }));
    home.run("mail retry --failed 2").ends(2);
    home.run("mail retry").ends(2);
    home.run("mail list --state lost")
        .ends(2)
        .tells("use one of queued, sending, accepted, failed, cancelled, expired");
    home.run("mail list --state dead").ends(2).tells("there is no state dead");
    home.run("mail test nobody").ends(2).tells("isn't an email address");
    let test = home.run("mail test ops@example.org --json").ends(0).json();
    let shown = home.run(&format!("mail show {}", test["id"])).ends(0);
    assert!(shown.out.contains("<ops@example.org>") && shown.out.contains("kind        test"), "{shown:?}");
}

#[test]
fn what_becomes_of_a_test_mail_is_seen() {
    let home = with_mail_folder();
    let _worker = home.start(&["serve", "--no-portal"]);
    let test = home.run("mail test ops@example.org --json").ends(0).json();
    assert_eq!(mails(&home, 1).len(), 1);
    let deadline = Instant::now() + support::DEADLINE;
    let shown = loop {
        let shown = home.run(&format!("mail show {} --json", test["id"])).ends(0).json();
        if shown["state"] == "accepted" {
            break shown;
        }
        assert!(Instant::now() < deadline, "{shown}");
    };
    assert_eq!(shown["tries"][0]["accepted"], true);
    let listed = home.run("mail list --state accepted --json").ends(0).json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["state"]), (&test["id"], &json!("accepted")));
    let table = home.run("mail list").ends(0).out;
    assert!(table.contains(" accepted "), "a list shows the word that --state takes: {table}");
    home.run("serve --no-portal --no-worker").ends(2);
}

#[test]
fn a_database_that_another_program_holds_is_reported_and_nothing_is_lost() {
    let home = Home::with_organisation();
    seed::while_held(&format!("sqlite://{}", home.database().display()), || {
        home.run("list").ends(0);
        let said = home.run("invite grace@example.org").ends(1);
        said.tells("locked by another program").tells("try again in a moment");
    });
    home.run("invite grace@example.org").ends(0);
}

#[test]
fn what_a_mail_says_is_read_with_dots_for_its_code() {
    let home = with_mail_folder();
    home.type_in("", &["invite", "grace@example.org", "--message", "{{ code }} <b>cup</b>"]).ends(0);
    let preview = home.run("mail preview 1").ends(0);
    assert!(preview.out.starts_with("Subject: "), "{preview:?}");
    assert!(preview.out.contains("/i/•••••-•••••") && preview.out.contains("> {{ code }} <b>cup</b>"), "{preview:?}");
    let html = home.run("mail preview 1 --html").ends(0);
    assert!(html.out.contains("{{ code }} &lt;b&gt;cup&lt;/b&gt;"), "{html:?}");
    let json = home.run("mail preview 1 --json").ends(0).json();
    assert!(json["text"].as_str().unwrap().contains("•••••"));
    home.run("mail preview 9").ends(4).tells("there is no email 9");
}

#[test]
fn the_preview_of_a_sent_email_is_the_email_that_was_sent() {
    let mut home = with_mail_folder();
    home.run("invite grace@example.org --name Gracie").ends(0);
    let waiting = home.run("mail preview 1").ends(0);
    assert!(waiting.out.contains("Note: This email hasn't been sent."), "{waiting:?}");
    let served = home.serve();
    let deadline = Instant::now() + support::DEADLINE;
    while home.run("mail show 1 --json").ends(0).json()["state"] != "accepted" {
        assert!(Instant::now() < deadline, "the mail is not sent");
    }
    drop(served);
    home.run("edit grace@example.org --name Hopper").ends(0);
    let sent = home.run("mail preview 1").ends(0);
    assert!(sent.out.contains("Gracie") && !sent.out.contains("Hopper") && !sent.out.contains("Note:"), "{sent:?}");
    let json = home.run("mail preview 1 --json").ends(0).json();
    assert_eq!(json["source"], "stored");
    assert!(json["html"].as_str().unwrap().contains("Gracie"));
}

#[test]
fn a_test_mail_tells_each_stage_with_its_time_and_the_relays_words() {
    let relay = Relay::start(Duration::ZERO);
    let home = Home::with_organisation();
    home.settings(&format!(
        "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n[mail.smtp]\nurl = \"smtp://127.0.0.1:{}?tls=none\"\n",
        relay.port
    ));
    let said = home.run("mail test ops@example.org").ends(0);
    let stages: Vec<_> = said.out.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert_eq!(stages, ["connect", "greeting", "hello", "sender", "recipient", "data", "final"], "{said:?}");
    assert!(said.out.lines().all(|line| line.starts_with("ok ") && line.contains(" ms ")), "{said:?}");
    assert!(said.out.contains("2.0.0 taken"), "{said:?}");
    assert_eq!(relay.taken()[0].to, "ops@example.org");
    assert_eq!(home.run("mail list --json").json()["items"].as_array().unwrap().len(), 0, "it is beside the outbox");

    relay.set_down(true);
    let failed = home.run("mail test ops@example.org --json").ends(1);
    assert_eq!(failed.json()["items"][1]["code"], 421, "{failed:?}");
    failed.tells("greeting");
}

#[test]
fn the_doctor_says_what_waits_and_who_is_there() {
    let home = with_mail_folder();
    home.run("invite grace@example.org").ends(0);
    let check = |home: &Home, name: &str, status| {
        let all = home.run("doctor --json").ends(status).json();
        let found = all["items"].as_array().unwrap().iter().find(|item| item["check"] == name).cloned();
        found.unwrap_or_else(|| panic!("no {name} in {all}"))
    };
    // Nobody serves the portal in this test, which is wrong whatever else is.
    assert_eq!(check(&home, "outbox", 1)["state"], "ok");
    assert_eq!(check(&home, "worker", 1)["state"], "open");
    assert_eq!(check(&home, "clock", 1)["state"], "ok");
    let url = format!("sqlite://{}", home.database().display());
    seed::run(&url, &["UPDATE outbox SET created_at = created_at - 960000".to_owned()]);
    let late = check(&home, "outbox", 1);
    assert_eq!(
        (&late["state"], &late["message"]),
        (&json!("wrong"), &json!("1 email unsent, the oldest since 16 min"))
    );
    let _worker = home.start(&["serve", "--no-portal"]);
    assert_eq!(mails(&home, 1).len(), 1);
    assert_eq!(check(&home, "worker", 1)["state"], "ok");
}

#[test]
fn the_services_log_says_what_became_of_each_email_and_whose_it_is_not() {
    let mut home = with_mail_folder();
    home.run("invite grace@example.org --name Gracie").ends(0);
    let log = home.path("serve.log");
    let served = home.serve_into(&log);
    let deadline = Instant::now() + support::DEADLINE;
    let text = loop {
        let text = fs::read_to_string(&log).unwrap();
        if text.contains("the relay accepted an email") {
            break text;
        }
        assert!(Instant::now() < deadline, "{text}");
    };
    drop(served);
    let line = text.lines().find(|line| line.contains("the relay accepted an email")).unwrap();
    assert!(line.contains("email=1") && line.contains("invitation"), "{line}");
    assert!(!text.contains("grace") && !text.contains("Gracie"), "{text}");
}
