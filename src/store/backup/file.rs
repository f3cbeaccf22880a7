//! The file of a backup: an SQLite database in one file, which nobody else can read, with a row that says that it was
//! completed. A copy that was cut off opens as an empty database that is in order, so only that row tells.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use migration::Migrator;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use super::error::BackupError;
use crate::access::{self, Guard};
use crate::domain::time::Timestamp;
use crate::store::schema::{self, Schema};
use crate::store::settings::{COMPLETED, Installation, installation_of};
use crate::store::{StoreError, sqlite};

/// What a message calls the file.
const WHAT: &str = "the backup";
/// What a file's name goes on with while it is written, before the number of the process.
const PARTIAL: &str = ".partial-";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// When it was begun: the moment whose state it has.
    pub made_at: Timestamp,
    /// The version of the program that made it.
    pub program: String,
    /// How many rows each table has, that row not among them.
    pub rows: BTreeMap<String, u64>,
}

impl Completed {
    fn text(&self) -> String {
        json!({ "made_at": self.made_at.0, "program": self.program, "rows": self.rows }).to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        let all: Value = serde_json::from_str(text).ok()?;
        let rows = all["rows"].as_object()?.iter().map(|(table, rows)| Some((table.clone(), rows.as_u64()?)));
        Some(Self {
            made_at: Timestamp(all["made_at"].as_i64()?),
            program: all["program"].as_str()?.to_owned(),
            rows: rows.collect::<Option<_>>()?,
        })
    }
}

/// A backup that was found complete and in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub path: PathBuf,
    pub completed: Completed,
    pub installation: Installation,
    /// The number of the newest entry of its audit log.
    pub last_entry: i64,
}

/// A file that is being written under a name of its own beside its place; it goes away unless it is put there.
pub struct Partial {
    pub path: PathBuf,
    target: PathBuf,
    _lock: File,
}

impl Partial {
    /// Begins an empty file, and takes away what a copy to the same place left that was killed.
    pub fn begin(target: &Path) -> Result<Self, BackupError> {
        if target.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(target.to_owned()));
        }
        access::judge(WHAT, target)?;
        remove_leftovers(folder_of(target), PARTIAL);
        let path = beside(target, &format!("{PARTIAL}{}", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let created = options.write(true).create_new(true).mode(0o600).open(&path);
        let lock = created.and_then(|file| hold(&file).map(|()| file));
        let lock = lock.map_err(|source| BackupError::Io { path: target.to_owned(), what: "written", source })?;
        Ok(Self { path, target: target.to_owned(), _lock: lock })
    }

    /// Writes down that all is there, looks whether it is, and puts the file in its place.
    pub async fn complete(self, made_at: Timestamp) -> Result<Completed, StoreError> {
        let db = Database::connect(options(&self.path)).await?;
        let done = mark(&db, made_at).await;
        let done = match done {
            Ok(completed) => check(&db, &self.path, &completed, false).await.map(|()| completed),
            Err(error) => Err(error),
        };
        let _ = db.close().await;
        let completed = done?;
        self.put_in_place()?;
        Ok(completed)
    }

    /// Puts the file in its place as it is.
    pub fn keep(self) -> Result<(), BackupError> {
        self.put_in_place()
    }

    fn put_in_place(&self) -> Result<(), BackupError> {
        let io = |source| BackupError::Io { path: self.target.clone(), what: "written", source };
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(io)?;
        move_new(&self.path, &self.target).map_err(|error| {
            let there = error.kind() == std::io::ErrorKind::AlreadyExists;
            if there { BackupError::Exists(self.target.clone()) } else { io(error) }
        })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_file(beside(&self.path, "-journal"));
    }
}

/// Says that this process works on a file, as long as the file is open.
pub(super) fn hold(file: &File) -> std::io::Result<()> {
    file.try_lock().map_err(|error| std::io::Error::other(error.to_string()))
}

/// Removes the files in a folder that processes left which are gone: their names have a mark before the process's number,
/// and nobody holds them.
pub(super) fn remove_leftovers(folder: &Path, mark: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_one = name.rsplit_once(mark).is_some_and(|(_, process)| process.parse::<u32>().is_ok());
        let is_left = || File::open(entry.path()).is_ok_and(|file| hold(&file).is_ok());
        if is_one && entry.file_type().is_ok_and(|kind| kind.is_file()) && is_left() {
            let _ = std::fs::remove_file(entry.path());
            let _ = std::fs::remove_file(beside(&entry.path(), "-journal"));
        }
    }
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file beside a database that SQLite names so.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Gives a file another name that nothing has yet, and sees to it that it stays.
pub(super) fn move_new(from: &Path, to: &Path) -> std::io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system knows of it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if to.symlink_metadata().is_err() => {
            std::fs::rename(from, to)?;
        }
        done => done?,
    }
    File::open(folder_of(to))?.sync_all()
}

/// That a folder has room for so many bytes.
pub(super) fn check_room(folder: &Path, needed: u64) -> Result<(), BackupError> {
    let io = |error: Errno| BackupError::Io { path: folder.to_owned(), what: "looked at", source: error.into() };
    let system = rustix::fs::statvfs(folder).map_err(io)?;
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if free < needed { Err(BackupError::NoRoom { folder: folder.to_owned(), free, needed }) } else { Ok(()) }
}

/// How a file that nobody else uses is opened: changes go into the file itself, and nothing stays beside it.
pub(super) fn options(path: &Path) -> ConnectOptions {
    mapped(path, SqliteJournalMode::Delete, SqliteSynchronous::Full, false)
}

/// The same for a copy that is thrown away if it is cut off: nothing needs to be made sure of before its end.
pub(super) fn draft_options(path: &Path) -> ConnectOptions {
    mapped(path, SqliteJournalMode::Memory, SqliteSynchronous::Off, false)
}

