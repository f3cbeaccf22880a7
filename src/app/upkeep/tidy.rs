//! What the program does now and then by itself, as the actor `system`: empties the bin, forgets counters and heartbeats that
//! nobody needs any more.

use std::time::Duration;

use serde_json::json;

use crate::app::step::{Step, record_by};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::{OLDER_THAN, Record};
use crate::domain::change::Change;
use crate::domain::clock_guard::{ClockGuard, Held};
use crate::domain::mail::TEXT_KEPT;
use crate::domain::policy::allow;
use crate::domain::time::{Timestamp, days};
use crate::store::{StoreError, Tx};

/// How many rows one transaction handles, so that it never holds the database for long.
const CHUNK: u64 = 100;

/// How many entries of the audit log are forgotten at once: each time leaves an entry of its own.
const FORGOTTEN: u64 = 1_000;

/// Deletes what is over, by a clock that is looked at first: after a jump nothing is deleted for a while, and the answer says
/// why. On a server its own clock decides, because several machines share it. `ran` is how long this process has run since it
/// last did so.
pub async fn clean(app: &App, ran: Duration) -> Result<Option<Held>, Failure> {
    let (now, held) = look_at_clock(app, ran).await?;
    if held.is_none() {
        delete_what_is_over(app, now).await?;
    }
    Ok(held)
}

/// Deletes what is over at this moment.
pub(in crate::app) async fn delete_what_is_over(app: &App, now: Timestamp) -> Result<(), Failure> {
    empty_bin(app, now).await?;
    forget_details(app, now).await?;
    let copies = app.store.forget_upgrade_copies(now.minus(app.options.upgrade_copy));
    if copies > 0 {
        tracing::info!(copies, "removed copies of the database from before upgrades");
    }
    forget(app, now).await
}

async fn look_at_clock(app: &App, ran: Duration) -> Result<(Timestamp, Option<Held>), Failure> {
    app.store
        .write(|tx| async move {
            let now = tx.database_now().await?.unwrap_or_else(|| app.now());
            Ok((now, look(app, &tx, now, ran).await?))
        })
        .await
}

async fn look(app: &App, tx: &Tx, now: Timestamp, ran: Duration) -> Result<Option<Held>, StoreError> {
    let mut guard = guard(tx).await?;
    let held = guard.look(now, app.uptime(), ran);
    tx.keep_clock_guard(&guard.text()).await?;
    Ok(held)
}

/// What is known of the clock: before the first look, the newest entry of the audit log.
async fn guard(tx: &Tx) -> Result<ClockGuard, StoreError> {
    let mut guard = ClockGuard::parse(&tx.clock_guard().await?);
    if let Some(newest) = tx.last_entry_at().await? {
        guard.begin(newest);
    }
    Ok(guard)
}

/// Whether the clock jumped lately: then an email whose time seems to be over waits, and nobody ends it.
pub(in crate::app) async fn is_clock_doubtful(app: &App, tx: &Tx, now: Timestamp) -> Result<bool, StoreError> {
    let before = ClockGuard::parse(&tx.clock_guard().await?);
    let mut guard = before.clone();
    let held = guard.look(now, app.uptime(), Duration::ZERO);
    // Only a jump is written down: a look that moved on would take the time in between from those that count it.
    if held.map(|held| held.at) != before.held().map(|held| held.at) {
        tx.keep_clock_guard(&guard.text()).await?;
    }
    Ok(held.is_some())
}

/// Deletes again what is over, because somebody says that the clock is right; answers why it was held up, if it was.
pub async fn release(app: &App, actor: &Actor) -> Result<Option<Held>, Failure> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            allow(&step.authority, &Change::Act(Action::ReleasePurge), None)?;
            let mut guard = ClockGuard::parse(&tx.clock_guard().await?);
            let Some(held) = guard.held() else { return Ok(None) };
            guard.release();
            tx.keep_clock_guard(&guard.text()).await?;
            let detail = json!({ "jumped_at": held.at.rfc3339(), "by_seconds": held.by / 1_000 });
            step.record(Record { action: Action::ReleasePurge, subject: None, detail }).await?;
            Ok(Some(held))
        })
        .await
}

/// Removes for good who is longer in the bin than the organisation keeps them; answers how many.
async fn empty_bin(app: &App, now: Timestamp) -> Result<u64, Failure> {
    let mut all = 0;
    loop {
        let done: u64 = app
            .store
            .write(|tx| async move {
                let mut done = 0;
                for id in tx.in_bin_since(now.minus(app.options.bin), CHUNK).await? {
                    if tx.remove_user(id).await? {
                        record_by(app, &tx, &Actor::system(), now, Record::about(Action::Purge, id)).await?;
                        done += 1;
                    }
                }
                Ok::<_, Failure>(done)
            })
            .await?;
        all += done;
        if done < CHUNK {
            return Ok(all);
        }
    }
}

