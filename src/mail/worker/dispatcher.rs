//! The dispatcher: the one part of a worker that deals with the outbox.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::connections::{Connections, Ready};
use super::{InHand, WorkerOptions, WorkerTotals, build, report};
use crate::app::App;
use crate::app::mail::outbox::{self, Claim, Held, Job, JobResult, Reaped, Turn, TurnResult};
use crate::app::upkeep::watch::Watch;
use crate::domain::mail::{GIVE_UP, MailId, Outcome};
use crate::domain::time::Timestamp;
use crate::mail::message::Kept;

const BATCH: usize = 50;
/// How many emails a worker has claimed at most: one batch that is being sent, and one that is being rendered.
const MOST_CLAIMED: usize = 2 * BATCH;
/// How often a worker looks for emails that other programs enqueued.
const LOOK: Duration = Duration::from_secs(2);
/// How often the emails of workers that are gone are looked for.
const REAP: Duration = Duration::from_secs(30);
/// How long the dispatcher waits for more to write down while the connections are busy: a commit costs more than that.
const LINGER: Duration = Duration::from_millis(1);
/// How long the dispatcher waits after the database failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often what came of emails is offered to a database that fails, once the worker was asked to stop.
const LAST_OFFERS: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Stopped,
    #[cfg(test)]
    NothingIsDue,
}

/// Works until then; answers what was done.
pub(super) async fn work(
    app: App,
    options: WorkerOptions,
    mut stop: watch::Receiver<bool>,
    in_hand: InHand,
    until: Until,
) -> WorkerTotals {
    let (send, results) = unbounded_channel();
    let connections = Connections::open(&app, &options, send);
    let now = Instant::now();
    let heartbeat = app.options().lease / 3;
    let mut dispatcher = Dispatcher {
        options,
        connections,
        results,
        in_hand,
        held: HashMap::new(),
        suspect: false,
        fresh: Vec::new(),
        done_with: Vec::new(),
        look_at: now,
        due_at: None,
        watch: Watch::default(),
        last_look: None,
        reap_at: now,
        hold_at: now + heartbeat,
        done: WorkerTotals::default(),
        app,
    };
    let mut offers = 0;
    loop {
        // When nobody is left who could ask it to stop, it stops.
        let stopping = *stop.borrow() || stop.has_changed().is_err();
        if stopping {
            dispatcher.connections.give_back(true);
        }
        dispatcher.keep_up(heartbeat).await;
        dispatcher.collect();
        let claim = if stopping { Claim::default() } else { dispatcher.claim() };
        if claim.most > 0 || !dispatcher.fresh.is_empty() || !dispatcher.done_with.is_empty() {
            if dispatcher.turn(claim).await {
                offers = 0;
                continue;
            }
            offers += 1;
            if stopping && offers >= LAST_OFFERS {
                break;
            }
            sleep(RETRY_AFTER).await;
            continue;
        }
        if dispatcher.held.is_empty() {
            if stopping || until != Until::Stopped {
                break;
            }
            if dispatcher.connections.gives_back() {
                // All are back: the relay is asked again when its pause is over.
                dispatcher.connections.give_back(false);
                dispatcher.look_at = Instant::now();
                continue;
            }
        }
        dispatcher.wait(&mut stop, stopping).await;
    }
    dispatcher.connections.close().await;
    dispatcher.done
}

struct Dispatcher {
    app: App,
    options: WorkerOptions,
    connections: Connections,
    results: UnboundedReceiver<(Job, JobResult)>,
    in_hand: InHand,
    /// Everything that was claimed and is not given back yet.
    held: HashMap<MailId, Held>,
    /// Whether the only claimed email may be the reason why workers ended.
    suspect: bool,
    /// Put into words for the first time, and not kept yet.
    fresh: Vec<(Ready, String)>,
    /// What came of emails, and is not written down yet.
    done_with: Vec<(Job, JobResult)>,
    look_at: Instant,
    /// When something is due next, as far as was known at the last look.
    due_at: Option<Instant>,
    watch: Watch,
    /// When the clock was looked at last, and what it said.
    last_look: Option<(Instant, Timestamp)>,
    reap_at: Instant,
    hold_at: Instant,
    done: WorkerTotals,
}

impl Dispatcher {
    /// Renews the leases of claimed emails, and takes back those of workers that are gone.
    async fn keep_up(&mut self, heartbeat: Duration) {
        let now = Instant::now();
        if now >= self.hold_at && !self.held.is_empty() {
            let held: Vec<Held> = self.held.values().copied().collect();
            if let Err(error) = outbox::hold(&self.app, &held).await {
                tracing::warn!(%error, "can't renew the claims on emails that are being sent");
            }
            self.hold_at = now + heartbeat;
        }
        if now >= self.reap_at {
            let lease = self.app.options().lease;
            // After a jump ahead the claims of living workers look over until each has renewed its own.
            if self.jumped(now) > heartbeat {
                self.reap_at = now + lease;
                return;
            }
            self.reap_at = now + REAP.min(lease);
            match outbox::reap(&self.app).await {
                Ok(reaped) if reaped == Reaped::default() => {}
                Ok(Reaped { abandoned, misdated }) => {
                    if abandoned > 0 {
                        tracing::warn!(emails = abandoned, "took back emails from workers that are gone");
                    }
                    if misdated > 0 {
                        tracing::warn!(emails = misdated, "emails that were put off by a wrong clock are due");
                    }
                    (self.look_at, self.due_at, self.watch) = (now, None, Watch::default());
                }
                Err(error) => tracing::warn!(%error, "can't take back emails from workers that are gone"),
            }
        }
    }

