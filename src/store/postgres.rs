//! Connections with a database on a PostgreSQL server.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sqlx::Connection as _;

use super::StoreError;

pub(super) async fn open(url: &str) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).min_connections(1).max_connections(8).acquire_timeout(Duration::from_secs(10));
    // A commit that failed leaves the driver counting an open transaction. A rollback needs no round trip to be
    // counted.
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_release(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
    });
    Database::connect(options).await.map_err(StoreError::Unreachable)
}
