//! What became of a transaction whose COMMIT was not answered: the server is asked, nothing is guessed.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, Statement};
use sqlx::{Connection as _, Row as _};
use tokio::time::{Instant, sleep, timeout_at};

use super::postgres::Server;

/// How long an answer is waited for: a server that is restarted or switched over is back by then.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 20 });
/// How long it waits between two questions.
const PAUSE: Duration = Duration::from_millis(200);
/// How long one connection may take.
const ONE: Duration = Duration::from_secs(3);

/// A transaction of the server, as it can be found again.
pub(super) struct Mark {
    id: String,
    /// A standby that took over without the last changes gives the same numbers again, on another time line.
    time_line: String,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stored,
    NotStored,
    Unknown,
}

impl Mark {
    /// The mark of the transaction, if it changed anything.
    pub async fn of(transaction: &DatabaseTransaction) -> Result<Option<Self>, DbErr> {
        let sql = "SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT) AS id, \
            left(pg_walfile_name(pg_current_wal_lsn()), 8) AS time_line";
        let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        let Some(row) = row else { return Ok(None) };
        let (id, time_line): (Option<String>, String) = (row.try_get("", "id")?, row.try_get("", "time_line")?);
        Ok(id.map(|id| Self { id, time_line }))
    }

    /// Asks until the server answers, or nobody can wait any longer.
    pub async fn outcome(&self, server: &Server) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let asked = timeout_at(deadline, self.ask(server)).await;
            match asked {
                Ok(Ok(Some(outcome))) => return outcome,
                // It still runs, or the server isn't back.
                Ok(_) if Instant::now() + PAUSE < deadline => sleep(PAUSE).await,
                Ok(_) | Err(_) => return Outcome::Unknown,
            }
        }
    }

    async fn ask(&self, server: &Server) -> Result<Option<Outcome>, sqlx::Error> {
        // Fails on a standby, which may become the primary server in a moment.
        let sql = "SELECT pg_xact_status(CAST($1 AS xid8)), left(pg_walfile_name(pg_current_wal_lsn()), 8)";
        let mut connection = server.connect(ONE).await?;
        let row = sqlx::query(sql).bind(&self.id).fetch_one(&mut connection).await?;
        let (status, time_line): (Option<String>, String) = (row.try_get(0)?, row.try_get(1)?);
        let _ = tokio::time::timeout(ONE, connection.close()).await;
        if time_line != self.time_line {
            return Ok(Some(Outcome::Unknown));
        }
        Ok(match status.as_deref() {
            Some("committed") => Some(Outcome::Stored),
            Some("aborted") => Some(Outcome::NotStored),
            Some(_) => None,
            // So long ago that the server has forgotten it.
            None => Some(Outcome::Unknown),
        })
    }
}
