//! The terminal interface in the terminals that people have: under tmux, without colours, one that can do nothing but
//! lines; one that goes away, is stopped, resized, pasted into, clicked, and tells its background late.

#[path = "../support/mod.rs"]
mod support;

mod bytes;
mod remote;

use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::cli::Home;
use support::pty::{Starter, Terminal, key};
use support::skip;
use support::sshd::program;

/// The program on an organisation's list, as the operator.
fn on_list(home: &Home) -> Starter {
    Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data")).args(["--operator"])
}

/// An organisation with some people besides Ada.
fn organisation() -> Home {
    let home = Home::with_organisation();
    home.run("invite grace@navy.example --name Grace").ends(0);
    home.run("invite zoe@example.org --name Zoe").ends(0);
    home
}

fn url(home: &Home) -> String {
    format!("sqlite://{}", home.database().display())
}

/// The command line that opens the program on this organisation from anywhere.
fn line(home: &Home, more: &str) -> String {
    let (program, data) = (env!("CARGO_BIN_EXE_rsvp"), home.path("data"));
    let machine = home.path("machine");
    format!("env XDG_DATA_HOME={} RSVP_TEST_ROOT={} LANG=C.UTF-8 {program} {more}", data.display(), machine.display())
}

#[test]
fn under_tmux_everything_is_there_and_escape_is_no_letter() {
    let Some(tmux) = program("tmux") else {
        skip("tmux (`tests/run` installs it as root; Debian: tmux)");
        return;
    };
    let home = organisation();
    let socket = home.path("tmux");
    let args =
        ["-u", "-S", &socket.display().to_string(), "-f", "/dev/null", "new-session", &line(&home, "--operator")]
            .map(str::to_owned);
    let mut screen = Starter::of(&tmux, &home.path("")).args(args).start();
    screen.wait_for("grace@navy.example");
    screen.wait_for("◌ invited");
    screen.send(":");
    screen.wait_for("All actions, views and people");
    screen.send("zoe");
    screen.wait_for("Zoe <zoe@example.org>");
    screen.send(key::ESCAPE);
    screen.wait_gone("All actions, views and people");
    screen.send("D");
    screen.wait_for("Delete");
    screen.send(key::ESCAPE);
    screen.wait_gone("[ Cancel ]");
    screen.send("q");
    screen.wait_exit();
    assert!(screen.shows("[exited]"), "{}", screen.picture());
}

#[test]
fn without_colour_the_focus_is_still_reversed_and_the_status_still_told() {
    let home = organisation();
    let mut screen = on_list(&home).env("NO_COLOR", "1").start();
    screen.wait_in_row("grace@navy.example", "◌ invited");
    assert!(screen.cell_of("Users").inverse(), "{}", screen.picture());
    screen.send("D");
    screen.wait_for("[ Cancel ]");
    assert!(screen.cell_of("[ Cancel ]").inverse());
    let text = String::from_utf8_lossy(screen.raw()).into_owned();
    for colour in ["\u{1b}[38;", "\u{1b}[48;", ";38;5;", "\u{1b}[31m", "\u{1b}[32m"] {
        assert!(!text.contains(colour), "{colour:?}");
    }
}

#[test]
fn a_dumb_terminal_gets_lines_and_nothing_that_moves_a_cursor() {
    let home = organisation();
    let mut screen = on_list(&home).env("TERM", "dumb").start();
    screen.wait_for("Type help for the list of commands");
    screen.send("list invited\n");
    screen.wait_for("1. Grace, grace@navy.example, invited, link 7 d left");
    screen.send("delete 2\n");
    screen.wait_for("Delete Zoe? yes or no [no]: ");
    screen.send("yes\n");
    screen.wait_for("Done: Zoe, deleted.");
    screen.send("quit\n");
    assert!(screen.wait_exit().success());
    assert!(!screen.raw().contains(&0x1b), "no escape sequence at all");
    assert_eq!(home.run("show zoe@example.org --json").ends(0).json()["status"], "deleted");
}

#[test]
fn a_terminal_that_hangs_up_while_a_dialog_is_open_ends_the_program_and_changes_nothing() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("grace@navy.example");
    screen.send("D");
    screen.wait_for("[ Cancel ]");
    screen.signal(Signal::HUP);
    let begun = Instant::now();
    screen.wait_exit();
    println!("ended {} ms after the terminal hung up", begun.elapsed().as_millis());
    assert_eq!(home.run("show ada@example.org --json").ends(0).json()["status"], "active");
}

#[test]
fn stopped_with_control_z_and_back_with_fg() {
    let home = organisation();
    let Some(shell) = program("bash") else { return skip("bash, whose job control stops a program") };
    let args = ["--norc", "--noprofile", "-i"];
    let mut screen = Starter::of(&shell, &home.path("")).args(args).env("PS1", "shell% ").start();
    screen.wait_for("shell%");
    screen.send(&format!("{}\n", line(&home, "--operator")));
    screen.wait_for("grace@navy.example");
    screen.send("/gra");
    screen.wait_gone("zoe@example.org");
    screen.send("\u{1a}");
    screen.wait_for("Stopped");
    assert!(!screen.screen().alternate_screen(), "{}", screen.picture());
    screen.send("fg\n");
    screen.wait_for("/ gra▏");
    screen.wait_in_row("grace@navy.example", "◌ invited");
    assert!(screen.screen().alternate_screen());
    screen.send(&format!("{}q", key::ESCAPE));
    screen.wait_until("the shell again", |screen| !screen.alternate_screen());
    screen.send("exit\n");
    screen.wait_exit();
}

