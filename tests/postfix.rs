//! Emails through a real relay: Postfix with STARTTLS and a sign-in, which hands them on to a mail server that reads
//! them.
//!
//! Size: one relay, one mail server, one worker; about ten seconds.

mod support;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::cli::{Home, mode};
use support::postfix::{LOGIN, Postfix, REFUSED};
use support::smtp::Sink;

/// An organisation that sends through this relay with this password.
fn through(postfix: &Postfix, password: &str) -> Home {
    let home = Home::with_organisation();
    fs::write(home.path("password"), password).expect("a file");
    mode(&home.path("password"), 0o600);
    home.settings(&format!(
        "[portal]\npublic_url = \"http://127.0.0.1:8400\"\n[mail]\ntransport = \"smtp\"\n\
         from = \"Example Müller & Söhne <rsvp@example.org>\"\n[mail.smtp]\nhost = \"localhost\"\nport = {}\n\
         user = \"{}\"\npassword_file = \"{}\"\nca_file = \"{}\"\n",
        postfix.port,
        LOGIN.0,
        home.path("password").display(),
        postfix.certificate().display()
    ));
    home
}

/// Waits until an email is as it should be.
fn mail_that(home: &Home, number: u32, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + support::DEADLINE;
    loop {
        let mail = home.run(&format!("mail show {number} --json")).ends(0).json();
        if wanted(&mail) {
            return mail;
        }
        assert!(Instant::now() < deadline, "{mail}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn invitations_go_through_postfix_with_starttls_and_a_sign_in_whatever_it_does_meanwhile() {
    let Some(sink) = Sink::start() else { return };
    let Some(postfix) = Postfix::start(sink.port) else { return };
    let home = through(&postfix, LOGIN.1);
    let walked = home.run("mail test ops@example.com").ends(0);
    for stage in ["ok     tls", "ok     sign-in", "queued as"] {
        assert!(walked.out.contains(stage), "{stage}: {walked:?}");
    }
    assert_eq!(sink.next().to, ["ops@example.com"]);

    // What a person may be called and told, up to the longest.
    let long = "Zoë Ångström-Ñandú 渡辺 ".repeat(20).trim().chars().take(200).collect::<String>();
    home.type_in(
        "",
        &[
            "invite",
            "zoe@example.com",
            "--name",
            &long,
            "--language",
            "de",
            "--message",
            "{{ code }}\n.\n.. <b>Tee</b>",
        ],
    )
    .ends(0);
    let _worker = home.start(&["serve", "--no-portal"]);
    let mail = sink.next();
    assert_eq!(mail.defects, Vec::<String>::new());
    assert_eq!(mail.header("Subject"), Some("Ihre Einladung: Example"));
    assert_eq!(mail.header("From"), Some("Example Müller & Söhne <rsvp@example.org>"));
    assert_eq!(mail.header("Auto-Submitted"), Some("auto-generated"));
    assert!(mail.header("To").unwrap().contains("<zoe@example.com>"), "{:?}", mail.headers);
    for words in ["{{ code }}", ".. <b>Tee</b>"] {
        assert!(mail.text.contains(words), "{}", mail.text);
    }
    assert!(mail.html.contains("&lt;b&gt;Tee&lt;/b&gt;"), "{}", mail.html);
    assert!(mail.link("/i/").starts_with("http://127.0.0.1:8400/i/"));
    // What the relay said is what its log says.
    let sent = mail_that(&home, 1, |mail| mail["state"] == "accepted");
    let words = sent["last_text"].as_str().unwrap().to_owned();
    let queued = words.rsplit(' ').next().unwrap();
    assert!(words.starts_with("2.0.0 Ok: queued as") && postfix.log().contains(queued), "{words}: {}", postfix.log());
    let message_id = sent["message_id"].as_str().unwrap();
    assert_eq!(mail.header("Message-ID"), Some(format!("<{message_id}>").as_str()));

    // An address that the relay refuses is shown, corrected, and the email sent there.
    home.run(&format!("invite {REFUSED}")).ends(0);
    let dead = mail_that(&home, 2, |mail| mail["state"] == "failed");
    assert_eq!((dead["last_stage"].as_str(), dead["last_code"].as_u64()), (Some("recipient"), Some(550)));
    home.run(&format!("edit {REFUSED} --email somebody@example.com")).ends(0);
    assert_eq!(sink.next().to, ["somebody@example.com"]);
    assert_eq!(mail_that(&home, 2, |_| true)["state"], "cancelled");

    // The relay ends in the middle of everything and comes back.
    postfix.down();
    home.run("invite late@example.com").ends(0);
    let waits = mail_that(&home, 4, |mail| mail["last_text"].is_string());
    assert_eq!((waits["state"].as_str(), waits["attempts"].as_u64()), (Some("queued"), Some(0)));
    assert!(waits["last_text"].as_str().unwrap().contains("Connection refused"), "{waits}");
    postfix.up();
    home.run("mail retry 4").ends(0);
    assert_eq!(sink.next().to, ["late@example.com"]);
}

#[test]
fn a_wrong_password_for_the_relay_is_said_and_costs_no_mail_a_try() {
    let Some(sink) = Sink::start() else { return };
    let Some(postfix) = Postfix::start(sink.port) else { return };
    let home = through(&postfix, "not the password");
    home.run("invite grace@example.com").ends(0);
    {
        let _worker = home.start(&["serve", "--no-portal"]);
        let waits = mail_that(&home, 1, |mail| mail["last_text"].is_string());
        assert_eq!((waits["state"].as_str(), waits["attempts"].as_u64()), (Some("queued"), Some(0)));
        assert_eq!((waits["last_stage"].as_str(), waits["last_code"].as_u64()), (Some("sign-in"), Some(535)));
        home.run("mail list")
            .ends(0)
            .tells("the relay refuses our sign-in (535): check mail.smtp.user and its password");
        home.run("doctor").ends(1);
    }
    fs::write(home.path("password"), LOGIN.1).expect("a file");
    let _worker = home.start(&["serve", "--no-portal"]);
    home.run("mail retry 1").ends(0);
    assert_eq!(sink.next().to, ["grace@example.com"]);
}

#[test]
fn a_service_that_runs_takes_new_certificates_on_sighup_and_keeps_the_old_ones_if_they_are_broken() {
    let Some(sink) = Sink::start() else { return };
    let Some(postfix) = Postfix::start(sink.port) else { return };
    let home = through(&postfix, LOGIN.1);
    let trusted = home.path("trusted.pem");
    let settings = fs::read_to_string(home.path("config/rsvp/config.toml")).unwrap();
    let path = |path: &std::path::Path| format!("\"{}\"", path.display());
    home.settings(&settings.replace(&path(&postfix.certificate()), &path(&trusted)));
    fs::write(&trusted, "not yet a certificate").unwrap();
    let log = home.path("serve.log");
    let served = home.start_into(&["serve", "--no-portal"], fs::File::create(&log).unwrap());
    let process = rustix::process::Pid::from_raw(served.id().try_into().unwrap()).unwrap();
    let hang_up = |count: usize| {
        rustix::process::kill_process(process, rustix::process::Signal::HUP).unwrap();
        wait_for_lines(&log, "SIGHUP: read anew", count);
    };
    home.run("invite first@example.com").ends(0);
    wait_for_lines(&log, "emails are paused", 1);
    fs::copy(postfix.certificate(), &trusted).unwrap();
    hang_up(1);
    assert_eq!(sink.next().to, ["first@example.com"]);
    fs::write(&trusted, "no certificate any more").unwrap();
    fs::remove_file(home.path("password")).unwrap();
    hang_up(2);
    for line in ["the relay's certificates stay as they were", "the relay's password stays as it was"] {
        wait_for_lines(&log, line, 1);
    }
    // On another connection than the first.
    postfix.down();
    postfix.up();
    home.run("invite second@example.com").ends(0);
    assert_eq!(sink.next().to, ["second@example.com"]);
}

fn wait_for_lines(log: &std::path::Path, text: &str, count: usize) {
    let deadline = Instant::now() + support::DEADLINE;
    loop {
        let all = fs::read_to_string(log).unwrap();
        if all.matches(text).count() >= count {
            return;
        }
        assert!(Instant::now() < deadline, "no {count} lines “{text}” in {all}");
        thread::sleep(Duration::from_millis(20));
    }
}
