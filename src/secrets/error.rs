//! What can go wrong with the key file and with hashing. No message ever holds a secret.

use std::path::PathBuf;

use crate::access::Untrusted;
use crate::domain::explain::{Explain, Kind};

/// Why keys cannot be had or a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// There is no key file at this path.
    #[error("the key file {} doesn't exist", .0.display())]
    Missing(PathBuf),
    /// Others can read it or put another in its place, or it is no file at all.
    #[error(transparent)]
    Untrusted(#[from] Untrusted),
    /// The file has the new key, the database still names the old one.
    #[error("replacing the key didn't finish")]
    Unfinished(UnfinishedExchange),
    /// The database is from before the key was lost, such as one from a backup.
    #[error("the database is from before its key was lost, which {} records", .0.display())]
    OlderDatabase(PathBuf),
    /// Another process exchanges the key.
    #[error("another process is replacing the key")]
    Exchanging,
    /// Somebody exchanged the key while this process ran.
    #[error("the key was replaced while this was running; nothing was changed")]
    Exchanged,
    /// A file that set-up or an exchange did not write, or that was cut.
    #[error("{} isn't a key file of rsvp", .0.display())]
    NotAKey(PathBuf),
    /// A key that neither made this database nor was exchanged for its key.
    #[error("the key file {} belongs to a different installation than this database", .0.display())]
    OtherKey(PathBuf),
    /// Set-up never writes over a key file.
    #[error("the key file {} already exists", .0.display())]
    Exists(PathBuf),
    /// Where a copy of the key should go.
    #[error("{} exists already, so nothing was written", .0.display())]
    Taken(PathBuf),
    #[error("the key file {} can't be {what}: {source}", path.display())]
    Io {
        path: PathBuf,
        /// What failed, as in "cannot be read": `read` or `written`.
        what: &'static str,
        source: std::io::Error,
    },
    /// One of the files beside the key.
    #[error("the file {} beside the key can't be {what}: {source}", path.display())]
    Beside {
        path: PathBuf,
        /// What failed, as in "cannot be read": `read`, `written` or `moved`.
        what: &'static str,
        source: std::io::Error,
    },
    /// The file with the head of the audit log says something else.
    #[error("{} doesn't contain the head of the audit log that was sealed last", .0.display())]
    NotAHead(PathBuf),
    #[error("there isn't enough memory to check a password")]
    OutOfMemory,
    /// The parameters are out of bounds.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// A stored hash that asks for more than the bounds allow, or is none.
    #[error("the stored password of this user can't be checked")]
    StoredHash,
}

/// Which exchange of the key broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfinishedExchange {
    /// Of a key that is known.
    Rotation,
    /// Of a key that is lost.
    Replacement,
}

impl UnfinishedExchange {
    /// The command that goes on where it broke off.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Rotation => "rsvp key rotate",
            Self::Replacement => "rsvp key new --lost",
        }
    }
}

impl Explain for SecretsError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "key_missing",
            Self::Untrusted(error) if error.is_foreign() => "key_foreign",
            Self::Untrusted(error) if error.is_another_kind() => "key_invalid",
            Self::Untrusted(_) => "key_open",
            Self::Unfinished(_) => "key_unfinished",
            Self::Exchanged => "key_exchanged",
            Self::Exchanging => "key_exchanging",
            Self::OlderDatabase(_) => "key_older_database",
            Self::NotAKey(_) => "key_invalid",
            Self::OtherKey(_) => "key_other",
            Self::Exists(_) | Self::Taken(_) => "key_exists",
            Self::Io { .. } => "key_io",
            Self::Beside { .. } => "beside_key",
            Self::NotAHead(_) => "audit_head",
            Self::OutOfMemory => "out_of_memory",
            Self::Hash(_) => "hash_failed",
            Self::StoredHash => "stored_hash",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing(_) => {
                "restore it from its own backup (backups of the database never contain it), or name it with \
                 secrets.key_file; if it is lost for good, run `rsvp key new --lost`"
                    .to_owned()
            }
            Self::Untrusted(error) => return error.hint(),
            Self::Unfinished(exchange) => format!("finish it with `{}`", exchange.command()),
            Self::OlderDatabase(path) => {
                format!("restore a newer backup, or move {} away and run `rsvp key new --lost`", path.display())
            }
            Self::Exchanging => "wait until it is done, and check with `rsvp key status`".to_owned(),
            Self::Exchanged => "start it again with the current key file".to_owned(),
            Self::NotAKey(_) => {
                "name the right file with secrets.key_file, or restore it from its own backup".to_owned()
            }
            Self::OtherKey(_) => {
                "with this key no open link would work: name the right one with secrets.key_file, or copy it from the \
                 machine where the key was replaced"
                    .to_owned()
            }
            Self::Exists(_) => {
                "if a set-up was interrupted, it is left from that: move it away, unless another database needs it"
                    .to_owned()
            }
            Self::Taken(_) => "name a file that doesn't exist yet".to_owned(),
            Self::Beside { path, .. } => format!(
                "check who can write to its folder, its permissions and the space left; if {} isn't rsvp's own file, move \
                 it away",
                path.display()
            ),
            Self::NotAHead(path) => format!(
                "nothing is sealed until it does: find out who wrote it, compare `rsvp audit verify --head` with the head \
                 in the service's log, then move {} away",
                path.display()
            ),
            Self::Io { .. } => "check the folder, its permissions and the space left".to_owned(),
            Self::OutOfMemory => {
                "give rsvp more memory (MemoryMax of its unit), or lower password.argon2.memory_kib".to_owned()
            }
            Self::Hash(_) => "check the password.argon2 settings".to_owned(),
            Self::StoredHash => "send this user a password reset".to_owned(),
        };
        Some(hint)
    }
}
