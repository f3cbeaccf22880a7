//! The one way to open a transaction. What happens inside touches nothing but the store, so it can be run again.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};

use super::error::is_retryable;
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// How often a transaction that PostgreSQL gave up is run again.
const TRIES: u32 = 5;

/// An open transaction. The methods that read and write are in the files of the tables they concern.
#[derive(Clone)]
pub struct Tx(Arc<DatabaseTransaction>);

impl Tx {
    pub(super) fn db(&self) -> &DatabaseTransaction {
        &self.0
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }
}

impl Tx {
    /// What the database server's clock says; an embedded database has none of its own.
    pub async fn database_now(&self) -> Result<Option<Timestamp>, StoreError> {
        if !self.is_postgres() {
            return Ok(None);
        }
        let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now";
        let row = self.db().query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        Ok(row.map(|row| row.try_get("", "now")).transpose()?.map(Timestamp))
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
        let tx = self.db.begin_with_options(options).await.map_err(StoreError::from)?;
        let tx = Tx(Arc::new(tx));
        // On an error the transaction is dropped, which rolls it back.
        let answer = work(tx.clone()).await?;
        let tx = Arc::into_inner(tx.0).ok_or(StoreError::Unfinished)?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(answer)
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
