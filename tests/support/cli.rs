//! The program in a home of its own: nothing of the login that runs the tests reaches it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::pty::Starter;

/// A password that every rule accepts.
pub const PASSWORD: &str = "orbit velvet cactus ladder moon";

/// A home with nothing in it.
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The error that `--json` writes to stderr.
    #[track_caller]
    pub fn error(&self) -> Value {
        let all: Value = serde_json::from_str(&self.err).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        all["error"].clone()
    }

    /// Says so if it did not end as it should.
    #[track_caller]
    pub fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Says so if the messages do not hold this.
    #[track_caller]
    pub fn tells(self, text: &str) -> Self {
        assert!(self.err.contains(text), "“{text}” is not in {self:?}");
        self
    }
}

impl Home {
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), variables: Vec::new() }
    }

    /// A new home with an organisation in it, whose administrator is `ada@example.org`.
    pub fn with_organisation() -> Self {
        let home = Self::new();
        home.set_up().ends(0);
        home
    }

    pub fn set_up(&self) -> Said {
        let command = "setup --organisation Example --name Ada --email ada@example.org --password-stdin";
        self.type_in(&format!("{PASSWORD}\n"), &words(command))
    }

    /// Sets a variable of the environment for everything from here on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// What a variable was set to last.
    pub fn variable(&self, name: &str) -> String {
        self.variables.iter().rfind(|(one, _)| one == name).expect("it was set").1.clone()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("data/rsvp/rsvp.db")
    }

    /// The URL of the database that is used: the embedded one, unless another was set.
    pub fn database_url(&self) -> String {
        let set = self.variables.iter().rev().find(|(name, _)| name == "RSVP_DATABASE__URL");
        set.map_or_else(|| format!("sqlite://{}", self.database().display()), |(_, url)| url.clone())
    }

    pub fn key(&self) -> PathBuf {
        self.path("data/rsvp/rsvp.key")
    }

    pub fn settings(&self, text: &str) -> PathBuf {
        let path = self.path("config/rsvp/config.toml");
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(&path, text).expect("the file");
        mode(&path, 0o600);
        path
    }

    /// A home of another login on the machine of this one.
    pub fn neighbour(&self) -> Self {
        let mut other = Self::new();
        other.set("RSVP_TEST_ROOT", &self.path("machine").display().to_string());
        other
    }

    /// Writes the settings of the whole machine.
    pub fn machine_settings(&self, text: &str) -> PathBuf {
        let path = self.path("machine/etc/rsvp/config.toml");
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(&path, text).expect("the file");
        mode(&path, 0o644);
        path
    }

    /// Runs a command line, split at its spaces.
    pub fn run(&self, command: &str) -> Said {
        self.type_in("", &words(command))
    }

    /// Runs with something on stdin.
    pub fn type_in(&self, stdin: &str, arguments: &[&str]) -> Said {
        let mut child = self.spawn(arguments);
        // A program that ends before it reads is no error of the test.
        let _ = child.stdin.take().expect("stdin").write_all(stdin.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        Said {
            status: output.status.code().expect("an exit status"),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts the portal on a free port; its address is the public one from then on.
    pub fn serve(&mut self) -> Served {
        self.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let child = self.spawn(&["serve"]);
        self.served(child)
    }

    /// The same, with further arguments.
    pub fn serve_with(&mut self, arguments: &[&str]) -> Served {
        self.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let child = self.spawn(&[&["serve"], arguments].concat());
        self.served(child)
    }

    /// The same, without the signal that ends a program whose file grows beyond its limit: writing fails instead.
    pub fn serve_without_xfsz(&mut self) -> Served {
        self.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let child = self.spawn_in_shell("trap '' XFSZ; exec \"$0\" serve", &[]);
        self.served(child)
    }

    fn served(&mut self, mut child: Child) -> Served {
        let mut line = String::new();
        BufReader::new(child.stderr.take().expect("stderr")).read_line(&mut line).expect("a line");
        let from = line.find("http://").unwrap_or_else(|| panic!("no address in “{line}”"));
        let address = line[from..].split([' ', '\n']).next().expect("an address").trim_end_matches('.').to_owned();
        self.set("RSVP_PORTAL__PUBLIC_URL", &address);
        Served { child }
    }

    /// As [`Home::serve`], with everything that it writes to standard error in this file from then on.
    pub fn serve_into(&mut self, log: &Path) -> Served {
        self.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let file = fs::File::create(log).expect("a file");
        let child = self.command(&["serve"]).stderr(file).spawn().expect("the program starts");
        let served = Served { child };
        let deadline = std::time::Instant::now() + super::DEADLINE;
        let address = loop {
            let text = fs::read_to_string(log).expect("the log");
            if let Some((_, rest)) = text.split_once("listens on ").filter(|(_, rest)| rest.contains(". ")) {
                break rest.split(". ").next().expect("an address").to_owned();
            }
            assert!(std::time::Instant::now() < deadline, "no address in “{text}”");
            std::thread::yield_now();
        };
        self.set("RSVP_PORTAL__PUBLIC_URL", &address);
        served
    }

    /// Starts what runs on until it is dropped, with what it says in this file.
    pub fn start_into(&self, arguments: &[&str], log: fs::File) -> Served {
        Served { child: self.command(arguments).stderr(log).spawn().expect("the program starts") }
    }

    /// Starts what runs on until it is dropped, as soon as it has said something.
    pub fn start(&self, arguments: &[&str]) -> Served {
        let mut child = self.spawn(arguments);
        let mut line = String::new();
        BufReader::new(child.stderr.take().expect("stderr")).read_line(&mut line).expect("a line");
        Served { child }
    }

    /// The terminal interface in a pseudo-terminal, with the same environment.
    pub fn terminal(&self) -> Starter {
        let folders = [
            ("XDG_CONFIG_HOME", self.path("config")),
            ("XDG_DATA_HOME", self.path("data")),
            ("RSVP_TEST_ROOT", self.path("machine")),
        ];
        let mut starter = Starter::new(self.folder.path()).env("TZ", "UTC");
        for (name, value) in folders {
            starter = starter.env(name, value);
        }
        for (name, value) in &self.variables {
            starter = starter.env(name, value);
        }
        starter
    }

    /// Starts it as a shell's script does, which finds the program as `$0` and its arguments as `$@`.
    pub fn spawn_in_shell(&self, script: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_rsvp")]).args(arguments);
        self.surround(command).spawn().expect("a shell")
    }

    /// Starts it, with pipes.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the program starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rsvp"));
        command.args(arguments);
        self.surround(command)
    }

    /// The same surroundings for any program.
    pub fn surround(&self, mut command: Command) -> Command {
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("TZ", "UTC")
            // No settings and no service of the machine that runs the tests.
            .env("RSVP_TEST_ROOT", self.path("machine"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// A service that runs until it is dropped.
pub struct Served {
    child: Child,
}

impl Served {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) {
        self.child.wait().expect("the end");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sets the permissions of a file or folder.
pub fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the permissions");
}

fn words(command: &str) -> Vec<&str> {
    command.split(' ').filter(|word| !word.is_empty()).collect()
}
