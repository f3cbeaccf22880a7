//! Revoke an invitation: its link is dead and its unsent mail cancelled; the user stays invited.

use super::step::Step;
use super::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::invitation::Ending;
use crate::domain::user::{User, UserId};

/// Whom it concerns.
#[derive(Debug, Clone)]
pub struct Request {
    /// The user.
    pub user: UserId,
    /// The version that was seen, if it must still be that one.
    pub version: Option<i64>,
}

/// Withdraws the open invitation; answers with the user as stored now.
pub async fn revoke(app: &App, actor: &Actor, request: Request) -> Result<User, Failure> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Revoke).await?;
            tx.end_open_invitation(user.id, Ending::Revoked, step.now).await?;
            tx.cancel_unsent(user.id, step.now).await?;
            tx.set_open_expiry(user.id, None).await?;
            step.record(Record::about(Action::Revoke, user.id)).await?;
            step.user(user.id).await
        })
        .await
}
