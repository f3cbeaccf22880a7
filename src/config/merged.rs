//! The layers, one over the other: of each setting the value that applies, and its source.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::environment::Environment;
use super::own_keys::OwnKeys;
use super::problem::Problem;
use super::source::Source;
use super::value::Value;

pub(super) struct Merged {
    pub(super) values: BTreeMap<&'static str, (Value, Source)>,
    pub(super) keys: Vec<OwnKeys>,
    pub(super) problems: Vec<Problem>,
    /// Every settings file that is looked for, whether it exists or not.
    pub(super) files: Vec<PathBuf>,
    /// Whether `--config` names one of them.
    pub(super) has_named_file: bool,
}

impl Merged {
    /// Where a setting's value comes from.
    pub(super) fn source(&self, key: &str) -> Source {
        self.values.get(key).map_or(Source::Default, |(_, source)| source.clone())
    }

    /// A setting's text; `None` when it is not set.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        let Some((Value::Text(text), _)) = self.values.get(key) else { return None };
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    /// A path with its beginning written out.
    pub(super) fn path(&self, key: &str, environment: &Environment) -> Option<PathBuf> {
        let (_, source) = self.values.get(key)?;
        self.text(key).map(|text| environment.resolve(text, source.folder(&environment.folder)))
    }
}
