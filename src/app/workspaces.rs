//! The names of the workspaces that the actor can see, for choosing among them.

use super::step::Step;
use super::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::name::Name;
use crate::domain::policy::scope;

/// Most names that are read: more than anybody chooses from; what is typed still finds the others.
pub const MOST: u64 = 1_000;

/// Reads the names in their order, at most [`MOST`].
pub async fn workspaces(app: &App, actor: &Actor) -> Result<Vec<Name>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(tx.workspace_names(&scope(&step.authority), MOST).await?)
        })
        .await
}