/// Erases details of the audit log that are older than the organisation keeps them; answers of how many entries. What
/// was done stays, and stays proved: only what is sealed is forgotten.
async fn forget_details(app: &App, now: Timestamp) -> Result<u64, Failure> {
    let Some(kept) = app.options.audit else { return Ok(0) };
    let before = now.minus(kept);
    let (mut all, mut beyond) = (0, 0);
    loop {
        let (old, next) = app.store.read(|tx| async move { tx.forgettable(beyond, before, FORGOTTEN).await }).await?;
        let old = &old;
        all += app
            .store
            .write(|tx| async move {
                let done = tx.forget_details(old).await?;
                if done > 0 {
                    let detail = json!({ "entries": done, OLDER_THAN: before.rfc3339() });
                    let record = Record { action: Action::ForgetDetails, subject: None, detail };
                    record_by(app, &tx, &Actor::system(), now, record).await?;
                }
                Ok::<_, Failure>(done)
            })
            .await?;
        match next {
            Some(last) => beyond = last,
            None => break,
        }
    }
    if all > 0 {
        app.store.forget_log().await;
    }
    Ok(all)
}

/// Forgets counters, requests and heartbeats that are over, and the texts of emails that ended a while ago.
async fn forget(app: &App, now: Timestamp) -> Result<(), Failure> {
    let texts_before = now.minus(TEXT_KEPT);
    while app.store.write(|tx| async move { tx.forget_texts(texts_before, CHUNK).await }).await? == CHUNK {}
    app.store
        .write(|tx| async move {
            let lately = now.minus(days(1))..now.plus(days(1));
            tx.forget_requests(&lately).await?;
            tx.forget_tries(&lately).await?;
            tx.forget_nodes(&lately).await?;
            Ok(())
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::test::{World, grace, on_both, operator, world_on_sqlite};
    use crate::app::users::invite;
    use crate::app::users::show::{self, Detail};
    use crate::app::users::{delete, find, restore};
    use crate::domain::email::Email;
    use crate::domain::time::{hours, minutes};
    use crate::domain::user::UserId;

    async fn detail(world: &World, user: UserId) -> Detail {
        show::run(&world.app, &operator(), user).await.unwrap()
    }

    #[tokio::test]
    async fn details_of_the_log_are_forgotten_when_their_time_is_over_and_nothing_breaks() {
        on_both(async |world| {
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            crate::app::audit::seal_audit::run(&world.app).await.unwrap();
            world.pass(days(1094));
            assert_eq!(forget_details(&world.app, world.app.now()).await.unwrap(), 0);
            let late = invite::Request { email: Email::parse("late@example.org").unwrap(), ..grace() };
            let late = invite::run(&world.app, &operator(), late).await.unwrap().user.id;
            world.pass(days(2));
            assert_eq!(forget_details(&world.app, world.app.now()).await.unwrap(), 2);
            assert_eq!(forget_details(&world.app, world.app.now()).await.unwrap(), 0, "and only once");
            crate::app::audit::seal_audit::run(&world.app).await.unwrap();
            let found = crate::app::audit::verify_audit::run(&world.app, &operator(), None).await.unwrap();
            assert_eq!((found.sealed, found.erased, found.broken), (4, 2, None));
            assert_eq!(detail(world, late).await.history[0].detail["change"]["email"], "late@example.org");
            world.pass(days(1094));
            assert_eq!(forget_details(&world.app, world.app.now()).await.unwrap(), 1, "the late one");
            crate::app::audit::seal_audit::run(&world.app).await.unwrap();
            world.pass(days(2_000));
            assert_eq!(
                forget_details(&world.app, world.app.now()).await.unwrap(),
                0,
                "that something was forgotten is not"
            );
            assert!(detail(world, late).await.history[0].detail.is_null());
        })
        .await;
    }

    #[tokio::test]
    async fn the_bin_is_emptied_after_thirty_days_and_not_before() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            delete::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            world.pass(days(30));
            assert_eq!(empty_bin(&world.app, world.app.now()).await.unwrap(), 0);
            world.pass(minutes(1));
            assert_eq!(empty_bin(&world.app, world.app.now()).await.unwrap(), 1);
            forget(&world.app, world.app.now()).await.unwrap();
            assert!(find::run(&world.app, &operator(), "grace@navy.example").await.is_err());
            assert!(restore::run(&world.app, &operator(), UserRequest { user, version: None }).await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn a_clock_that_is_wrong_for_a_moment_deletes_nobody() {
        let world = world_on_sqlite().await;
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        delete::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        assert_eq!(clean(&world.app, hours(2)).await.unwrap(), None);
        world.set_clock(4 * 365);
        assert!(clean(&world.app, hours(2)).await.unwrap().is_some());
        world.set_clock(-4 * 365);
        // A restart does not make it trust the clock.
        assert!(clean(&world.app, Duration::ZERO).await.unwrap().is_some());
        let queue = crate::app::upkeep::queue::run(&world.app, &operator()).await.unwrap();
        assert!(queue.held.unwrap().to_string().starts_with("Nothing is deleted for good"));
        restore::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        delete::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        // Somebody who set the clock right on purpose says so.
        assert!(release(&world.app, &operator()).await.unwrap().is_some());
        assert_eq!(release(&world.app, &operator()).await.unwrap(), None);
        for _ in 0..31 * 12 {
            world.pass(hours(2));
            assert_eq!(clean(&world.app, hours(2)).await.unwrap(), None);
        }
        assert!(find::run(&world.app, &operator(), &format!("#{}", user.0)).await.is_err());
    }
}
