//! Why a copy of the database cannot be made or used.

use std::path::PathBuf;

use crate::access::Untrusted;
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::visible;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Others can read, change or replace it.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("{} can't be {what}: {source}", path.display())]
    Io {
        path: PathBuf,
        /// What failed, as in "can't be written".
        what: &'static str,
        source: std::io::Error,
    },
    /// The disk has less room than a copy takes.
    #[error("{} has room for {} MB, and {} MB are needed", folder.display(), free / 1_000_000, needed.div_ceil(1_000_000))]
    NoRoom {
        folder: PathBuf,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
    },
    /// No file of ours, or one that was cut off while it was written.
    #[error("{} isn't a complete backup of rsvp", .0.display())]
    Incomplete(PathBuf),
    /// What the file holds is not what it said when it was completed.
    #[error("the backup {} is damaged: {}", path.display(), visible(what))]
    Damaged { path: PathBuf, what: String },
    /// Read back, it was not what was written.
    #[error("a row of {0} isn't the same after it was copied, so nothing was kept of the copy")]
    Differs(&'static str),
    /// PostgreSQL stores no such text.
    #[error("a row of {table} has a NUL character in column {column}, which PostgreSQL can't store")]
    Nul { table: &'static str, column: String },
    #[error("the database to move to isn't empty")]
    NotEmpty,
}

impl Explain for BackupError {
    fn kind(&self) -> Kind {
        match self {
            Self::Exists(_) | Self::NotEmpty => Kind::Refused,
            Self::Untrusted(_)
            | Self::Io { .. }
            | Self::NoRoom { .. }
            | Self::Incomplete(_)
            | Self::Damaged { .. }
            | Self::Differs(_)
            | Self::Nul { .. } => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Untrusted(error) => error.code(),
            Self::Exists(_) => "backup_exists",
            Self::Io { .. } => "backup_io",
            Self::NoRoom { .. } => "no_room",
            Self::Incomplete(_) => "backup_incomplete",
            Self::Damaged { .. } => "backup_damaged",
            Self::Differs(_) => "copy_differs",
            Self::Nul { .. } => "copy_nul",
            Self::NotEmpty => "target_not_empty",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Untrusted(error) => return error.hint(),
            Self::Exists(_) => "name another file, or a folder: in a folder each backup gets a name of its own",
            Self::Io { .. } => "check the folder, its permissions and the space left",
            Self::NoRoom { .. } => "make room there, then try again; nothing was changed",
            Self::Incomplete(_) => "use a file that `rsvp backup` completed",
            Self::Damaged { .. } => "use an earlier backup",
            Self::Differs(_) => "try again, and if it happens again, check the disk with `rsvp backup --check FILE`",
            Self::Nul { .. } => "change that text in the database that it comes from",
            Self::NotEmpty => "name a database that has no tables, or a file that doesn't exist",
        };
        Some(hint.to_owned())
    }
}
