//! Find a user by what a command line names one with: an address, or `#` and the number.

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::text::visible;
use crate::domain::user::{User, UserId};

/// Finds a user that the actor can see; a deleted one only by number, or if nobody else has the address.
pub async fn run(app: &App, actor: &Actor, name: &str) -> Result<User, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            named(&step, name).await
        })
        .await
}

/// The same inside a transaction.
pub(in crate::app) async fn named(step: &Step<'_>, name: &str) -> Result<User, Failure> {
    let nobody = || Failure::NoUser(visible(name).into_owned());
    if let Some(number) = name.strip_prefix('#') {
        let id = number.parse().map(UserId).map_err(|_| nobody())?;
        return step.user(id).await;
    }
    let email = Email::parse(name).map_err(|_| nobody())?;
    let found = match step.tx.user_by_email(&email).await? {
        Some(user) => Some(user),
        None => step.tx.deleted_by_email(&email).await?,
    };
    found.and_then(|user| step.seen(user)).ok_or_else(nobody)
}
