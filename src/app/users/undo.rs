//! Undo: take back one's latest undoable action, unless somebody changed the user since.

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::users::delete::to_bin;
use crate::app::users::reactivate::unblock;
use crate::app::users::restore::{self, from_bin};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::mail::MailState;
use crate::domain::role::OrganisationRole;
use crate::domain::scope::Scope;
use crate::domain::user::{User, UserId};
use crate::store::MailQuery;

/// An action that can be taken back, as the session remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undoable {
    /// What was done: invite, delete, suspend, or edit of the role.
    pub action: Action,
    /// To whom.
    pub user: UserId,
    /// The version that it left behind.
    pub version: i64,
    /// For an edit of the role in the organisation: what it was before.
    pub role_before: Option<OrganisationRole>,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody changed the user since.
    #[error("this can't be undone: the user has been changed since then")]
    ChangedSince,
    /// The email left.
    #[error("this can't be undone: the email has already left")]
    MailLeft,
    /// Something that cannot be taken back.
    #[error("\u{201c}{}\u{201d} can't be undone", .0.words())]
    NotUndoable(Action),
    /// The user cannot come back from the bin.
    #[error(transparent)]
    Restore(#[from] restore::Error),
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::ChangedSince => Kind::Changed,
            Self::MailLeft | Self::NotUndoable(_) => Kind::Refused,
            Self::Restore(error) => error.kind(),
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ChangedSince => "changed_meanwhile",
            Self::MailLeft => "mail_left",
            Self::NotUndoable(_) => "not_undoable",
            Self::Restore(error) => error.code(),
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::ChangedSince => Some("look at the user, then decide".to_owned()),
            Self::MailLeft => Some("revoke the invitation, or delete the user".to_owned()),
            Self::NotUndoable(_) => None,
            Self::Restore(error) => error.hint(),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// What takes an action back.
#[derive(Clone, Copy)]
enum Reversal {
    TakeBack,
    Restore,
    Reactivate,
    /// The role in the organisation as before.
    Role(OrganisationRole),
}

impl Reversal {
    fn of(undoable: &Undoable) -> Result<Self, Error> {
        match (undoable.action, undoable.role_before) {
            (Action::Invite, _) => Ok(Self::TakeBack),
            (Action::Delete, _) => Ok(Self::Restore),
            (Action::Suspend, _) => Ok(Self::Reactivate),
            (Action::Edit, Some(before)) => Ok(Self::Role(before)),
            (other, _) => Err(Error::NotUndoable(other)),
        }
    }

    /// The change that whoever undoes it must be allowed to make.
    const fn change(self) -> Change {
        match self {
            Self::TakeBack => Change::TakeBack,
            Self::Restore => Change::Act(Action::Restore),
            Self::Reactivate => Change::Act(Action::Reactivate),
            Self::Role(before) => Change::Edit { profile: false, email: false, role: Some(before), memberships: None },
        }
    }
}

/// Takes the action back; answers with the user as stored now.
pub async fn run(app: &App, actor: &Actor, undoable: &Undoable) -> Result<User, Error> {
    let reversal = Reversal::of(undoable)?;
    let change = &reversal.change();
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = match step.target(undoable.user, Some(undoable.version), change).await {
                Err(Failure::Changed) => return Err(Error::ChangedSince),
                target => target?,
            };
            match reversal {
                Reversal::Restore => from_bin(&step, &user).await?,
                Reversal::Reactivate => unblock(&step, &user).await?,
                Reversal::Role(before) => {
                    tx.set_role(user.id, before).await?;
                    renew::after_roles_changed(&step, &user).await?;
                }
                Reversal::TakeBack => {
                    tx.lock_mails_to(user.id).await?;
                    if has_left(&step, &user).await? {
                        return Err(Error::MailLeft);
                    }
                    to_bin(&step, &user).await?;
                }
            }
            let detail = json!({ "undone": undoable.action.name() });
            step.record(Record::about(Action::Undo, user.id).with(detail)).await?;
            Ok(step.changed(user.id).await?)
        })
        .await
}

