//! Output that can't be written: on a full disk, into something closed, to a reader that went away. For every command
//! there is. Size: eight organisations and some four hundred starts of the program.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};

use support::cli::{Home, PASSWORD};
use support::pty::Starter;

/// Every command once, in an order in which each has something to do; the interface without a command as well.
const COMMANDS: &[&str] = &[
    "--help",
    "--version",
    "--frobnicate",
    "setup --if-missing --organisation Example --name Ada --email ada@example.org --password-stdin",
    "setup --organisation Example --name Ada --email ada@example.org --password-stdin",
    "invite grace@example.org zoe@example.org nobody",
    "invite linus@example.org --json",
    "list",
    "list --json",
    "show grace@example.org",
    "link grace@example.org",
    "resend grace@example.org --force",
    "edit grace@example.org --name Grace",
    "ssh-line ada@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIISt2X/gSyWUr9CHIoTPeJSHADlZotu2IRyeoKsNaZUO",
    "reset-password ada@example.org --print-link",
    "revoke grace@example.org",
    "suspend grace@example.org",
    "reactivate grace@example.org",
    "delete grace@example.org --yes",
    "restore grace@example.org",
    "erase zoe@example.org --yes",
    "accept nothing --password-stdin",
    "reset nothing --password-stdin",
    "workspace create Research",
    "workspace rename Research Lab",
    "workspace list",
    "member add Lab grace@example.org",
    "member role Lab:admin grace@example.org",
    "member remove Lab grace@example.org",
    "workspace delete Lab --yes",
    "mail list",
    "mail show 1",
    "mail preview 1",
    "mail retry 1",
    "mail cancel 4",
    "mail test ada@example.org",
    "audit list",
    "audit list --jsonl",
    "audit verify",
    "backup backup.db",
    "backup --check backup.db",
    "restore-backup backup.db --dry-run",
    "restore-backup backup.db --yes",
    "release mail",
    "nodes",
    "key status",
    "key export exported.key",
    "key rotate",
    "key new --lost --yes",
    "release purge",
    "serve",
    "demo",
    "doctor",
    "doctor --local --json",
    "doctor --local --nagios",
    "migrate",
    "completions bash",
    "config check",
    "config show",
    "--operator",
    // A worker runs beside it: behind it, what the doctor says would depend on the time.
    "--plain --operator",
];

/// The commands that the program has, as its help lists them.
fn commands(home: &Home, above: &str) -> BTreeSet<String> {
    let help = home.run(&format!("{above} --help")).ends(0).out;
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return BTreeSet::from([above.trim().to_owned()]) };
    let names = rest.lines().take_while(|line| !line.is_empty());
    // What goes on from the line above is indented further.
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
    names.filter(|name| *name != "help").flat_map(|name| commands(home, &format!("{above} {name}"))).collect()
}

/// An organisation in which no command runs on: what serves can't listen.
fn organisation() -> Home {
    let mut home = Home::with_organisation();
    home.set("RSVP_PORTAL__LISTEN", "192.0.2.1:1");
    home.set("RSVP_MAIL__TRANSPORT", "file");
    home.set("RSVP_MAIL__FOLDER", &home.path("mails").display().to_string());
    home.set("RSVP_MAIL__FROM", "rsvp@example.org");
    home
}

/// Runs a command behind these redirections of a shell.
fn run(home: &Home, command: &str, redirected: &str, stdout: Stdio) -> (ExitStatus, String) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" {command} {redirected}"), env!("CARGO_BIN_EXE_rsvp")]);
    let mut child = home.surround(shell).stdout(stdout).spawn().unwrap();
    // A program that ends before it reads is no error of the test.
    let _ = child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    (output.status, String::from_utf8(output.stderr).unwrap())
}

/// Whether it ended by itself and not in a panic.
fn ended(status: ExitStatus, what: &str) -> i32 {
    assert_eq!(status.signal(), None, "{what}");
    let status = status.code().unwrap();
    assert_ne!(status, 101, "{what} panicked");
    status
}

