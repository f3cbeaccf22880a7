//! A database of its own for each test on PostgreSQL, and statements as an attacker would run them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::{Store, StoreError, Tx};

/// Something is missing that a test needs: it is left out, loudly, and never under CI.
pub fn skip(what: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI nothing may be missing: {what}");
    eprintln!("SKIPPED: {what}");
}

/// The PostgreSQL server for tests (`tests/run` starts one and names it), if there is one.
pub fn server() -> Option<String> {
    let server = std::env::var("RSVP_TEST_POSTGRES").ok();
    if server.is_none() {
        skip("RSVP_TEST_POSTGRES is not set, so nothing ran on PostgreSQL");
    }
    server
}

/// The URLs of new, empty databases of each kind there is: a file in this folder, and one on the test server.
pub async fn each_kind(folder: &std::path::Path) -> Vec<String> {
    let mut urls = vec![format!("sqlite://{}", folder.join("rsvp.db").display())];
    if let Some(server) = server() {
        urls.push(fresh_postgres(&server).await);
    }
    urls
}

/// A new, empty database on the test server.
pub async fn fresh_postgres(server: &str) -> String {
    use sqlx::Connection;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("unit_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let mut connection = sqlx::PgConnection::connect(server).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let (host, _) = base.rsplit_once('/').unwrap();
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}

/// Statements in the order in which they ran.
pub type Statements = Arc<Mutex<Vec<String>>>;

impl Tx {
    /// Runs a statement.
    pub async fn run(&self, statement: &str) -> Result<(), StoreError> {
        Ok(self.db().execute_unprepared(statement).await.map(drop)?)
    }
}

impl Store {
    /// The same database, and where each statement that it runs is written down. What only begins and ends transactions
    /// is not.
    pub fn watched(&self) -> (Self, Statements) {
        let (mut db, all) = (self.db.clone(), Statements::default());
        let list = Arc::clone(&all);
        db.set_metric_callback(move |info| list.lock().unwrap().push(info.statement.sql.clone()));
        (Self { db, file: self.file.clone(), server: self.server.clone() }, all)
    }

    /// How often something was committed to the embedded database: in its log, whose format is
    /// <https://www.sqlite.org/fileformat2.html#walformat>, the last page of a commit has the size of the database
    /// after it.
    pub fn commits(&self) -> usize {
        let mut log = self.file.clone().unwrap().path.into_os_string();
        log.push("-wal");
        let log = std::fs::read(log).unwrap();
        let page = usize::try_from(u32::from_be_bytes(log[8..12].try_into().unwrap())).unwrap();
        log[32..].chunks_exact(24 + page).filter(|frame| frame[4..8] != [0; 4]).count()
    }

    /// Runs a statement as somebody would who has the database and not the program.
    pub async fn raw(&self, statement: &str) -> Result<(), String> {
        self.db.execute_unprepared(statement).await.map(drop).map_err(|error| error.to_string())
    }

    /// Every row of every table as text, with the table's name before it.
    pub async fn everything(&self) -> Vec<String> {
        let backend = self.db.get_database_backend();
        let is_postgres = backend == DbBackend::Postgres;
        let texts = async |sql: String| -> Vec<String> {
            let rows = self.db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
            rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect()
        };
        let tables = if is_postgres {
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        };
        let mut all = Vec::new();
        for table in texts(tables.to_owned()).await {
            let row = if is_postgres {
                format!("SELECT CAST(row_to_json(one) AS TEXT) FROM {table} one")
            } else {
                let columns = texts(format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
                format!("SELECT {} FROM {table}", quoted.join(" || ' ' || "))
            };
            all.extend(texts(row).await.into_iter().map(|row| format!("{table}: {row}")));
        }
        all
    }

    /// Runs a statement after the triggers that keep the audit log append-only were taken away.
    pub async fn without_triggers(&self, statement: &str) -> Result<(), String> {
        let triggers: &[&str] = if self.db.get_database_backend() == DbBackend::Postgres {
            &[
                "DROP TRIGGER IF EXISTS audit_no_change ON audit",
                "DROP TRIGGER IF EXISTS audit_chain_no_change ON audit_chain",
            ]
        } else {
            &[
                "DROP TRIGGER IF EXISTS audit_no_update",
                "DROP TRIGGER IF EXISTS audit_no_delete",
                "DROP TRIGGER IF EXISTS audit_chain_no_update",
                "DROP TRIGGER IF EXISTS audit_chain_no_delete",
            ]
        };
        for trigger in triggers {
            self.raw(trigger).await?;
        }
        self.raw(statement).await
    }
}
