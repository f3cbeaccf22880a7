//! Restoring a backup and moving to another database: a copy is made ready beside, and then takes the place of the
//! present one at once or not at all.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use migration::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};

use super::error::BackupError;
use super::file::{
    Partial, beside, change_options, check_room, folder_of, hold, mark, move_new, options as file_options,
    remove_leftovers,
};
use super::tables::{Pass, TABLES, go_through};
use super::upgrade::{refuse_while_running, running, unused};
use super::{CopyProgress, Note, numbers, rows};
use crate::access;
use crate::domain::action::Action;
use crate::domain::node::Node;
use crate::domain::numbers::Numbers;
use crate::domain::time::Timestamp;
use crate::store::connect::DatabaseKind;
use crate::store::file::File as FileIdentity;
use crate::store::schema::{self, Schema};
use crate::store::settings::{Installation, MOVED_TO, installation_of};
use crate::store::{DatabaseOptions, Store, StoreError, Tx, sqlite};

/// What the database that a backup replaces is called afterwards.
const ASIDE: &str = ".before-restore-";

/// What a copy that is made ready is called, before the number of the process.
const RESTORING: &str = ".restoring-";

/// What is recorded and changes nothing that a backup would bring back.
const UNCHANGING: [Action; 6] =
    [Action::BackUp, Action::ExportKey, Action::SignIn, Action::SignInFailed, Action::OperatorStart, Action::ShowLink];

/// What is there before a backup takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OldDatabase {
    /// Whether anything is there of ours, readable or not.
    pub exists: bool,
    /// Whose it is, as far as it can be read.
    pub installation: Option<Installation>,
    /// Where its organisation was moved to, if it was.
    pub moved_to: Option<String>,
    /// A part that is alive on it.
    pub running: Option<Node>,
    /// The highest numbers that it gave, as far as it can be read.
    pub numbers: Numbers,
    /// Whom it knows to be erased.
    pub erased: Vec<i64>,
    /// How many changes its audit log records that the backup has not; nothing where it cannot be read.
    pub later_changes: Option<u64>,
}

impl Store {
    /// Looks at the database whose place a backup would take, which may be damaged or of a later version. `last_entry` is
    /// the newest entry of the backup's audit log.
    pub async fn look_at_old(
        options: DatabaseOptions<'_>,
        last_entry: i64,
        now: Timestamp,
    ) -> Result<OldDatabase, StoreError> {
        let present = match DatabaseKind::of(&options)? {
            DatabaseKind::File(path) => FileIdentity::of(path),
            DatabaseKind::Server => None,
        };
        let unreadable = || {
            let is_replaced = present.as_ref().is_some_and(FileIdentity::is_replaced);
            let found = OldDatabase { exists: true, ..OldDatabase::default() };
            if is_replaced { Err(StoreError::ChangedMeanwhile) } else { Ok(found) }
        };
        let old = match DatabaseKind::of(&options)? {
            DatabaseKind::File(path) if path.symlink_metadata().is_err() => return Ok(OldDatabase::default()),
            DatabaseKind::File(path) => {
                let opened = async {
                    sqlite::refuse_others(path, false).await?;
                    Ok(Database::connect(sqlite::options(path)).await?)
                };
                match opened.await {
                    Err(StoreError::Corrupt(_)) => return unreadable(),
                    opened => Self { db: opened?, file: None, server: None },
                }
            }
            DatabaseKind::Server => Self::open_server(&options).await?,
        };
        let found = look_at(&old.db, last_entry, now).await;
        old.close().await;
        // A damaged file is put aside as it is.
        if let Err(StoreError::Corrupt(_)) = found { unreadable() } else { found }
    }
}

/// A copy of a backup that is made ready to take a place, beside it; it goes away unless it does.
pub struct Draft {
    /// The copy, open for changes; nobody else uses it.
    pub store: Store,
    path: PathBuf,
    _lock: File,
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(beside(&self.path, "-journal"));
    }
}

