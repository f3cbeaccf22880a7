//! Why the program cannot begin.

use std::path::PathBuf;

use crate::access;
use crate::config::parse::Listen;
use crate::domain::explain::{Explain, Kind};

#[derive(Debug, thiserror::Error)]
pub enum CannotBegin {
    /// Nothing was set up in this database.
    #[error("there is no organisation yet in {0}")]
    NoOrganisation(String),
    /// There is a key, and the database that it belongs to is gone.
    #[error("the database {} is gone, although its key {} is there", path.display(), key.display())]
    DatabaseGone { path: PathBuf, key: PathBuf },
    /// Another login owns the database, or the folder where it would be.
    #[error("the database {} belongs to another login, and only its owner can use it", .0.display())]
    OtherLogin(PathBuf),
    /// A service still writes into a file that nobody can open any more.
    #[error("the database file {} was deleted or replaced under the running service (process {pid})", path.display())]
    Gone { path: PathBuf, pid: i32 },
    /// This isn't a terminal, or it is gone.
    #[error("the terminal can't be used: {0}")]
    Io(std::io::Error),
    /// Another program has the portal's address, or it is not this machine's.
    #[error("the portal can't listen on {address}: {source}")]
    Listen { address: Listen, source: std::io::Error },
    /// The portal, or the signals that stop it, failed.
    #[error("the portal failed: {0}")]
    Signals(std::io::Error),
}

impl Explain for CannotBegin {
    fn kind(&self) -> Kind {
        match self {
            Self::NoOrganisation(_) => Kind::NotFound,
            Self::DatabaseGone { .. }
            | Self::OtherLogin(_)
            | Self::Gone { .. }
            | Self::Io(_)
            | Self::Listen { .. }
            | Self::Signals(_) => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoOrganisation(_) => "no_organisation",
            Self::DatabaseGone { .. } => "database_gone",
            Self::OtherLogin(_) => "database_foreign",
            Self::Gone { .. } => "database_replaced",
            Self::Io(_) => "terminal",
            Self::Listen { .. } => "listen",
            Self::Signals(_) => "portal",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoOrganisation(_) => {
                Some("create one with `rsvp setup`, or name another database with --database".into())
            }
            Self::OtherLogin(path) => {
                let command =
                    access::login(path).map_or_else(|| "sudo rsvp".to_owned(), |login| access::rerun_as(&login));
                Some(format!("run rsvp as that login: `{command}`"))
            }
            Self::Gone { .. } => {
                Some("put the file back; or stop the service, restore the last backup and start it again".into())
            }
            Self::DatabaseGone { .. } => Some(
                "restore the last backup with `rsvp restore-backup FILE`, or name the right database; for a new organisation \
                 move the key away first"
                    .into(),
            ),
            Self::Listen { .. } => {
                Some("choose another address with portal.listen, or stop the program that uses this one".into())
            }
            Self::Signals(_) => None,
            Self::Io(_) => Some(
                "the interface needs a terminal: over SSH, connect with `ssh -t`; scripts use commands instead".into(),
            ),
        }
    }
}
