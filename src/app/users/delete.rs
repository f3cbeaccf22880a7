//! Delete a user: into the bin; links die, unsent mail is cancelled, the address is free at once.

use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Done, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::user::User;

/// Moves the user to the bin.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<Done, Failure> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Delete)).await?;
            let replaced = to_bin(&step, &user).await?;
            step.record(Record::about(Action::Delete, user.id)).await?;
            Ok(Done { user: step.changed(user.id).await?, replaced })
        })
        .await
}

/// Moves the user to the bin, for whatever reason; answers with how many links were replaced that they were shown.
pub(in crate::app) async fn to_bin(step: &Step<'_>, user: &User) -> Result<u64, Failure> {
    step.close_links(user.id).await?;
    step.tx.set_open_expiry(user.id, None).await?;
    let since = user.deleted_at.unwrap_or(step.now);
    step.tx.set_deleted(user.id, since, step.authority.rank).await?;
    renew::seen_by(step, user.id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{grace, on_both, operator, signed_in};
    use crate::app::users::invite::{self};
    use crate::app::users::suspend;
    use crate::domain::role::OrganisationRole;

    #[tokio::test]
    async fn the_last_administrator_stays_even_when_two_remove_each_other() {
        on_both(async |world| {
            let one = UserRequest { user: world.ada.id, version: None };
            let error = run(&world.app, &operator(), one).await.unwrap_err();
            assert_eq!(crate::domain::explain::Explain::code(&error), "last_administrator");
            let himself = run(&world.app, &signed_in(world.ada.id), one).await.unwrap_err();
            assert_eq!(crate::domain::explain::Explain::code(&himself), "yourself");

            let bob = invite::Request { role: OrganisationRole::Administrator, ..grace() };
            let bob = invite::run(&world.app, &operator(), bob).await.unwrap().user.id;
            let shown = crate::app::links::show_link::Request { user: bob };
            let link = crate::app::links::show_link::run(&world.app, &operator(), shown).await.unwrap().link;
            let code = crate::domain::code::CodeOrLink::parse(&link).unwrap().code;
            crate::app::links::accept::run(&world.app, crate::app::links::accept::tests::choosing(code)).await.unwrap();
            let (as_ada, as_bob) = (signed_in(world.ada.id), signed_in(bob));
            let (ada_goes, bob_goes) = tokio::join!(
                suspend::run(&world.app, &as_bob, UserRequest { user: world.ada.id, version: None }),
                run(&world.app, &as_ada, UserRequest { user: bob, version: None }),
            );
            assert!(ada_goes.is_ok() != bob_goes.is_ok());
        })
        .await;
    }
}
