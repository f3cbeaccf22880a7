//! How far changes have come: asked each second by every open list, so that it costs one look at an index.

use super::step::Step;
use super::{App, Failure};
use crate::domain::actor::Actor;

/// A number that grows with every change anybody makes. Fails with a denial when the actor lost the authority to look.
pub async fn revision(app: &App, actor: &Actor) -> Result<i64, Failure> {
    app.store
        .read(|tx| async move {
            Step::begin(app, &tx, actor).await?;
            Ok(tx.last_audit_id().await?)
        })
        .await
}
