//! Where a value comes from.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::domain::text::visible;

/// Where a value comes from, precisely enough to go there and change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Compiled in.
    Default,
    /// A file and the line in it, counted from 1.
    File(PathBuf, usize),
    Variable(String),
    /// An argument, by its name: `--database`.
    Argument(&'static str),
}

impl Source {
    /// The folder that a relative path in this source begins at.
    pub(super) fn folder<'a>(&'a self, current: &'a Path) -> &'a Path {
        match self {
            Self::File(path, _) => path.parent().unwrap_or(current),
            Self::Default | Self::Variable(_) | Self::Argument(_) => current,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", visible(&path.to_string_lossy())),
            Self::Variable(name) => write!(f, "{} in the environment", visible(name)),
            Self::Argument(name) => f.write_str(name),
        }
    }
}
