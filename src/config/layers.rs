//! Reading the layers, one over the other, and remembering where each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike, Value};

use super::error::{ConfigError, ConfigErrors};
use super::keys::{KEYS, nearest, takes};

/// The default, which also documents every key.
const DEFAULT: &str = include_str!("../../config/default.toml");
/// The machine's file.
const MACHINE: &str = "/etc/rsvp/config.toml";
/// The prefix of variables.
const VARIABLE: &str = "RSVP_";

/// Where to look for files and variables; the only part that touches the surroundings.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The login's configuration folder (`$XDG_CONFIG_HOME`, or `~/.config`).
    pub config_home: Option<PathBuf>,
    /// The login's data folder (`$XDG_DATA_HOME`, or `~/.local/share`).
    pub data_home: Option<PathBuf>,
    /// The file that `--config` names.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// Arguments that set a key.
    pub arguments: Vec<(&'static str, String)>,
}

/// Every key's value and where it came from.
#[derive(Debug, Clone)]
pub struct Layers {
    values: BTreeMap<&'static str, (String, String)>,
}

impl Layers {
    /// Reads all layers; answers everything that is wrong with them, not only the first.
    pub fn read(places: &Places) -> Result<Self, ConfigErrors> {
        let mut layers = Self { values: BTreeMap::new() };
        let mut errors = Vec::new();
        layers.toml("default", DEFAULT, &mut errors);
        let own = places.config_home.as_ref().map(|home| home.join("rsvp/config.toml"));
        for (file, must_exist) in [(Some(PathBuf::from(MACHINE)), false), (own, false), (places.file.clone(), true)] {
            if let Some(file) = file {
                layers.file(&file, must_exist, &mut errors);
            }
        }
        for (name, value) in &places.variables {
            layers.variable(name, value, &mut errors);
        }
        for (key, value) in &places.arguments {
            layers.set(key, value, "argument", &mut errors);
        }
        if errors.is_empty() { Ok(layers) } else { Err(ConfigErrors(errors)) }
    }

    /// A key's value; every key has one, because the default has every key.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |(value, _)| value)
    }

    /// Every key with its value and where it came from.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        KEYS.iter().map(|(key, _)| {
            let (value, source) = self.values.get(key).map_or(("", "default"), |(v, s)| (v.as_str(), s.as_str()));
            (*key, value, source)
        })
    }

    fn file(&mut self, path: &Path, must_exist: bool, errors: &mut Vec<ConfigError>) {
        let source = path.display().to_string();
        let mut wrong = |what: &str, hint: &str| {
            errors.push(ConfigError { source: source.clone(), what: what.to_owned(), hint: Some(hint.to_owned()) });
        };
        if path.is_dir() {
            return wrong("this is a folder, not a settings file", "name the file in it, such as config.toml");
        }
        match std::fs::read_to_string(path) {
            Ok(text) => self.toml(&source, &text, errors),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                wrong("there is no such file", "check the path that --config names");
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                wrong("the file is not UTF-8 text", "save it as UTF-8");
            }
            Err(error) => wrong(&format!("cannot be read: {error}"), "check its permissions"),
        }
    }

    fn toml(&mut self, source: &str, text: &str, errors: &mut Vec<ConfigError>) {
        match Document::parse(text) {
            Ok(document) => self.table("", document.as_table(), source, text, errors),
            Err(error) => errors.push(ConfigError {
                source: at_line(source, text, error.span()),
                what: format!("this is not TOML: {}", error.message()),
                hint: Some("a setting is written as key = \"value\" below its [section]".to_owned()),
            }),
        }
    }

    fn table(&mut self, prefix: &str, table: &dyn TableLike, source: &str, text: &str, errors: &mut Vec<ConfigError>) {
        for (name, item) in table.iter() {
            let key = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            let section = KEYS.iter().any(|(known, _)| known.starts_with(&format!("{key}.")));
            let here = at_line(source, text, table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span()));
            match (item.as_table_like(), scalar(item)) {
                (Some(inner), _) if section => self.table(&key, inner, source, text, errors),
                (None, Some(value)) if !section => self.set(&key, &value, &here, errors),
                _ if section => errors.push(ConfigError {
                    source: here,
                    what: format!("{key} is a section, not a value"),
                    hint: Some(format!("write [{key}] and the settings below it")),
                }),
                _ if takes(&key).is_none() => errors.push(unknown(&key, &here)),
                _ => errors.push(ConfigError {
                    source: here,
                    what: format!("{key} takes one value, not a list or a section"),
                    hint: None,
                }),
            }
        }
    }

    fn variable(&mut self, name: &str, value: &str, errors: &mut Vec<ConfigError>) {
        let Some(path) = name.strip_prefix(VARIABLE) else { return };
        // One underscore belongs to other programs' variables and to the tests' own; settings have two.
        if path.contains("__") {
            let key = path.to_lowercase().replace("__", ".");
            self.set(&key, value, &format!("environment {name}"), errors);
        }
    }

    fn set(&mut self, key: &str, value: &str, source: &str, errors: &mut Vec<ConfigError>) {
        let Some((known, takes)) = KEYS.iter().find(|(known, _)| *known == key) else {
            errors.push(unknown(key, source));
            return;
        };
        match takes.check(value) {
            Ok(()) => {
                self.values.insert(known, (value.to_owned(), source.to_owned()));
            }
            Err(what) => {
                errors.push(ConfigError { source: source.to_owned(), what: format!("{key}: {what}"), hint: None });
            }
        }
    }
}

