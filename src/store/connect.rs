//! Opening a database: SQLite in a private file, or PostgreSQL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use migration::Migrator;
use sea_orm::Database;

use super::file::File;
use super::postgres::{DatabaseOptions, Server};
use super::schema::{self, Schema};
use super::{Store, StoreError, sqlite};

/// What kind of database a URL names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DatabaseKind<'a> {
    /// An SQLite file.
    File(&'a Path),
    /// A PostgreSQL server.
    Server,
}

impl<'a> DatabaseKind<'a> {
    pub fn of(options: &DatabaseOptions<'a>) -> Result<Self, StoreError> {
        match options.url.split_once("://") {
            Some(("sqlite", path)) => Ok(Self::File(Path::new(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Server),
            _ => Err(StoreError::UnknownUrl),
        }
    }
}

impl Store {
    /// Opens the database that a URL names (`sqlite:///path` or `postgres://…`). One that is empty is made if `create` says so,
    /// and is no database of ours otherwise; one of an earlier version is an error, see [`Self::upgrade`].
    pub async fn open<'a>(options: impl Into<DatabaseOptions<'a>>, create: bool) -> Result<Self, StoreError> {
        let options = options.into();
        let opened = match DatabaseKind::of(&options)? {
            DatabaseKind::File(path) => {
                sqlite::refuse_others(path, create).await?;
                // Before it is opened: whoever puts another file in its place meanwhile is noticed.
                let file = File::of(path);
                Self { db: sqlite::open(path).await?, file, server: None }
            }
            DatabaseKind::Server => Self::open_server(&options).await?,
        };
        let prepared = opened.prepare(create).await;
        match prepared.and_then(|()| opened.check_file()) {
            Ok(()) => Ok(opened),
            Err(error) => {
                opened.close().await;
                Err(error)
            }
        }
    }

    /// Connects with a server, whatever its database has.
    pub(super) async fn open_server(options: &DatabaseOptions<'_>) -> Result<Self, StoreError> {
        let server = Arc::new(Server::of(options)?);
        Ok(Self { db: server.open().await?, file: None, server: Some(server) })
    }

    async fn prepare(&self, create: bool) -> Result<(), StoreError> {
        match (schema::look::<Migrator>(&self.db).await?, &self.file) {
            (Schema::Current, _) => Ok(()),
            (Schema::Older, _) => Err(StoreError::Older),
            (Schema::Foreign, Some(_)) => Err(StoreError::OtherProgram),
            // A server's database may have tables of others beside ours.
            (Schema::Empty | Schema::Foreign, _) if !create => Err(StoreError::Empty),
            (Schema::Empty, Some(file)) => {
                let alone = Database::connect(sqlite::schema_options(&file.path)).await?;
                let done = schema::bring_up::<Migrator>(&alone).await;
                let _ = alone.close().await;
                done
            }
            (Schema::Empty | Schema::Foreign, None) => schema::bring_up::<Migrator>(&self.db).await,
        }
    }

    /// Opens a database in this process's memory, for a demo.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let db = sqlite::in_memory().await?;
        schema::bring_up::<Migrator>(&db).await?;
        Ok(Self { db, file: None, server: None })
    }

    /// Ends the connections, which writes SQLite's log into the file: a log that is left would be played into whatever
    /// backup is put in its place. Waits a moment for what is under way, and no longer.
    pub async fn close(&self) {
        let _ = tokio::time::timeout(LAST, self.db.close_by_ref()).await;
    }

    /// Whether the embedded database is still the file that was opened: SQLite goes on writing into one that was
    /// deleted or replaced, and what it stores there is nowhere.
    pub(super) fn check_file(&self) -> Result<(), StoreError> {
        match &self.file {
            Some(file) if file.is_replaced() => Err(StoreError::Replaced(file.path.clone())),
            Some(_) | None => Ok(()),
        }
    }
}

/// How long what is under way may take when the connections are ended.
const LAST: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use migration::MigratorTrait as _;

    use super::*;
    use crate::domain::explain::{Explain as _, Kind};
    use crate::store::test::{fresh_postgres, server};

    /// Opens databases of each kind that exist already.
    async fn on_both(story: impl AsyncFn(&str)) {
        let folder = tempfile::tempdir().unwrap();
        story(&format!("sqlite://{}", folder.path().join("rsvp.db").display())).await;
        let Some(server) = server() else { return };
        story(&fresh_postgres(&server).await).await;
    }

    #[tokio::test]
    async fn a_database_of_a_pre_release_or_of_a_newer_version_is_left_alone() {
        on_both(async |url| {
            let store = Store::open(url, true).await.unwrap();
            Store::open(url, true).await.unwrap();

            store
                .raw("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_later', 0)")
                .await
                .unwrap();
            let newer = Store::open(url, true).await.err().unwrap();
            assert_eq!((newer.code(), newer.kind()), ("database_newer", Kind::Failed));

            store.raw("DELETE FROM seaql_migrations").await.unwrap();
            for old in ["m20261124_000001_people", "m20261125_000013_audit_hash"] {
                let row = format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{old}', 0)");
                store.raw(&row).await.unwrap();
            }
            let before = store.everything().await;
            let old = Store::open(url, true).await.err().unwrap();
            assert_eq!((old.code(), old.kind()), ("database_pre_release", Kind::Failed));
            let words = "the database was made by a pre-release of rsvp, which this version can't open";
            assert_eq!(old.to_string(), words);
            assert!(old.hint().unwrap().starts_with("set up a new database"), "{:?}", old.hint());
            assert_eq!(store.everything().await, before, "nothing is changed in it");
            // Also as a file that nobody has open, whose head says nothing of rsvp.
            if let Some(path) = url.strip_prefix("sqlite://") {
                store.raw("PRAGMA application_id = 0").await.unwrap();
                store.close().await;
                let whole = std::fs::read(path).unwrap();
                assert_eq!(Store::open(url, true).await.err().unwrap().code(), "database_pre_release");
                assert_eq!(std::fs::read(path).unwrap(), whole);
            }
        })
        .await;
    }

    #[test]
    fn each_change_of_the_schema_is_made_whole_or_not_at_all() {
        let migrations = Migrator::migrations();
        assert!(!migrations.is_empty());
        for migration in migrations {
            assert_eq!(migration.use_transaction(), Some(true), "{}", migration.name());
        }
    }

    #[tokio::test]
    async fn nothing_is_stored_in_a_file_that_was_replaced_and_no_log_is_left_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.db");
        let store = Store::open(&format!("sqlite://{}", path.display()), true).await.unwrap();
        let log = folder.path().join("rsvp.db-wal");
        let write = async || store.write(|tx| async move { tx.database_now().await }).await;
        write().await.unwrap();
        assert!(log.exists());
        std::fs::rename(&path, folder.path().join("kept.db")).unwrap();
        let error = write().await.unwrap_err();
        assert!(matches!(error, StoreError::Replaced(_)), "{error}");
        std::fs::rename(folder.path().join("kept.db"), &path).unwrap();
        write().await.unwrap();
        store.close().await;
        assert!(!log.exists(), "the last connection writes its log into the file");
    }
}
