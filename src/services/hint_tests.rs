//! That whoever has no shell is told of no command and no setting, by any error: every hint of the source is read.

use std::path::Path;

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::config::KEYS;
use crate::domain::explain::is_for_a_shell;

/// Every text between quotes in the bodies of functions that say what to do.
fn hints(source: &str) -> Vec<String> {
    let bodies = source.split("fn hint(").skip(1).map(|rest| rest.split("\n    }\n").next().unwrap_or(rest));
    let texts = |body: &str| {
        let body = body.replace("\\\"", "\u{201d}");
        let odd = body.split('"').skip(1).step_by(2).map(|text| {
            let lines = text.split("\\\n").map(str::trim_start);
            lines.collect::<String>()
        });
        odd.collect::<Vec<_>>()
    };
    bodies.flat_map(texts).collect()
}

/// The text of every file of the source below a folder.
pub(super) fn sources(folder: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn no_hint_that_names_a_command_or_a_setting_reaches_whoever_has_no_shell() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    let commands: Vec<String> =
        Cli::command().get_subcommands().map(|one| format!("rsvp {}", one.get_name())).collect();
    let names = |text: &str| {
        commands.iter().any(|command| text.contains(command)) || KEYS.iter().any(|key| text.contains(key.name))
    };
    let hints: Vec<String> = all.iter().flat_map(|source| hints(source)).collect();
    let found: Vec<&String> = hints.iter().filter(|hint| names(hint)).collect();
    assert!(hints.len() > 100 && found.len() > 20, "{} hints, {} of them name something", hints.len(), found.len());
    for hint in found {
        assert!(is_for_a_shell(hint), "{hint}");
    }
    for key in KEYS {
        assert!(is_for_a_shell(&format!("set {} to it", key.name)), "{}", key.name);
    }
    for command in commands {
        assert!(is_for_a_shell(&format!("run {command}.")), "{command}");
    }
}