impl Draft {
    /// Copies a backup beside a place and brings it up to date.
    pub async fn of_backup(backup: &Path, beside_place: &Path) -> Result<Self, StoreError> {
        access::judge("the database", beside_place)?;
        make_folder(folder_of(beside_place))?;
        remove_leftovers(folder_of(beside_place), RESTORING);
        let path = beside(beside_place, &format!("{RESTORING}{}", std::process::id()));
        let io = |source| BackupError::Io { path: path.clone(), what: "written", source };
        let length = std::fs::metadata(backup).map_err(io)?.len();
        check_room(folder_of(&path), length.saturating_mul(2))?;
        let _ = std::fs::remove_file(&path);
        let mut made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(io)?;
        let copied = hold(&made)
            .and_then(|()| File::open(backup))
            .and_then(|mut from| std::io::copy(&mut from, &mut made))
            .and_then(|_| made.sync_all());
        let store = match copied.map_err(io) {
            Ok(()) => open_copy(&path, backup).await,
            Err(error) => Err(error.into()),
        };
        store.map(|store| Self { store, path: path.clone(), _lock: made }).inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
            let _ = std::fs::remove_file(beside(&path, "-journal"));
        })
    }

    /// Puts the copy in the place of the embedded database at `path`, at once or not at all, if that is still what was
    /// looked at. The one before is kept beside it as a backup of itself, and the answer is where. Nobody else may have
    /// it open.
    pub async fn take_place_of(
        self,
        path: &Path,
        old: &OldDatabase,
        now: Timestamp,
    ) -> Result<Option<PathBuf>, StoreError> {
        let broken = schema::rows(&self.store.db, "PRAGMA foreign_key_check").await?.len();
        if broken > 0 {
            let what = format!("{broken} rows refer to rows that aren't there");
            return Err(BackupError::Damaged { path: self.path.clone(), what }.into());
        }
        self.store.close().await;
        place_file(&self.path, path, old, now).await
    }

    /// Puts everything that the copy has in the place of what a server has of ours, if that is still what was looked at;
    /// that is backed up before, beside another file. Answers where.
    pub async fn replace_server(
        self,
        options: DatabaseOptions<'_>,
        kept_beside: &Path,
        old: &OldDatabase,
        now: Timestamp,
        note: Note<'_>,
    ) -> Result<Option<PathBuf>, StoreError> {
        let mut aside = None;
        if old.exists {
            let server = Store::open(options, false).await?;
            let target = unused(kept_beside, ASIDE, now);
            let kept = server.back_up(&target, now, note).await;
            server.close().await;
            kept?;
            aside = Some(target);
        }
        let before = old.exists.then_some(&old.numbers);
        self.store.read(|tx| async move { tx.fill_server(options, before, now, note).await }).await?;
        Ok(aside)
    }
}

async fn open_copy(path: &Path, backup: &Path) -> Result<Store, StoreError> {
    let db = Database::connect(file_options(path)).await?;
    let made = async {
        schema::bring_up::<Migrator>(&db).await?;
        let damaged = |what: String| StoreError::from(BackupError::Damaged { path: backup.to_owned(), what });
        // What rsvp did not make would act in what is restored, on every erasure for example.
        if let Some(other) = schema::foreign_object(&db).await? {
            return Err(damaged(format!("it has {other}, which rsvp didn't make")));
        }
        if numbers::highest(&db).await?.is_beyond_reason() {
            return Err(damaged("its numbers are beyond reason".to_owned()));
        }
        Ok(())
    };
    let made = made.await;
    let _ = db.close().await;
    made?;
    let file = FileIdentity::of(path);
    Ok(Store { db: Database::connect(change_options(path)).await?, file, server: None })
}

impl Tx {
    /// Fills a database on a server with everything that this transaction sees, in one transaction, and reads it all
    /// back. Whatever was there of ours is replaced, if its numbers are still `before`; where there may be nothing,
    /// `before` is none.
    pub async fn fill_server(
        &self,
        options: DatabaseOptions<'_>,
        before: Option<&Numbers>,
        now: Timestamp,
        note: Note<'_>,
    ) -> Result<(), StoreError> {
        let server = Store::open_server(&options).await?;
        let filled = server
            .write(|to| async move {
                make_room(&to, before, now).await?;
                schema::change::<Migrator>(to.transaction()).await?;
                self.copy_into(&to, note).await
            })
            .await;
        server.close().await;
        filled
    }

