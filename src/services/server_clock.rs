//! The clock of the database server, which several machines share: it decides what is leased, due or expired, so that a machine
//! whose own clock is wrong takes or ends nothing of the others'.
//!
//! The server is asked now and then, and in between the time that passes is added, so that no look at the clock costs a question.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::system::{SystemClock, up};
use crate::domain::time::{Clock, Timestamp, Uptime};
use crate::store::{Store, StoreError, Tx};

/// How often the server is asked.
const ASK: Duration = Duration::from_secs(10);

/// What the server's clock said, and how long this machine was up then, sleep included.
#[derive(Clone, Copy)]
struct Answer {
    said: Timestamp,
    at: Duration,
}

struct ServerClock(Mutex<Answer>);

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let Answer { said, at } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.plus(up().saturating_sub(at))
    }

    fn machine(&self) -> Timestamp {
        SystemClock.now()
    }

    fn uptime(&self) -> Uptime {
        SystemClock.uptime()
    }
}

/// The clock that counts for a database: its server's, or of an embedded one this machine's.
pub async fn of(store: &Store) -> Result<Arc<dyn Clock>, StoreError> {
    let Some(answer) = ask(store).await? else { return Ok(Arc::new(SystemClock)) };
    let clock = Arc::new(ServerClock(Mutex::new(answer)));
    tokio::spawn(follow(Arc::downgrade(&clock), store.clone()));
    Ok(clock)
}

/// Asks again and again as long as somebody reads the clock. While the server cannot be reached the last answer holds.
async fn follow(clock: Weak<ServerClock>, store: Store) {
    loop {
        tokio::time::sleep(ASK).await;
        let answer = ask(&store).await;
        let Some(clock) = clock.upgrade() else { return };
        if let Ok(Some(answer)) = answer {
            *clock.0.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        }
    }
}

/// Asks the server; an embedded database has no clock of its own.
async fn ask(store: &Store) -> Result<Option<Answer>, StoreError> {
    store
        .read(async |tx: Tx| {
            let before = up();
            let said = tx.database_now().await?;
            let half_the_way = up().saturating_sub(before) / 2;
            Ok(said.map(|said| Answer { said, at: before + half_the_way }))
        })
        .await
}
