//! Open or close the way in by SSH key for one person. A key outlives a reset of the password, so that closing it belongs to
//! what answers a compromise. A session that came in by key ends within seconds.

use serde_json::json;

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::policy::Denied;
use crate::domain::user::{User, UserId};

#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub user: UserId,
    /// The version that was seen; a later one is refused.
    pub version: Option<i64>,
    /// Whether a key may stand for them from now on.
    pub open: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The user as stored now.
    pub user: User,
    /// Whether it was otherwise before.
    pub changed: bool,
}

/// Opens or closes it. Only administrators and the operator may.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Changed, Failure> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            if !step.authority.is_administrator() {
                return Err(Denied::AdministratorsOnly.into());
            }
            let change = Change::of(Action::Edit).unwrap_or(Change::Act(Action::Edit));
            let user = step.target(request.user, request.version, &change).await?;
            if user.ssh == request.open {
                return Ok(Changed { user, changed: false });
            }
            tx.set_ssh(user.id, request.open).await?;
            let detail = json!({ "ssh": { "before": user.ssh, "after": request.open } });
            step.record(Record::about(Action::Edit, user.id).with(detail)).await?;
            Ok(Changed { user: step.changed(user.id).await?, changed: true })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::audit::list_audit;
    use crate::app::session::come_as;
    use crate::app::test::{active, on_both, operator, signed_in};
    use crate::app::upkeep::revision;
    use crate::app::users::edit;
    use crate::app::workspaces::create_workspace;
    use crate::domain::actor::Origin;
    use crate::domain::explain::Explain as _;
    use crate::domain::name::Name;
    use crate::domain::role::WorkspaceRole;

    #[tokio::test]
    async fn closing_it_ends_the_session_that_came_in_by_key_and_no_other() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            let close = |open| Request { user: bob, version: None, open };
            let come = async || come_as::run(&world.app, bob, Origin { door: "terminal", ..Origin::default() }).await;
            let by_key = come().await.unwrap().actor;
            assert!(run(&world.app, &operator(), close(false)).await.unwrap().changed);
            assert!(!run(&world.app, &operator(), close(false)).await.unwrap().changed, "it is closed already");
            let ended = revision::run(&world.app, &by_key).await.unwrap_err();
            assert!(matches!(ended, Failure::Denied(Denied::KeyClosed)), "{ended:?}");
            revision::run(&world.app, &signed_in(bob)).await.unwrap();
            assert_eq!(come().await.unwrap_err().code(), "nobody_here");
            run(&world.app, &operator(), close(true)).await.unwrap();
            come().await.unwrap();
            let request =
                list_audit::Request { action: Some(Action::Edit), limit: 9, ..list_audit::Request::default() };
            let entries = list_audit::run(&world.app, &operator(), &request).await.unwrap().entries;
            let changes: Vec<_> = entries.iter().map(|entry| entry.detail["change"]["ssh"]["after"].clone()).collect();
            assert_eq!(changes, [json!(true), json!(false)]);
        })
        .await;
    }

    #[tokio::test]
    async fn only_administrators_and_the_operator_may() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            let mia = active(world, "mia@example.org", false).await;
            let noa = active(world, "noa@example.org", false).await;
            let research = Name::parse("Research").unwrap();
            create_workspace::run(&world.app, &operator(), &research).await.unwrap();
            let joins = Some((research, WorkspaceRole::Administrator));
            let manages = edit::Request { joins, ..edit::Request::of(noa) };
            edit::run(&world.app, &operator(), manages).await.unwrap();
            let close = |user| Request { user, version: None, open: false };
            run(&world.app, &signed_in(bob), close(mia)).await.unwrap();
            for nobody in [mia, noa] {
                assert!(run(&world.app, &signed_in(nobody), close(bob)).await.is_err());
            }
            let refused = run(&world.app, &signed_in(noa), close(noa)).await.unwrap_err();
            assert!(matches!(refused, Failure::Denied(Denied::AdministratorsOnly)), "{refused:?}");
        })
        .await;
    }
}
