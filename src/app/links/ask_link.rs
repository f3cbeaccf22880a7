//! Ask for a new link with an expired one: administrators see the wish in their list.

use crate::app::links::prove::proved;
use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::code::Code;
use crate::domain::link::{LinkState, Purpose};

/// Notes the wish; answers whether the code was an expired invitation's. Asking again changes nothing.
pub async fn run(app: &App, code: &Code) -> Result<bool, Failure> {
    app.store
        .write(|tx| async move {
            let Some(stored) = proved(app, &tx, Purpose::Invitation, code).await? else { return Ok(false) };
            tx.lock_user(stored.link.user).await?;
            let Some(user) = tx.user(stored.link.user).await? else { return Ok(false) };
            let now = app.now();
            if stored.link.state_for(user.status, user.power_rises, now) != LinkState::Expired {
                return Ok(false);
            }
            if user.asked_at.is_none() {
                tx.set_asked(user.id, now).await?;
                record_by(app, &tx, &Actor::invitee(user.id), now, Record::about(Action::AskLink, user.id)).await?;
            }
            Ok(true)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{grace, link_code, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::domain::time::days;
    use crate::domain::user::LinkColumn;

    #[tokio::test]
    async fn the_owner_of_an_expired_link_asks_once_and_administrators_see_it() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            let code = link_code(world, user).await;
            assert!(!run(&world.app, &code).await.unwrap(), "the link works still");
            world.pass(days(8));
            assert!(run(&world.app, &code).await.unwrap());
            assert!(run(&world.app, &code).await.unwrap());
            let detail = show::run(&world.app, &operator(), user).await.unwrap();
            assert!(matches!(detail.user.link(world.app.now()), LinkColumn::Asked(_)));
            assert_eq!(detail.history.iter().filter(|entry| entry.action == "ask-link").count(), 1);
        })
        .await;
    }
}
