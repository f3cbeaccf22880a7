//! The documentation, done: every command that stands on a line of its own in `docs/` is run, in its order, in an
//! organisation with the people that the page names; every one that a sentence names is one that the program knows,
//! with its options. Size: some sixty starts of the program.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use support::cli::Home;

/// Each page with its text. What is made from the program's own tables is not here.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.extend(["README.md", "SECURITY.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let all = paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap()));
    all.filter(|(name, _)| !matches!(name.as_str(), "actions.md" | "keys.md")).collect()
}

/// The commands on lines of their own: indented, without the comment behind them.
fn lines(text: &str) -> Vec<&str> {
    let commands = text.lines().filter_map(|line| line.strip_prefix("    "));
    let commands = commands.filter(|line| line.starts_with("rsvp ") || line.starts_with("mkdir "));
    commands
        .map(|line| line.split(" # ").next().unwrap_or_default().split("  #").next().unwrap_or_default().trim())
        .collect()
}

/// The commands that sentences name, without those that are only part of one.
fn spans(text: &str) -> Vec<String> {
    let text = text.replace('\n', " ");
    let inside = text.split('`').skip(1).step_by(2).map(str::to_owned);
    inside.filter(|span| span.starts_with("rsvp ") && !span.contains(['…', '|'])).collect()
}

/// The words of a command, as a shell would split them.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split(['"', '\'']).enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words.remove(0);
    words
}

/// The addresses on a page that none of its own commands invites.
fn people(commands: &[&str]) -> BTreeSet<String> {
    let is_address = |word: &String| word.contains('@');
    let of = |invites: bool| {
        let some = commands.iter().filter(move |line| line.starts_with("rsvp invite ") == invites);
        some.flat_map(|line| words(line)).filter(is_address).collect::<BTreeSet<_>>()
    };
    of(false).into_iter().filter(|one| !of(true).contains(one) && one != "ada@example.org").collect()
}

/// A key that ssh-keygen made and nobody has.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIISt2X/gSyWUr9CHIoTPeJSHADlZotu2IRyeoKsNaZUO ada@laptop\n";

fn run(home: &Home, command: &str) -> support::cli::Said {
    let mut words = words(command);
    // What asks is answered.
    let asks = matches!(words[0].as_str(), "delete" | "erase" | "restore-backup")
        || words.starts_with(&["workspace".to_owned(), "delete".to_owned()])
        || words.last().is_some_and(|last| matches!(last.as_str(), "--stolen" | "--lost"));
    words.extend(asks.then(|| "--yes".to_owned()));
    home.type_in("", &words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_command_on_a_line_of_its_own_does_what_it_says() {
    let mut count = 0;
    for (page, text) in pages() {
        let commands = lines(&text);
        if commands.is_empty() {
            continue;
        }
        let home = Home::with_organisation();
        for person in people(&commands) {
            home.type_in("", &["invite", &person]).ends(0);
        }
        for command in commands {
            if command.contains("ada.pub") {
                fs::write(home.path("ada.pub"), KEY).unwrap();
            }
            if command.ends_with("--lost") {
                fs::rename(home.key(), home.path("lost")).unwrap();
            }
            if let Some(folder) = command.strip_prefix("mkdir -m 700 ") {
                fs::create_dir(home.path(folder)).unwrap();
                continue;
            }
            let said = run(&home, command);
            assert_eq!(said.status, 0, "{page}: {command}: {said:?}");
            count += 1;
        }
    }
    assert!(count > 15, "the pages show {count} commands");
}

#[test]
fn every_command_that_a_sentence_names_is_one_of_the_programs() {
    let home = Home::new();
    let mut count = 0;
    for (page, text) in pages() {
        for span in spans(&text) {
            let mut words = words(&span);
            words.push("--help".to_owned());
            let said = home.type_in("", &words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(said.status, 0, "{page}: {span}: {said:?}");
            assert!(words.len() == 1 || said.out.contains("Usage: rsvp"), "{page}: {span}: {said:?}");
            count += 1;
        }
    }
    assert!(count > 20, "the pages name {count} commands");
}
