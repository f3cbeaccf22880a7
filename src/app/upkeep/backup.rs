//! Back up the database into one file, and note that it was done.

use std::path::Path;

use serde_json::json;

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::policy::allow;
use crate::domain::text::visible;
use crate::store::Store;
pub use crate::store::{Completed, CopyProgress, Note, ThinnedOut};

/// A backup that is complete.
#[derive(Debug)]
pub struct Done {
    pub completed: Completed,
    /// Why the audit log does not say so, if it does not.
    pub unrecorded: Option<Failure>,
}

/// Copies everything as it is now, while others go on.
pub async fn run(app: &App, actor: &Actor, target: &Path, note: Note<'_>) -> Result<Done, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok::<_, Failure>(allow(&step.authority, &Change::Act(Action::BackUp), None)?)
        })
        .await?;
    let completed = app.store.back_up(target, app.now(), note).await?;
    let unrecorded = record(app, actor, target, &completed).await.err();
    Ok(Done { completed, unrecorded })
}

/// Keeps only the newest backups of this installation in a folder, of which `latest` is one.
pub async fn thin_out(app: &App, folder: &Path, latest: &Path, keep: usize) -> ThinnedOut {
    Store::thin_out(folder, latest, keep, |fingerprint| app.keys.knows(fingerprint)).await
}

async fn record(app: &App, actor: &Actor, target: &Path, completed: &Completed) -> Result<(), Failure> {
    let detail = &json!({ "file": visible(&target.to_string_lossy()), "users": completed.rows.get("users") });
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            tx.note_backup(completed.made_at).await?;
            step.record(Record { action: Action::BackUp, subject: None, detail: detail.clone() }).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::invite;
    use crate::store::Draft;

    #[tokio::test]
    async fn a_backup_is_one_private_file_that_says_what_it_has() {
        on_both(async |world| {
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("rsvp.db");
            let done = run(&world.app, &operator(), &file, &|_| {}).await.unwrap();
            assert!(done.unrecorded.is_none());
            let found = Store::inspect_backup(&file, true).await.unwrap();
            assert_eq!((found.completed.rows["users"], &found.completed), (2, &done.completed));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
            let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap());
            assert_eq!(mode & 0o777, 0o600);
            // Everything is in it, and the database knows of it.
            let copy = Draft::of_backup(&file, &file).await.unwrap();
            let kept = |rows: Vec<String>| -> Vec<String> {
                let is_own = |row: &String| !row.contains("backup") && !row.starts_with("audit");
                let mut rows: Vec<String> = rows.into_iter().filter(is_own).collect();
                rows.sort();
                rows
            };
            if !world.on_postgres {
                let live = world.everything().await.into_iter().filter(|row| !row.contains("backed_up_at")).collect();
                assert_eq!(kept(copy.store.everything().await), kept(live));
            }
            drop(copy);
            assert_eq!(
                world.app.store.read(|tx| async move { tx.backed_up_at().await }).await.unwrap(),
                Some(world.app.now())
            );
            let again = run(&world.app, &operator(), &file, &|_| {}).await.unwrap_err();
            assert_eq!(crate::domain::explain::Explain::code(&again), "backup_exists");
        })
        .await;
    }

    #[tokio::test]
    async fn a_file_that_is_cut_or_changed_is_no_backup() {
        let world = crate::app::test::world_on_sqlite().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rsvp.db");
        run(&world.app, &operator(), &file, &|_| {}).await.unwrap();
        let whole = std::fs::read(&file).unwrap();
        for length in [0, 10, 100, 4_096, whole.len() / 2, whole.len() - 4_096, whole.len() - 1] {
            std::fs::write(&file, &whole[..length]).unwrap();
            let found = Store::inspect_backup(&file, true).await.unwrap_err();
            let code = crate::domain::explain::Explain::code(&found);
            assert!(["backup_incomplete", "backup_damaged"].contains(&code), "{length}: {found}");
        }
        std::fs::write(&file, &whole).unwrap();
        Store::inspect_backup(&file, true).await.unwrap();
    }
}
