//! Copies of a whole database: backups, restoring one, moving to another database, and the copy before an upgrade.

mod error;
mod file;
mod numbers;
mod restore;
mod tables;
mod upgrade;

use std::path::Path;
use std::time::Duration;

use migration::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

use super::{Store, StoreError, schema};
use crate::domain::time::Timestamp;
pub use error::BackupError;
pub use file::{Backup, Completed};
use file::{Partial, check_room, folder_of};
pub use restore::{Draft, OldDatabase};
use tables::{Pass, go_through};
pub use upgrade::Upgraded;

/// What was removed of the backups in a folder.
#[derive(Debug, Default)]
pub struct ThinnedOut {
    pub removed: u64,
    /// Why one could not be removed.
    pub failed: Option<BackupError>,
}

/// How far a copy is, in rows or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyProgress {
    pub done: u64,
    pub of: u64,
}

/// Where a copy says how far it is.
pub type Note<'a> = &'a (dyn Fn(CopyProgress) + Sync);

/// How often the size of a copy is looked at.
const LOOK: Duration = Duration::from_millis(200);

impl Store {
    /// Copies everything, as it is at one moment, into a new file that only its owner can read, while others go on
    /// using the database; the file is checked before it gets its name. It holds no key.
    pub async fn back_up(&self, target: &Path, now: Timestamp, note: Note<'_>) -> Result<Completed, StoreError> {
        let partial = Partial::begin(target)?;
        if self.file.is_some() {
            let size = size(&self.db).await?;
            check_room(folder_of(target), size)?;
            vacuum_into(&self.db, &partial.path, size, note).await?;
        } else {
            self.copy_into_file(&partial.path, note).await?;
        }
        partial.complete(now).await
    }

    /// Removes from a folder all but the newest complete backups of an installation, and what is left there of copies
    /// that were cut off; `ours` says by a key's fingerprint whether a backup is this installation's, and `kept` stays in
    /// any case. Answers which could be removed.
    pub async fn thin_out(folder: &Path, kept: &Path, keep: usize, ours: impl Fn(&str) -> bool) -> ThinnedOut {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Some((completed, installation)) = file::peek(&path).await else { continue };
            if ours(&installation.key_fingerprint) && path != kept {
                all.push((completed.made_at, path));
            }
        }
        all.sort();
        let old = all.len().saturating_sub(keep.saturating_sub(1));
        let mut done = ThinnedOut::default();
        for (_, path) in all.into_iter().take(old) {
            match std::fs::remove_file(&path) {
                Ok(()) => done.removed += 1,
                Err(source) => done.failed = Some(BackupError::Io { path, what: "removed", source }),
            }
        }
        done
    }

    /// Looks at a file, without changing anything, and answers what it holds if it is a complete backup in order.
    /// `thorough` reads every page.
    pub async fn inspect_backup(path: &Path, thorough: bool) -> Result<Backup, StoreError> {
        file::inspect(path, thorough).await
    }

    async fn copy_into_file(&self, path: &Path, note: Note<'_>) -> Result<(), StoreError> {
        let to = Database::connect(file::draft_options(path)).await?;
        let done = async {
            schema::bring_up::<Migrator>(&to).await?;
            let of = rows(&self.db).await?;
            let done = std::sync::atomic::AtomicU64::new(0);
            let to = &to;
            let count = &|rows| {
                let done = done.fetch_add(rows, std::sync::atomic::Ordering::Relaxed) + rows;
                note(CopyProgress { done, of });
            };
            to.execute_unprepared("DELETE FROM settings").await?;
            self.read(|tx| async move {
                go_through(Pass::Copy, tx.db(), to, count).await?;
                Ok(numbers::go_on_above(to, &numbers::highest(tx.db()).await?).await?)
            })
            .await
        };
        let done = done.await;
        let _ = to.close().await;
        done
    }
}

/// How many rows there are in all.
async fn rows(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    let all = tables::TABLES.map(|table| format!("(SELECT count(*) FROM {table})")).join(" + ");
    let sql = Statement::from_string(db.get_database_backend(), format!("SELECT CAST({all} AS BIGINT) AS n"));
    let n: i64 = db.query_one_raw(sql).await?.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0);
    Ok(n.unsigned_abs())
}

/// The bytes that an embedded database's pages take.
async fn size(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    let sql = "SELECT p.page_count * s.page_size AS n FROM pragma_page_count p, pragma_page_size s";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    Ok(row.map(|row| row.try_get::<i64>("", "n")).transpose()?.unwrap_or(0).unsigned_abs())
}

/// Copies an embedded database into an empty file, as it is at one moment, and says how far it is.
async fn vacuum_into(db: &DatabaseConnection, path: &Path, of: u64, note: Note<'_>) -> Result<(), StoreError> {
    let values = [path.to_string_lossy().into_owned().into()];
    let vacuum = db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", values));
    let watch = async {
        loop {
            let done = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            note(CopyProgress { done: done.min(of), of });
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        done = vacuum => Ok(done.map(drop)?),
        never = watch => never,
    }
}
