//! The main job in a real terminal, with the real portal beside it; and that the terminal is given back.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

mod support;

use base64::Engine as _;
use support::pty::{Starter, Terminal, key};
use support::smtp::Sink;

const PASSWORD: &str = "violet tractor sings twice";
const SETTINGS: &[(&str, &str)] =
    &[("RSVP_PORTAL__LISTEN", "127.0.0.1:0"), ("RSVP_PORTAL__PUBLIC_URL", "https://rsvp.example.org")];

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rsvp"));
    command
        .env_clear()
        .env("HOME", home)
        .env("RSVP_TEST_ROOT", home.join("machine"))
        .args(args)
        .envs(SETTINGS.iter().copied());
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
    starter.args(["--operator"]).size(120, 36).start()
}

/// The portal, and where it listens.
struct Portal(Child, String);

impl Portal {
    fn start(home: &Path) -> Self {
        Self::of(command(home, &["serve"]))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
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
    screen.wait_for("Grace Hopper: invited, but no relay is set, so the email waits · u undoes this");
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
    confirm(&mut screen);
    screen.wait_for("Grace Hopper: deleted · u undoes this");
    screen.wait_in_row("grace@navy.example", "⌫ deleted");
    screen.send("u");
    screen.wait_for("Grace Hopper: \u{201c}delete user\u{201d} undone");
    screen.wait_in_row("grace@navy.example", "● active");
    screen.send("q");
    assert!(screen.wait_exit().success());
}

#[test]
fn the_terminal_is_given_back_however_the_program_ends() {
    use rustix::process::Signal;
    for end in ["q", key::CTRL_C, "TERM", "HUP", "panic"] {
        let home = organisation();
        let mut starter = Starter::new(home.path()).args(["--operator"]).size(120, 36);
        if end == "panic" {
            starter = starter.env("RSVP_TEST_PANIC", "yes");
        }
        let mut screen = starter.start();
        if end == "panic" {
            assert!(!screen.wait_exit().success());
            assert!(screen.shows("a test asked for this"), "{}", screen.picture());
            assert_given_back(&screen, end);
            continue;
        }
        screen.wait_for("Ada Lovelace");
        assert!(screen.screen().alternate_screen() && !screen.modes().contains("ICANON"));
        match end {
            "TERM" => screen.signal(Signal::TERM),
            "HUP" => screen.signal(Signal::HUP),
            keys => screen.send(keys),
        }
        screen.wait_exit();
        assert_given_back(&screen, end);
    }
}

#[track_caller]
fn assert_given_back(screen: &Terminal, end: &str) {
    assert!(!screen.screen().alternate_screen(), "{end}");
    assert!(!screen.screen().hide_cursor() && !screen.screen().bracketed_paste(), "{end}");
    assert_eq!(screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None, "{end}");
    assert!(screen.raw().windows(7).any(|bytes| bytes == b"\x1b[23;2t"), "{end}: the window has its title again");
    let modes = screen.modes();
    assert!(modes.contains("ICANON") && modes.contains("ECHO"), "{end}: {modes}");
}

/// A loopback port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ada's day: from nothing to a colleague who is active, by keys, by email and by web, with a real relay and the real
/// portal; what she set up on the first screen is all there is.
#[test]
fn from_an_empty_machine_to_an_active_colleague_with_a_real_relay() {
    let Some(relay) = Sink::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let portal = free_port();
    let listen = format!("127.0.0.1:{portal}");
    let address = format!("http://{listen}");
    let start = || Starter::new(home.path()).env("RSVP_PORTAL__LISTEN", &listen).size(120, 36).start();

    set_up_on_the_first_screen(start(), &relay, &address);

    // The service, with nothing but what set-up kept.
    let mut serve = command(home.path(), &["serve"]);
    serve.env_clear().env("HOME", home.path()).env("RSVP_PORTAL__LISTEN", &listen);
    let _service = Portal::of(serve);

    let tab = key::TAB;
    let mut screen = start();
    screen.wait_for("Email");
    screen.send(&format!("ada@example.org{tab}not the password{}", key::ENTER));
    screen.wait_for("email address or password is wrong");
    screen.send(&format!("{PASSWORD}{}", key::ENTER));
    screen.wait_for("Ada Lovelace · administrator");
    screen.wait_gone("Nobody serves the links yet");

    invite_and_accept(&mut screen, &relay, &address);

    // What the program says to do instead, done.
    screen.send("p");
    screen.wait_for("Send Grace Hopper a password reset?");
    confirm(&mut screen);
    let reset = relay.next();
    let link = reset.link("/r/").to_owned();
    let new = "copper harvest under moonlight";
    let form = [("password", new), ("password_again", new)];
    assert_eq!(ureq::post(&link).send_form(form).unwrap().status(), 200);
    assert!(relay.next().header("Subject").is_some_and(|subject| subject.contains("password")));

    screen.send("D");
    screen.wait_for("Delete Grace Hopper?");
    confirm(&mut screen);
    screen.wait_in_row("grace@navy.example", "⌫ deleted");
    screen.send("u");
    screen.wait_in_row("grace@navy.example", "● active");
    screen.send("q");
    assert!(screen.wait_exit().success());
}

/// Ada fills the form in, reads what was checked, gets the test email and leaves.
fn set_up_on_the_first_screen(mut screen: Terminal, relay: &Sink, address: &str) {
    screen.wait_for("No organisation is set up here yet.");
    screen.wait_for(".local/share/rsvp/rsvp.db");
    screen.send(key::ENTER);
    screen.wait_for("Set up my organisation");
    let tab = key::TAB;
    screen.send(&format!("Example Ltd{tab}Ada Lovelace{tab}ada@example.org{tab}{PASSWORD}{tab}{PASSWORD}{tab}{tab}"));
    screen.send(&format!("{address}{tab}{}{tab}127.0.0.1{tab}{}{}{tab}", key::RIGHT, key::RIGHT, key::RIGHT));
    screen.send(&format!("{}{tab}{tab}{tab}Example Ltd <rsvp@example.org>", relay.port));
    screen.wait_for("none (this machine only)");
    screen.send(key::CTRL_S);
    screen.wait_for("✓ Example Ltd is set up.");
    screen.wait_for("✓ relay");
    screen.wait_for("✗ portal");
    screen.wait_for("◌ test email");
    screen.send(key::ENTER);
    screen.wait_for("Ada Lovelace · administrator");
    screen.wait_for("Nothing serves the links yet. Start rsvp serve.");
    let test = relay.next();
    assert_eq!(test.to, ["ada@example.org"]);
    screen.send("2");
    screen.wait_in_row("ada@example.org", "✓ accepted by relay");
    screen.send("q");
    assert!(screen.wait_exit().success());
}

/// Ada invites Grace by keys, and Grace accepts by her email and the web.
fn invite_and_accept(screen: &mut Terminal, relay: &Sink, address: &str) {
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Grace Hopper{}grace@navy.example{}", key::TAB, key::CTRL_S));
    screen.wait_in_row("grace@navy.example", "◌ invited");
    let mail = relay.next();
    assert_eq!(mail.to, ["grace@navy.example"]);
    assert!(mail.defects.is_empty(), "{:?}", mail.defects);
    let link = mail.link("/i/").to_owned();
    assert!(link.starts_with(address));
    for _ in 0..2 {
        assert_eq!(ureq::get(&link).call().unwrap().status(), 200);
    }
    screen.send("2");
    screen.wait_in_row("grace@navy.example", "✓ accepted by relay");
    screen.send("1");
    screen.wait_in_row("grace@navy.example", "◌ invited");
    let form = [("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(ureq::post(&link).send_form(form).unwrap().status(), 200);
    screen.wait_in_row("grace@navy.example", "● active");
    screen.send("r");
    screen.wait_for("Grace Hopper is already active; send a password reset instead");
}

#[test]
fn whoever_is_suspended_is_shown_out_of_an_open_terminal() {
    let home = organisation();
    run(home.path(), &["invite", "bob@example.org", "--role", "administrator"], "");
    let code = run(home.path(), &["link", "bob@example.org"], "");
    let code = code.trim().rsplit('/').next().unwrap().to_owned();
    run(home.path(), &["accept", &code, "--password-stdin"], PASSWORD);
    let mut screen = Starter::new(home.path()).size(120, 36).start();
    screen.wait_for("Password forgotten?");
    screen.send(&format!("bob@example.org{}{PASSWORD}{}", key::TAB, key::ENTER));
    screen.wait_for("bob · administrator");
    run(home.path(), &["suspend", "bob@example.org"], "");
    assert_eq!(screen.wait_exit().exit_code(), 3);
    assert!(screen.shows("You no longer have a role here, or are no longer active."), "{}", screen.picture());
    assert_given_back(&screen, "suspended");
}

/// Presses the button that does it, as soon as the dialog takes it: keys that were on their way when it opened do
/// nothing, and Enter counts a quarter of a second after the key before it.
fn confirm(screen: &mut Terminal) {
    screen.settle(Duration::from_millis(100));
    screen.send(key::TAB);
    screen.settle(Duration::from_millis(400));
    screen.send(key::ENTER);
}

#[test]
fn a_demo_of_fifty_thousand_is_used_and_left_while_it_fills() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Starter::new(home.path()).args(["demo", "--users", "50000"]).start();
    screen.wait_for("all · by name");
    screen.wait_for("● active");
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Aaron Aaronson{}aaron@example.org{}", key::TAB, key::CTRL_S));
    // Before everybody else, and the relay has taken the email while the others still come.
    screen.wait_in_row("aaron@example.org", "◌ invited");
    assert!(!screen.shows("10,000 users"), "it still fills: {}", screen.picture());
    screen.send("q");
    assert!(screen.wait_exit().success());
    let said = String::from_utf8_lossy(screen.raw()).into_owned();
    let (_, after) = said.rsplit_once("\u{1b}[?1049l").expect("the screen was left");
    assert!(!after.contains("panicked") && !after.contains("rsvp:"), "{after:?}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left");
}
