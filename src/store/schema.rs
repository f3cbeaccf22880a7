//! The schema of the database: looked at without changing anything, and made or brought up to date in one transaction, so that
//! one that is cut off at any instant leaves nothing behind and the next start goes on.

use std::io::Read as _;
use std::path::Path;

use migration::MigratorTrait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use super::StoreError;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;

/// The table in which each change of the schema is recorded.
pub(super) const RECORDS: &str = "seaql_migrations";
/// The version of this program.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// The setting that names the version of the program that last changed the schema.
pub(super) const CHANGED_BY: &str = "schema_changed_by";
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
pub(super) async fn look<M: MigratorTrait>(db: &impl ConnectionTrait) -> Result<Schema, StoreError> {
    let tables = tables(db).await?;
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
            let by = format!("SELECT value FROM settings WHERE key = '{CHANGED_BY}'");
            let program = texts(db, &by, "value").await.unwrap_or_default().pop();
            return Err(StoreError::Newer { migration: version.clone(), program });
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

/// The names of all tables.
pub(super) async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = if db.get_database_backend() == DbBackend::Postgres {
        "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    texts(db, sql, "name").await
}

pub(super) async fn rows(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await
}

/// Something in an embedded database that this program did not make: a trigger, a view, an index or a table.
pub(super) async fn foreign_object(db: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    let all = "SELECT type, name, CASE WHEN type IN ('table', 'index') THEN '' ELSE sql END AS sql FROM sqlite_master \
               WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name";
    let own = super::Store::in_memory().await?;
    let own = objects(&rows(&own.db, all).await?)?;
    let found = objects(&rows(db, all).await?)?;
    Ok(found.into_iter().find(|one| !own.contains(one)).map(|(kind, name, _)| format!("the {kind} {}", visible(&name))))
}

fn objects(rows: &[QueryResult]) -> Result<Vec<(String, String, String)>, DbErr> {
    rows.iter().map(|row| Ok((row.try_get("", "type")?, row.try_get("", "name")?, row.try_get("", "sql")?))).collect()
}

/// What a server's clock says; an embedded database has none of its own.
pub(super) async fn server_now(db: &impl ConnectionTrait) -> Result<Option<Timestamp>, DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
    rows(db, sql).await?.first().map(|row| row.try_get("", "now").map(Timestamp)).transpose()
}

async fn texts(db: &impl ConnectionTrait, sql: &str, column: &str) -> Result<Vec<String>, DbErr> {
    rows(db, sql).await?.iter().map(|row| row.try_get("", column)).collect()
}

/// Makes the schema, or brings it up to date, on a database that is open for nothing else; an embedded one with foreign
/// keys off. Two that do so at once wait for each
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
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL lock_timeout = '60s'").await?;
        M::install(&tx).await?;
        tx.execute_unprepared(&format!("LOCK TABLE {RECORDS} IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    change::<M>(&tx).await?;
    tx.commit().await
}

/// Makes every change that is missing, and notes which program did. On SQLite foreign keys are off, and numbers that were
/// given once are not given again, whatever tables were made anew.
pub(super) async fn change<M: MigratorTrait>(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    let is_postgres = tx.get_database_backend() == DbBackend::Postgres;
    let numbered = if is_postgres { Vec::new() } else { numbered(tx).await? };
    M::up(tx, None).await?;
    if !is_postgres {
        tx.execute_unprepared(&format!("PRAGMA application_id = {APPLICATION}")).await?;
        for (table, number) in numbered {
            // A table that was made anew begins at its highest row, and a higher one may have been deleted.
            let values = [number.into(), table.into()];
            let sql = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?";
            tx.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
        }
        let broken = rows(tx, "PRAGMA foreign_key_check").await?.len();
        if broken > 0 {
            return Err(DbErr::Custom(format!("{broken} rows would refer to rows that are gone")));
        }
    }
    let noted = format!(
        "INSERT INTO settings (key, value) VALUES ('{CHANGED_BY}', '{PROGRAM}') \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    );
    tx.execute_unprepared(&noted).await.map(drop)
}

/// The highest number that each table gave; none before there is any such table.
async fn numbered(tx: &DatabaseTransaction) -> Result<Vec<(String, i64)>, DbErr> {
    if rows(tx, "SELECT 1 AS one FROM sqlite_master WHERE name = 'sqlite_sequence'").await?.is_empty() {
        return Ok(Vec::new());
    }
    let all = rows(tx, "SELECT name, seq FROM sqlite_sequence").await?;
    all.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "seq")?))).collect()
}

/// Whether somebody else made the same table at the same moment: PostgreSQL's 23505 (unique violation, in its own catalogue)
/// and 42P07 (duplicate table).
fn made_at_once(error: &DbErr) -> bool {
    matches!(super::error::state(error).as_deref(), Some("23505" | "42P07"))
}

