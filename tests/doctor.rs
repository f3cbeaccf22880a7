//! `rsvp doctor` fails on whatever stops the work, also as one line for a monitor, and with `--local` asks nobody else.
//! Size: some fifty starts of the program.

mod support;

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::cli::{Home, PASSWORD, Said};
use support::{seed, skip};

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// An organisation in which nothing is wrong and nothing open, as far as this machine can tell.
fn healthy() -> Home {
    let home = Home::with_organisation();
    settings(&home, "");
    export(&home);
    home
}

/// Settings with a portal and a folder of emails.
fn settings(home: &Home, more: &str) {
    home.settings(&format!(
        "[portal]\npublic_url = \"http://127.0.0.1:1\"\nlisten = \"127.0.0.1:0\"\n\
         [mail]\ntransport = \"file\"\nfolder = \"{}\"\nfrom = \"Example <rsvp@example.org>\"\n{more}",
        home.path("mails").display()
    ));
}

/// So many milliseconds ago, as SQL.
fn ago(milliseconds: i64) -> String {
    format!("(CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {milliseconds})")
}

/// Changes the database behind the program's back.
fn change(home: &Home, statement: String) {
    seed::run(&format!("sqlite://{}", home.database().display()), &[statement]);
}

/// Stores a row of the settings table; the value is SQL.
fn set(home: &Home, key: &str, value: &str) {
    change(
        home,
        format!(
            "INSERT INTO settings (key, value) VALUES ('{key}', {value})
             ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ),
    );
}

/// As `rsvp key export` notes it.
fn export(home: &Home) {
    let key = home.run("key status --json").ends(0).json()["fingerprint"].as_str().unwrap().to_owned();
    set(home, "key_exported", &format!("{} || ' {key}'", ago(0)));
}

/// What the doctor found of one thing.
#[track_caller]
fn check(home: &Home, name: &str) -> Value {
    let all = home.run("doctor --local --json").json();
    let found = all["items"].as_array().unwrap().iter().find(|item| item["check"] == name).cloned();
    found.unwrap_or_else(|| panic!("no {name} in {all}"))
}

#[track_caller]
fn is(home: &Home, name: &str, state: &str, words: &str) {
    let found = check(home, name);
    assert!(found["state"] == state && found["message"].as_str().unwrap().contains(words), "{found}");
}

/// The one line for a monitor, and its status.
fn monitor(home: &Home) -> (i32, String) {
    let Said { status, out, err } = home.run("doctor --local --nagios");
    assert!(err.is_empty() && out.lines().count() == 1, "{out}{err}");
    (status, out.trim_end().to_owned())
}

#[test]
fn a_monitor_gets_one_line_with_figures_and_the_status_that_it_knows() {
    let home = healthy();
    assert_eq!(monitor(&home), (1, "RSVP WARNING - worker: none has run yet: start `rsvp serve`; portal process: none has run yet: start `rsvp serve` | waiting=0 failed=0 oldest_s=0".to_owned()));
    let service = home.start(&["serve"]);
    let deadline = Instant::now() + support::DEADLINE;
    while check(&home, "worker")["state"] != "ok" || check(&home, "portal process")["state"] != "ok" {
        assert!(Instant::now() < deadline);
    }
    assert_eq!(monitor(&home), (0, "RSVP OK - everything works | waiting=0 failed=0 oldest_s=0".to_owned()));
    drop(service);
    home.run("invite grace@example.org").ends(0);
    change(&home, "UPDATE outbox SET created_at = created_at - 960000, next_at = next_at + 960000".to_owned());
    let (status, line) = monitor(&home);
    assert!(status == 2 && line.starts_with("RSVP CRITICAL - outbox: 1 email unsent"), "{line}");
    let figures = line.split(" | ").nth(1).unwrap();
    assert!(figures.starts_with("waiting=1 failed=0 oldest_s=96"), "{line}");
    home.settings("[nonsense]\nx = 1\n");
    let (status, line) = monitor(&home);
    assert!(status == 3 && line.starts_with("RSVP UNKNOWN - settings: "), "{line}");
    let wrong = home.run("doctor --nagios --frobnicate").ends(3);
    assert!(wrong.out.starts_with("RSVP UNKNOWN - "), "{wrong:?}");
}

#[test]
fn with_local_nobody_else_is_asked_and_it_is_quick() {
    let home = healthy();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    home.settings(&format!(
        "[portal]\npublic_url = \"http://{at}\"\nlisten = \"127.0.0.1:0\"\n[mail]\ntransport = \"smtp\"\n\
         from = \"rsvp@example.org\"\n[mail.smtp]\nurl = \"smtp://{at}\"\ntls = \"none\"\n"
    ));
    let began = Instant::now();
    home.run("doctor --local").ends(0);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(listener.accept().is_err(), "nobody was asked");
}