/// How a copy is opened in which rows are removed, and with them those that refer to them.
pub(super) fn change_options(path: &Path) -> ConnectOptions {
    mapped(path, SqliteJournalMode::Delete, SqliteSynchronous::Full, true)
}

fn mapped(
    path: &Path,
    journal: SqliteJournalMode,
    synchronous: SqliteSynchronous,
    foreign_keys: bool,
) -> ConnectOptions {
    let mut options = sqlite::file_options(path, move |sqlite| {
        sqlite.foreign_keys(foreign_keys).journal_mode(journal).synchronous(synchronous).pragma("secure_delete", "ON")
    });
    options.acquire_timeout(Duration::from_mins(1));
    options
}

/// Writes down what a whole copy has.
pub(super) async fn mark(db: &impl ConnectionTrait, made_at: Timestamp) -> Result<Completed, StoreError> {
    db.execute_unprepared(&format!("DELETE FROM settings WHERE key = '{COMPLETED}'")).await?;
    let completed = Completed { made_at, program: schema::PROGRAM.to_owned(), rows: count(db).await? };
    let values = [COMPLETED.into(), completed.text().into()];
    let insert = "INSERT INTO settings (key, value) VALUES (?, ?)";
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, insert, values)).await?;
    Ok(completed)
}

/// How many rows each table has.
async fn count(db: &impl ConnectionTrait) -> Result<BTreeMap<String, u64>, DbErr> {
    let tables = schema::tables(db).await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let sql = format!("SELECT count(*) AS n FROM \"{}\"", table.replace('"', "\"\""));
        let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        let n: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0);
        rows.insert(table, n.unsigned_abs());
    }
    Ok(rows)
}

/// That the file is in order and has the rows that it says it has.
async fn check(
    db: &impl ConnectionTrait,
    path: &Path,
    completed: &Completed,
    thorough: bool,
) -> Result<(), StoreError> {
    let damaged = |what: String| StoreError::from(BackupError::Damaged { path: path.to_owned(), what });
    let pragma = if thorough { "PRAGMA integrity_check" } else { "PRAGMA quick_check" };
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, pragma)).await;
    let found: String = row.and_then(|row| row.map(|row| row.try_get_by_index(0)).transpose())?.unwrap_or_default();
    if found != "ok" {
        return Err(damaged(found));
    }
    // What was cut off may have held nothing, but the file is not what was made.
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let wanted = number(db, "PRAGMA page_count").await? * number(db, "PRAGMA page_size").await?;
    if length != wanted {
        return Err(damaged(format!("it has {length} bytes, and {wanted} belong to it")));
    }
    let mut rows = count(db).await?;
    if let Some(settings) = rows.get_mut("settings") {
        *settings = settings.saturating_sub(1);
    }
    for (table, wanted) in &completed.rows {
        let found = rows.get(table).copied().unwrap_or(0);
        if found != *wanted {
            return Err(damaged(format!("{table} has {found} rows, and had {wanted} when it was made")));
        }
    }
    let broken = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_key_check");
    match db.query_all_raw(broken).await?.len() {
        0 => Ok(()),
        rows => Err(damaged(format!("{rows} rows refer to rows that aren't there"))),
    }
}

/// The number that a statement answers.
async fn number(db: &impl ConnectionTrait, sql: &str) -> Result<u64, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    let number: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    Ok(number.unsigned_abs())
}

/// What a complete backup says of itself, without looking whether it is so; nothing for any other file.
pub async fn peek(path: &Path) -> Option<(Completed, Installation)> {
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let db = Database::connect(sqlite::untouched(path)).await.ok()?;
    let found = async { Some((completed_of(&db).await?, installation_of(&db).await.ok()??)) };
    let found = found.await;
    let _ = db.close().await;
    found
}

async fn completed_of(db: &DatabaseConnection) -> Option<Completed> {
    let sql = format!("SELECT value FROM settings WHERE key = '{COMPLETED}'");
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.ok()??;
    Completed::parse(&row.try_get::<String>("", "value").ok()?)
}

/// Looks at a file, without changing anything, and answers what it holds if it is a complete backup in order.
pub async fn inspect(path: &Path, thorough: bool) -> Result<Backup, StoreError> {
    access::open(WHAT, path, Guard::Data).map_err(BackupError::from)?;
    let db = Database::connect(sqlite::untouched(path)).await;
    let db = db.map_err(|_| BackupError::Incomplete(path.to_owned()))?;
    let found = look_into(&db, path, thorough).await;
    let _ = db.close().await;
    match found {
        Err(StoreError::Corrupt(error)) => {
            Err(BackupError::Damaged { path: path.to_owned(), what: error.to_string() }.into())
        }
        found => found,
    }
}

async fn look_into(db: &DatabaseConnection, path: &Path, thorough: bool) -> Result<Backup, StoreError> {
    let incomplete = || StoreError::from(BackupError::Incomplete(path.to_owned()));
    let completed = completed_of(db).await.ok_or_else(incomplete)?;
    match schema::look::<Migrator>(db).await? {
        Schema::Current | Schema::Older => {}
        Schema::Empty | Schema::Foreign => return Err(incomplete()),
    }
    check(db, path, &completed, thorough).await?;
    Ok(Backup {
        path: path.to_owned(),
        completed,
        installation: installation_of(db).await?.ok_or_else(incomplete)?,
        last_entry: last_entry(db).await?.unwrap_or(0),
    })
}

/// The number of the newest entry of the audit log.
pub(super) async fn last_entry(db: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    let sql = Statement::from_string(db.get_database_backend(), "SELECT max(id) AS id FROM audit");
    Ok(db.query_one_raw(sql).await?.map(|row| row.try_get("", "id")).transpose()?.flatten())
}
