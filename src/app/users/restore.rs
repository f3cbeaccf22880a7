//! Restore a user from the bin: role, memberships and password come back, unless somebody has the address by now.

use crate::app::failure::takes_failures;
use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::user::User;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address has a new owner.
    #[error("{0} now belongs to another user")]
    EmailTaken(Email),
    /// Somebody out of sight has the address.
    #[error("this user can't be restored here")]
    CannotRestore,
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::EmailTaken(_) | Self::CannotRestore => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EmailTaken(_) => "email_taken",
            Self::CannotRestore => "cannot_restore_here",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::CannotRestore => Some("ask an administrator".to_owned()),
            Self::EmailTaken(_) => Some("delete that user or change their address first".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Brings the user back; answers with the user as stored now.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<User, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Restore)).await?;
            from_bin(&step, &user).await?;
            step.record(Record::about(Action::Restore, user.id)).await?;
            Ok(step.changed(user.id).await?)
        })
        .await
}

/// Brings the user back from the bin, for whatever reason.
pub(in crate::app) async fn from_bin(step: &Step<'_>, user: &User) -> Result<(), Error> {
    if let Some(owner) = step.tx.user_by_email(&user.email).await? {
        // Of somebody out of sight nothing is told.
        let seen = step.seen(owner).is_some();
        return Err(if seen { Error::EmailTaken(user.email.clone()) } else { Error::CannotRestore });
    }
    step.tx.set_restored(user.id, &user.email).await?;
    if user.suspended_at.is_none() {
        renew::reopen(step, user, user.deleted_at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::{delete, reactivate, suspend};
    use crate::domain::status::Status;
    use crate::domain::time::days;
    use crate::domain::user::LinkColumn;

    #[tokio::test]
    async fn a_deleted_user_comes_back_with_an_unexpired_invitation() {
        on_both(async |world| {
            let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
            let id = invited.user.id;
            world.pass(days(1));
            let deleted = delete::run(&world.app, &operator(), UserRequest { user: id, version: None }).await;
            assert_eq!(deleted.unwrap().user.status, Status::Deleted);
            let back = run(&world.app, &operator(), UserRequest { user: id, version: None }).await.unwrap();
            assert_eq!(back.status, Status::Invited);
            assert_eq!(back.link(world.app.now()), LinkColumn::Works(invited.expires_at));
            let detail = crate::app::users::show::run(&world.app, &operator(), id).await.unwrap();
            assert_eq!(detail.mails[0].state, crate::domain::mail::MailState::Queued);

            suspend::run(&world.app, &operator(), UserRequest { user: id, version: None }).await.unwrap();
            world.pass(days(7));
            let late = UserRequest { user: id, version: None };
            let late = reactivate::run(&world.app, &operator(), late).await.unwrap();
            assert_eq!(late.link(world.app.now()), LinkColumn::Withdrawn);
        })
        .await;
    }

    #[tokio::test]
    async fn an_address_with_a_new_owner_is_not_taken_away() {
        on_both(async |world| {
            let first = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            delete::run(&world.app, &operator(), UserRequest { user: first, version: None }).await.unwrap();
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            let error = run(&world.app, &operator(), UserRequest { user: first, version: None }).await.unwrap_err();
            assert!(matches!(error, Error::EmailTaken(_)));
        })
        .await;
    }
}
