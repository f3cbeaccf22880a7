//! How far changes have come: asked each second by every open screen, so that it costs two looks at an index.

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;

/// Grows with each change anybody makes: equal ones mean that nothing a screen shows has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revision {
    /// The number of the last audit entry: every change of users and links writes one.
    pub changes: i64,
    /// The number of the last try at sending an email.
    pub tries: i64,
}

/// Reads how far changes have come. Fails with a denial when the actor lost the authority to look.
pub async fn run(app: &App, actor: &Actor) -> Result<Revision, Failure> {
    app.store
        .read(|tx| async move {
            Step::begin(app, &tx, actor).await?;
            Ok(Revision { changes: tx.last_audit_id().await?, tries: tx.last_attempt_id().await? })
        })
        .await
}
