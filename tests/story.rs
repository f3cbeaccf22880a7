//! The main job in a real terminal, with the real portal beside it; and that the terminal is given back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

mod support;

use base64::Engine as _;
use support::pty::{Starter, Terminal, key};

const PASSWORD: &str = "violet tractor sings twice";
const SETTINGS: &[(&str, &str)] =
    &[("RSVP_PORTAL__LISTEN", "127.0.0.1:0"), ("RSVP_PORTAL__PUBLIC_URL", "https://rsvp.example.org")];

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rsvp"));
    command.env_clear().env("HOME", home).args(args).envs(SETTINGS.iter().copied());
    command
}

fn run(home: &Path, args: &[&str], stdin: &str) -> String {
    let mut child = command(home, args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(format!("{stdin}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn organisation() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let args = ["setup", "--organisation", "Example Ltd", "--name", "Ada Lovelace"];
    let more = ["--email", "ada@example.org", "--password-stdin"];
    run(home.path(), &[&args[..], &more[..]].concat(), PASSWORD);
    home
}

fn terminal(home: &Path) -> Terminal {
    let mut starter = Starter::new(home).env("TERM", "xterm-256color");
    for (name, value) in SETTINGS {
        starter = starter.env(name, value);
    }
    starter.size(120, 36).start()
}

/// The portal, and where it listens.
struct Portal(Child, String);

impl Portal {
    fn start(home: &Path) -> Self {
        let mut child = command(home, &["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let at = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        let base = at.trim_end_matches('.').to_owned();
        Self(child, base)
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn ada_invites_grace_who_accepts_and_the_list_turns_active_by_itself() {
    let home = organisation();
    let portal = Portal::start(home.path());
    let mut screen = terminal(home.path());
    screen.wait_for("Ada Lovelace");

    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Grace Hopper{}grace@navy.example{}", key::TAB, key::CTRL_S));
    screen.wait_for("Grace Hopper invited; the mail waits 10 s");
    screen.wait_in_row("grace@navy.example", "◌ invited");

    screen.send("y");
    screen.wait_for("Link of Grace Hopper");
    let copied = base64::engine::general_purpose::STANDARD.decode(screen.clipboard().last().unwrap()).unwrap();
    let link = String::from_utf8(copied).unwrap();
    let url = link.replace("https://rsvp.example.org", &portal.1);
    screen.send(key::ESCAPE);
    screen.wait_gone("Link of Grace Hopper");

    // A mail scanner opens the link, twice.
    for _ in 0..2 {
        let page = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
        assert!(page.contains("Your invitation to Example Ltd"));
    }
    screen.wait_in_row("grace@navy.example", "◌ invited");
    let form = [("password", PASSWORD), ("password_again", PASSWORD)];
    let page = ureq::post(&url).send_form(form).unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("Welcome"));

    // No key is pressed.
    screen.wait_in_row("grace@navy.example", "● active");

    screen.wait_for("● ACTIVE");
    screen.send("r");
    screen.wait_for("Grace Hopper is already active; send a password reset instead");

    screen.send("D");
    screen.wait_for("Delete Grace Hopper?");
    screen.send(key::TAB);
    // The dialog takes Enter only a quarter of a second after the key before it.
    screen.settle(Duration::from_millis(400));
    screen.send(key::ENTER);
    screen.wait_for("Grace Hopper: deleted · u undoes this");
    screen.wait_gone("grace@navy.example  ");
    screen.send("u");
    screen.wait_for("Grace Hopper: restored");
    screen.wait_in_row("grace@navy.example", "● active");
    screen.send("q");
    assert!(screen.wait_exit().success());
}

#[test]
fn the_terminal_is_given_back_however_the_program_ends() {
    use rustix::process::Signal;
    for end in ["q", key::CTRL_C, "TERM", "HUP"] {
        let home = organisation();
        let mut screen = terminal(home.path());
        screen.wait_for("Ada Lovelace");
        assert!(screen.screen().alternate_screen() && !screen.modes().contains("ICANON"));
        match end {
            "TERM" => screen.signal(Signal::TERM),
            "HUP" => screen.signal(Signal::HUP),
            keys => screen.send(keys),
        }
        screen.wait_exit();
        assert!(!screen.screen().alternate_screen(), "{end}");
        assert!(!screen.screen().hide_cursor() && !screen.screen().bracketed_paste(), "{end}");
        let modes = screen.modes();
        assert!(modes.contains("ICANON") && modes.contains("ECHO"), "{end}: {modes}");
    }
}
