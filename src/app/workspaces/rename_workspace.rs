//! Rename a workspace. Only administrators may.

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

/// Gives the workspace with one name another one, which must be free.
pub async fn run(app: &App, actor: &Actor, from: &Name, to: &Name) -> Result<(), Error> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let id = step.locked_workspace(from).await?;
            allow(&step.authority, &Change::Act(Action::RenameWorkspace), None)?;
            if !tx.rename_workspace(id, to).await? {
                return Err(Error::Taken(to.clone()));
            }
            let detail = json!({ "workspace": id.0, "name": { "before": from.as_str(), "after": to.as_str() } });
            step.record(Record { action: Action::RenameWorkspace, subject: None, detail }).await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{on_both, operator};
    use crate::app::workspaces::create_workspace;
    use crate::domain::explain::Explain as _;

    #[tokio::test]
    async fn a_workspace_gets_another_name_but_never_one_that_is_taken() {
        on_both(async |world| {
            let name = |text: &str| Name::parse(text).unwrap();
            for one in ["Library", "Research"] {
                create_workspace::run(&world.app, &operator(), &name(one)).await.unwrap();
            }
            let rename = async |from: &str, to: &str| run(&world.app, &operator(), &name(from), &name(to)).await;
            assert_eq!(rename("Library", "research").await.unwrap_err().code(), "workspace_taken");
            rename("library", "LIBRARY").await.unwrap();
            assert_eq!(rename("Archive", "Attic").await.unwrap_err().code(), "no_such_workspace");
        })
        .await;
    }
}
