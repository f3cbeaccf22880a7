//! What can go wrong with the database, in words that say what to do.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr};

use super::backup::BackupError;
use super::server_problem::ServerProblem;
use crate::access::Untrusted;
use crate::domain::explain::{Explain, Kind};
use crate::domain::node::Node;
use crate::domain::text::visible;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Neither SQLite nor PostgreSQL.
    #[error("the database URL names neither SQLite nor PostgreSQL")]
    UnknownUrl,
    /// A folder where the file should be.
    #[error("{} is a folder, not a database file", .0.display())]
    Folder(PathBuf),
    /// Others can read it or put another in its place, or another login owns it.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// Another file, or none, is where the opened one was.
    #[error("the database file {} was deleted or replaced while rsvp was running, so nothing was stored", .0.display())]
    Replaced(PathBuf),
    #[error("the database {} can't be opened: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// No schema: nothing was ever set up in it.
    #[error("the database is empty")]
    Empty,
    #[error("the database belongs to another program; nothing was changed in it")]
    OtherProgram,
    /// On a server, which others share.
    #[error("the database was made by an earlier version of rsvp")]
    Older,
    /// Made by a newer program.
    #[error("the database was made by {}", newer(program.as_deref(), migration))]
    Newer {
        /// The first of its changes that this program does not know.
        migration: String,
        /// The version of the program that made it, if it says so.
        program: Option<String>,
    },
    /// A part that runs would go on with a database that is about to change under it.
    #[error("a part of this organisation is still running: {0}")]
    Running(Box<Node>),
    /// Another process has the file open that is to be replaced.
    #[error("another program has the database {} open", .0.display())]
    InUse(PathBuf),
    /// Somebody wrote to the database that a backup was to replace.
    #[error("someone changed the database in the meantime, so nothing was done")]
    ChangedMeanwhile,
    /// Nobody goes on here.
    #[error("this organisation was moved to {}", visible(.0))]
    Moved(String),
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Made before the first release.
    #[error("the database was made by a pre-release of rsvp, which this version can't open")]
    PreRelease,
    /// A word in a column that has only some words.
    #[error(
        "the database has \u{201c}{}\u{201d} in column {column} of row {row} of {table}, which this version of rsvp doesn't know",
        visible(value)
    )]
    UnknownValue {
        table: &'static str,
        /// The row's number; a membership's are its workspace's and its user's.
        row: String,
        column: &'static str,
        /// What it holds, as it is.
        value: String,
    },
    /// Not a database, or damaged.
    #[error("the database file is damaged, or isn't a database")]
    Corrupt(#[source] DbErr),
    #[error("the database can't be changed: it is read-only")]
    ReadOnly(#[source] DbErr),
    /// No space.
    #[error("the database can't be changed: the disk is full")]
    Full(#[source] DbErr),
    /// Somebody else holds it.
    #[error("the database is locked by another program")]
    Locked(#[source] DbErr),
    /// The database's server, or a pooler in front of it.
    #[error("{0}")]
    Server(ServerProblem, #[source] DbErr),
    /// Its URL asks for less than verified TLS; the word it does so with.
    #[error(
        "database.url says sslmode={0}, which can send passwords unencrypted to another machine, or to one that only pretends to be the server"
    )]
    PlainDatabase(&'static str),
    #[error("database.ca_file {} can't be used: {why}", path.display())]
    Authorities { path: PathBuf, why: String },
    /// The connection was lost while a change was being committed, and nobody could say afterwards what became of it.
    #[error("the connection to the database server was lost, and it isn't known whether the change was stored")]
    OutcomeUnknown(#[source] DbErr),
    /// A row that should be there.
    #[error("the database is missing {0}")]
    Missing(&'static str),
    /// A transaction was still in use when it should have ended; nothing was changed.
    #[error("a change didn't finish and was rolled back")]
    Unfinished,
    /// Anything else.
    #[error("the database failed: {0}")]
    Database(#[source] DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        // The result codes of SQLite: https://www.sqlite.org/rescode.html; extended ones carry the primary in their low
        // byte.
        match sqlite_code(&error).map(|code| code & 0xff) {
            Some(5 | 6) => Self::Locked(error),
            Some(8) => Self::ReadOnly(error),
            Some(13) => Self::Full(error),
            Some(11 | 26) => Self::Corrupt(error),
            _ => match ServerProblem::of(&error) {
                Some(problem) => Self::Server(problem, error),
                None => Self::Database(error),
            },
        }
    }
}

impl StoreError {
    /// Whether a stored word is not known: one row cannot be read, and the database works.
    #[must_use]
    pub const fn is_unknown_value(&self) -> bool {
        matches!(self, Self::UnknownValue { .. })
    }
}

impl Explain for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownUrl | Self::Folder(_) | Self::PlainDatabase(_) | Self::Authorities { .. } => Kind::Invalid,
            Self::Empty => Kind::NotFound,
            Self::Running(_) | Self::InUse(_) | Self::Moved(_) => Kind::Refused,
            Self::ChangedMeanwhile => Kind::Changed,
            Self::Backup(error) => error.kind(),
            Self::Untrusted(_)
            | Self::Replaced(_)
            | Self::Io { .. }
            | Self::OtherProgram
            | Self::Older
            | Self::Newer { .. }
            | Self::PreRelease
            | Self::UnknownValue { .. }
            | Self::Corrupt(_)
            | Self::ReadOnly(_)
            | Self::Full(_)
            | Self::Locked(_)
            | Self::Server(..)
            | Self::Missing(_)
            | Self::Unfinished
            | Self::Database(_) => Kind::Failed,
            Self::OutcomeUnknown(_) => Kind::Unknown,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownUrl => "database_url",
            Self::Folder(_) => "database_folder",
            Self::Untrusted(error) if error.is_foreign() => "database_foreign",
            Self::Untrusted(_) => "database_open",
            Self::Replaced(_) => "database_replaced",
            Self::Io { .. } => "database_io",
            Self::Empty => "no_organisation",
            Self::OtherProgram => "database_other_program",
            Self::Older => "database_older",
            Self::Newer { .. } => "database_newer",
            Self::Running(_) => "running",
            Self::InUse(_) => "database_in_use",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::Moved(_) => "moved",
            Self::Backup(error) => error.code(),
            Self::PreRelease => "database_pre_release",
            Self::UnknownValue { .. } => "database_value",
            Self::Corrupt(_) => "database_corrupt",
            Self::ReadOnly(_) => "database_read_only",
            Self::Full(_) => "disk_full",
            Self::Locked(_) => "database_locked",
            Self::Server(problem, _) => problem.code(),
            Self::PlainDatabase(_) => "database_plain",
            Self::Authorities { .. } => "database_ca_file",
            Self::OutcomeUnknown(_) => "outcome_unknown",
            Self::Missing(_) | Self::Unfinished | Self::Database(_) => "database_failed",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownUrl => "write sqlite:///path/to/rsvp.db or postgres://user@host/name".to_owned(),
            Self::Folder(_) => "name a file in it, for example rsvp.db".to_owned(),
            Self::Untrusted(error) => return error.hint(),
            Self::Replaced(_) => "put the file back, or restart rsvp to use what is there now".to_owned(),
            Self::Io { .. } => "check that the folder exists and that this login can write to it".to_owned(),
            Self::Empty => "run `rsvp setup`, or check database.url".to_owned(),
            Self::OtherProgram => "name another database with database.url".to_owned(),
            Self::Older => "run `rsvp migrate`, when no earlier version uses it any more".to_owned(),
            Self::Newer { .. } => "install that version of rsvp or a later one; to go back instead, see docs/backup.md".to_owned(),
            Self::Running(_) => "stop it, and close every open terminal, then try again; after a crash wait 20 seconds".to_owned(),
            Self::InUse(_) => "stop rsvp serve and close every open terminal, then try again".to_owned(),
            Self::ChangedMeanwhile => "stop whatever uses the database, then try again".to_owned(),
            Self::Moved(_) => "set database.url to it".to_owned(),
            Self::Backup(error) => return error.hint(),
            Self::PreRelease => "set up a new database: name another one with database.url, or move this one away".to_owned(),
            Self::UnknownValue { .. } => {
                "install the version of rsvp that wrote it, or a later one; if someone changed it by hand, change it back"
                    .to_owned()
            }
            Self::Corrupt(_) => "check the path; if it is right, restore the last backup".to_owned(),
            Self::ReadOnly(_) => "check who owns the file and its folder, and how the disk is mounted".to_owned(),
            Self::Full(_) => "free some space; nothing was changed".to_owned(),
            Self::Locked(_) => "close the other program, or try again in a moment".to_owned(),
            Self::Server(problem, _) => problem.hint().to_owned(),
            Self::PlainDatabase(_) => {
                "leave sslmode out, so that the certificate is verified, or set database.allow_plain = true if you trust the network in between"
                    .to_owned()
            }
            Self::Authorities { .. } => "name a file with certificates in PEM that this login can read".to_owned(),
            Self::OutcomeUnknown(_) => "look at what is stored before you do it again".to_owned(),
            Self::Missing(_) | Self::Unfinished | Self::Database(_) => return None,
        };
        Some(hint)
    }
}

/// Which program made a database that this one does not know.
fn newer(program: Option<&str>, migration: &str) -> String {
    match program {
        Some(version) => format!("rsvp {} or a later version", visible(version)),
        None => format!("a newer version of rsvp (it has the migration {})", visible(migration)),
    }
}

/// Reads a stored word; one that nothing here has is an error that says where it is.
pub(super) fn read_word<T>(
    read: impl FnOnce(&str) -> Option<T>,
    (table, row, column): (&'static str, impl ToString, &'static str),
    value: &str,
) -> Result<T, StoreError> {
    read(value).ok_or_else(|| StoreError::UnknownValue { table, row: row.to_string(), column, value: value.to_owned() })
}

/// SQLite's result code, if that is where the error comes from.
fn sqlite_code(error: &DbErr) -> Option<i32> {
    state(error).filter(|state| state.len() < 5)?.parse().ok()
}

/// The driver's code: a number from SQLite, five characters from PostgreSQL.
pub(super) fn state(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return None;
    };
    inner.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned))
}

/// Whether a transaction that failed so may simply be run again: PostgreSQL's 40001 (serialization failure), 40P01
/// (deadlock detected), and 23505 and 23503 (unique and foreign key violation), where somebody else stored the same, or
/// removed what we refer to, between our look and our change: the next run sees it. A connection lost during COMMIT is none of them: nobody knows what became of it.
pub fn is_retryable(error: &DbErr) -> bool {
    matches!(state(error).as_deref(), Some("40001" | "40P01" | "23505" | "23503"))
}
