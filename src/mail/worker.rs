//! The worker: takes what is due from the outbox, sends it, and gives back what came of it.
//!
//! It keeps nothing in memory that matters: whenever it ends, another takes over where it was.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::tz::TimeZone;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::message::{Bytes, Envelope, Kept, Sender, compose};
use super::render::render;
use super::transport::{Session, Transport};
use crate::app::outbox::{self, Job, Says};
use crate::app::{App, Failure};
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::mail::{Failure as Failed, FailureClass, LEASE, Outcome, Stage};

/// How many mails a worker claims at once. They are held for as long as it takes.
const BATCH: u64 = 50;
/// How often a worker looks for mails that other programs enqueued.
const LOOK: Duration = Duration::from_secs(2);
/// How often a worker says that it still has its mails: twice before anybody could take them from it.
const HEARTBEAT: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// How mails are sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// Where they go.
    pub transport: Transport,
    /// Who they come from.
    pub from: Sender,
    /// Over how many connections at once, at least 1. Some providers allow a mailbox no more than 3.
    pub connections: usize,
    /// Most mails in a minute, for relays that count; 0 counts as 1.
    pub per_minute: Option<u32>,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// How many mails were accepted.
    pub sent: u64,
    /// How many tries failed.
    pub failed: u64,
}

/// Sends what is due until it is told to stop; the mails being sent are finished first, the others are given back, and the
/// relay gets its goodbye.
pub async fn run(app: App, post: Post, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = round(&app, &post, &|| *stop.borrow()).await {
            tracing::warn!(%error, "the outbox cannot be worked off now");
        }
        let soon = match outbox::next_due_at(&app).await {
            Ok(Some(due)) => due.since(app.now()).clamp(Duration::from_millis(50), LOOK),
            _ => LOOK,
        };
        tokio::select! {
            // An error says that nobody can tell it to stop any more, which is as good as being told.
            told = stop.wait_for(|stop| *stop) => {
                drop(told);
                return;
            }
            () = tokio::time::sleep(soon) => {}
        }
    }
}

/// Sends what is due now.
#[cfg(test)]
pub async fn run_once(app: &App, post: &Post) -> Result<Done, Failure> {
    round(app, post, &|| false).await
}

async fn round(app: &App, post: &Post, stopping: &(dyn Fn() -> bool + Sync)) -> Result<Done, Failure> {
    let mut done = Done::default();
    outbox::reap(app).await?;
    let mut sessions: Vec<_> = (0..post.connections.max(1)).map(|_| post.transport.begin()).collect();
    let pace = Pace::of(post.per_minute);
    let ended = loop {
        if stopping() {
            break Ok(done);
        }
        match outbox::claim(app, BATCH).await {
            Ok(jobs) if jobs.is_empty() => break Ok(done),
            Ok(jobs) => match batch(app, &post.from, &pace, &mut sessions, jobs, stopping).await {
                Ok(Done { sent, failed }) => {
                    done.sent += sent;
                    done.failed += failed;
                }
                Err(error) => break Err(error),
            },
            Err(error) => break Err(error),
        }
    };
    // Nothing more is due: a relay is not kept waiting.
    join_all(sessions.iter_mut().map(Session::close)).await;
    ended
}

/// Sends a batch over all sessions, holding it for as long as it takes.
async fn batch(
    app: &App,
    from: &Sender,
    pace: &Pace,
    sessions: &mut [Session],
    jobs: Vec<Job>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Done, Failure> {
    let held: Vec<_> = jobs.iter().map(Job::held).collect();
    let round = Round { app, from, pace, waiting: Mutex::new(VecDeque::from(jobs)), give_back: AtomicBool::new(false) };
    let lanes = join_all(sessions.iter_mut().map(|session| round.lane(session, stopping)));
    let heartbeat = async {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            if let Err(error) = outbox::hold(app, &held).await {
                tracing::warn!(%error, "mails that are being sent cannot be held");
            }
        }
    };
    let lanes = tokio::select! {
        lanes = lanes => lanes,
        never = heartbeat => never,
    };
    let mut done = Done::default();
    for lane in lanes {
        let Done { sent, failed } = lane?;
        done.sent += sent;
        done.failed += failed;
    }
    Ok(done)
}

/// A batch under way, as its lanes share it.
struct Round<'a> {
    app: &'a App,
    from: &'a Sender,
    pace: &'a Pace,
    waiting: Mutex<VecDeque<Job>>,
    /// Set when the relay failed, which is left alone then: the others of the batch go back untried.
    give_back: AtomicBool,
}

