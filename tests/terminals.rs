//! The terminal interface in the terminals that people have: over a real sshd, under tmux, without colours, one that can do
//! nothing but lines; one that goes away, is stopped, resized, pasted into, clicked, and tells its background late.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::cli::{Home, PASSWORD};
use support::pty::{Starter, Terminal, key};
use support::sshd::{Sshd, program};
use support::{seed, skip};

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
    format!("env XDG_DATA_HOME={} LANG=C.UTF-8 {program} {more}", data.display())
}

#[test]
fn over_a_real_sshd_somebody_is_invited_and_the_head_says_where_from() {
    let Some(sshd) = Sshd::start() else { return };
    let home = organisation();
    let ssh = program("ssh").expect("the client");
    // As some wrappers start programs: nobody is told when the terminal goes away.
    let command = format!("trap '' HUP; exec {}", line(&home, "--operator"));
    let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client(&command)).start();
    screen.wait_for("grace@navy.example");
    screen.wait_for("ssh 127.0.0.1");
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Ingrid{}ingrid@example.org{}", key::TAB, key::CTRL_S));
    screen.wait_in_row("ingrid@example.org", "◌ invited");
    // The connection is lost while a dialog is open: nothing is left running, and nothing is deleted.
    screen.send("D");
    screen.wait_for("Delete Ingrid?");
    screen.signal(Signal::KILL);
    screen.wait_exit();
    wait_for_nobody(&home);
    assert_eq!(home.run("show ingrid@example.org --json").ends(0).json()["status"], "invited");
}

#[test]
fn an_ssh_key_that_stands_for_an_administrator_opens_the_interface_and_nothing_else() {
    let home = organisation();
    home.run("edit ada@example.org --name Ada").ends(0);
    let forced = line(&home, "--as ada@example.org");
    let Some(sshd) = Sshd::with(&format!("restrict,pty,command=\"{forced}\"")) else { return };
    let ssh = program("ssh").expect("the client");
    let stolen = home.path("stolen");
    let tries = [
        format!("touch {}", stolen.display()),
        format!("rsvp --operator; touch {}", stolen.display()),
        format!("x --operator --database sqlite://{}", stolen.display()),
        "$(id) `id` \u{1b}]0;id\u{7}".to_owned(),
    ];
    for command in tries {
        let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client(&command)).start();
        screen.wait_for("grace@navy.example");
        screen.wait_for("Ada · administrator · ssh 127.0.0.1");
        // To the shell and back would be a shell.
        screen.send("\u{1a}");
        screen.wait_for("there is no shell for you here");
        screen.send(":");
        screen.wait_for("All actions");
        let shown = screen.picture();
        assert!(!shown.contains("rsvp invite") && !shown.contains("rsvp list"), "no command lines: {shown}");
        screen.send(key::ESCAPE);
        screen.wait_gone("All actions");
        screen.send("q");
        screen.wait_exit();
    }
    assert!(!stolen.exists());
    // Files are not to be had in another way, nor is anything without a terminal.
    let mut without = sshd.client("cat /etc/passwd");
    without.retain(|argument| argument != "-tt");
    let told = std::process::Command::new(&ssh).arg("-T").args(without).output().expect("ssh runs");
    let heard = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(!told.status.success() && !heard.contains("root:"), "{told:?}");
    let mut sftp = sshd.client("sftp");
    sftp.retain(|argument| argument != "-tt");
    sftp.insert(0, "-s".to_owned());
    let told = std::process::Command::new(&ssh).args(sftp).output().expect("ssh runs");
    assert!(!told.status.success(), "{told:?}");

    let entries = home.run("audit list --action sign-in --actor ada@example.org --json").ends(0).json();
    let entry = &entries["items"][0]["detail"];
    assert_eq!(
        (entry["ssh_key"].as_str(), &entry["change"]["by"]),
        (Some(sshd.fingerprint().as_str()), &"ssh key".into())
    );
}

