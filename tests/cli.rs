//! The command line as a script meets it: the real program, a home of its own, exit statuses and messages.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PASSWORD: &str = "violet tractor sings twice";

struct Home(tempfile::TempDir);

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn set_up() -> Self {
        let home = Self::new();
        let ran = home.run_with(SET_UP, PASSWORD);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        home
    }

    fn data(&self, file: &str) -> PathBuf {
        self.0.path().join("data/rsvp").join(file)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rsvp"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("XDG_CONFIG_HOME", self.0.path().join("config"))
            .env("XDG_DATA_HOME", self.0.path().join("data"));
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may have ended already.
        let _ = child.stdin.take().unwrap().write_all(format!("{stdin}\n").as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

const SET_UP: &[&str] = &[
    "setup",
    "--organisation",
    "Example Ltd",
    "--name",
    "Ada Lovelace",
    "--email",
    "ada@example.org",
    "--password-stdin",
];

#[test]
fn from_set_up_to_an_active_user() {
    let home = Home::set_up();
    for file in ["rsvp.db", "rsvp.key"] {
        assert_eq!(std::fs::metadata(home.data(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
    assert_eq!(home.run(&["invite", "grace@navy.example", "--name", "Grace Hopper"]).status, 0);
    let list = home.run(&["--json", "list", "--view", "invited"]);
    let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list["items"][0]["email"], "grace@navy.example");
    assert_eq!(list["next"], serde_json::Value::Null);

    let code = home.run(&["link", "grace@navy.example"]).stdout;
    let weak = home.run_with(&["accept", code.trim(), "--password-stdin"], "short");
    assert_eq!(weak.status, 2);
    assert!(weak.stderr.contains("at least 15 are needed"));
    let cut = home.run_with(&["accept", &code.trim()[..20], "--password-stdin"], PASSWORD);
    assert_eq!(cut.status, 2);
    assert!(cut.stderr.contains("the code is cut off"), "{}", cut.stderr);
    assert_eq!(home.run_with(&["accept", code.trim(), "--password-stdin"], PASSWORD).status, 0);
    let used = home.run_with(&["--json", "accept", code.trim(), "--password-stdin"], PASSWORD);
    let error: serde_json::Value = serde_json::from_str(&used.stderr).unwrap();
    assert_eq!((used.status, &error["error"]["code"]), (3, &"link_used".into()));

    let refused = home.run(&["resend", "grace@navy.example"]);
    assert_eq!(refused.status, 3);
    assert!(refused.stderr.contains("already active\n  hint: send a password reset instead"), "{}", refused.stderr);
}

#[test]
fn exit_statuses_tell_scripts_what_happened() {
    let home = Home::set_up();
    assert_eq!(home.run(&["show", "nobody@example.org"]).status, 4);
    assert_eq!(home.run(&["frobnicate"]).status, 2);
    assert_eq!(home.run(&["invite", "no address"]).status, 2);
    assert_eq!(home.run(&["invite", "a@example.org"]).status, 0);
    let again = home.run(&["invite", "a@example.org"]);
    assert_eq!(again.status, 3);
    assert!(again.stderr.contains("hint: resend the invitation instead"));
    assert_eq!(home.run(&["resend", "a@example.org"]).status, 3);
    assert_eq!(home.run(&["resend", "--force", "a@example.org"]).status, 0);
    let several = home.run_with(&["suspend", "-"], "a@example.org\nnobody@example.org");
    assert_eq!(several.status, 6);
    assert!(several.stdout.contains("a@example.org: suspended"));
    let unasked = home.run(&["delete", "a@example.org"]);
    assert_eq!(unasked.status, 2);
    assert!(unasked.stderr.contains("add --yes"));
    assert_eq!(home.run(&["delete", "--yes", "a@example.org"]).status, 0);
    assert_eq!(home.run(&["restore", "a@example.org"]).status, 0);
    let alone = home.run(&["delete", "--yes", "ada@example.org"]);
    assert_eq!(alone.status, 3);
    assert!(alone.stderr.contains("this is the last active administrator"));
}

#[test]
fn a_long_list_is_read_page_by_page() {
    let home = Home::set_up();
    for n in 0..5 {
        assert_eq!(home.run(&["invite", &format!("p{n}@example.org")]).status, 0);
    }
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut args = vec!["--json", "list", "--sort", "email", "--limit", "2"];
        if let Some(after) = &after {
            args.extend(["--after", after]);
        }
        let page: serde_json::Value = serde_json::from_str(&home.run(&args).stdout).unwrap();
        seen.extend(page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.is_sorted());
}

#[test]
fn bad_surroundings_get_one_sentence_and_what_to_do() {
    let home = Home::new();
    let nothing = home.run(&["list"]);
    assert_eq!(nothing.status, 4);
    assert!(nothing.stderr.contains("rsvp setup"));

    let home = Home::set_up();
    let exists = home.run_with(SET_UP, PASSWORD);
    assert_eq!(exists.status, 3);
    assert!(exists.stderr.contains("Example Ltd is set up in this database already"));

    let secret = home.run(&["--database", "postgres://u:hunter2@db.invalid/x", "list"]);
    assert_eq!(secret.status, 2);
    assert!(secret.stderr.contains("RSVP_DATABASE__URL") && !secret.stderr.contains("hunter2"));
    assert!(
        home.run(&["--database", "mysql://x/y", "list"])
            .stderr
            .contains("write sqlite:///path/to/rsvp.db or postgres://")
    );
    let folder = format!("sqlite://{}", home.0.path().display());
    assert!(home.run(&["--database", &folder, "list"]).stderr.contains("is a folder"));

    std::fs::create_dir_all(home.0.path().join("config/rsvp")).unwrap();
    let settings = home.0.path().join("config/rsvp/config.toml");
    std::fs::write(&settings, "[portal]\npublik_url = \"https://x.org\"\n").unwrap();
    let wrong = home.run(&["config", "check"]);
    assert_eq!(wrong.status, 2);
    let told = wrong.stdout + &wrong.stderr;
    assert!(told.contains("config.toml:2: there is no setting \u{201c}portal.publik_url\u{201d}"), "{told}");
    assert!(told.contains("the nearest is portal.public_url"), "{told}");
    std::fs::remove_file(settings).unwrap();

    let key = home.data("rsvp.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(home.run(&["list"]).stderr.contains("chmod 600"));
    std::fs::rename(&key, home.data("elsewhere.key")).unwrap();
    assert!(home.run(&["list"]).stderr.contains("does not exist"));
    let other = Home::set_up();
    std::fs::copy(other.data("rsvp.key"), &key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(home.run(&["list"]).stderr.contains("belongs to another installation"));

    let database = home.data("rsvp.db");
    for side in ["rsvp.db-wal", "rsvp.db-shm"] {
        let _ = std::fs::remove_file(home.data(side));
    }
    std::fs::write(&database, vec![b'x'; 8192]).unwrap();
    let damaged = home.run(&["list"]);
    assert_eq!(damaged.status, 1);
    assert!(damaged.stderr.contains("damaged, or is no database"), "{}", damaged.stderr);
}
