//! The one way to open a transaction. What happens inside touches nothing but the store, so it can be run again.
//!
//! A statement that failed ends the transaction, whatever the code around it makes of the error: SQLite rolls back by
//! itself when the disk is full or cannot be read, PostgreSQL after any error, and what came after would be stored
//! alone, or not at all under an answer that says it was. There are no savepoints for the same reason: a nested begin
//! that fails rolls back the outer transaction, whose commit then does nothing and answers Ok.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, prelude::async_trait::async_trait,
};

use super::error::is_retryable;
use super::order::Order;
use super::outcome::{Mark, Outcome};
use super::postgres::{Patience, Server};
use super::{ServerProblem, Store, StoreError, schema};
use crate::domain::time::Timestamp;

/// How often a transaction that PostgreSQL gave up is run again.
const TRIES: u32 = 5;

/// An open transaction. The methods that read and write are in the files of the tables they concern.
#[derive(Clone)]
pub struct Tx(Arc<Connection>);

/// The connection of an open transaction, which takes nothing more after a statement that failed.
pub(super) struct Connection {
    transaction: DatabaseTransaction,
    failed: AtomicBool,
    /// The server that it goes to, and whether this only reads.
    server: Option<(Arc<Server>, bool)>,
    order: Order,
}

impl Connection {
    fn check(&self) -> Result<(), DbErr> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(DbErr::Custom("an earlier statement of this transaction failed".to_owned()));
        }
        Ok(())
    }

    /// Waits for an answer, and notes whether it was an error.
    async fn note<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        let answer = match &self.server {
            Some((server, reads)) => server.patiently(Patience::to_go_on(*reads), work).await,
            None => work.await,
        };
        if let Err(error) = &answer {
            self.failed.store(true, Ordering::Relaxed);
            let problem = ServerProblem::of(error);
            if let Some((server, _)) = &self.server
                && problem.is_some_and(|problem| problem == ServerProblem::ReadOnly || problem.leaves_open())
            {
                server.mark_stale();
            }
        }
        answer
    }

    /// Commits; where that was not answered, the server is asked what became of it.
    async fn commit(self) -> Result<(), StoreError> {
        self.check()?;
        let Some((server, reads)) = self.server.clone() else { return Ok(self.transaction.commit().await?) };
        let mark =
            if reads || !server.keeps_outcomes() { None } else { self.note(Mark::of(&self.transaction)).await? };
        let Err(error) = server.patiently(Patience::to_go_on(reads), self.transaction.commit()).await else {
            return Ok(());
        };
        if reads || !ServerProblem::of(&error).is_some_and(|problem| problem.leaves_open()) {
            return Err(error.into());
        }
        server.mark_stale();
        let outcome = match &mark {
            Some(mark) => Box::pin(mark.outcome(&server)).await,
            // Nothing was changed.
            None if server.keeps_outcomes() => Outcome::NotStored,
            None => Outcome::Unknown,
        };
        match outcome {
            Outcome::Stored => Ok(()),
            Outcome::NotStored => Err(error.into()),
            Outcome::Unknown => Err(StoreError::OutcomeUnknown(error)),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.check()?;
        self.note(self.transaction.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.check()?;
        self.note(self.transaction.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.check()?;
        self.note(self.transaction.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.check()?;
        self.note(self.transaction.query_all_raw(statement)).await
    }
}

impl Tx {
    /// Who was locked and read so far.
    pub(super) fn order(&self) -> &Order {
        &self.0.order
    }

    pub(super) fn db(&self) -> &Connection {
        &self.0
    }

    /// The transaction itself, for what changes the schema within it.
    pub(super) fn transaction(&self) -> &DatabaseTransaction {
        &self.0.transaction
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }
}

impl Tx {
    /// What the database server's clock says; an embedded database has none of its own.
    pub async fn database_now(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(schema::server_now(self.db()).await?)
    }
}

impl Store {
    /// Runs a change: all of it is stored when the closure answers `Ok`, and none of it otherwise.
    pub async fn write<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        F: Fn(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError> + std::error::Error + 'static,
    {
        let mut tries = 1;
        loop {
            let done = self.run(&work, SqliteTransactionMode::Immediate).await;
            match done {
                Err(error) if tries < TRIES && gave_up(&error) => tries += 1,
                done => return done,
            }
        }
    }

    /// Reads inside one snapshot.
    pub async fn read<T, E, F, Fut>(&self, work: F) -> Result<T, E>
    where
        F: Fn(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError> + std::error::Error + 'static,
    {
        self.run(&work, SqliteTransactionMode::Deferred).await
    }

    async fn run<T, E, F, Fut>(&self, work: &F, mode: SqliteTransactionMode) -> Result<T, E>
    where
        F: Fn(Tx) -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<StoreError>,
    {
        self.check_file()?;
        let options = if self.db.get_database_backend() == DbBackend::Postgres {
            // Several statements of a read see one state, as on SQLite; a change sees what others committed meanwhile.
            let level = match mode {
                SqliteTransactionMode::Deferred => IsolationLevel::RepeatableRead,
                SqliteTransactionMode::Immediate | SqliteTransactionMode::Exclusive => IsolationLevel::ReadCommitted,
            };
            TransactionOptions { isolation_level: Some(level), ..Default::default() }
        } else {
            TransactionOptions { sqlite_transaction_mode: Some(mode), ..Default::default() }
        };
        let server = self.server.clone().map(|server| (server, mode == SqliteTransactionMode::Deferred));
        let transaction = match &server {
            Some((server, reads)) => self.begin(server, *reads, options).await,
            None => self.db.begin_with_options(options).await,
        };
        let transaction = transaction.map_err(StoreError::from)?;
        // It may have waited for whoever put another file in its place.
        self.check_file()?;
        let tx =
            Tx(Arc::new(Connection { transaction, failed: AtomicBool::new(false), server, order: Order::default() }));
        // On an error the transaction is dropped, which rolls it back.
        let answer = work(tx.clone()).await?;
        let connection = Arc::into_inner(tx.0).ok_or(StoreError::Unfinished)?;
        connection.commit().await?;
        Ok(answer)
    }

    /// Begins a transaction on a server. Nothing was asked for yet, so that one that was lost meanwhile is no reason to fail.
    async fn begin(
        &self,
        server: &Server,
        reads: bool,
        options: TransactionOptions,
    ) -> Result<DatabaseTransaction, DbErr> {
        let patience = Patience::to_begin(reads);
        match server.patiently(patience, self.db.begin_with_options(options)).await {
            Err(error) if matches!(ServerProblem::of(&error), Some(ServerProblem::Lost | ServerProblem::Stopping)) => {
                server.mark_stale();
                server.patiently(patience, self.db.begin_with_options(options)).await
            }
            begun => begun,
        }
    }
}

/// Whether the database gave the transaction up and it may be run again.
fn gave_up<E: std::error::Error + 'static>(error: &E) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.downcast_ref::<DbErr>().is_some_and(is_retryable) {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test::each_kind;

    async fn add(store: &Store, key: &str) -> Result<(), StoreError> {
        let insert = format!("INSERT INTO settings (key, value) VALUES ('{key}', 'x')");
        store.write(async |tx| Ok(tx.db().execute_unprepared(&insert).await.map(drop)?)).await
    }

    /// Stores something and then refuses all of it, as a rule does.
    async fn refuse(store: &Store) {
        let refused = store
            .write(async |tx| {
                tx.db().execute_unprepared("INSERT INTO settings (key, value) VALUES ('refused', 'x')").await?;
                Err::<(), _>(StoreError::Unfinished)
            })
            .await;
        assert!(matches!(refused, Err(StoreError::Unfinished)), "{refused:?}");
    }

    /// What another process finds.
    async fn found(url: &str) -> Vec<String> {
        let store = Store::open(url, false).await.unwrap();
        let all = store.everything().await;
        let rows = all.into_iter().filter_map(|row| row.strip_prefix("settings: ").map(str::to_owned));
        let mut keys: Vec<String> = rows.map(|row| row.split('\'').nth(1).unwrap().to_owned()).collect();
        keys.retain(|key| key != "schema_changed_by");
        keys.sort();
        store.close().await;
        keys
    }

    #[tokio::test]
    async fn after_a_full_disk_a_commit_that_answers_ok_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("rsvp.db").display());
        let store = Store::open(&url, true).await.unwrap();
        let mut wanted = Vec::new();
        for round in 0..20 {
            let fill = "INSERT INTO settings (key, value) VALUES ('big', hex(zeroblob(3000000)))";
            let answer = store
                .write(async |tx| {
                    // SQLite takes the present size for a limit that is less.
                    tx.db().execute_unprepared("PRAGMA max_page_count = 1").await?;
                    Ok(tx.db().execute_unprepared(fill).await.map(drop)?)
                })
                .await;
            assert!(matches!(answer, Err(StoreError::Full(_))), "{answer:?}");
            // On a connection that counts a transaction too many what comes first is stored, and after a refusal
            // nothing is.
            for name in ["one", "two", "three"] {
                let key = format!("{round:02} {name}");
                add(&store, &key).await.unwrap();
                wanted.push(key);
                refuse(&store).await;
            }
        }
        wanted.sort();
        assert_eq!(found(&url).await, wanted);
    }

    #[tokio::test]
    async fn a_statement_that_failed_ends_the_transaction_whatever_is_made_of_its_error() {
        let folder = tempfile::tempdir().unwrap();
        for url in each_kind(folder.path()).await {
            let store = Store::open(&url, true).await.unwrap();
            add(&store, "first").await.unwrap();
            let swallowed = store
                .write(async |tx| {
                    tx.db().execute_unprepared("INSERT INTO settings (key, value) VALUES ('before', 'x')").await?;
                    let taken = "INSERT INTO settings (key, value) VALUES ('first', 'x')";
                    assert!(tx.db().execute_unprepared(taken).await.is_err());
                    let after = "INSERT INTO settings (key, value) VALUES ('after', 'x')";
                    assert!(tx.db().execute_unprepared(after).await.is_err());
                    Ok::<_, StoreError>(())
                })
                .await;
            assert!(swallowed.is_err());
            add(&store, "second").await.unwrap();
            store.close().await;
            if url.starts_with("sqlite") {
                assert_eq!(found(&url).await, ["first", "second"]);
            }
        }
    }
}