    /// How far the clock went ahead of the time that passed since this was asked last.
    fn jumped(&mut self, now: Instant) -> Duration {
        let clock = self.app.now();
        let last = self.last_look.replace((now, clock));
        last.map_or(Duration::ZERO, |(at, then)| clock.since(then.plus(now.duration_since(at))))
    }

    /// Takes what the connections are done with, and what they need not begin.
    fn collect(&mut self) {
        if self.connections.gives_back() {
            self.done_with.extend(self.connections.take_waiting().into_iter().map(|job| (job, JobResult::Untried)));
            // Those that were not even kept yet neither.
            self.done_with.extend(self.fresh.drain(..).map(|(ready, _)| (ready.job, JobResult::Untried)));
        }
        while let Ok(result) = self.results.try_recv() {
            self.done_with.push(result);
        }
    }

    fn claim(&mut self) -> Claim {
        // What is about to be written down is out of hand as soon as it is.
        let in_hand = self.held.len() - self.done_with.len();
        let room = MOST_CLAIMED.saturating_sub(in_hand);
        let waits = self.suspect || self.connections.gives_back() || Instant::now() < self.look_at || room < BATCH;
        if waits || (in_hand == 0 && self.is_nothing_new()) {
            return Claim::default();
        }
        let most = BATCH as u64;
        Claim { most, alone: in_hand == 0 }
    }

    /// Whether nobody wrote anything since the last look, which found nothing due until now.
    fn is_nothing_new(&mut self) -> bool {
        let quiet = self.watch.is_quiet(&self.app) && self.due_at.is_none_or(|due| due > Instant::now());
        if quiet {
            self.look_at = Instant::now() + LOOK;
        }
        quiet
    }

    /// One transaction with the outbox; answers whether it succeeded. What it would have written stays until it does.
    async fn turn(&mut self, claim: Claim) -> bool {
        let kept: Vec<(Held, String)> =
            self.fresh.iter_mut().map(|(ready, text)| (ready.job.held, std::mem::take(text))).collect();
        let turn = Turn { kept: &kept, results: &self.done_with, claim };
        match outbox::turn(&self.app, &turn).await {
            Ok(turned) => {
                self.take(turned, claim);
                true
            }
            Err(error) => {
                for ((_, text), (_, kept)) in self.fresh.iter_mut().zip(kept) {
                    *text = kept;
                }
                tracing::warn!(%error, "can't read or update the outbox");
                self.watch = Watch::default();
                false
            }
        }
    }

    fn take(&mut self, turned: TurnResult, claim: Claim) {
        report::report(&self.done_with, &turned);
        if !turned.jobs.is_empty() {
            tracing::debug!(emails = turned.jobs.len(), "claimed emails that are due");
        }
        let came_any = !self.done_with.is_empty();
        for (job, result) in self.done_with.drain(..) {
            self.held.remove(&job.mail.id);
            match result {
                JobResult::Tried(Outcome::Accepted(_)) => self.done.sent += 1,
                JobResult::Tried(Outcome::Failed(_)) => self.done.failed += 1,
                JobResult::Untried => {}
            }
        }
        for (ready, _) in self.fresh.drain(..) {
            // One whose lease was lost belongs to somebody else, or to nobody any more.
            if turned.kept.contains(&ready.job.mail.id) {
                self.connections.send(ready);
            } else {
                self.held.remove(&ready.job.mail.id);
            }
        }
        if claim.most > 0 {
            let full = turned.jobs.len() as u64 == claim.most;
            let wait = match turned.next_due_at {
                _ if full => Duration::ZERO,
                // What is due and was not given out needs empty hands: a suspect, or the one email that tries the
                // relay.
                _ if turned.jobs.is_empty() && !self.held.is_empty() => LOOK,
                Some(due) => due.since(self.app.now()).min(LOOK),
                None => LOOK,
            };
            self.look_at = Instant::now() + wait;
            self.due_at = turned.next_due_at.map(|due| self.passes_until(due));
        }
        for job in turned.jobs {
            self.begin(job);
        }
        if self.held.is_empty() {
            self.suspect = false;
            if came_any {
                self.look_at = Instant::now();
            }
        }
        self.in_hand.set(self.held.len());
    }

    /// Puts a claimed email into words. One that was tried before may leave at once, as it was.
    fn begin(&mut self, job: Job) {
        self.held.insert(job.mail.id, job.held);
        self.suspect |= job.is_suspect();
        match build::words(&job, &self.options.from) {
            Ok((kept, None)) => self.connections.send(self.ready(job, kept)),
            Ok((kept, Some(text))) => self.fresh.push((self.ready(job, kept), text)),
            Err(failure) => self.done_with.push((job, JobResult::Tried(Outcome::Failed(failure)))),
        }
    }

    fn ready(&self, job: Job, kept: Kept) -> Ready {
        let starts_at = self.passes_until(job.starts_at);
        Ready { job, kept, since: Instant::now(), starts_at }
    }

    /// When a moment comes, by the time that passes: whoever waits in memory does not wait for a clock that is set meanwhile.
    fn passes_until(&self, moment: Timestamp) -> Instant {
        Instant::now() + moment.wait(self.app.now(), GIVE_UP)
    }

    async fn wait(&mut self, stop: &mut watch::Receiver<bool>, stopping: bool) {
        let waits_for_room = self.held.len() + BATCH > MOST_CLAIMED;
        let next = if waits_for_room || stopping { self.reap_at } else { self.look_at.min(self.reap_at) };
        let next = if self.held.is_empty() { next } else { next.min(self.hold_at) };
        tokio::select! {
            result = self.results.recv() => {
                self.done_with.extend(result);
                if self.held.len() > BATCH / 2 {
                    sleep(LINGER).await;
                }
            }
            told = stop.changed(), if !stopping => drop(told),
            () = sleep_until(next) => {}
        }
    }
}
