//! A command for many that somebody stops: what was done is said, and is what is stored.

use std::io::{BufRead as _, BufReader, Read as _};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::cli::Home;
use crate::support::seed;

#[test]
fn a_command_for_many_that_is_stopped_says_what_it_did() {
    let home = Home::with_organisation();
    seed::invited(&format!("sqlite://{}", home.database().display()), 2_000);
    let mut child = home.spawn(&["suspend", "--view", "invited"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut done = vec![lines.next().unwrap().unwrap()];
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    done.extend(lines.map(Result::unwrap));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(6), "{said}");
    assert!(done.iter().all(|line| line.ends_with(": suspended")) && done.len() < 2_000, "{} lines", done.len());
    assert_eq!(said, format!("Stopped after {} of 2,000 users. The rest was left as it is.\n", done.len()));
    let listed = home.run("list --view suspended --limit 1000 --json").ends(0).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), done.len());
}
