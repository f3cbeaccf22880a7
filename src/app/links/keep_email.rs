//! Keep the old address: whoever still reads it stops the change with the link that went there.

use crate::app::App;
use crate::app::links::redeem::{Error, Redeemed, use_up, working};
use crate::app::step::record_by;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::code::Code;
use crate::domain::link::{Ending, Purpose};

/// Ends the change; the address stays.
pub async fn run(app: &App, code: &Code) -> Result<Redeemed, Error> {
    app.store
        .write(|tx| async move {
            let now = app.now();
            let (link, user) = working(app, &tx, Purpose::KeepEmail, code, now).await?;
            use_up(&tx, &link, Ending::Revoked, now).await?;
            record_by(app, &tx, &Actor::invitee(user.id), now, Record::about(Action::KeepEmail, user.id)).await?;
            Ok(Redeemed::of(app, &user))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::links::confirm_email;
    use crate::app::links::confirm_email::tests::{asks, sent};
    use crate::app::test::{on_both, operator};
    use crate::app::users::show;
    use crate::domain::link::LinkState;

    #[tokio::test]
    async fn the_owner_of_the_old_address_stops_the_change_and_nobody_can_confirm_it_then() {
        on_both(async |world| {
            asks(world, "thief@elsewhere.example").await;
            let codes = sent(world).await;
            run(&world.app, &codes[1].2).await.unwrap();
            assert!(matches!(confirm_email::run(&world.app, &codes[0].2).await, Err(Error::Dead(LinkState::Revoked))));
            let detail = show::run(&world.app, &operator(), world.ada.id).await.unwrap();
            assert_eq!(detail.user.email.as_str(), "ada@example.org");
            assert!(detail.user.email_change.is_none());
            assert_eq!(detail.history[0].action, Action::KeepEmail.name());
        })
        .await;
    }

    #[tokio::test]
    async fn a_confirmed_change_cannot_be_stopped_any_more() {
        on_both(async |world| {
            asks(world, "ada@elsewhere.example").await;
            let codes = sent(world).await;
            confirm_email::run(&world.app, &codes[0].2).await.unwrap();
            assert!(matches!(run(&world.app, &codes[1].2).await, Err(Error::Dead(LinkState::Accepted))));
        })
        .await;
    }
}
