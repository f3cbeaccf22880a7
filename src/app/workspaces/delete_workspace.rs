//! Delete a workspace. Its users stay, without it; its administrators lose that role. Only administrators may.

use serde_json::json;

use crate::app::App;
use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::workspaces::list_workspaces::Error;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::name::Name;
use crate::domain::policy::allow;
use crate::domain::workspace::Consequences;

/// What deleting it would mean, for the question before.
pub async fn consequences(app: &App, actor: &Actor, name: &Name) -> Result<Consequences, Error> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let id = step.workspace(name).await?;
            allow(&step.authority, &Change::Act(Action::DeleteWorkspace), None)?;
            Ok(tx.consequences(id, step.now).await?)
        })
        .await
}

/// Deletes it; answers with what that meant.
pub async fn run(app: &App, actor: &Actor, name: &Name) -> Result<Consequences, Error> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let id = step.locked_workspace(name).await?;
            allow(&step.authority, &Change::Act(Action::DeleteWorkspace), None)?;
            // Whoever is shown a link at this moment holds their own row until that is noted.
            let holders = tx.role_holders(id).await?;
            for holder in &holders {
                tx.lock_user(*holder).await?;
            }
            let meant = tx.consequences(id, step.now).await?;
            tx.delete_workspace(id).await?;
            let mut views = 0;
            for holder in holders {
                views += renew::seen_by(&step, holder).await?;
            }
            let detail = json!({
                "workspace": id.0, "name": name.as_str(), "users": meant.users,
                "administrators": meant.administrators, "only_here": meant.only_here,
            });
            step.record(Record { action: Action::DeleteWorkspace, subject: None, detail }).await?;
            Ok(Consequences { views, ..meant })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::delete::{self};
    use crate::app::users::invite::{self};
    use crate::app::users::show;
    use crate::app::workspaces::create_workspace;
    use crate::app::workspaces::list_workspaces;
    use crate::domain::email::Email;
    use crate::domain::explain::Explain as _;
    use crate::domain::role::WorkspaceRole;

    #[tokio::test]
    async fn its_users_stay_and_what_it_means_for_them_is_shown_before_and_after() {
        on_both(async |world| {
            let name = |text: &str| Name::parse(text).unwrap();
            for one in ["Library", "Research"] {
                create_workspace::run(&world.app, &operator(), &name(one)).await.unwrap();
            }
            let people: [(&str, &[(&str, WorkspaceRole)]); 4] = [
                ("mia", &[("Research", WorkspaceRole::Member)]),
                ("noa", &[("Research", WorkspaceRole::Administrator), ("Library", WorkspaceRole::Member)]),
                ("ole", &[("Library", WorkspaceRole::Member)]),
                ("pia", &[("Research", WorkspaceRole::Member)]),
            ];
            let mut ids = Vec::new();
            for (who, workspaces) in people {
                let email = Email::parse(&format!("{who}@example.org")).unwrap();
                let workspaces = workspaces.iter().map(|(one, role)| (name(one), *role)).collect();
                let request = invite::Request { email, workspaces, ..grace() };
                ids.push(invite::run(&world.app, &operator(), request).await.unwrap().user.id);
            }
            delete::run(&world.app, &operator(), UserRequest { user: ids[3], version: None }).await.unwrap();
            let wanted = Consequences { users: 2, administrators: 1, only_here: 1, views: 0 };
            assert_eq!(consequences(&world.app, &operator(), &name("research")).await.unwrap(), wanted);
            assert_eq!(run(&world.app, &operator(), &name("Research")).await.unwrap(), wanted);
            let left = list_workspaces::run(&world.app, &operator()).await.unwrap();
            let left: Vec<_> = left.iter().map(|one| (one.name.as_str(), one.users, one.administrators)).collect();
            assert_eq!(left, [("Library", 2, 0)]);
            let mia = show::run(&world.app, &operator(), ids[0]).await.unwrap().user;
            assert!(mia.memberships.is_empty());
            let gone = run(&world.app, &operator(), &name("Research")).await.unwrap_err();
            assert_eq!(gone.code(), "no_such_workspace");
        })
        .await;
    }
}
