//! Revoke what waits for a user to act: an invitation, whose link is dead then and its unsent mail cancelled while the
//! user stays invited; or the change of an active user's address, which then stays as it is.

use serde_json::json;

use crate::app::step::Step;
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::link::{Ending, Purpose};
use crate::domain::mail::MailKind;
use crate::domain::policy::Denied;
use crate::domain::user::User;

/// Withdraws the open invitation of somebody who has no password yet; answers with the user as stored now.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<User, Failure> {
    withdraw(app, actor, &request, Waiting::Invitation).await
}

/// Ends the change of an active user's address, which stays as it is; answers with the user as stored now.
pub async fn keep_email(app: &App, actor: &Actor, request: UserRequest) -> Result<User, Failure> {
    withdraw(app, actor, &request, Waiting::Email).await
}

/// What is withdrawn. Whoever was asked about one of them loses nothing of the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Invitation,
    Email,
}

async fn withdraw(app: &App, actor: &Actor, request: &UserRequest, what: Waiting) -> Result<User, Failure> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Revoke)).await?;
            match what {
                Waiting::Invitation if user.has_password => return Err(Denied::AlreadyAccepted.into()),
                Waiting::Email if user.email_change.is_none() => return Err(Failure::Changed),
                Waiting::Invitation | Waiting::Email => {}
            }
            let waiting = [Purpose::Invitation, Purpose::ConfirmEmail, Purpose::KeepEmail];
            tx.end_open_links(user.id, &waiting, Ending::Revoked, step.now).await?;
            tx.cancel_unsent(user.id, &MailKind::LINKS, step.now).await?;
            tx.set_open_expiry(user.id, None).await?;
            let record = match user.email_change {
                Some(change) => Record::about(Action::KeepEmail, user.id).with(json!({ "not": change.to.as_str() })),
                None => Record::about(Action::Revoke, user.id),
            };
            step.record(record).await?;
            step.changed(user.id).await
        })
        .await
}