#[test]
fn a_terminal_that_was_left_alone_asks_for_the_password_and_then_all_is_as_it_was() {
    let home = organisation();
    home.settings("[terminal]\nidle_lock = \"3s\"\n");
    let starter = Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data"));
    let starter = starter.env("XDG_CONFIG_HOME", home.path("config"));
    // What a client says of settings counts for nothing here.
    let starter = starter.env("RSVP_DATABASE__URL", "sqlite:///nowhere/else.db");
    let mut screen = starter.args(["--as", "ada@example.org"]).start();
    screen.wait_for("grace@navy.example");
    screen.send("iZo\u{eb} Quinn");
    screen.wait_for("Zo\u{eb} Quinn");
    screen.wait_for("Locked. ada@example.org types the password");
    assert!(!screen.shows("grace@navy.example") && !screen.shows("Quinn"));
    screen.send("wrong");
    screen.send(key::ENTER);
    screen.wait_for("address or password is wrong");
    screen.send(PASSWORD);
    screen.send(key::ENTER);
    screen.wait_for("Zo\u{eb} Quinn");
    screen.send(key::CTRL_C);
    screen.wait_gone("Invite user");
    screen.send("q");
    screen.wait_exit();
}

#[test]
fn whoever_is_demoted_is_shown_out_and_their_key_lets_them_in_no_more() {
    let home = organisation();
    home.run("invite bob@example.org --name Bob --administrator").ends(0);
    let link = home.run("link bob@example.org").ends(0).out;
    let code = link.trim().rsplit('/').next().unwrap_or_default().trim().to_owned();
    home.type_in("violet tractor sings twice\n", &["accept", &code, "--password-stdin"]).ends(0);
    let Some(sshd) = Sshd::with(&format!("restrict,pty,command=\"{}\"", line(&home, "--as bob@example.org"))) else {
        return;
    };
    let ssh = program("ssh").expect("the client");
    let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client("")).start();
    screen.wait_for("Bob · administrator");
    home.run("edit bob@example.org --administrator no").ends(0);
    screen.wait_for("you are no longer an administrator");
    screen.wait_exit();
    let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client("")).start();
    screen.wait_for("bob@example.org doesn't manage anything here, or isn't active");
    screen.wait_exit();
}

