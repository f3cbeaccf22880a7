//! One action on one user: how a list, a command and a task for many all begin the same change.

use crate::app::links::{resend, reset_password, revoke};
use crate::app::users::{delete, erase, reactivate, restore, suspend};
use crate::app::{App, Done, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::user::{User, UserId};

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

/// That an action needs to know more than whom.
#[derive(Debug, thiserror::Error)]
#[error("\u{201c}{}\u{201d} needs more than a user", .0.words())]
struct NeedsMore(Action);

impl Explain for NeedsMore {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        "needs_more"
    }
}

fn explain(error: impl Explain) -> Error {
    Error(Box::new(error))
}

/// Whether an action is done to one user and needs nothing but whom: what [`run`] does.
#[must_use]
pub fn is_simple(action: Action) -> bool {
    Change::of(action).is_some() && !matches!(action, Action::Edit | Action::ShowLink)
}

/// Does it to the version that was seen, if one is given.
pub async fn run(app: &App, actor: &Actor, action: Action, user: UserId, version: Option<i64>) -> Result<Done, Error> {
    let plain = |done: Result<User, Failure>| done.map(Done::of).map_err(explain);
    let on = UserRequest { user, version };
    match action {
        Action::Resend => {
            let request = resend::Request { user, version, force: false };
            resend::run(app, actor, request).await.map(|done| Done::of(done.user)).map_err(explain)
        }
        Action::Revoke => plain(revoke::run(app, actor, on).await),
        Action::KeepEmail => plain(revoke::keep_email(app, actor, on).await),
        Action::Suspend => suspend::run(app, actor, on).await.map_err(explain),
        Action::Reactivate => plain(reactivate::run(app, actor, on).await),
        Action::Delete => delete::run(app, actor, on).await.map_err(explain),
        Action::Erase => erase::run(app, actor, on).await.map_err(explain),
        Action::Restore => restore::run(app, actor, on).await.map(Done::of).map_err(explain),
        Action::ResetPassword => {
            reset_password::run(app, actor, on).await.map(|done| Done::of(done.user)).map_err(explain)
        }
        Action::SetUp
        | Action::SignIn
        | Action::SignInFailed
        | Action::OperatorStart
        | Action::Invite
        | Action::Accept
        | Action::ShowLink
        | Action::AskLink
        | Action::Edit
        | Action::Reset
        | Action::ConfirmEmail
        | Action::RetryMail
        | Action::CancelMail
        | Action::TestMail
        | Action::Purge
        | Action::Undo
        | Action::CreateWorkspace
        | Action::RenameWorkspace
        | Action::DeleteWorkspace
        | Action::ForgetDetails
        | Action::ReleasePurge
        | Action::ReleaseMail
        | Action::BackUp
        | Action::RestoreBackup
        | Action::MoveDatabase
        | Action::ExportKey
        | Action::RotateKey
        | Action::NewKey => Err(explain(NeedsMore(action))),
    }
}
