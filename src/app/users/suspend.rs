//! Suspend a user: cannot sign in; open invitations and resets are revoked and unsent mail is cancelled. Links that they
//! were shown end too, and their users are sent new ones.

use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Done, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;

/// Blocks the user.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<Done, Failure> {
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
            let replaced = renew::seen_by(&step, user.id).await?;
            step.record(Record::about(Action::Suspend, user.id)).await?;
            Ok(Done { user: step.changed(user.id).await?, replaced })
        })
        .await
}
