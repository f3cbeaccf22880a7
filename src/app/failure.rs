//! What can go wrong with any use case.

use crate::domain::allowance::{Allowance, Within};
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::node::Node;
use crate::domain::policy::Denied;
use crate::domain::text::visible;
use crate::secrets::SecretsError;
use crate::store::{BackupError, StoreError};

/// The failures that every use case shares; one with failures of its own has an enum that holds this one.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such user, or none that the actor can see: the answer is the same.
    #[error("there is no user {0}")]
    NoUser(String),
    /// No such workspace, or none that the actor can see.
    #[error("there is no workspace {0}")]
    NoWorkspace(Name),
    /// No such email, or none that the actor can see.
    #[error("there is no email {0}")]
    NoMail(i64),
    /// The audit log lacks what was sealed last.
    #[error(
        "the audit log doesn't contain link {seq}, the last one that was sealed: its end was cut off, or the database is an older copy"
    )]
    LogCut {
        seq: i64,
        /// The file with the head that was sealed last.
        kept: std::path::PathBuf,
    },
    /// A part that runs would go on with what is about to be replaced.
    #[error("a part of this organisation is still running: {0}")]
    Running(Box<Node>),
    /// The database is another one than when this process began.
    #[error("a backup was restored while this was running; nothing was changed")]
    Restored,
    /// Somebody who isn't an administrator has sent as much as they may.
    #[error("you have sent {} invitations and resets in the last {}, and may not send more now", .0.of, .0.within.words())]
    SentEnough(Allowance),
    /// Somebody who isn't an administrator would end more links than they may send anew.
    #[error(
        "{needed} people would be sent new invitations, and you may send {} more now, of {} {}",
        .allowance.left, .allowance.of, .allowance.within.each()
    )]
    RenewsTooMany { needed: u64, allowance: Allowance },
    /// Somebody who isn't an administrator would send people elsewhere in the organisation's name.
    #[error("\u{201c}{}\u{201d} leads away from this organisation's own pages, or looks like a link that does", visible(.0))]
    ForeignLink(String),
    /// Someone else saved first.
    #[error("someone else changed this user in the meantime, so nothing was done")]
    Changed,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key file or the hashing of passwords.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl Failure {
    /// Whether a file is where a backup should go.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        matches!(self, Self::Store(StoreError::Backup(BackupError::Exists(_))))
    }
}

impl Explain for Failure {
    fn kind(&self) -> Kind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NoUser(_) | Self::NoWorkspace(_) | Self::NoMail(_) => Kind::NotFound,
            Self::LogCut { .. } | Self::Restored => Kind::Failed,
            Self::Running(_) | Self::SentEnough(_) | Self::RenewsTooMany { .. } | Self::ForeignLink(_) => Kind::Refused,
            Self::Changed => Kind::Changed,
            Self::Store(error) => error.kind(),
            Self::Secrets(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NoUser(_) => "no_such_user",
            Self::NoWorkspace(_) => "no_such_workspace",
            Self::NoMail(_) => "no_such_mail",
            Self::LogCut { .. } => "audit_cut",
            Self::Running(_) => "running",
            Self::Restored => "restored",
            Self::SentEnough(_) | Self::RenewsTooMany { .. } => "sent_enough",
            Self::ForeignLink(_) => "foreign_link",
            Self::Changed => "changed_meanwhile",
            Self::Store(error) => error.code(),
            Self::Secrets(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(denied) => denied.hint(),
            Self::NoUser(_) => Some("find the address with `rsvp list --search`".to_owned()),
            Self::NoWorkspace(_) => Some("leave it out, or type its exact name".to_owned()),
            Self::NoMail(_) => Some("list the numbers with `rsvp mail list`".to_owned()),
            Self::LogCut { kept, .. } => Some(format!(
                "check who could write to the database; if you put an older copy there yourself, restore it with `rsvp \
                 restore-backup` instead, or remove {}",
                kept.display()
            )),
            Self::Running(_) => {
                Some("stop it, and close every open terminal, then try again; after a crash wait 20 seconds".to_owned())
            }
            Self::Restored => Some("start it again".to_owned()),
            Self::ForeignLink(_) => {
                Some("leave it out, write it with a space, or ask an administrator to send it".to_owned())
            }
            Self::SentEnough(all) | Self::RenewsTooMany { allowance: all, .. } => Some(match all.within {
                Within::Hour => "wait up to an hour, or ask an administrator".to_owned(),
                Within::Day => "wait up to a day, or ask an administrator".to_owned(),
            }),
            Self::Changed => Some("look at the user again, then decide".to_owned()),
            Self::Store(error) => error.hint(),
            Self::Secrets(error) => error.hint(),
        }
    }
}

/// Makes an action's own error enum take what the shared parts fail with, through its `Failure` variant.
macro_rules! takes_failures {
    ($error:ty) => {
        impl From<crate::domain::policy::Denied> for $error {
            fn from(denied: crate::domain::policy::Denied) -> Self {
                Self::Failure(denied.into())
            }
        }

        impl From<crate::store::StoreError> for $error {
            fn from(error: crate::store::StoreError) -> Self {
                Self::Failure(error.into())
            }
        }

        impl From<crate::secrets::SecretsError> for $error {
            fn from(error: crate::secrets::SecretsError) -> Self {
                Self::Failure(error.into())
            }
        }
    };
}
pub(super) use takes_failures;
