//! Create a workspace. Only administrators may.

use serde_json::json;

use crate::app::App;
use crate::app::step::Step;
use crate::app::workspaces::list_workspaces::Error;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::name::Name;
use crate::domain::policy::allow;
use crate::domain::role::WorkspaceId;

/// Creates it; its name must be free.
pub async fn run(app: &App, actor: &Actor, name: &Name) -> Result<WorkspaceId, Error> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            allow(&step.authority, &Change::Act(Action::CreateWorkspace), None)?;
            let id = tx.insert_workspace(name, step.now).await?.ok_or_else(|| Error::Taken(name.clone()))?;
            let detail = json!({ "workspace": id.0, "name": name.as_str() });
            step.record(Record { action: Action::CreateWorkspace, subject: None, detail }).await?;
            Ok(id)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{on_both, operator};
    use crate::app::workspaces::list_workspaces;
    use crate::domain::explain::Explain as _;

    #[tokio::test]
    async fn a_name_belongs_to_one_workspace_whatever_its_case_and_accents() {
        on_both(async |world| {
            let name = |text: &str| Name::parse(text).unwrap();
            run(&world.app, &operator(), &name("Café")).await.unwrap();
            let taken = run(&world.app, &operator(), &name("CAFE")).await.unwrap_err();
            assert_eq!(
                (taken.code(), taken.to_string().as_str()),
                ("workspace_taken", "a workspace named CAFE already exists")
            );
            let all = list_workspaces::run(&world.app, &operator()).await.unwrap();
            assert_eq!(all.iter().map(|one| (one.name.as_str(), one.users)).collect::<Vec<_>>(), [("Café", 0)]);
        })
        .await;
    }
}
