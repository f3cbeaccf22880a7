//! The names of the workspaces that the actor can see, for choosing among them; and whether some are there.

use super::step::Step;
use super::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::name::Name;
use crate::domain::policy::scope;
use crate::domain::role::Standing;

/// Most names that are read: more than anybody chooses from in a list. Any name can be typed.
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

/// The first of these that is not there, if one is not.
pub async fn missing(app: &App, actor: &Actor, wanted: &[(Name, Standing)]) -> Result<Option<Name>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(step.workspaces(wanted).await?.err())
        })
        .await
}