fn unknown(key: &str, source: &str) -> ConfigError {
    ConfigError {
        source: source.to_owned(),
        what: format!("there is no setting {key}"),
        hint: Some(nearest(key).map_or_else(
            || "`rsvp config show` lists every setting".to_owned(),
            |near| format!("the nearest one is {near}"),
        )),
    }
}

fn scalar(item: &Item) -> Option<String> {
    match item.as_value()? {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(yes) => Some(yes.value().to_string()),
        _ => None,
    }
}

fn at_line(source: &str, text: &str, span: Option<std::ops::Range<usize>>) -> String {
    span.and_then(|span| text.get(..span.start))
        .map_or_else(|| source.to_owned(), |before| format!("{source}:{}", before.matches('\n').count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<Layers, ConfigErrors> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, text).unwrap();
        Layers::read(&Places { file: Some(file), ..Places::default() })
    }

    #[test]
    fn the_default_has_every_key_and_no_other() {
        let layers = Layers::read(&Places::default()).unwrap();
        assert_eq!(layers.values.keys().copied().collect::<Vec<_>>(), {
            let mut all: Vec<_> = KEYS.iter().map(|(key, _)| *key).collect();
            all.sort_unstable();
            all
        });
    }

    #[test]
    fn later_sources_win() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[password]\nmin_length = 20\n[portal]\nlisten = \"127.0.0.1:1\"").unwrap();
        let places = Places {
            file: Some(file),
            variables: vec![
                ("RSVP_PASSWORD__MIN_LENGTH".into(), "25".into()),
                ("RSVP_TEST_POSTGRES".into(), "x".into()),
            ],
            arguments: vec![("database.url", "sqlite:///x".into())],
            ..Places::default()
        };
        let layers = Layers::read(&places).unwrap();
        assert_eq!(layers.get("password.min_length"), "25");
        assert_eq!(layers.get("portal.listen"), "127.0.0.1:1");
        assert_eq!(layers.get("database.url"), "sqlite:///x");
    }

    #[test]
    fn an_unknown_key_names_file_line_and_the_nearest_key() {
        let error = with_file("[portal]\n\npublik_url = \"https://x.org\"").unwrap_err();
        assert!(error.to_string().ends_with("c.toml:3: there is no setting portal.publik_url"), "{error}");
        assert_eq!(error.hint().unwrap(), "the nearest one is portal.public_url");
    }

    #[test]
    fn every_error_is_told_not_only_the_first() {
        let error = with_file("portal = 3\n[password]\nmin_length = \"long\"\n[database]\nurl = [1]").unwrap_err();
        assert_eq!(error.0.len(), 3, "{error}");
        assert!(with_file("[portal\n").unwrap_err().to_string().contains("c.toml:1: this is not TOML"));
    }

    #[test]
    fn a_folder_or_a_missing_file_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let read =
            |file: PathBuf| Layers::read(&Places { file: Some(file), ..Places::default() }).unwrap_err().to_string();
        assert!(read(folder.path().to_owned()).contains("this is a folder"));
        assert!(read(folder.path().join("none.toml")).contains("there is no such file"));
    }

    use crate::domain::explain::Explain;
}
