//! The sources of settings, one over the other: which value is in effect, where it comes from, and everything that is
//! wrong.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::build::build;
use super::environment::Environment;
use super::file::{self, Entry};
use super::key::{KEYS, find, variable};
use super::merged::Merged;
use super::own_keys::OwnKeys;
use super::problem::{Problem, Problems, shown};
use super::redact::{holds_password, without_password};
use super::settings::Settings;
use super::source::Source;
use super::value::Value;
use crate::access;

/// Every setting with its default.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// The settings that say where the organisation is: here the machine's own file overrides the user's.
const SYSTEM_FIRST: [&str; 3] = ["database.url", "database.password_file", "secrets.key_file"];

#[derive(Clone)]
pub struct Argument {
    /// The setting: `database.url`.
    pub key: &'static str,
    /// The argument's name: `--database`.
    pub name: &'static str,
    /// As it was typed; checked like the same text in a file.
    pub text: String,
}

pub struct Inputs<'a> {
    /// What the process sees of its surroundings.
    pub environment: &'a Environment,
    /// The file that `--config` names.
    pub file: Option<PathBuf>,
    /// Whether that file may be missing: set-up makes it.
    pub file_may_be_new: bool,
    /// Each applies over every other source, a later one over an earlier one.
    pub arguments: Vec<Argument>,
}

/// The value in effect for one setting, for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The setting with its sections: `portal.listen`.
    pub key: String,
    /// Its value as a settings file would have it, without any password; empty when not set.
    pub value: String,
    /// `default`, a file with its line, a variable, or an argument.
    pub source: String,
}

/// The settings in effect.
pub struct Loaded {
    /// Checked one by one and against each other.
    pub settings: Settings,
    /// The same, one by one, with their sources.
    pub effective: Vec<Effective>,
}

/// Reads every source and checks every value.
///
/// # Errors
/// Everything that is wrong, not only the first.
pub fn load(inputs: &Inputs<'_>) -> Result<Loaded, Problems> {
    let mut merged = merge(inputs);
    let settings = build(&mut merged, inputs.environment);
    match settings {
        Some(settings) if merged.problems.is_empty() => {
            let effective = show(&merged, &settings);
            Ok(Loaded { settings, effective })
        }
        _ => Err(Problems(merged.problems)),
    }
}

/// The own keys of every source, whatever else is wrong.
#[must_use]
pub fn own_keys(inputs: &Inputs<'_>) -> Vec<OwnKeys> {
    merge(inputs).keys
}

fn merge(inputs: &Inputs<'_>) -> Merged {
    let mut merged = Merged {
        values: BTreeMap::new(),
        keys: Vec::new(),
        problems: Vec::new(),
        files: Vec::new(),
        has_named_file: inputs.file.is_some(),
    };
    let defaults = file::parse(Path::new("default.toml"), &file::Text { text: DEFAULTS.to_owned(), mode: 0o600 });
    for (key, value, _) in defaults.entries {
        merged.values.insert(key.name, (value, Source::Default));
    }
    let system = inputs.environment.system_file.as_path();
    merged.file(system, Missing::Fine, |_| true);
    let organisation_is_the_machines = merged.values.get("database.url").is_some_and(|(_, s)| *s != Source::Default);
    if let Some(user) = inputs.environment.user_file() {
        let missing = Missing::FineLikeOutOfReach;
        merged.file(&user, missing, |key| !(organisation_is_the_machines && SYSTEM_FIRST.contains(&key)));
    }
    if let Some(path) = &inputs.file {
        let path = inputs.environment.folder.join(path);
        merged.file(&path, if inputs.file_may_be_new { Missing::Fine } else { Missing::Wrong }, |_| true);
    }
    merged.variables(inputs.environment);
    for argument in &inputs.arguments {
        merged.argument(argument);
    }
    merged
}

/// What it means that a settings file isn't there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Wrong,
    Fine,
    /// So is one in a folder that this process may not enter: a service whose unit hides homes has none of its own.
    FineLikeOutOfReach,
}

impl Merged {
    fn file(&mut self, path: &Path, missing: Missing, counts: impl Fn(&str) -> bool) {
        self.files.push(path.to_owned());
        if missing == Missing::FineLikeOutOfReach && access::is_out_of_reach(path) {
            return;
        }
        match file::read(path) {
            Ok(Some(text)) => {
                let parsed = file::parse(path, &text);
                self.problems.extend(parsed.problems);
                self.take(parsed.entries.into_iter().filter(|(key, ..)| counts(key.name)));
                for own in parsed.keys {
                    // A later file counts over an earlier one.
                    self.keys.retain(|known| (&known.context, &known.command) != (&own.context, &own.command));
                    self.keys.push(own);
                }
            }
            Ok(None) if missing == Missing::Wrong => self.problems.push(Problem::new(
                "config_file",
                format!("there is no settings file {}", shown(path)),
                "check the path after --config",
            )),
            Ok(None) => {}
            Err(problem) => self.problems.push(problem),
        }
    }