/// Waits until no process of this program has the organisation open.
#[track_caller]
fn wait_for_nobody(home: &Home) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let holders = holders(&home.database());
        if holders.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still running: {holders:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that have a file open.
fn holders(file: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in std::fs::read_dir("/proc").expect("processes").flatten() {
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if open.flatten().any(|one| std::fs::read_link(one.path()).is_ok_and(|path| path == file)) {
            found.insert(process.file_name().to_string_lossy().into_owned());
        }
    }
    found.remove(&std::process::id().to_string());
    found
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
    screen.wait_for("Zoe, zoe@example.org, invited, member: goes to the bin");
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

/// What terminals answer, late or to somebody who asked before: each would be keys that open a dialog or change somebody.
const ANSWERS: [&str; 14] = [
    "\u{1b}]10;rgb:dddd/dddd/dddd\u{1b}\\",
    "\u{1b}]4;13;rgb:dddd/dede/dfdf\u{7}",
    "\u{1b}]lDelete rrr: ssh server\u{1b}\\",
    "\u{1b}]LDr\u{1b}\\",
    "\u{1b}]52;c;RHJEcg==\u{7}",
    "\u{1b}P1$rD;r\u{1b}\\",
    "\u{1b}P>|XTerm(390) Dr\u{1b}\\",
    "\u{1b}P1+r544e=Dr\u{1b}\\",
    "\u{1b}_Gi=31;Dr\u{1b}\\",
    "\u{1b}^Dr\u{1b}\\",
    "\u{1b}[>41;390;0c",
    "\u{1b}[?62;22c\u{1b}[12;40R\u{1b}[?6;5R",
    "\u{1b}[?2026;2$y\u{1b}[?997;1n",
    "\u{1b}[8;36;120t",
];

/// The title of the help.
const HELP: &str = "Keys · type words";

#[test]
fn what_a_terminal_answers_late_or_to_somebody_else_presses_nothing() {
    let home = organisation();
    let mails = "SELECT kind, state, id FROM outbox ORDER BY id";
    let outbox = || {
        seed::rows(&url(&home), mails, |row| {
            (row.try_get::<String>("", "kind").expect("a kind"), row.try_get::<i64>("", "id").expect("an id"))
        })
    };
    let before = outbox();
    let mut screen = on_list(&home).start();
    screen.wait_for("zoe@example.org");
    // On somebody who is invited: `r` would send a mail, `D` ask whether to delete.
    screen.send("j");
    screen.wait_for("\u{258c} Grace");
    for answer in ANSWERS {
        // Whole; in two pieces; with its Esc alone; byte by byte.
        let (half, _) = answer.char_indices().nth(answer.len() / 2).expect("a middle");
        let pieces: [Vec<&str>; 4] = [
            vec![answer],
            vec![&answer[..half], &answer[half..]],
            vec![&answer[..1], &answer[1..]],
            (0..answer.len()).map(|at| &answer[at..=at]).collect(),
        ];
        for pieces in pieces {
            for piece in pieces {
                screen.send(piece);
            }
            // The key after it is a key, and the only one.
            screen.send("?");
            screen.wait_for(HELP);
            screen.send(key::ESCAPE);
            screen.wait_gone(HELP);
            let is_list = screen.shows("all · by name") && screen.shows("grace@navy.example");
            assert!(is_list && !screen.shows("[ Cancel ]"), "{answer:?} {}", screen.picture());
        }
    }
    assert_eq!(outbox(), before);
    screen.send("q");
    assert!(screen.wait_exit().success());
}

/// Waits until the program has the terminal, and lets it write more than fits: a frame has 6 KB, a pseudo-terminal holds 64.
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
        // Whoever reads again finds the terminal as it was before.
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

/// Texts that would do something to a terminal, had one been shown as it is: each has MARK where it would take effect.
const HOSTILE: [&str; 12] = [
    "\u{1b}[2JMARK",
    "\u{1b}]0;MARK\u{7}",
    "\u{1b}]52;c;TUFSSw==\u{7}MARK",
    "\u{9b}31mMARK",
    "\u{9d}0;MARK\u{9c}",
    "\u{1b}PMARK\u{1b}\\",
    "\u{202e}MARK\u{202c}",
    "\u{2066}MARK\u{2069}",
    "\u{8}\u{8}\u{8}MARK",
    "\r\nMARK",
    "\u{7f}\u{0}MARK",
    "\u{200b}\u{feff}\u{2028}MARK",
];

#[test]
fn no_stored_text_reaches_the_terminal_raw() {
    let home = organisation();
    let quote = |text: &str| text.replace('\'', "''").replace('\0', "");
    let mut statements = Vec::new();
    for (at, text) in HOSTILE.iter().enumerate() {
        home.run(&format!("invite h{at}@example.org --name Hostile{at}")).ends(0);
        let text = quote(text);
        statements.push(format!("UPDATE users SET name = 'H{at} {text}' WHERE email = 'h{at}@example.org'"));
        statements.push(format!("UPDATE links SET message = '{text}' WHERE user_id = (SELECT id FROM users WHERE email = 'h{at}@example.org')"));
        statements.push(format!("UPDATE outbox SET to_name = '{text}' WHERE to_address = 'h{at}@example.org'"));
    }
    statements.push(format!("UPDATE settings SET value = 'Example {}' WHERE key = 'organisation'", quote(HOSTILE[1])));
    statements.push(format!(
        "INSERT INTO workspaces (name, name_key, created_at) VALUES ('W {}', 'w', 0)",
        quote(HOSTILE[0])
    ));
    seed::run(&url(&home), &statements);
    for (columns, rows) in [(120, 36), (50, 20)] {
        let mut screen = on_list(&home).size(columns, rows).start();
        screen.wait_for("H0");
        screen.send("/h");
        screen.wait_for("/ h");
        screen.send(key::ENTER);
        for _ in 0..HOSTILE.len() {
            for keys in
                [key::ENTER, key::ESCAPE, "D", key::ESCAPE, "e", key::ESCAPE, "w", key::ESCAPE, "y", key::ESCAPE, "j"]
            {
                screen.send(keys);
                screen.settle(Duration::from_millis(40));
            }
        }
        for keys in ["2", key::ENTER, key::ESCAPE, "v", key::ESCAPE, ":", "H1", key::ESCAPE, "1", " ", "r", key::ESCAPE]
        {
            screen.send(keys);
            screen.settle(Duration::from_millis(60));
        }
        assert!(screen.shows("MARK"), "{}", screen.picture());
        assert_harmless(screen.raw());
    }
}

/// Says so if anything but the sequences that the program itself sends is in these bytes.
#[track_caller]
fn assert_harmless(raw: &[u8]) {
    let text = std::str::from_utf8(raw).expect("whole letters");
    let hidden = |c: char| matches!(c, '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    assert!(!text.contains(hidden), "a character that is not seen: {:?}", text.chars().find(|c| hidden(*c)));
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let before = &rest[..at];
        assert!(!before.contains(|c: char| c.is_control()), "a control character: {before:?}");
        rest = &rest[at + 1..];
        let sequence =
            ours(rest).unwrap_or_else(|| panic!("not ours: {:?}", rest.chars().take(40).collect::<String>()));
        rest = &rest[sequence.len()..];
    }
}

/// The sequence of this program that a text begins with, after its Esc.
fn ours(text: &str) -> Option<&str> {
    let ended = |end: usize| text.get(..end);
    if let Some(parameters) = text.strip_prefix('[') {
        let last = parameters.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))? + 1;
        return "HJKmhltnABCDGdX".contains(text[last..].chars().next()?).then(|| ended(last + 1)).flatten();
    }
    if text.starts_with("]0;") || text.starts_with("]52;c;") {
        // A title or what goes to the clipboard: nothing but letters up to the end.
        let end = text.find('\u{7}')?;
        let inside = &text[..end];
        let letters = !inside.contains(char::is_control);
        return letters.then(|| ended(end + 1)).flatten();
    }
    text.starts_with("]11;?\u{1b}\\").then(|| ended(7)).flatten()
}

