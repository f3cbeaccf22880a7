//! Bringing a database of an earlier version up to date: an embedded one after a copy beside it, when nothing else runs
//! on it, in one transaction; one on a server only because somebody asked for it.

use std::path::{Path, PathBuf};

use migration::Migrator;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::file::{Partial, beside, check_room, folder_of};
use super::{size, vacuum_into};
use crate::domain::node::{Node, NodeKind, Process};
use crate::domain::time::Timestamp;
use crate::store::connect::DatabaseKind;
use crate::store::schema::{self, Schema};
use crate::store::{DatabaseOptions, Store, StoreError, sqlite};

/// What the copy before an upgrade is called, between the database's name and the moment.
const COPY: &str = ".before-upgrade-";
/// Bytes that must stay free beside the copy and what the change itself writes.
const SPARE: u64 = 16 * 1024 * 1024;

/// What an upgrade did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgraded {
    /// There was nothing to do.
    Current,
    /// It did, and of an embedded database this is what it was before.
    Changed { copy: Option<PathBuf> },
}

impl Store {
    /// Brings a database up to date. Two that do so at once wait for each other; one that is cut off at any instant
    /// left nothing but a copy, and the next one goes on.
    pub async fn upgrade<'a>(options: impl Into<DatabaseOptions<'a>>, now: Timestamp) -> Result<Upgraded, StoreError> {
        let options = options.into();
        match DatabaseKind::of(&options)? {
            DatabaseKind::File(path) => {
                sqlite::refuse_others(path, false).await?;
                let alone = Database::connect(sqlite::schema_options(path)).await?;
                let done = upgrade_file(&alone, path, now).await;
                let _ = alone.close().await;
                done
            }
            DatabaseKind::Server => {
                let server = Self::open_server(&options).await?;
                let done = upgrade_server(&server.db, now).await;
                server.close().await;
                done
            }
        }
    }

    /// Removes the copies from before upgrades that are older than that; answers how many.
    pub fn forget_upgrade_copies(&self, before: Timestamp) -> usize {
        let Some(file) = &self.file else { return 0 };
        let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned() + COPY;
        let made_at = |path: &Path| {
            let since = std::fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
        };
        let copies = std::fs::read_dir(folder_of(&file.path)).into_iter().flatten().flatten();
        let old = copies
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
            .filter(|entry| made_at(&entry.path()).is_some_and(|at| at < before));
        old.filter(|entry| std::fs::remove_file(entry.path()).is_ok()).count()
    }
}

async fn upgrade_file(alone: &DatabaseConnection, path: &Path, now: Timestamp) -> Result<Upgraded, StoreError> {
    let mode = Some(SqliteTransactionMode::Immediate);
    // Whoever comes second waits here, and then finds nothing to do.
    let tx =
        alone.begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() }).await?;
    match schema::look::<Migrator>(&tx).await? {
        Schema::Current => return Ok(Upgraded::Current),
        Schema::Older => {}
        Schema::Empty | Schema::Foreign => return Err(StoreError::Empty),
    }
    refuse_while_running(&tx, now).await?;
    let copy = copy_beside(path, now).await?;
    schema::change::<Migrator>(&tx).await?;
    tx.commit().await?;
    Ok(Upgraded::Changed { copy: Some(copy) })
}

async fn upgrade_server(db: &DatabaseConnection, now: Timestamp) -> Result<Upgraded, StoreError> {
    match schema::look::<Migrator>(db).await? {
        Schema::Current => Ok(Upgraded::Current),
        Schema::Older => {
            refuse_while_running(db, now).await?;
            schema::bring_up::<Migrator>(db).await?;
            Ok(Upgraded::Changed { copy: None })
        }
        Schema::Empty | Schema::Foreign => Err(StoreError::Empty),
    }
}

/// Copies the database as it is before the change, which nobody can make meanwhile: it is the one that holds the lock.
async fn copy_beside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let reader = Database::connect(sqlite::options(path).max_connections(1).to_owned()).await?;
    let done = async {
        let size = size(&reader).await?;
        // The copy, and as much again in the log of the change and in the database.
        check_room(folder_of(path), size.saturating_mul(3).saturating_add(SPARE))?;
        let target = unused(path, COPY, now);
        let partial = Partial::begin(&target)?;
        vacuum_into(&reader, &partial.path, size, &|_| {}).await?;
        partial.complete(now).await?;
        Ok(target)
    };
    let done = done.await;
    let _ = reader.close().await;
    done
}

/// A name beside the database that says what it is and when it was made, and that nothing has yet.
pub(super) fn unused(path: &Path, what: &str, now: Timestamp) -> PathBuf {
    let stamp = now.rfc3339().replace(['-', ':'], "");
    let first = beside(path, &format!("{what}{stamp}"));
    let more = (2..100).map(|n| beside(path, &format!("{what}{stamp}-{n}")));
    std::iter::once(first.clone()).chain(more).find(|name| name.symlink_metadata().is_err()).unwrap_or(first)
}

/// Refuses while a part runs on the database: it would go on with a program that does not know the new schema.
pub(super) async fn refuse_while_running(db: &impl ConnectionTrait, now: Timestamp) -> Result<(), StoreError> {
    match running(db, now).await? {
        Some(node) => Err(StoreError::Running(Box::new(node))),
        None => Ok(()),
    }
}

/// A part that is alive on the database.
pub(super) async fn running(db: &impl ConnectionTrait, now: Timestamp) -> Result<Option<Node>, StoreError> {
    // On a server its clock is the one that parts are seen by.
    let now = schema::server_now(db).await?.unwrap_or(now);
    // What an earlier version said of its parts, in whatever columns it had for that.
    let rows = schema::rows(db, "SELECT * FROM nodes WHERE left_at IS NULL ORDER BY id").await?;
    for row in rows {
        let number = |column| row.try_get::<i64>("", column).unwrap_or_default();
        let text = |column| row.try_get::<String>("", column).unwrap_or_default();
        let node = Node {
            kind: NodeKind::parse(&text("kind")).unwrap_or(NodeKind::Worker),
            process: Process { host: text("host"), pid: number("pid"), login: text("login"), version: text("version") },
            started_at: Timestamp(number("started_at")),
            seen_at: Timestamp(number("seen_at")),
        };
        if node.is_alive(now) {
            return Ok(Some(node));
        }
    }
    Ok(None)
}
