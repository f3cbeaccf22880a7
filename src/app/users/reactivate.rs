//! Reactivate a suspended user: can sign in again, or is invited again with the invitation that suspending
//! took away, if it has not expired since. No other link is revived.

use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::user::User;

/// Unblocks the user; answers with the user as stored now.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<User, Failure> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Reactivate)).await?;
            unblock(&step, &user).await?;
            step.record(Record::about(Action::Reactivate, user.id)).await?;
            step.changed(user.id).await
        })
        .await
}

/// Unblocks the user, for whatever reason.
pub(in crate::app) async fn unblock(step: &Step<'_>, user: &User) -> Result<(), Failure> {
    step.tx.set_reactivated(user.id).await?;
    renew::reopen(step, user, user.suspended_at).await
}
