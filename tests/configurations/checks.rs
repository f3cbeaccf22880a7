//! Each block given to what reads it, the web servers left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::blocks::{Block, Kind, all, of, the};
use crate::servers::{MARK, program};
use crate::support::cli::{Home, mode};
use crate::support::relay::Relay;
use crate::support::seed;

/// Says what the program said, if it refused.
#[track_caller]
fn accepts(block: &Block, output: &Output) -> String {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(output.status.success(), "{}: {said}", block.at());
    said
}

#[test]
fn every_block_is_for_a_program_that_a_test_gives_it_to() {
    let blocks = all();
    let unknown: Vec<String> = blocks
        .iter()
        .filter(|block| block.kind().is_none())
        .map(|block| format!("{}: name the file that it goes into in the sentence above: {}", block.at(), block.text))
        .collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    let kinds: BTreeSet<Kind> = blocks.iter().filter_map(Block::kind).collect();
    assert_eq!(kinds.len(), 14, "{kinds:?}");
}

#[test]
fn settings_are_settings() {
    let blocks = of(Kind::Settings);
    assert!(blocks.len() >= 3);
    for block in blocks {
        let home = Home::new();
        let mut settings = block.text.clone();
        for name in ["smtp-password", "database-password", "database-ca.pem"] {
            let file = home.path(name);
            fs::write(&file, "not a word\n").unwrap();
            mode(&file, 0o600);
            settings = settings.replace(&format!("/etc/rsvp/{name}"), &file.display().to_string());
        }
        home.settings(&settings);
        let said = home.run("config check");
        assert_eq!(said.status, 0, "{}: {said:?}", block.at());
    }
}

#[test]
fn json_is_json() {
    for block in of(Kind::Json) {
        let whole = block.text.replace("{...}", "{}");
        serde_json::from_str::<Value>(&whole).unwrap_or_else(|error| panic!("{}: {error}", block.at()));
    }
}

#[test]
fn a_shell_reads_what_is_typed_into_one_and_has_its_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for block in of(Kind::Shell) {
        accepts(&block, &Command::new("sh").args(["-n", "-c", &block.text]).output().unwrap());
        // A throw-away machine runs that page whole: tests/install.rs.
        if block.page == "docs/install.md" {
            continue;
        }
        for line in block.text.lines().filter(|line| !line.is_empty()) {
            let word = line.split(' ').next().unwrap();
            assert!(word == "cargo" || root.join(word).is_file(), "{}: {line}", block.at());
        }
    }
}

#[test]
fn sshd_starts_with_its_settings_and_reads_the_lines_of_the_keys() {
    if program(&["sshd"], "openssh-server").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at("key")]).status().unwrap();
    assert!(made.success());
    drop(fs::create_dir_all("/run/sshd"));
    for block in of(Kind::SshdConfig) {
        // As the system's own file has it: the settings of the folder come first.
        fs::write(at("rsvp.conf"), &block.text).unwrap();
        fs::write(at("sshd_config"), format!("Include {}\nHostKey {}\nUsePAM no\n", at("rsvp.conf"), at("key")))
            .unwrap();
        let sshd = |arguments: &[&str]| {
            Command::new("/usr/sbin/sshd").args(arguments).args(["-f", &at("sshd_config")]).output().unwrap()
        };
        accepts(&block, &sshd(&["-t"]));
        let told = accepts(&block, &sshd(&["-T", "-C", "user=rsvp,host=localhost,addr=127.0.0.1"]));
        for line in ["passwordauthentication no", "authorizedkeysfile /etc/ssh/rsvp_keys", "permituserenvironment no"] {
            assert!(told.contains(line), "{}: {line} is not in {told}", block.at());
        }
    }
    let key = fs::read_to_string(at("key.pub")).unwrap();
    let bits = key.split(' ').nth(1).unwrap();
    for block in of(Kind::AuthorizedKeys) {
        fs::write(at("rsvp_keys"), block.text.replace("AAAA…", bits)).unwrap();
        let told = accepts(&block, &Command::new("ssh-keygen").args(["-l", "-f", &at("rsvp_keys")]).output().unwrap());
        assert_eq!(told.lines().count(), block.text.lines().count(), "{}: {told}", block.at());
    }
}

#[test]
fn systemd_verifies_the_unit_with_what_is_added_to_it() {
    if program(&["systemd-analyze"], "systemd").is_none() {
        return;
    }
    let blocks = of(Kind::Systemd);
    assert!(!blocks.is_empty());
    let unit = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rsvp.service")).unwrap();
    for block in blocks {
        let folder = tempfile::tempdir().unwrap();
        let added = block.place.as_deref().unwrap().strip_prefix("/etc/systemd/system/").unwrap();
        let added = folder.path().join(added);
        fs::create_dir_all(added.parent().unwrap()).unwrap();
        fs::write(&added, &block.text).unwrap();
        let file = folder.path().join("rsvp.service");
        fs::write(&file, unit.replace("/usr/local/bin/rsvp", env!("CARGO_BIN_EXE_rsvp"))).unwrap();
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--man=no", "--recursive-errors=no"]).arg(&file);
        command.env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display()));
        let said = accepts(&block, &command.output().unwrap());
        assert!(!said.contains("key.conf") && !said.contains("rsvp.service"), "{}: {said}", block.at());
    }
}

