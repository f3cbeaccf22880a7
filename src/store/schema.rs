//! The schema of the database: looked at without changing anything, and made or brought up to date in one transaction, so that
//! one that is cut off at any instant leaves nothing behind and the next start goes on.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use migration::MigratorTrait;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};

use super::StoreError;

/// The table in which each change of the schema is recorded.
const RECORDS: &str = "seaql_migrations";
/// What the file format keeps for a program to know its own files by (`application_id`): "rsvp".
const APPLICATION: u32 = 0x7273_7670;
/// How often a first start on PostgreSQL is tried again that met another one.
const TRIES: u32 = 5;

/// What a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// No table at all.
    Empty,
    /// Tables of another program, and none of ours.
    Foreign,
    /// Ours, without the newest changes.
    Older,
    Current,
}

/// Whether a file may be an SQLite database that is not ours, as far as its head says. Opening it for writing would already
/// change how it keeps its journal. <https://www.sqlite.org/fileformat2.html#the_database_header>
pub(super) fn may_be_foreign(path: &Path) -> bool {
    let mut head = [0; 72];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    // SQLite keeps its log beside the file itself, not beside a link to it.
    let mut log = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    log.push("-wal");
    // The newest head may still be in the log.
    read.is_ok() && head[68..] != APPLICATION.to_be_bytes() && !Path::new(&log).exists()
}

/// Looks at the schema. A database that a newer program changed is an error, and so is one from before the first release: its
/// changes have names that come before the first of ours.
pub(super) async fn look<M: MigratorTrait>(db: &DatabaseConnection) -> Result<Schema, StoreError> {
    let backend = db.get_database_backend();
    let tables = if backend == DbBackend::Postgres {
        "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let tables: Vec<String> = texts(db, tables, "name").await?;
    if !tables.iter().any(|name| name == RECORDS) {
        return Ok(if tables.is_empty() { Schema::Empty } else { Schema::Foreign });
    }
    let recorded = texts(db, &format!("SELECT version FROM {RECORDS}"), "version").await?;
    let ours: Vec<String> = M::migrations().iter().map(|m| m.name().to_owned()).collect();
    for version in &recorded {
        if ours.first().is_some_and(|first| version < first) {
            return Err(StoreError::PreRelease);
        }
        if !ours.contains(version) {
            return Err(StoreError::Newer(version.clone()));
        }
    }
    Ok(match recorded.len() {
        // A record is made in the same transaction as what it records.
        0 if tables.len() > 1 => Schema::Foreign,
        0 => Schema::Empty,
        some if some < ours.len() => Schema::Older,
        _ => Schema::Current,
    })
}

async fn texts(db: &DatabaseConnection, sql: &str, column: &str) -> Result<Vec<String>, StoreError> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(rows.iter().map(|row| row.try_get("", column)).collect::<Result<_, _>>()?)
}

/// Makes the schema, or brings it up to date, on a database that is open for nothing else. Two that do so at once wait for each
/// other, and the second finds nothing to do.
pub(super) async fn bring_up<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), StoreError> {
    let mut tries = 1;
    loop {
        match in_one_transaction::<M>(db).await {
            // Both looked before either had made the first table.
            Err(error) if tries < TRIES && made_at_once(&error) => tries += 1,
            done => return Ok(done?),
        }
    }
}

async fn in_one_transaction<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mode = Some(SqliteTransactionMode::Immediate);
    let tx = db.begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() }).await?;
    let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
    if is_postgres {
        tx.execute_unprepared("SET LOCAL lock_timeout = '60s'").await?;
        M::install(&tx).await?;
        tx.execute_unprepared(&format!("LOCK TABLE {RECORDS} IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    M::up(&tx, None).await?;
    if !is_postgres {
        tx.execute_unprepared(&format!("PRAGMA application_id = {APPLICATION}")).await?;
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_key_check");
        let broken = tx.query_all_raw(check).await?.len();
        if broken > 0 {
            return Err(DbErr::Custom(format!("{broken} rows would refer to rows that are gone")));
        }
    }
    tx.commit().await
}

/// Whether somebody else made the same table at the same moment: PostgreSQL's 23505 (unique violation, in its own catalogue)
/// and 42P07 (duplicate table).
fn made_at_once(error: &DbErr) -> bool {
    matches!(super::error::state(error).as_deref(), Some("23505" | "42P07"))
}

/// A connection to an embedded database on which the schema can be changed: alone, and with foreign keys off, which cannot be
/// switched inside a transaction and would delete what refers to a table that is made anew.
pub(super) async fn alone(mut options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    options.max_connections(1).acquire_timeout(Duration::from_mins(1));
    Ok(Database::connect(options).await?)
}
