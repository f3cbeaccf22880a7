//! One action on one user, by its name: how a list, a command and an action for many all begin the same change.

use crate::app::App;
use crate::app::links::{resend, reset_password, revoke};
use crate::app::users::{delete, erase, reactivate, restore, suspend};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::user::{User, UserId};

/// An action that needs to know nothing but whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Send the invitation again.
    Resend,
    /// Withdraw what waits.
    Revoke,
    /// Block.
    Suspend,
    /// Unblock.
    Reactivate,
    /// Move to the bin.
    Delete,
    /// Bring back from the bin.
    Restore,
    /// Send a password reset.
    ResetPassword,
    /// Remove all that is known of somebody.
    Erase,
}

impl Act {
    /// The action as one of these, if it is one.
    #[must_use]
    pub const fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Resend => Self::Resend,
            Action::Revoke => Self::Revoke,
            Action::Suspend => Self::Suspend,
            Action::Reactivate => Self::Reactivate,
            Action::Delete => Self::Delete,
            Action::Restore => Self::Restore,
            Action::ResetPassword => Self::ResetPassword,
            Action::Erase => Self::Erase,
            _ => return None,
        })
    }

    /// The change that the policy is asked about.
    #[must_use]
    pub const fn change(self) -> Change {
        match self {
            Self::Resend => Change::Resend,
            Self::Revoke => Change::Revoke,
            Self::Suspend => Change::Suspend,
            Self::Reactivate => Change::Reactivate,
            Self::Delete => Change::Delete,
            Self::Restore => Change::Restore,
            Self::ResetPassword => Change::ResetPassword,
            Self::Erase => Change::Erase,
        }
    }

    /// The action that it is.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Resend => Action::Resend,
            Self::Revoke => Action::Revoke,
            Self::Suspend => Action::Suspend,
            Self::Reactivate => Action::Reactivate,
            Self::Delete => Action::Delete,
            Self::Restore => Action::Restore,
            Self::ResetPassword => Action::ResetPassword,
            Self::Erase => Action::Erase,
        }
    }
}

/// Why not, in the words of the action's own error.
#[derive(Debug)]
pub struct Error(Box<dyn Explain>);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Explain for Error {
    fn kind(&self) -> Kind {
        self.0.kind()
    }

    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn hint(&self) -> Option<String> {
        self.0.hint()
    }
}

/// Does it to the version that was seen, if one is given; answers with the user as stored now, or who it was.
pub async fn run(app: &App, actor: &Actor, act: Act, user: UserId, version: Option<i64>) -> Result<User, Error> {
    fn told<T, E: Explain>(done: Result<T, E>) -> Result<T, Error> {
        done.map_err(|error| Error(Box::new(error)))
    }
    match act {
        Act::Resend => {
            let request = resend::Request { user, version, force: false };
            told(resend::run(app, actor, request).await).map(|done| done.user)
        }
        Act::Revoke => told(revoke::run(app, actor, revoke::Request { user, version }).await),
        Act::Suspend => told(suspend::run(app, actor, suspend::Request { user, version }).await),
        Act::Reactivate => told(reactivate::run(app, actor, reactivate::Request { user, version }).await),
        Act::Delete => told(delete::run(app, actor, delete::Request { user, version }).await),
        Act::Erase => told(erase::run(app, actor, erase::Request { user, version }).await),
        Act::Restore => told(restore::run(app, actor, restore::Request { user, version }).await),
        Act::ResetPassword => {
            let request = reset_password::Request { user, version };
            told(reset_password::run(app, actor, request).await).map(|done| done.user)
        }
    }
}