    /// The same, into an embedded database that isn't there yet.
    pub async fn fill_file(&self, path: &Path, note: Note<'_>) -> Result<(), StoreError> {
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::NotEmpty.into());
        }
        make_folder(folder_of(path))?;
        let partial = Partial::begin(path)?;
        let file = Store { db: Database::connect(file_options(&partial.path)).await?, file: None, server: None };
        let filled = async {
            schema::bring_up::<Migrator>(&file.db).await?;
            file.write(|to| async move { self.copy_into(&to, note).await }).await
        };
        let filled = filled.await;
        file.close().await;
        filled?;
        Ok(partial.keep()?)
    }

    /// Whether another database has everything that this one has, and beyond this entry nothing in its log but that it
    /// was moved there.
    pub async fn was_moved_to(&self, options: DatabaseOptions<'_>, last: i64) -> Result<bool, StoreError> {
        let there = Store::open(options, false).await?;
        let same = there
            .read(|to| async move {
                go_through(Pass::CompareUpTo(last), self.db(), to.db(), &|_| {}).await?;
                let moved = format!("action = '{}'", Action::MoveDatabase.name());
                let beyond = format!("SELECT {moved} AS moved FROM audit WHERE id > {last}");
                let beyond = schema::rows(to.db(), &beyond).await?;
                Ok::<_, StoreError>(beyond.len() == 1 && beyond[0].try_get("", "moved")?)
            })
            .await;
        there.close().await;
        match same {
            Err(StoreError::Backup(BackupError::Differs(_))) => Ok(false),
            same => same,
        }
    }

    /// Keeps everything as it is until the transaction ends.
    pub async fn hold_everything(&self) -> Result<(), StoreError> {
        if self.is_postgres() {
            let all = TABLES.join(", ");
            self.db().execute_unprepared(&format!("LOCK TABLE {all} IN SHARE ROW EXCLUSIVE MODE")).await?;
        }
        Ok(())
    }

    /// Copies everything, reads it back, and lets the numbers go on where they are.
    async fn copy_into(&self, to: &Self, note: Note<'_>) -> Result<(), StoreError> {
        let of = 2 * rows(self.db()).await?;
        let done = AtomicU64::new(0);
        let count = &|rows| note(CopyProgress { done: done.fetch_add(rows, Ordering::Relaxed) + rows, of });
        to.db().execute_unprepared("DELETE FROM settings").await?;
        go_through(Pass::Copy, self.db(), to.db(), count).await?;
        go_through(Pass::Compare, self.db(), to.db(), count).await?;
        to.go_on_above(&self.highest_numbers().await?).await
    }
}

/// Makes a folder that only its owner can enter, unless it is there.
fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| BackupError::Io { path: folder.to_owned(), what: "made", source })
}

async fn look_at(db: &DatabaseConnection, backed_up: i64, now: Timestamp) -> Result<OldDatabase, StoreError> {
    let tables = schema::tables(db).await?;
    if !tables.iter().any(|table| table == "users") {
        let is_file = db.get_database_backend() == DbBackend::Sqlite;
        let others = is_file && !tables.is_empty();
        return if others { Err(StoreError::OtherProgram) } else { Ok(OldDatabase::default()) };
    }
    let found = schema::look::<Migrator>(db).await;
    if let (Err(error @ StoreError::Newer { .. }), DbBackend::Postgres) = (found, db.get_database_backend()) {
        return Err(error);
    }
    let moved = schema::rows(db, &format!("SELECT value FROM settings WHERE key = '{MOVED_TO}'")).await?;
    let erased = schema::rows(db, "SELECT user_id FROM erasures ORDER BY user_id").await?;
    let nothing = UNCHANGING.map(|action| format!("'{}'", action.name())).join(", ");
    let later =
        format!("SELECT CAST(count(*) AS BIGINT) AS n FROM audit WHERE id > {backed_up} AND action NOT IN ({nothing})");
    let later = schema::rows(db, &later).await?;
    let later = later.first().map(|row| row.try_get::<i64>("", "n")).transpose()?;
    Ok(OldDatabase {
        exists: true,
        installation: installation_of(db).await?,
        moved_to: moved.first().map(|row| row.try_get("", "value")).transpose()?,
        running: running(db, now).await?,
        numbers: numbers::highest(db).await?,
        erased: erased.iter().map(|row| row.try_get("", "user_id")).collect::<Result<_, _>>()?,
        later_changes: later.map(i64::unsigned_abs),
    })
}

async fn place_file(
    ready: &Path,
    path: &Path,
    old: &OldDatabase,
    now: Timestamp,
) -> Result<Option<PathBuf>, StoreError> {
    let io = |source| BackupError::Io { path: path.to_owned(), what: "replaced", source };
    File::open(ready).and_then(|file| file.sync_all()).map_err(io)?;
    if path.symlink_metadata().is_err() {
        move_new(ready, path).map_err(io)?;
        return Ok(None);
    }
    let present = FileIdentity::of(path).ok_or_else(|| StoreError::InUse(path.to_owned()))?;
    // The only way to the old file besides SQLite's, and open to the end: closing any other would give back the locks that
    // SQLite has on it (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
    let mut raw = std::fs::OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
    let held = hold_alone(path, &present, old, now).await?;
    let swapped = async {
        let aside = put_aside(&mut raw, path, held.is_none(), now)?;
        std::fs::rename(ready, path).map_err(io)?;
        Ok::<_, StoreError>(aside)
    };
    let swapped = swapped.await;
    if swapped.is_ok() {
        // Whoever waits for the old file would go on in it, and keep its log under the name of the new one's.
        let _ = raw.rewind().and_then(|()| raw.write_all(&[0; 16]));
    }
    if let Some(held) = held {
        let _ = held.close().await;
    }
    let aside = swapped?;
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(io)?;
    Ok(Some(aside))
}

