//! Move the organisation into another, empty database: everything is copied in one transaction, read back, and the one
//! that it leaves says where it went.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::app::step::record_by;
use crate::app::upkeep::nodes;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::text::visible;
use crate::store::{BackupError, DatabaseOptions, Note, Store, StoreError, Tx};

/// Where to.
#[derive(Clone)]
pub enum Target<'a> {
    /// An SQLite file that isn't there yet.
    File(PathBuf),
    /// A database on a PostgreSQL server that has no organisation.
    Server(DatabaseOptions<'a>),
}

/// Moves; `shown` is the place in words that hold no password. What is written meanwhile waits or is refused, so that
/// nothing is left behind.
pub async fn run(app: &App, actor: &Actor, target: &Target<'_>, shown: &str, note: Note<'_>) -> Result<(), Failure> {
    nodes::refuse_while_running(app).await?;
    let detail = &json!({ "to": visible(shown) });
    app.store
        .write(|tx| async move {
            tx.hold_everything().await?;
            let before = tx.last_audit_id().await?;
            let record = Record { action: Action::MoveDatabase, subject: None, detail: detail.clone() };
            record_by(app, &tx, actor, app.now(), record).await?;
            match copy(app, &tx, target, note).await {
                Err(StoreError::Backup(BackupError::NotEmpty)) if is_done(app, target, before).await => {}
                done => done?,
            }
            tx.set_moved_to(shown).await?;
            Ok(())
        })
        .await
}

async fn copy(app: &App, tx: &Tx, target: &Target<'_>, note: Note<'_>) -> Result<(), StoreError> {
    match target {
        Target::File(path) => tx.fill_file(path, note).await,
        Target::Server(options) => tx.fill_server(*options, None, app.now(), note).await,
    }
}

/// Whether an earlier try copied everything there and was cut off before this database could say so: the same
/// organisation, with one entry more in its log, and nobody wrote here since.
async fn is_done(app: &App, target: &Target<'_>, last: i64) -> bool {
    let opened = match target {
        Target::File(path) => Store::open(&url_of(path), false).await,
        Target::Server(options) => Store::open(*options, false).await,
    };
    let Ok(there) = opened else { return false };
    let same = there.installation().await.ok().flatten().is_some_and(|one| one == *app.installation);
    let theirs = there.read(|tx| async move { tx.last_audit_id().await }).await;
    there.close().await;
    same && theirs.is_ok_and(|theirs| theirs == last + 1)
}

/// The URL of a file.
#[must_use]
pub fn url_of(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}