#[cfg(test)]
mod tests {
    use migration::Migrator;
    use migration::prelude::*;
    use sea_orm::Database;

    use super::*;
    use crate::store::test::each_kind;
    use crate::store::{Store, sqlite};

    /// Makes the table of users anew, as a change must that SQLite's ALTER TABLE cannot make.
    struct Rebuild;

    impl MigrationName for Rebuild {
        fn name(&self) -> &'static str {
            "m20991231_000001_rebuild"
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Rebuild {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let db = manager.get_connection();
            if db.get_database_backend() == DbBackend::Postgres {
                return db.execute_unprepared("ALTER TABLE users ADD COLUMN nickname TEXT").await.map(drop);
            }
            let made = rows(db, "SELECT sql FROM sqlite_master WHERE name = 'users'").await?;
            let made: String = made[0].try_get("", "sql")?;
            let kept = "id, name, name_key, email, email_key, email_sort, search_key, role, language, \
                        password_hash, suspended_at, deleted_at, created_at, invited_at, last_sign_in_at, \
                        open_expires_at, mail_failed_at, asked_at, version";
            for sql in [
                made.replace("CREATE TABLE users", "CREATE TABLE new_users"),
                format!("INSERT INTO new_users ({kept}) SELECT {kept} FROM users"),
                "DROP TABLE users".to_owned(),
                "ALTER TABLE new_users RENAME TO users".to_owned(),
            ] {
                db.execute_unprepared(&sql).await?;
            }
            Ok(())
        }
    }

    struct Later;

    impl MigratorTrait for Later {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            Migrator::migrations().into_iter().chain([Box::new(Rebuild) as Box<dyn MigrationTrait>]).collect()
        }
    }

    /// How many rows each table has.
    async fn counts(db: &DatabaseConnection) -> Vec<(String, i64)> {
        let mut all = Vec::new();
        for table in tables(db).await.unwrap().into_iter().filter(|table| table != RECORDS) {
            let n = rows(db, &format!("SELECT count(*) AS n FROM {table}")).await.unwrap()[0].try_get("", "n").unwrap();
            all.push((table, n));
        }
        all.sort();
        all
    }

    #[tokio::test]
    async fn a_change_of_the_schema_loses_no_row_and_gives_no_number_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.db");
        for url in each_kind(folder.path()).await {
            let store = Store::open(&url, true).await.unwrap();
            let user = |id: i64| {
                format!(
                    "INSERT INTO users (id, name, name_key, email, email_sort, search_key, role, language,
                        created_at, invited_at, last_sign_in_at, open_expires_at, mail_failed_at, asked_at, version)
                     VALUES ({id}, 'a', 'a', 'a', 'a', 'a', 'none', 'en', 0, 0, 0, 0, 0, 0, 1)"
                )
            };
            for sql in [
                user(1),
                user(7),
                "INSERT INTO workspaces (name, name_key, created_at) VALUES ('Crew', 'crew', 0)".to_owned(),
                "INSERT INTO memberships (workspace_id, user_id, role) VALUES (1, 1, 'member')".to_owned(),
                "DELETE FROM users WHERE id = 7".to_owned(),
            ] {
                store.raw(&sql).await.unwrap();
            }
            store.close().await;
            let db = if url.starts_with("sqlite") {
                Database::connect(sqlite::schema_options(&path)).await.unwrap()
            } else {
                Database::connect(&url).await.unwrap()
            };
            let before = counts(&db).await;
            assert_eq!(look::<Later>(&db).await.unwrap(), Schema::Older);
            bring_up::<Later>(&db).await.unwrap();
            assert_eq!(look::<Later>(&db).await.unwrap(), Schema::Current);
            assert_eq!(counts(&db).await, before, "{url}");
            assert!(before.contains(&("memberships".to_owned(), 1)));
            if url.starts_with("sqlite") {
                let next = "INSERT INTO users (name, name_key, email, email_sort, search_key, role, language,
                        created_at, invited_at, last_sign_in_at, open_expires_at, mail_failed_at, asked_at, version)
                     VALUES ('b', 'b', 'b', 'b', 'b', 'none', 'en', 0, 0, 0, 0, 0, 0, 1) RETURNING id";
                let id: i64 = rows(&db, next).await.unwrap()[0].try_get("", "id").unwrap();
                assert_eq!(id, 8, "the seventh is not given again");
            }
            // This program does not know the change, and says which one does.
            let newer = look::<Migrator>(&db).await.unwrap_err();
            assert_eq!(newer.to_string(), format!("the database was made by rsvp {PROGRAM} or a later version"));
            db.close().await.unwrap();
        }
    }
}