/// Whether an email to the user may be with the relay.
async fn has_left(step: &Step<'_>, user: &User) -> Result<bool, Failure> {
    let query = MailQuery { user: Some(user.id), ..MailQuery::default() };
    let mails = step.tx.mails(&Scope::All, &query, 10).await?;
    // One that was tried may have arrived, whatever the relay said last.
    Ok(mails.iter().any(|mail| matches!(mail.state, MailState::Sending | MailState::Sent) || mail.last.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::mail::outbox::claim;
    use crate::app::test::{active, grace, on_both, operator, signed_in};
    use crate::app::users::edit::{self};
    use crate::app::users::invite::{self};
    use crate::app::users::show;
    use crate::app::users::{delete, suspend};
    use crate::domain::status::Status;
    use crate::domain::time::minutes;

    fn of(action: Action, user: &User) -> Undoable {
        Undoable { action, user: user.id, version: user.version, role_before: None }
    }

    #[tokio::test]
    async fn an_invitation_is_taken_back_while_its_mail_is_held() {
        on_both(async |world| {
            let held = || invite::Request { hold: true, ..grace() };
            let invited = invite::run(&world.app, &operator(), held()).await.unwrap();
            let user = run(&world.app, &operator(), &of(Action::Invite, &invited.user)).await.unwrap();
            assert_eq!(user.status, Status::Deleted);
            world.pass(minutes(1));
            assert!(claim(&world.app, 10).await.unwrap().is_empty(), "no mail leaves");
            invite::run(&world.app, &operator(), held()).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn an_invitation_whose_mail_has_left_is_not_taken_back() {
        on_both(async |world| {
            let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
            assert_eq!(claim(&world.app, 10).await.unwrap().len(), 1);
            let error = run(&world.app, &operator(), &of(Action::Invite, &invited.user)).await.unwrap_err();
            assert!(matches!(error, Error::MailLeft), "{error}");
        })
        .await;
    }

    #[tokio::test]
    async fn deleting_suspending_and_a_role_are_taken_back_and_written_down() {
        on_both(async |world| {
            let ada = signed_in(world.ada.id);
            let bob = active(world, "bob@example.org", false).await;
            let gone = delete::run(&world.app, &ada, UserRequest { user: bob, version: None }).await.unwrap();
            assert_eq!(run(&world.app, &ada, &of(Action::Delete, &gone.user)).await.unwrap().status, Status::Active);
            let off = suspend::run(&world.app, &ada, UserRequest { user: bob, version: None }).await.unwrap();
            assert_eq!(run(&world.app, &ada, &of(Action::Suspend, &off.user)).await.unwrap().status, Status::Active);
            let promote = edit::Request { role: Some(OrganisationRole::Administrator), ..edit::Request::of(bob) };
            let up = edit::run(&world.app, &ada, promote).await.unwrap().user;
            let role = Undoable { role_before: Some(OrganisationRole::None), ..of(Action::Edit, &up) };
            assert_eq!(run(&world.app, &ada, &role).await.unwrap().organisation_role, OrganisationRole::None);
            let history = show::run(&world.app, &ada, bob).await.unwrap().history;
            assert_eq!(history[0].detail["change"]["undone"], "edit");
        })
        .await;
    }

    #[tokio::test]
    async fn what_somebody_changed_since_is_not_undone() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", false).await;
            let block = UserRequest { user: bob, version: None };
            let seen = suspend::run(&world.app, &operator(), block).await.unwrap();
            let name = crate::domain::name::Name::parse("Robert").unwrap();
            let renamed = edit::Request { name: Some(name), ..edit::Request::of(bob) };
            edit::run(&world.app, &operator(), renamed).await.unwrap();
            let error = run(&world.app, &operator(), &of(Action::Suspend, &seen.user)).await.unwrap_err();
            assert!(matches!(error, Error::ChangedSince));
        })
        .await;
    }
}
