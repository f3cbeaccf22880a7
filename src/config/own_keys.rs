//! Keys that somebody bound in a settings file.

use super::problem::{Problem, Wrong};
use super::source::Source;

/// The keys of a command, as a settings file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKeys {
    /// Where the keys work, by the name of the context: `users`.
    pub context: String,
    /// What they do, by the name that the palette gives it.
    pub command: String,
    /// As they are written in the file. They replace the usual ones; an empty list leaves none.
    pub keys: Vec<String>,
    pub(super) source: Source,
}

impl OwnKeys {
    /// The name of the setting: `keys.users.resend`.
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