/// Copies the database that is to be replaced beside its place; with its logs, where nobody could read it.
fn put_aside(raw: &mut File, path: &Path, with_logs: bool, now: Timestamp) -> Result<PathBuf, StoreError> {
    let aside = unused(path, ASIDE, now);
    let io = |source| BackupError::Io { path: aside.clone(), what: "written", source };
    let partial = Partial::begin(&aside)?;
    let target = std::fs::OpenOptions::new().write(true).open(&partial.path);
    let copied = target.and_then(|mut target| {
        raw.rewind()?;
        std::io::copy(raw, &mut target)
    });
    copied.map_err(io)?;
    partial.keep()?;
    if with_logs {
        for ending in ["-wal", "-shm", "-journal"] {
            let moved = std::fs::rename(beside(path, ending), beside(&aside, ending));
            if let Err(error) = moved
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(io(error).into());
            }
        }
    }
    Ok(aside)
}

/// Opens the database that is to be replaced so that nobody else can, and makes one file of it that says that it is
/// whole. Nothing where it cannot be opened at all: it is put aside as it is.
async fn hold_alone(
    path: &Path,
    present: &FileIdentity,
    old: &OldDatabase,
    now: Timestamp,
) -> Result<Option<DatabaseConnection>, StoreError> {
    // Whoever has it open keeps the journal as it is.
    let in_use = || StoreError::InUse(path.to_owned());
    let db = match Database::connect(file_options(path)).await.map_err(StoreError::from) {
        // What was replaced while this one waited reads as damaged, and the one in its place is not.
        Err(StoreError::Corrupt(_)) if present.is_replaced() => return Err(StoreError::ChangedMeanwhile),
        Err(StoreError::Corrupt(_)) => return Ok(None),
        Err(StoreError::Locked(_)) => return Err(in_use()),
        opened => opened?,
    };
    let held = async {
        let journal = schema::rows(&db, "PRAGMA journal_mode").await?;
        let journal: String = journal.first().map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        if journal != "delete" {
            return Err(in_use());
        }
        db.execute_unprepared("PRAGMA locking_mode = EXCLUSIVE").await?;
        db.execute_unprepared("BEGIN EXCLUSIVE").await?;
        // Somebody else may have put another one in its place while this one waited.
        if present.is_replaced() {
            return Err(StoreError::ChangedMeanwhile);
        }
        if schema::tables(&db).await?.iter().any(|table| table == "settings") {
            // What was given since could be given again.
            if old.later_changes.is_some() && numbers::highest(&db).await? != old.numbers {
                return Err(StoreError::ChangedMeanwhile);
            }
            mark(&db, now).await?;
        }
        Ok(db.execute_unprepared("COMMIT").await.map(drop)?)
    };
    let held = held.await;
    if held.is_ok() {
        return Ok(Some(db));
    }
    let _ = db.close().await;
    match held {
        Err(StoreError::Corrupt(_)) if present.is_replaced() => Err(StoreError::ChangedMeanwhile),
        Err(StoreError::Corrupt(_)) => Ok(None),
        Err(StoreError::Locked(_)) => Err(in_use()),
        other => other.map(|()| None),
    }
}

/// Takes away what a server has of ours, if it is still what was looked at.
async fn make_room(tx: &Tx, before: Option<&Numbers>, now: Timestamp) -> Result<(), StoreError> {
    tx.db().execute_unprepared("SET LOCAL lock_timeout = '10s'").await?;
    let is_ours = match schema::look::<Migrator>(tx.transaction()).await {
        Ok(Schema::Empty) => return Ok(()),
        Ok(Schema::Current | Schema::Older) | Err(StoreError::Newer { .. }) => true,
        Ok(Schema::Foreign) => {
            let tables = schema::tables(tx.db()).await?;
            tables.iter().any(|table| TABLES.contains(&table.as_str()))
        }
        Err(error) => return Err(error),
    };
    let Some(before) = before else {
        return if is_ours { Err(BackupError::NotEmpty.into()) } else { Ok(()) };
    };
    // Nobody writes from here on.
    let there = schema::tables(tx.db()).await?;
    let ours: Vec<&str> = TABLES.into_iter().filter(|table| there.iter().any(|name| name == table)).collect();
    let all = ours.join(", ");
    tx.db().execute_unprepared(&format!("LOCK TABLE {all} IN ACCESS EXCLUSIVE MODE")).await?;
    refuse_while_running(tx.db(), now).await?;
    if numbers::highest(tx.db()).await? != *before {
        return Err(StoreError::ChangedMeanwhile);
    }
    let records = schema::RECORDS;
    for sql in [format!("DROP TABLE {all}, {records}"), "DROP FUNCTION IF EXISTS audit_refuse()".to_owned()] {
        tx.db().execute_unprepared(&sql).await?;
    }
    Ok(())
}
