//! Read the state of the outbox for monitoring: what waits and since when, whether clocks agree, and whether a jump of one holds
//! deleting up.

use std::time::Duration;

use crate::app::step::Step;
use crate::app::upkeep::health::{Health, read};
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::clock_guard::{ClockGuard, Held};
use crate::domain::policy::scope;
use crate::domain::time::{Timestamp, minutes};

/// How long an email may wait before somebody should look.
pub const LATE: Duration = minutes(15);
/// How far apart this machine's clock and the database's may be: a lease ends by whichever worker's clock is ahead.
pub const SKEW: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// What the head of every screen says.
    pub health: Health,
    /// When the oldest email that waits was enqueued.
    pub oldest_at: Option<Timestamp>,
    /// What this machine's clock said.
    pub machine_at: Timestamp,
    /// What the database server's clock said; an embedded database has none of its own.
    pub database_at: Option<Timestamp>,
    /// When the newest entry of the audit log was written, by the clock of the machine that wrote it.
    pub written_at: Option<Timestamp>,
    /// Why nothing is deleted for good now, if so.
    pub held: Option<Held>,
    /// When the last backup was completed.
    pub backed_up_at: Option<Timestamp>,
    /// When this key was last exported; an earlier key's export is none.
    pub key_exported_at: Option<Timestamp>,
}

impl Queue {
    /// For how long an email has been waiting, if that is too long.
    #[must_use]
    pub fn late(&self) -> Option<Duration> {
        self.oldest_at.map(|oldest| self.health.at.since(oldest)).filter(|age| *age > LATE)
    }

    /// How far this machine's clock is off, if that is too far: from the database's clock, or behind what was written
    /// before.
    #[must_use]
    pub fn skew(&self) -> Option<Duration> {
        let now = self.machine_at;
        let apart = self.database_at.map(|theirs| now.since(theirs).max(theirs.since(now)));
        let behind = self.written_at.map(|written| written.since(now));
        apart.into_iter().chain(behind).max().filter(|skew| *skew > SKEW)
    }
}

pub async fn run(app: &App, actor: &Actor) -> Result<Queue, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(Queue {
                health: read(&step).await?,
                oldest_at: tx.oldest_unsent_at(&scope(&step.authority)).await?,
                machine_at: app.machine_now(),
                database_at: tx.database_now().await?,
                written_at: tx.last_entry_at().await?,
                held: ClockGuard::parse(&tx.clock_guard().await?).held(),
                backed_up_at: tx.backed_up_at().await?,
                key_exported_at: tx.key_exported_at(app.keys.fingerprint()).await?,
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::mail::outbox;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::invite;
    use crate::domain::mail::Outcome;

    #[tokio::test]
    async fn a_mail_that_waits_longer_than_a_quarter_of_an_hour_is_late() {
        on_both(async |world| {
            let look = async || run(&world.app, &operator()).await.unwrap();
            assert_eq!(look().await.oldest_at, None);
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            world.pass(minutes(10));
            assert_eq!(look().await.late(), None);
            world.pass(minutes(6));
            assert_eq!(look().await.late(), Some(minutes(16)));
            let job = outbox::claim(&world.app, 1).await.unwrap().remove(0);
            assert!(look().await.late().is_some(), "one that is being sent still waits");
            outbox::finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
            assert_eq!(look().await.oldest_at, None);
        })
        .await;
    }

    #[test]
    fn clocks_that_disagree_are_noticed() {
        let at = Timestamp(1_800_000_000_000);
        let queue = |database_at, written_at| Queue {
            health: Health::default(),
            machine_at: at,
            oldest_at: None,
            database_at,
            written_at,
            held: None,
            backed_up_at: None,
            key_exported_at: None,
        };
        assert_eq!(queue(Some(at.plus(SKEW)), Some(at.minus(minutes(9)))).skew(), None);
        assert_eq!(queue(Some(at.minus(minutes(2))), None).skew(), Some(minutes(2)));
        assert_eq!(queue(None, Some(at.plus(minutes(3)))).skew(), Some(minutes(3)));
    }
}
