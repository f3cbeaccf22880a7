//! The service's log, as text and as JSON: what happened by its number, why something failed, and nothing about anybody. And
//! what a running service reads anew on SIGHUP. Size: six services, some forty starts of the command line.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::Value;
use support::DEADLINE;
use support::cli::{Home, PASSWORD, Served, mode};
use support::relay::Relay;
use support::smtp::Sink;

/// An organisation with a service, whose log is read.
struct Service {
    home: Home,
    settings: String,
    log: PathBuf,
    served: Option<Served>,
}

impl Service {
    /// Starts one that sends to this port, with more settings for relay and log.
    fn start(port: u16, more: &str) -> Self {
        let mut home = Home::with_organisation();
        let settings = format!(
            "[portal]\npublic_url = \"http://127.0.0.1:1\"\n[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.com\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n{more}"
        );
        home.settings(&settings);
        let log = home.path("serve.log");
        let file = fs::File::create(&log).unwrap();
        home.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let served = home.start_into(&["serve"], file);
        let service = Self { home, settings, log, served: Some(served) };
        service.wait_for("listens on");
        service
    }

    /// Where the portal listens.
    fn portal(&self) -> String {
        let text = self.read();
        let (_, rest) = text.split_once("listens on http://").unwrap();
        rest.split(". ").next().unwrap().to_owned()
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + DEADLINE / 2;
        while !self.read().contains(text) {
            assert!(Instant::now() < deadline, "no “{text}” in {}", self.read());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn process(&self) -> Pid {
        Pid::from_raw(self.served.as_ref().unwrap().id().try_into().unwrap()).unwrap()
    }

    /// Asks it to read anew, and waits until it says what it took.
    #[track_caller]
    fn hang_up(&self) -> String {
        let before = self.read();
        kill_process(self.process(), Signal::HUP).unwrap();
        let deadline = Instant::now() + DEADLINE / 2;
        loop {
            let new = self.read()[before.len()..].to_owned();
            if new.contains("SIGHUP: read anew") {
                return new;
            }
            assert!(Instant::now() < deadline, "it says nothing: {new}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sets a limit of the process, as systemd or a shell does before the start.
    fn limit(&self, resource: Resource, current: Option<u64>) {
        let maximum = getrlimit(resource).maximum;
        prlimit(Some(self.process()), resource, Rlimit { current, maximum }).unwrap();
    }

    fn link(&self, address: &str) -> String {
        let link = self.home.run(&format!("link {address}")).ends(0).out;
        link.trim().replace("127.0.0.1:1/", &format!("{}/", self.portal()))
    }
}

/// The status of the portal's answer to a form with this password at a link.
fn chooses(link: &str, password: &str) -> u16 {
    let (host, path) = link.trim_start_matches("http://").split_once('/').unwrap();
    let password = password.replace(' ', "+");
    let form = format!("password={password}&password_again={password}");
    let mut stream = TcpStream::connect(host).unwrap();
    let head = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close";
    write!(stream, "POST /{path} HTTP/1.1\r\nHost: {host}\r\n{head}\r\nContent-Length: {}\r\n\r\n{form}", form.len())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or("0").parse().unwrap()
}

/// Everything that happens to Grace, in a log of this format; answers the log and the numbers of the audit log.
fn story(format: &str) -> (String, Vec<(i64, String)>) {
    let relay = Relay::start(Duration::ZERO);
    let service = Service::start(relay.port, &format!("[log]\nformat = \"{format}\"\nlevel = \"debug\"\n"));
    let home = &service.home;
    let invite = ["invite", "grace@navy.example", "--name", "Gracie Hopper", "--message", "Welcome aboard"];
    home.type_in("", &invite).ends(0);
    service.wait_for("the relay accepted an email");
    let link = service.link("grace@navy.example");
    assert_eq!(chooses(&link, "short"), 422);
    assert_eq!(chooses(&link, PASSWORD), 200);
    // The relay goes away, and comes back.
    relay.set_down(true);
    home.run("reset-password grace@navy.example").ends(0);
    service.wait_for("emails are paused: the relay can't be used");
    relay.set_down(false);
    home.run("mail retry 2").ends(0);
    service.wait_for("emails are resumed: the relay works again");
    home.run("suspend grace@navy.example").ends(0);
    let all = home.run("audit list --limit 100 --json").ends(0).json();
    let number = |entry: &Value| (entry["id"].as_i64().unwrap(), entry["action"].as_str().unwrap().to_owned());
    let changes: Vec<_> = all["items"].as_array().unwrap().iter().map(number).collect();
    let newest = changes.iter().map(|(number, _)| *number).max().unwrap();
    let (text, json) = (format!("audit={newest} "), format!("\"audit\":{newest}}}"));
    service.wait_for(if format == "json" { &json } else { &text });
    let text = service.read();
    let code = link.rsplit('/').next().unwrap();
    for secret in ["grace", "Grac", "Hopper", "navy", "ada@", "aboard", "example.org", PASSWORD, code, &code[..8]] {
        assert!(!text.contains(secret), "“{secret}” is in {text}");
    }
    (text, changes)
}

#[test]
fn the_log_has_each_change_and_each_email_by_its_number_and_names_nobody() {
    let (text, changes) = story("text");
    for (number, action) in changes {
        assert_eq!(text.matches(&format!("change audit={number} action=\"{action}\"")).count(), 1, "{number}: {text}");
    }
    for line in ["the relay accepted an email email=1", "an email waits: the relay can't be used email=2"] {
        assert!(text.contains(line), "no “{line}” in {text}");
    }
}

#[test]
fn as_json_each_line_is_one_object_with_time_level_message_and_fields() {
    let (text, changes) = story("json");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for line in &lines {
        let keys: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["fields", "level", "message", "time"], "{line}");
        assert!(line["time"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(["error", "warn", "info", "debug"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
    for (number, action) in changes {
        let is_it = |line: &&Value| line["message"] == "change" && line["fields"]["audit"] == number;
        let found: Vec<_> = lines.iter().filter(is_it).collect();
        assert!(found.len() == 1 && found[0]["fields"]["action"] == *action, "{number} {action}: {text}");
    }
    assert!(lines.iter().any(|line| line["message"] == "the relay accepted an email" && line["fields"]["email"] == 1));
}

#[test]
fn on_sighup_the_level_counts_at_once_and_the_rest_is_said_to_need_a_restart() {
    let relay = Relay::start(Duration::ZERO);
    let service = Service::start(relay.port, "[log]\nlevel = \"warn\"\n");
    service.home.run("invite first@example.org").ends(0);
    assert!(relay.wait_for(1, DEADLINE));
    assert!(service.hang_up().contains("nothing that counts at once has changed"));
    service
        .home
        .settings(&service.settings.replace("\"warn\"", "\"info\"").replace("[mail]", "[mail]\nconnections = 5"));
    let said = service.hang_up();
    assert!(said.contains("took=\"log.level\"") && said.contains("settings=\"mail.connections\""), "{said}");
    assert!(!service.read().contains("the relay accepted an email"));
    service.home.run("invite second@example.org").ends(0);
    service.wait_for("the relay accepted an email email=2");
    service.home.settings(&service.settings.replace("\"warn\"", "\"loud\""));
    let said = service.hang_up();
    assert!(said.contains("log.level can't be “loud”") && said.contains("stay as they were"), "{said}");
    service.home.settings(&service.settings.replace("\"warn\"", "\"error\""));
    service.home.run("invite third@example.org").ends(0);
    service.wait_for("the relay accepted an email email=3");
}

#[test]
fn on_sighup_the_relays_new_password_counts_and_one_that_cannot_be_read_does_not() {
    let Some(sink) = Sink::start_with(&["--login", "rsvp", "the new words"]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let write = |password: &str, permissions| {
        fs::write(&file, password).unwrap();
        mode(&file, permissions);
    };
    write("the old words", 0o600);
    let service = Service::start(sink.port, &format!("user = \"rsvp\"\npassword_file = \"{}\"\n", file.display()));
    service.home.run("invite first@example.org").ends(0);
    service.wait_for("emails are paused: the relay can't be used");
    write("the new words", 0o600);
    let said = service.hang_up();
    assert!(said.contains("took=\"the relay's password\""), "{said}");
    assert_eq!(sink.next().to, ["first@example.org"]);
    // Others could read it: what works stays.
    write("somebody else's words", 0o644);
    let said = service.hang_up();
    assert!(said.contains("the relay's password stays as it was") && said.contains("can be read by others"), "{said}");
    service.home.run("invite second@example.org").ends(0);
    assert_eq!(sink.next().to, ["second@example.org"]);
    assert!(!service.read().contains("words"), "{}", service.read());
}

#[test]
fn a_lack_of_memory_or_of_descriptors_is_named_and_nobody_is_told_that_a_password_is_wrong() {
    let relay = Relay::start(Duration::ZERO);
    let service = Service::start(relay.port, "");
    service.home.run("invite grace@navy.example").ends(0);
    service.wait_for("the relay accepted an email");
    let link = service.link("grace@navy.example");
    let proc = |name: &str| PathBuf::from(format!("/proc/{}/{name}", service.process().as_raw_nonzero()));

    let open = fs::read_dir(proc("fd")).unwrap().count();
    service.limit(Resource::Nofile, Some(u64::try_from(open).unwrap()));
    let waits = TcpStream::connect(service.portal()).unwrap();
    service.wait_for("out_of_descriptors");
    assert!(service.read().contains("raise LimitNOFILE"), "{}", service.read());
    service.limit(Resource::Nofile, Some(1_024));
    let next = TcpStream::connect(service.portal()).unwrap();
    service.wait_for("the portal accepts connections again");
    drop((waits, next));

    let status = fs::read_to_string(proc("status")).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let size: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    service.limit(Resource::As, Some((size + 24 * 1_024) * 1_024));
    assert_eq!(chooses(&link, PASSWORD), 503);
    service.wait_for("code=\"out_of_memory\"");
    service.limit(Resource::As, None);
    assert_eq!(chooses(&link, PASSWORD), 200);
}
