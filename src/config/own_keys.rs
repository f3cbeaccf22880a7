//! Keys that somebody bound in a settings file.

use super::problem::{Problem, Wrong};
use super::source::Source;

/// The keys of a command, as a settings file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKeys {
    /// The context's name.
    pub context: String,
    /// The command's name.
    pub command: String,
    /// The keys.
    pub keys: Vec<String>,
    /// Where it stands.
    pub(super) source: Source,
}

impl OwnKeys {
    /// The setting's whole name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("keys.{}.{}", self.context, self.command)
    }

    /// Says what is wrong with it.
    #[must_use]
    pub fn problem(&self, what: String, hint: String) -> Problem {
        Problem::wrong(&self.name(), &self.source, Wrong { what, hint })
    }
}
