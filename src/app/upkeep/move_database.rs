//! Move the organisation into another, empty database: everything is copied in one transaction, read back, and the one
//! that it leaves says where it went.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::text::visible;
use crate::store::{DatabaseOptions, Note, StoreError, Tx};

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
    let detail = &json!({ "to": visible(shown) });
    app.store
        .write(|tx| async move {
            tx.hold_everything().await?;
            let now = app.now();
            if let Some(node) = tx.nodes().await?.into_iter().find(|node| node.is_alive(now)) {
                return Err(Failure::Running(Box::new(node)));
            }
            if !is_done(&tx, target).await {
                let record = Record { action: Action::MoveDatabase, subject: None, detail: detail.clone() };
                record_by(app, &tx, actor, app.now(), record).await?;
                copy(app, &tx, target, note).await?;
            }
            Ok(tx.set_moved_to(shown).await?)
        })
        .await
}

async fn copy(app: &App, tx: &Tx, target: &Target<'_>, note: Note<'_>) -> Result<(), StoreError> {
    match target {
        Target::File(path) => tx.fill_file(path, note).await,
        Target::Server(options) => tx.fill_server(*options, None, app.now(), note).await,
    }
}

/// Whether an earlier try copied everything there and was cut off before this database could say so, and nothing was
/// changed here since.
async fn is_done(tx: &Tx, target: &Target<'_>) -> bool {
    let Ok(last) = tx.last_audit_id().await else { return false };
    let done = match target {
        Target::File(path) if path.symlink_metadata().is_err() => return false,
        Target::File(path) => tx.was_moved_to(url_of(path).as_str().into(), last).await,
        Target::Server(options) => tx.was_moved_to(*options, last).await,
    };
    // Whatever keeps it from being looked at, copying meets as well.
    done.unwrap_or(false)
}

/// The URL of a file.
#[must_use]
pub fn url_of(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::mail::outbox;
    use crate::app::test::{World, grace, operator, world_on_sqlite};
    use crate::app::users::invite;
    use crate::domain::email::Email;
    use crate::domain::explain::Explain as _;
    use crate::domain::mail::Outcome;

    async fn moves(world: &World, path: &Path) -> Result<(), Failure> {
        run(&world.app, &operator(), &Target::File(path.to_owned()), "elsewhere", &|_| {}).await
    }

    /// As if the move had been cut off just before this database knew of it.
    async fn forget_move(world: &World) {
        world.app.store.raw("DELETE FROM settings WHERE key = 'moved_to'").await.unwrap();
        world.app.store.raw("DELETE FROM audit_detail WHERE audit_id = (SELECT max(id) FROM audit)").await.unwrap();
        world.app.store.without_triggers("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)").await.unwrap();
    }

    #[tokio::test]
    async fn whoever_had_the_old_database_open_is_refused_after_a_move() {
        let world = world_on_sqlite().await;
        let folder = tempfile::tempdir().unwrap();
        moves(&world, &folder.path().join("new.db")).await.unwrap();
        let late = invite::run(&world.app, &operator(), grace()).await.unwrap_err();
        assert_eq!(late.code(), "moved");
        assert!(outbox::claim(&world.app, 9).await.is_err(), "no email leaves from it either");
    }

    #[tokio::test]
    async fn a_move_that_was_cut_off_is_gone_on_with_unless_something_happened_since() {
        let world = world_on_sqlite().await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        moves(&world, &path).await.unwrap();
        forget_move(&world).await;
        moves(&world, &path).await.unwrap();
        assert!(world.app.store.installation().await.is_err(), "it is marked as moved");

        forget_move(&world).await;
        // Nobody writes into the log that an email left.
        let job = outbox::claim(&world.app, 1).await.unwrap().remove(0);
        outbox::finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
        assert_eq!(moves(&world, &path).await.unwrap_err().code(), "target_not_empty");
        let email = Email::parse("late@example.org").unwrap();
        invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
    }
}
