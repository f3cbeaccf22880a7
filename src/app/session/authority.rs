//! What somebody may do now, for an interface that asks nothing that would be refused.

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::policy::Authority;

/// Reads again what an actor may do.
pub async fn run(app: &App, actor: &Actor) -> Result<Authority, Failure> {
    app.store.read(|tx| async move { Ok(Step::begin(app, &tx, actor).await?.authority) }).await
}