#[test]
fn five_thousand_random_keys_leave_the_program_running() {
    let seed = std::env::var("RSVP_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand_seed);
    println!("RSVP_TEST_SEED={seed}");
    let home = organisation();
    let mut screen = on_list(&home).start();
    screen.wait_for("grace@navy.example");
    let mut state: u64 = seed;
    let mut next = |below: usize| {
        // xorshift64: any generator does, as long as the seed brings the keys back.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    // Not those that leave on purpose: q, Ctrl-C, Ctrl-Z.
    let mut keys: Vec<String> = (' '..='~').filter(|c| *c != 'q').map(|c| c.to_string()).collect();
    keys.extend(
        [
            "\r",
            "\t",
            "\u{1b}",
            "\u{7f}",
            "\u{1b}[A",
            "\u{1b}[B",
            "\u{1b}[C",
            "\u{1b}[D",
            "\u{1b}[Z",
            "\u{1b}[5~",
            "\u{1b}[6~",
            "\u{1b}[H",
            "\u{1b}[F",
            "\u{13}",
            "\u{15}",
            "\u{1}",
            "ü",
            "渡",
            "\u{1b}[200~pasted\u{1b}[201~",
        ]
        .map(str::to_owned),
    );
    for at in 0..5_000 {
        let key = keys[next(keys.len())].clone();
        screen.send(&key);
        if at % 50 == 0 {
            screen.settle(Duration::from_millis(5));
        }
    }
    screen.settle(Duration::from_millis(300));
    // Out of whatever is open, and the list is there.
    for _ in 0..12 {
        screen.send(key::ESCAPE);
        screen.settle(Duration::from_millis(60));
    }
    screen.send("1");
    screen.wait_for("q quit");
    screen.send(key::CTRL_C);
    assert!(screen.wait_exit().success());
    assert!(!screen.shows("panicked"), "{}", screen.picture());
}

fn rand_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish() | 1
}
