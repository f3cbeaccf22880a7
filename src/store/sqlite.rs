//! Connections with an embedded database: a private file, or this process's memory.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use migration::Migrator;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::StoreError;
use super::schema::{self, Schema};
use crate::access::{self, Guard};

/// A database in this process's memory, which ends with it and leaves no trace. One connection, because another would
/// see a database of its own; it is never given up, because the database would go with it.
pub(super) async fn in_memory() -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.sqlx_logging(false).min_connections(1).max_connections(1).acquire_timeout(Duration::from_mins(1));
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(|sqlite| sqlite.foreign_keys(true));
    Ok(Database::connect(options).await?)
}

/// What a message calls the file.
const WHAT: &str = "the database";
/// How the names end of the files that SQLite keeps beside it.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What a connection caches, as SQLite writes KiB.
const CACHE: &str = "-512";

/// Makes the file if `create` says so, and refuses one that is not this login's or another program's, without changing
/// anything in it: opening it would already change how it keeps its journal.
pub(super) async fn refuse_others(path: &Path, create: bool) -> Result<(), StoreError> {
    prepare_file(path, create)?;
    if schema::may_be_foreign(path) {
        // Without a log beside it the file is all there is, and is read as it is.
        let file = Database::connect(untouched(path)).await?;
        let found = schema::look::<Migrator>(&file).await;
        let _ = file.close().await;
        // What else is wrong is said when it is opened; another process may be making it at this moment.
        if matches!(found, Ok(Schema::Foreign)) {
            return Err(StoreError::OtherProgram);
        }
        if matches!(found, Err(StoreError::PreRelease)) {
            return Err(StoreError::PreRelease);
        }
    }
    Ok(())
}

/// Opens a file that [`refuse_others`] let pass.
pub(super) async fn open(path: &Path) -> Result<DatabaseConnection, StoreError> {
    let mut with = options(path);
    // When the disk is full, SQLite rolls back by itself and the driver goes on counting an open transaction: the next
    // begin would be a savepoint, and sooner or later nothing would be stored under commits that answer Ok. Such a
    // connection is closed. The ping waits for the rollback that a dropped transaction sends.
    with.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
    });
    Ok(Database::connect(with).await?)
}

/// One connection with a file that must be there, opened as `how` says.
pub(super) fn file_options(
    path: &Path,
    how: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    let file: PathBuf = path.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.sqlx_logging(false).min_connections(1).max_connections(1);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        how(sqlite.in_memory(false).shared_cache(false).filename(&file).create_if_missing(false))
    });
    options
}

/// How a file is opened that may be another program's: nothing is written, neither into it nor beside it.
pub(super) fn untouched(path: &Path) -> ConnectOptions {
    file_options(path, |sqlite| sqlite.read_only(true).immutable(true))
}

/// How the embedded database is opened.
pub(super) fn options(path: &Path) -> ConnectOptions {
    mapped(path, true, Duration::from_secs(5))
}

/// How it is opened to change its schema: foreign keys cannot be switched off inside a transaction, and would delete what
/// refers to a table that is made anew. Another one that changes the schema may take its time.
pub(super) fn schema_options(path: &Path) -> ConnectOptions {
    let wait = Duration::from_mins(1);
    let mut options = mapped(path, false, wait);
    options.max_connections(1).acquire_timeout(wait);
    options
}

fn mapped(path: &Path, foreign_keys: bool, busy_timeout: Duration) -> ConnectOptions {
    let mut options = file_options(path, move |sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(foreign_keys)
            .busy_timeout(busy_timeout)
            // The system caches the file as well; the usual 2 MiB for each connection are memory that nothing gains.
            .pragma("cache_size", CACHE)
            // What is removed is written over, so that nothing of an erased person stays in the file.
            .pragma("secure_delete", "ON")
    });
    options.max_connections(4).acquire_timeout(Duration::from_secs(10));
    options
}

/// Makes the file with mode 0600 before SQLite opens it: its side files take the same mode.
fn prepare_file(path: &Path, create: bool) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    if path.is_dir() {
        return Err(StoreError::Folder(path.to_owned()));
    }
    if create {
        // Nothing is made where somebody else could put another in its place.
        access::judge(WHAT, path)?;
        if let Some(folder) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        }
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
    }
    judge(path)
}

/// That a database that is there is this login's, and that nobody else can read or exchange it or what SQLite keeps beside it.
pub(super) fn judge(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(io)?;
    access::check(WHAT, path, &metadata, Guard::Secret)?;
    // SQLite would say no more than that it cannot open root's file.
    access::is_ours(WHAT, path, &metadata)?;
    access::judge(WHAT, path)?;
    // SQLite keeps them beside the file itself, not beside a link to it, and goes by what is in them.
    let real = std::fs::canonicalize(path).map_err(io)?;
    access::companions("the file beside the database", BESIDE.map(|ending| beside(&real, ending)))?;
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