#[test]
fn a_database_that_takes_no_change_is_wrong_although_it_can_be_read() {
    let home = healthy();
    seed::while_held(&format!("sqlite://{}", home.database().display()), || {
        is(&home, "database", "wrong", "another program holds a lock");
        let (status, line) = monitor(&home);
        assert!(status == 2 && line.contains("RSVP CRITICAL - database: ") && line.contains("| waiting=0"), "{line}");
    });
    is(&home, "database", "ok", "can be read and written");
}

#[test]
fn parts_that_fell_silent_are_wrong_where_they_are_missed() {
    let home = healthy();
    let part = |kind: &str, silent: i64| {
        let at = ago(silent);
        change(&home, format!("INSERT INTO nodes (kind, started_at, seen_at) VALUES ('{kind}', {at}, {at})"));
    };
    part("worker", DAY);
    part("portal", 25_000);
    is(&home, "worker", "open", "none is running");
    is(&home, "portal process", "wrong", "none is running");
    home.run("invite grace@example.org").ends(0);
    is(&home, "worker", "wrong", "the last one stopped 1 d ago");
    assert_eq!(monitor(&home).0, 2);
}

#[test]
fn copies_of_key_and_database_are_asked_for() {
    let home = healthy();
    is(&home, "key export", "ok", "ago");
    home.run("key rotate").ends(0);
    is(&home, "key export", "open", "never been exported");
    export(&home);
    is(&home, "key export", "ok", "ago");

    let all = home.run("doctor --local --json").json();
    assert!(all["items"].as_array().unwrap().iter().all(|item| item["check"] != "backup"), "{all}");
    settings(&home, "[backup]\nmax_age = \"7d\"\n");
    is(&home, "backup", "wrong", "there has been no backup yet");
    set(&home, "backed_up_at", &ago(8 * DAY));
    is(&home, "backup", "wrong", "8 d old");
    set(&home, "backed_up_at", &ago(DAY));
    is(&home, "backup", "ok", "1 d old");
}

#[test]
fn a_service_that_writes_into_a_file_that_is_gone_is_found() {
    let mut home = healthy();
    fs::create_dir_all(home.path("machine/run/rsvp")).unwrap();
    let served = home.serve();
    let address = home.variable("RSVP_PORTAL__PUBLIC_URL");
    home.set("RSVP_PORTAL__LISTEN", address.trim_start_matches("http://"));
    let deadline = Instant::now() + support::DEADLINE;
    while home.run("doctor --local --json").json()["items"].to_string().matches("\"service\"").count() == 0
        || check(&home, "service")["state"] != "ok"
    {
        assert!(Instant::now() < deadline, "{:?}", home.run("doctor --local"));
    }
    // A copy in its place is a good database, and the service doesn't know it.
    let copy = home.path("copy.db");
    seed::run(&format!("sqlite://{}", home.database().display()), &[format!("VACUUM INTO '{}'", copy.display())]);
    let aside = home.path("aside.db");
    fs::rename(home.database(), &aside).unwrap();
    fs::copy(&copy, home.database()).unwrap();
    support::cli::mode(&home.database(), 0o600);
    is(&home, "service", "wrong", &format!("deleted or replaced under the running service (process {})", served.id()));
    // Without its mark, the service itself is asked.
    fs::remove_file(home.path("machine/run/rsvp/serve")).unwrap();
    while check(&home, "service")["message"].as_str().unwrap().contains("ready") {
        assert!(Instant::now() < deadline);
    }
    is(&home, "service", "wrong", "can't do its work");
    drop(served);
}

#[test]
fn a_disk_that_is_nearly_full_is_wrong_before_it_is_full() {
    let home = Home::new();
    fs::create_dir_all(home.path("data")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=60m rsvp data || exit 77
         echo '{PASSWORD}' | $0 setup --organisation Example --name Ada --email ada@example.org --password-stdin >&2 || exit 78
         exec $0 doctor --local --json"
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_rsvp")]);
    let Ok(child) = home.surround(command).env("PATH", std::env::var("PATH").unwrap()).spawn() else {
        return skip("unshare (Debian: util-linux)");
    };
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) || err.contains("unshare failed") {
        return skip("the right to mount a file system of its own (root)");
    }
    assert_eq!(output.status.code(), Some(1), "{err}");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let disk = all["items"].as_array().unwrap().iter().find(|item| item["check"] == "disk").unwrap().clone();
    let message = disk["message"].as_str().unwrap();
    assert!(
        disk["state"] == "wrong" && message.starts_with("only ") && message.contains("100 MB are needed"),
        "{disk}"
    );
}
