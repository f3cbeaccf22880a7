//! Two administrators who take each other away at the same moment: one of them always stays.

use crate::app::test::{World, active, on_both, operator, signed_in};
use crate::app::users::edit::{self};
use crate::app::users::perform;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::explain::Explain;
use crate::domain::query::UserQuery;
use crate::domain::role::OrganisationRole;
use crate::domain::user::UserId;

/// So many times on each database.
const TIMES: usize = 1_000;

/// A way to take somebody's power away, and to give it back.
#[derive(Debug, Clone, Copy)]
enum Removal {
    Demote,
    Suspend,
    Delete,
}

impl Removal {
    async fn of(self, world: &World, by: &Actor, user: UserId) -> Result<(), &'static str> {
        let done = match self {
            Self::Demote => {
                let request = edit::Request { role: Some(OrganisationRole::None), ..edit::Request::of(user) };
                edit::run(&world.app, by, request).await.map(drop).map_err(|error| error.code())
            }
            Self::Suspend => {
                perform::run(&world.app, by, Action::Suspend, user, None).await.map(drop).map_err(|error| error.code())
            }
            Self::Delete => {
                perform::run(&world.app, by, Action::Delete, user, None).await.map(drop).map_err(|error| error.code())
            }
        };
        // The other one was gone already, or would have been the last.
        if let Err(code) = done {
            assert!(["no_authority", "last_administrator"].contains(&code), "{self:?}: {code}");
        }
        done
    }

    async fn back(self, world: &World, user: UserId) {
        match self {
            Self::Demote => {
                let request = edit::Request { role: Some(OrganisationRole::Administrator), ..edit::Request::of(user) };
                edit::run(&world.app, &operator(), request).await.unwrap();
            }
            Self::Suspend => drop(perform::run(&world.app, &operator(), Action::Reactivate, user, None).await.unwrap()),
            Self::Delete => drop(perform::run(&world.app, &operator(), Action::Restore, user, None).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn of_two_administrators_who_remove_each_other_at_once_one_stays_a_thousand_times() {
    on_both(async |world| {
        let (ada, bob) = (world.ada.id, active(world, "bob@example.org", true).await);
        for round in 0..TIMES {
            let ways = [Removal::Demote, Removal::Suspend, Removal::Delete];
            let (of_ada, of_bob) = (ways[round % 3], ways[round / 3 % 3]);
            let (by_ada, by_bob) = (signed_in(ada), signed_in(bob));
            let both = tokio::join!(Box::pin(of_bob.of(world, &by_ada, bob)), Box::pin(of_ada.of(world, &by_bob, ada)));
            match both {
                (Ok(()), Err(_)) => of_bob.back(world, bob).await,
                (Err(_), Ok(())) => of_ada.back(world, ada).await,
                other => panic!("round {round}: {of_ada:?} and {of_bob:?} came to {other:?}"),
            }
        }
        let counts = super::list::count(&world.app, &operator(), &UserQuery::default()).await.unwrap();
        assert_eq!(counts, 2);
    })
    .await;
}