#[test]
fn every_command_is_tried() {
    let home = Home::new();
    let tried = |command: &String| COMMANDS.iter().any(|line| line.starts_with(command.as_str()));
    let untried: Vec<_> = commands(&home, "").into_iter().filter(|command| !tried(command)).collect();
    assert!(untried.is_empty(), "add to COMMANDS: {untried:?}");
}

#[test]
fn what_cannot_be_written_is_a_failure_and_never_a_panic() {
    let (usual, full) = (organisation(), organisation());
    let mut count = 0;
    for command in COMMANDS {
        let expected = usual.type_in(&format!("{PASSWORD}\n"), &command.split(' ').collect::<Vec<_>>());
        let (status, err) = run(&full, command, "> /dev/full", Stdio::null());
        let status = ended(status, command);
        if expected.out.is_empty() {
            assert_eq!(status, expected.status, "{command}: {err}");
        } else {
            count += 1;
            assert_eq!(status, 1, "{command}: {err}");
            assert!(err.contains("the output can't be written: No space left on device"), "{command}: {err}");
        }
    }
    assert!(count > 35, "{count} commands have output");
}

#[test]
fn nobody_who_listens_is_no_failure_and_never_a_panic() {
    let usual = organisation();
    let ways = [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2> /dev/full", "a reader that went away"];
    let homes = ways.map(|_| organisation());
    for command in COMMANDS {
        let expected = usual.type_in(&format!("{PASSWORD}\n"), &command.split(' ').collect::<Vec<_>>());
        for (way, home) in ways.iter().zip(&homes) {
            let went_away = *way == ways[5];
            let stdout = if went_away {
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                Stdio::from(writer)
            } else {
                Stdio::null()
            };
            let (status, err) = run(home, command, if went_away { "" } else { way }, stdout);
            let status = ended(status, &format!("{command} {way}"));
            // Without standard input nobody gives the password that some ask for.
            if !way.contains("<&-") {
                assert_eq!(status, expected.status, "{command} {way}: {err}");
            }
            assert!(!err.contains("can't be written"), "{command} {way}: {err}");
        }
    }
}

#[test]
fn a_reader_that_reads_one_line_gets_it() {
    let home = Home::with_organisation();
    let line = format!("{} completions bash | head -n 1; exit ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_rsvp"));
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]);
    let mut child = home.surround(shell).spawn().unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), out.lines().count(), err.as_str()), (Some(0), 1, ""));
}

#[test]
fn a_service_whose_log_cannot_be_written_goes_on() {
    for redirected in ["2> /dev/full", ">&- 2>&-"] {
        let mut home = Home::with_organisation();
        fs::create_dir_all(home.path("machine/run/rsvp")).unwrap();
        home.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" serve {redirected}"), env!("CARGO_BIN_EXE_rsvp")]);
        let mut child = home.surround(shell).spawn().unwrap();
        let is_alive = || {
            let all = home.run("doctor --local --json").json();
            all["items"].as_array().unwrap().iter().any(|one| one["check"] == "portal process")
        };
        let deadline = std::time::Instant::now() + support::DEADLINE;
        while !is_alive() {
            assert!(std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{redirected}");
        }
        home.run("invite grace@example.org").ends(0);
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert_eq!(ended(child.wait().unwrap(), redirected), 0, "{redirected}");
    }
}

#[test]
fn a_panic_is_reported_in_colour_only_on_a_terminal() {
    let home = Home::with_organisation();
    let report = home.path("report");
    for into_file in [true, false] {
        let redirected = if into_file { format!("2> {}", report.display()) } else { String::new() };
        let line = format!("exec {} --operator {redirected}", env!("CARGO_BIN_EXE_rsvp"));
        let data = home.path("data");
        let starter = Starter::of("sh".as_ref(), &home.path("")).args(["-c", &line]);
        let starter = starter.env("XDG_DATA_HOME", &data).env("RSVP_TEST_PANIC", "yes");
        let mut screen = starter.start();
        assert!(!screen.wait_exit().success());
        assert_eq!(screen.shows("a test asked for this"), !into_file, "{}", screen.picture());
    }
    let report = fs::read_to_string(&report).unwrap();
    assert!(report.contains("a test asked for this") && !report.contains('\u{1b}'), "{report:?}");
}