    fn take(&mut self, entries: impl Iterator<Item = Entry>) {
        for (key, value, source) in entries {
            self.values.insert(key.name, (value, source));
        }
    }

    fn variables(&mut self, environment: &Environment) {
        for (name, text) in &environment.variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with("RSVP_")) else { continue };
            let source = Source::Variable(name.to_owned());
            match KEYS.iter().find(|key| variable(key.name) == name) {
                Some(key) => self.variable(key.name, text, source),
                None if name.contains("__") || is_squashed(name) => {
                    let meant = name.trim_start_matches("RSVP_").replace("__", ".").to_ascii_lowercase();
                    let nearest = super::key::nearest(&meant);
                    self.problems.push(
                        Problem::new(
                            "config_unknown_key",
                            format!("{source}: no setting has this variable; the nearest is {}", variable(nearest)),
                            "correct its name (two underscores between section and setting), or unset it",
                        )
                        .about(&meant),
                    );
                }
                None => {}
            }
        }
    }

    fn variable(&mut self, key: &'static str, text: &OsStr, source: Source) {
        let wrong = |what, hint: &str| super::problem::Wrong { what, hint: hint.to_owned() };
        let read = match (find(key), text.to_str()) {
            (Some(key), Some(text)) => key.kind.of_text(text),
            _ => Err(wrong("isn't UTF-8".to_owned(), "set it again as UTF-8")),
        };
        match read {
            Ok(value) => {
                self.values.insert(key, (value, source));
            }
            Err(wrong) => self.problems.push(Problem::wrong(key, &source, wrong)),
        }
    }

    fn argument(&mut self, argument: &Argument) {
        let source = Source::Argument(argument.name);
        if holds_password(&argument.text) {
            let file = match argument.key {
                "database.url" => "database.password_file",
                _ => "mail.smtp.password_file",
            };
            self.problems.push(
                Problem::new(
                    "password_in_argument",
                    format!(
                        "{} contains a password, and every process on this machine can read arguments",
                        argument.name
                    ),
                    format!(
                        "leave the password out and name a file with {file}, or set {} in the environment",
                        variable(argument.key)
                    ),
                )
                .about(argument.key),
            );
            return;
        }
        self.variable(argument.key, OsStr::new(&argument.text), source);
    }
}

/// What is wrong with a text as the value of a setting, if something is: for a form, while it is typed.
#[must_use]
pub fn value_error(key: &str, text: &str) -> Option<String> {
    let wrong = find(key)?.kind.of_text(text).err()?;
    Some(format!("this {}: {}", wrong.what, wrong.hint))
}

/// Whether a variable is a setting's with the underscores of its sections miscounted: `RSVP_DATABASE_URL`.
fn is_squashed(name: &str) -> bool {
    let squash = |name: &str| name.replace('_', "");
    KEYS.iter().any(|key| squash(&variable(key.name)) == squash(name))
}

fn show(merged: &Merged, settings: &Settings) -> Vec<Effective> {
    let toml = |text: String| Value::Text(text).to_toml().to_string();
    KEYS.iter()
        .filter_map(|key| merged.values.get(key.name).map(|(value, source)| (key, value, source)))
        .map(|(key, value, source)| {
            let value = match value {
                // The two that have a default which depends on the machine.
                Value::Text(text) if text.is_empty() && key.name == "database.url" => {
                    toml(format!("sqlite://{}", settings.database.shown()))
                }
                Value::Text(text) if text.is_empty() && key.name == "secrets.key_file" => {
                    toml(shown(settings.present_key_file()))
                }
                Value::Text(text) if text.is_empty() => String::new(),
                Value::Text(text) => toml(without_password(text)),
                Value::Number(_) | Value::Length(_) | Value::Flag(_) | Value::List(_) => value.to_toml().to_string(),
            };
            Effective { key: key.name.to_owned(), value, source: source.to_string() }
        })
        .chain(settings.terminal.keys.iter().map(|own| Effective {
            key: own.name(),
            value: Value::List(own.keys.clone()).to_toml().to_string(),
            source: own.source.to_string(),
        }))
        .collect()
}