#[test]
fn ten_thousand_pasted_lines_go_into_a_field_and_nowhere_else() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("grace@navy.example");
    screen.send("i");
    screen.wait_for("Invite user");
    // Were they keys, they would delete, suspend and quit.
    let many = "Dsq line after line\r".repeat(10_000);
    screen.send(&format!("\u{1b}[200~{many}\u{1b}[201~"));
    screen.wait_for("Dsq line");
    screen.send(key::TAB);
    screen.send("grace@navy.example");
    screen.wait_in_row("Email", "grace@navy.example");
    assert!(screen.shows("Invite user"), "{}", screen.picture());
}

#[test]
fn a_window_of_another_size_is_drawn_anew() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("Email");
    for (columns, rows, shows) in
        [(80, 24, "Ada · ada@example.org"), (40, 10, "● active"), (30, 8, "rsvp --plain"), (120, 36, "Email")]
    {
        screen.resize(columns, rows);
        screen.wait_for(shows);
    }
    screen.send("q");
    assert!(screen.wait_exit().success());
}

#[test]
fn clicks_and_the_wheel_count_and_can_be_switched_off() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("zoe@example.org");
    let row = (0..36).find(|row| screen.screen().contents_between(*row, 0, *row, 119).contains("zoe@")).expect("a row");
    screen.send(&format!("\u{1b}[<0;6;{}M\u{1b}[<0;6;{}m", row + 1, row + 1));
    screen.wait_for("▌ Zoe");
    screen.send("\u{1b}[<64;6;6M");
    screen.wait_for("▌ Ada");
    drop(screen);
    let mut screen = on_list(&home).env("RSVP_TERMINAL__MOUSE", "false").start();
    screen.wait_for("zoe@example.org");
    assert_eq!(screen.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

#[test]
fn a_background_that_is_told_late_and_in_pieces_changes_colours_and_presses_nothing() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_in_row("grace@navy.example", "◌ invited");
    assert!(screen.raw().windows(6).any(|bytes| bytes == b"\x1b]11;?"), "it is asked");
    assert_eq!(screen.cell_of("◌ invited").fgcolor(), vt100::Color::Idx(3), "the terminal's own at first");
    // No terminal answers another question in the middle of this answer.
    screen.settle(Duration::from_millis(300));
    for piece in ["\u{1b}", "]11;rgb:ff", "ff/fafa/f0", "f0\u{1b}", "\\"] {
        screen.send(piece);
        screen.settle(Duration::from_millis(30));
    }
    screen.wait_until("the colours for a light background", |screen| {
        (0..36)
            .flat_map(|row| (0..120).map(move |column| (row, column)))
            .any(|(row, column)| screen.cell(row, column).is_some_and(|cell| cell.fgcolor() == vt100::Color::Idx(94)))
    });
    assert!(!screen.shows("Mail ·") && !screen.shows("[ Cancel ]"), "{}", screen.picture());
    screen.send("q");
    assert!(screen.wait_exit().success());
}

/// Waits until the program has the terminal, and lets it write more than fits: a frame has 6 KB, a pseudo-terminal
/// holds 64.
fn take_and_fill(screen: &mut Terminal) {
    let modes = screen.modes();
    let deadline = Instant::now() + support::DEADLINE;
    while screen.modes() == modes {
        assert!(
            !screen.has_ended_within(Duration::from_millis(20)) && Instant::now() < deadline,
            "it took no terminal"
        );
    }
    for _ in 0..100 {
        screen.send(key::CTRL_L);
        assert!(!screen.has_ended_within(Duration::from_millis(20)));
    }
}

#[test]
fn a_terminal_that_nobody_reads_does_not_keep_the_program_from_ending() {
    let home = organisation();
    for signal in [Signal::TERM, Signal::HUP] {
        let mut screen = on_list(&home).start_unread();
        let modes = screen.modes();
        take_and_fill(&mut screen);
        screen.signal(signal);
        assert!(screen.has_ended_within(Duration::from_secs(2)), "{signal:?}");
        assert_eq!(screen.modes(), modes);
        // After reading on, the terminal is as it was before.
        screen.read_on();
        screen.settle(Duration::from_millis(200));
        let written = String::from_utf8_lossy(screen.raw()).into_owned();
        let (_, after) = written.rsplit_once("\u{1b}[?2026l").expect("the end of the last frame");
        assert!(
            after.starts_with("\u{1b}[?1006l\u{1b}[?1000l\u{1b}[?2004l\u{1b}[?1049l\u{1b}[23;2t\u{1b}[?25h"),
            "{after:?}"
        );
    }
}

#[test]
fn a_terminal_that_is_read_again_shows_the_last_state_and_not_each() {
    let home = organisation();
    let mut screen = on_list(&home).start_unread();
    take_and_fill(&mut screen);
    screen.send("jj");
    screen.read_on();
    screen.wait_for("\u{258c} Zoe");
    screen.settle(Duration::from_millis(200));
    assert!(screen.written() < 160_000, "what nobody read was drawn once, not a hundred times: {}", screen.written());
    screen.send("q");
    assert!(screen.wait_exit().success());
}

#[test]
fn a_window_that_is_dragged_is_drawn_when_it_stops_and_now_and_then() {
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("zoe@example.org");
    screen.settle(Duration::from_millis(300));
    let before = screen.written();
    for at in 0..30 {
        screen.resize(90 + at, 25 + at / 3);
        screen.settle_for(Duration::from_millis(33));
    }
    screen.wait_until("a frame as large as the window", |screen| {
        let line = screen.contents_between(33, 0, 33, 118);
        line.contains("q quit")
    });
    screen.settle(Duration::from_millis(300));
    assert!(screen.written() - before < 40_000, "{} bytes", screen.written() - before);
}