/// A folder of settings of fail2ban with the jail and the filter of the page, which reads this log.
fn fail2ban(folder: &Path, log: &Path) {
    let copied = Command::new("cp").args(["-r", "/etc/fail2ban/."]).arg(folder).status().unwrap();
    assert!(copied.success());
    // No jail of the machine that runs the tests.
    for file in fs::read_dir(folder.join("jail.d")).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    fs::write(folder.join("filter.d/rsvp.conf"), the(Kind::Fail2banFilter).text).unwrap();
    let jail = the(Kind::Fail2banJail);
    // Its journal needs a library that a small installation leaves out.
    let jail = jail.with(&[("backend = systemd\n", format!("backend = polling\nlogpath = {}\n", log.display()))]);
    fs::write(folder.join("jail.d/rsvp.conf"), jail).unwrap();
}

#[test]
fn fail2ban_counts_wrong_codes_of_a_client_and_nothing_else() {
    let Some(regex) = program(&["fail2ban-regex"], "fail2ban") else { return };
    let folder = tempfile::tempdir().unwrap();
    let filter = folder.path().join("filter.d/rsvp.conf");
    fail2ban(folder.path(), &folder.path().join("text.log"));
    for format in ["text", "json"] {
        let mut home = Home::with_organisation();
        home.settings(&format!("[log]\nformat = \"{format}\"\n"));
        home.run("invite grace@example.org").ends(0);
        let log = folder.path().join(format!("{format}.log"));
        let served = home.serve_into(&log);
        let address = home.variable("RSVP_PORTAL__PUBLIC_URL");
        let ask = |path: &str, client: &str| {
            let url = format!("{address}{path}");
            ureq::get(url)
                .header("X-Forwarded-For", client)
                .config()
                .http_status_as_error(false)
                .build()
                .call()
                .unwrap()
                .status()
                .as_u16()
        };
        let link = home.run("link grace@example.org --json").ends(0).json()["link"].as_str().unwrap().to_owned();
        let path = link.strip_prefix(&address).unwrap();
        // What an invited person, a scanner and a monitor ask.
        assert_eq!(ask(path, "192.0.2.1"), 200);
        assert_eq!(ask("/wp-login.php", "192.0.2.2"), 404);
        assert_eq!(ask("/health", "192.0.2.3"), 200);
        // A wrong code, from either kind of address.
        let wrong = format!("/i/{MARK}");
        for client in ["198.51.100.7", "2001:db8::7"] {
            assert_eq!(ask(&wrong, client), 404);
        }
        let deadline = std::time::Instant::now() + crate::support::DEADLINE;
        while !fs::read_to_string(&log).unwrap().contains("2001:db8::7") {
            assert!(std::time::Instant::now() < deadline, "{}", fs::read_to_string(&log).unwrap());
            std::thread::yield_now();
        }
        drop(served);
        let found = Command::new(&regex).args(["--out", "<ip>"]).arg(&log).arg(&filter).output().unwrap();
        let found = accepts(&the(Kind::Fail2banFilter), &found);
        let clients: Vec<&str> = found.lines().filter(|line| !line.is_empty()).collect();
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(clients, ["198.51.100.7", "2001:db8::7"], "{format}: {text}");
    }
    let Some(client) = program(&["fail2ban-client"], "fail2ban") else { return };
    let jail = the(Kind::Fail2banJail);
    accepts(&jail, &Command::new(client).args(["-t", "-c"]).arg(folder.path()).output().unwrap());
}

/// The blocks of what commands answer, each with what it is compared with.
#[test]
fn what_commands_answer_is_what_the_pages_show() {
    for block in of(Kind::Answer) {
        match block.page.as_str() {
            "docs/mail.md" => relay_test(&block),
            "docs/screens.md" => conversation(&block),
            page => panic!("{page} shows an answer that no test asks for: {}", block.text),
        }
    }
}

/// The stages of `rsvp mail test`, with those that a relay without TLS and sign-in has not.
fn relay_test(block: &Block) {
    let relay = Relay::start(Duration::ZERO);
    let home = Home::with_organisation();
    home.settings(&format!(
        "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
         tls = \"none\"\n",
        relay.port
    ));
    let stages = |text: &str| {
        let columns = |line: &str| (line.get(..7).unwrap().to_owned(), line.get(7..17).unwrap().trim().to_owned());
        text.lines().map(columns).collect::<Vec<_>>()
    };
    let mut shown = stages(&block.text);
    let real = stages(&home.run("mail test ops@example.org").ends(0).out);
    let more = ["tls", "hello", "sign-in"].map(|stage| ("ok     ".to_owned(), stage.to_owned()));
    assert_eq!(shown.splice(3..6, []).collect::<Vec<_>>(), more, "{}", block.at());
    assert_eq!(shown, real, "{}", block.at());
}

/// A conversation line by line about somebody whose link expired.
fn conversation(block: &Block) {
    let home = Home::with_organisation();
    home.type_in("", &["invite", "grace@navy.example", "--name", "Grace Hopper"]).ends(0);
    let days = 10 * 24 * 60 * 60 * 1000_i64;
    let earlier = [
        format!("UPDATE links SET issued_at = issued_at - {days}, expires_at = expires_at - {days}"),
        format!("UPDATE users SET open_expires_at = open_expires_at - {days}"),
        "UPDATE outbox SET created_at = created_at - 864000000, next_at = next_at - 864000000".to_owned(),
    ];
    seed::run(&home.database_url(), &earlier);
    let typed: Vec<&str> = block.text.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    let said = home.type_in(&format!("{}\nquit\n", typed.join("\n")), &["--plain", "--operator"]).ends(0);
    for line in block.text.lines().filter(|line| !line.starts_with("> ")) {
        assert!(said.out.contains(line), "{}: “{line}” is not in {said:?}", block.at());
    }
}