impl Round<'_> {
    /// Sends mails of the batch one after the other over one session, until there are none left.
    async fn lane(&self, session: &mut Session, stopping: &(dyn Fn() -> bool + Sync)) -> Result<Done, Failure> {
        let mut done = Done::default();
        let give_back = || self.give_back.load(Ordering::Relaxed) || stopping();
        loop {
            let Some(job) = self.waiting.lock().await.pop_front() else { return Ok(done) };
            self.pace.turn(&give_back).await;
            if give_back() {
                outbox::release(self.app, &job).await?;
                continue;
            }
            let Some(outcome) = attempt(self.app, session, self.from, &job).await? else { continue };
            if matches!(&outcome, Outcome::Failed(failed) if failed.class == FailureClass::Transport) {
                self.give_back.store(true, Ordering::Relaxed);
            }
            outbox::finish(self.app, &job, &outcome).await?;
            match outcome {
                Outcome::Accepted(_) => done.sent += 1,
                Outcome::Failed(_) => done.failed += 1,
            }
        }
    }
}

/// Spreads mails over time. Mails that nobody is in a hurry for go out evenly rather than in bursts.
struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    fn of(per_minute: Option<u32>) -> Self {
        let gap = per_minute.map_or(Duration::ZERO, |most| Duration::from_mins(1) / most.max(1));
        Self { gap, next: Mutex::new(Instant::now()) }
    }

    /// Takes the next turn that is free at a moment.
    async fn take(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().await;
        let mine = (*next).max(now);
        *next = mine + self.gap;
        mine
    }

    /// Waits for the next turn, or until there is no point in it any more.
    async fn turn(&self, pointless: &(impl Fn() -> bool + Sync)) {
        let mine = self.take(Instant::now()).await;
        while Instant::now() < mine && !pointless() {
            tokio::time::sleep_until(mine.min(Instant::now() + LOOK)).await;
        }
    }
}

/// Tries one mail; `None` if it is not this worker's any more.
async fn attempt(app: &App, session: &mut Session, from: &Sender, job: &Job) -> Result<Option<Outcome>, Failure> {
    let (kept, envelope, bytes) = match build(job, from) {
        Ok(built) => built,
        Err(failed) => return Ok(Some(Outcome::Failed(failed))),
    };
    // Stored before the first byte leaves, so that a second try sends the same mail.
    if let Says::Fresh(..) = job.says {
        let text = match serde_json::to_string(&kept) {
            Ok(text) => text,
            Err(error) => return Ok(Some(Outcome::Failed(unbuilt(error.to_string())))),
        };
        if !outbox::keep(app, job, &text).await? {
            return Ok(None);
        }
    }
    Ok(Some(session.send(&envelope, bytes).await))
}

/// Puts a mail into words and bytes. A mail that makes the program stumble is put aside like any other that cannot be built,
/// so that it does not take the worker with it again and again.
fn build(job: &Job, from: &Sender) -> Result<(Kept, Envelope, Bytes), Failed> {
    let build = || {
        let kept = words(&job.says, from).map_err(unbuilt)?;
        let mail = &job.mail;
        let envelope = Envelope {
            from_name: kept.from_name.clone(),
            from: Email::stored(kept.from.clone()),
            return_path: from.return_path.clone(),
            to: mail.to.clone(),
            to_name: mail.to_name.as_str().to_owned(),
            message_id: job.message_id.clone(),
            date: mail.created_at,
            code: job.code.as_ref().map(|code| Code::parse(code)).transpose().map_err(|e| unbuilt(e.to_string()))?,
        };
        let bytes = compose(&kept.words, &envelope)?;
        Ok((kept, envelope, bytes))
    };
    catch_unwind(AssertUnwindSafe(build))
        .unwrap_or_else(|_| Err(unbuilt("writing this mail failed unexpectedly".into())))
}

fn words(says: &Says, from: &Sender) -> Result<Kept, String> {
    match says {
        Says::Kept(text) => serde_json::from_str(text).map_err(|e| e.to_string()),
        Says::Fresh(content, language) => {
            let words = render(content, *language, &TimeZone::UTC).map_err(|e| e.to_string())?;
            Ok(Kept { from: from.address.as_str().to_owned(), from_name: from.name.clone(), words })
        }
    }
}

const fn unbuilt(text: String) -> Failed {
    Failed { class: FailureClass::Permanent, stage: Stage::Build, code: None, text }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
