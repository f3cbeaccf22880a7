//! A command for many that somebody stops: what was done is said, and is what is stored.

use std::io::{BufRead as _, BufReader, Read as _};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::cli::Home;
use crate::support::seed;

#[test]
fn a_command_for_many_that_is_stopped_says_what_it_did() {
    let home = Home::with_organisation();
    seed::invited(&format!("sqlite://{}", home.database().display()), 2_000);
    let mut child = home.spawn(&["suspend", "--view", "invited", "--yes", "--expect", "2000"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut done = vec![lines.next().unwrap().unwrap()];
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    done.extend(lines.map(Result::unwrap));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6), "{said}");
    assert!(done.iter().all(|line| line.ends_with(": suspended")) && done.len() < 2_000, "{} lines", done.len());
    let first = "Bulk 1 <bulk1@example.org>, Bulk 10 <bulk10@example.org>, Bulk 100 <bulk100@example.org>";
    let before = format!("2,000 users: {first} and 1,997 more.\n");
    assert_eq!(said, format!("{before}Stopped after {} of 2,000 users. The rest was left as it is.\n", done.len()));
    assert_eq!(suspended(&home), done.len());
}

#[test]
fn a_script_reads_of_each_whether_it_was_done_before_the_stop() {
    let home = Home::with_organisation();
    seed::invited(&format!("sqlite://{}", home.database().display()), 500);
    let people: Vec<String> = (1..=500).map(|number| format!("bulk{number}@example.org")).collect();
    let mut arguments = vec!["suspend", "--json"];
    arguments.extend(people.iter().map(String::as_str));
    let child = home.spawn(&arguments);
    let process = Pid::from_child(&child);
    while suspended(&home) == 0 {}
    kill_process(process, Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(6));
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let items = all["items"].as_array().unwrap();
    let (done, rest): (Vec<_>, Vec<_>) = items.iter().partition(|item| item["error"].is_null());
    assert_eq!((items.len(), done.len()), (500, suspended(&home)));
    assert!(rest.iter().all(|item| item["error"]["code"] == "stopped" && !item["error"]["hint"].is_null()), "{all}");
}

#[test]
fn a_second_signal_gives_up_what_waits() {
    let home = Home::with_organisation();
    let url = format!("sqlite://{}", home.database().display());
    seed::invited(&url, 2);
    seed::while_held(&url, || {
        let mut child = home.spawn(&["suspend", "bulk1@example.org", "bulk2@example.org"]);
        let process = Pid::from_child(&child);
        // It listens from the moment when it waits for the database.
        while !listens(process) {}
        for _ in 0..2 {
            kill_process(process, Signal::INT).unwrap();
            std::thread::yield_now();
        }
        while child.try_wait().unwrap().is_none() {
            let _ = kill_process(process, Signal::INT);
        }
        assert_eq!(child.wait().unwrap().code(), Some(6));
    });
    assert_eq!(suspended(&home), 0);
}

/// Whether a process handles SIGINT by itself (proc(5), `SigCgt`).
fn listens(process: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero())).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 0b10 != 0
}

/// How many the database says are suspended.
fn suspended(home: &Home) -> usize {
    let url = format!("sqlite://{}", home.database().display());
    let count = "SELECT count(*) AS n FROM users WHERE suspended_at IS NOT NULL";
    usize::try_from(seed::rows(&url, count, |row| row.try_get::<i64>("", "n").unwrap())[0]).unwrap()
}
