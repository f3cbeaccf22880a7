//! What can be wrong with settings.

use std::fmt;
use std::path::Path;

use super::source::Source;
use crate::access::{self, Untrusted};
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::visible;

/// One thing that is wrong: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    code: &'static str,
    message: String,
    hint: Option<String>,
    /// The setting, where it is about one.
    key: Option<String>,
}

/// Why a setting can't have a value; never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, to be read after the setting's name: `is not a number`.
    pub what: String,
    /// What to write instead, as a request.
    pub hint: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

impl Problem {
    pub(super) fn new(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: Some(hint.into()), key: None }
    }

    /// A value that its setting cannot have.
    pub(super) fn wrong(key: &str, source: &Source, wrong: Wrong) -> Self {
        Self::new("config_value", format!("{source}: {key} {}", wrong.what), wrong.hint).about(key)
    }

    /// The same, said to be about this setting.
    pub(super) fn about(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// The section of the setting that it is about: `mail`.
    pub(super) fn section(&self) -> Option<&str> {
        self.key.as_deref().and_then(|key| key.split('.').next())
    }

    /// A file that the system does not hand out.
    pub(super) fn unreadable(what: &str, path: &Path, error: &std::io::Error) -> Self {
        let owner = access::login(path).map(|login| access::rerun_as(&login));
        let hint = match (error.kind(), owner) {
            (std::io::ErrorKind::NotFound, _) => "check the path".to_owned(),
            (std::io::ErrorKind::PermissionDenied, Some(command)) => {
                format!("run rsvp as the login that it belongs to (`{command}`), or let this one read it")
            }
            (std::io::ErrorKind::PermissionDenied, None) => "let the login that runs rsvp read it".to_owned(),
            _ => "check the file and the disk it is on".to_owned(),
        };
        Self::new("config_file", format!("{what} {} can't be read: {error}", shown(path)), hint)
    }

    /// A file that can't be trusted, or had at all.
    pub(super) fn untrusted(code: &'static str, what: &str, path: &Path, error: &Untrusted) -> Self {
        if let Some(io) = error.io() {
            return Self::unreadable(what, path, io);
        }
        let code = if error.is_foreign() {
            "config_foreign"
        } else if error.is_another_kind() {
            "config_file"
        } else {
            code
        };
        Self { code, message: error.to_string(), hint: error.hint(), key: None }
    }

    /// A file with a secret in it that others can read.
    pub(super) fn open_to_others(what: &str, path: &Path, mode: u32) -> Self {
        let path = shown(path);
        Self::new(
            "secret_open",
            format!("{what} {path} can be read by others (mode {mode:04o})"),
            format!("close it with `chmod 600 {path}`"),
        )
    }
}

impl Explain for Problem {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        self.code
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// Everything that is wrong, in the order of the sources; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Explain for Problems {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        self.0.first().map_or("config", |problem| problem.code)
    }

    fn hint(&self) -> Option<String> {
        match self.0.as_slice() {
            [problem] => problem.hint.clone(),
            _ => Some("`rsvp config check` shows what to do about each".to_owned()),
        }
    }
}

/// A path as a message writes it.
pub(super) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}
