//! Whether the service can do its work now: read and write the database with its own key, and have its emails sent. A monitor
//! or a load balancer asks; what a part that is merely alive cannot say.

use std::time::Duration;

use crate::app::upkeep::nodes;
use crate::app::{App, Failure};
use crate::domain::explain::{Explain, Kind};
use crate::domain::node::{Alive, NodeKind};
use crate::domain::time::words;

/// What keeps the service from its work.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("no worker is alive, so emails wait")]
    NoWorker,
    #[error(
        "the database took no change within {}: it doesn't answer, or another program holds a lock",
        words(PATIENCE)
    )]
    Stuck,
}

crate::app::failure::takes_failures!(NotReady);

impl Explain for NotReady {
    fn kind(&self) -> Kind {
        match self {
            Self::Failure(failure) => failure.kind(),
            Self::NoWorker | Self::Stuck => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Failure(failure) => failure.code(),
            Self::NoWorker => "no_worker",
            Self::Stuck => "database_stuck",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Failure(failure) => failure.hint(),
            Self::NoWorker => Some("start `rsvp serve`, or one with --no-portal beside this one".to_owned()),
            Self::Stuck => {
                Some("find out what uses the database, and whether its server and its disk answer".to_owned())
            }
        }
    }
}

/// How long a change may take: less than a monitor waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Looks, and writes: a disk that is full or read-only, a lock that is held and a database that was replaced are found by
/// nothing else.
pub async fn run(app: &App, needs_worker: bool) -> Result<(), NotReady> {
    tokio::time::timeout(PATIENCE, look(app, needs_worker)).await.unwrap_or(Err(NotReady::Stuck))
}

async fn look(app: &App, needs_worker: bool) -> Result<(), NotReady> {
    app.store
        .write(|tx| async move {
            app.check_key(&tx).await?;
            tx.note_ready(app.now()).await?;
            let works = !needs_worker || nodes::state(&tx, NodeKind::Worker, app.now()).await? == Alive::Now;
            if works { Ok(()) } else { Err(NotReady::NoWorker) }
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::on_both;
    use crate::domain::node::Process;

    #[tokio::test]
    async fn where_emails_are_sent_a_worker_must_be_alive() {
        on_both(async |world| {
            run(&world.app, false).await.unwrap();
            assert!(matches!(run(&world.app, true).await, Err(NotReady::NoWorker)));
            nodes::announce(&world.app, NodeKind::Worker, &Process::default()).await.unwrap();
            run(&world.app, true).await.unwrap();
        })
        .await;
    }
}
