//! Suspend a user: cannot sign in; open invitations and resets are revoked and unsent mail is cancelled. Links that they
//! were shown end too, and their users are sent new ones.

use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::user::User;

/// Blocks the user; answers with the user as stored now.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<User, Failure> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Suspend)).await?;
            step.close_links(user.id).await?;
            tx.set_open_expiry(user.id, None).await?;
            // Somebody higher may take over what somebody lower did: what that moment closed stays so.
            let since = user.suspended_at.unwrap_or(step.now);
            tx.set_suspended(user.id, since, step.authority.rank).await?;
            renew::seen_by(&step, user.id).await?;
            step.record(Record::about(Action::Suspend, user.id)).await?;
            step.changed(user.id).await
        })
        .await
}
