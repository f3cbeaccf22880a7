//! The connections to the relay: each sends emails one after the other, as long as there are any.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::{WorkerOptions, build};
use crate::app::App;
use crate::app::mail::outbox::{self, Job, JobResult};
use crate::domain::mail::{Failure, FailureClass, Outcome, Stage};
use crate::mail::message::{Kept, Sender};
use crate::mail::transport::Session;

/// How long a connection is kept open when there is nothing to send: a relay is not kept waiting.
const REST: Duration = Duration::from_secs(2);

/// How long after its claim an email is sent without checking again that it is still wanted.
const FRESH: Duration = Duration::from_millis(250);

/// An email that may leave: its lease is committed, and so is what was rendered of it.
pub(super) struct Ready {
    pub job: Job,
    pub kept: Kept,
    /// When it became ready; after [`FRESH`] it is checked again before it is sent.
    pub since: Instant,
    /// Not before this moment, because the relay counts emails a minute.
    pub starts_at: Instant,
}

struct Shared {
    app: App,
    from: Sender,
    queue: Mutex<VecDeque<Ready>>,
    /// A permit for each email in the queue.
    ready: Semaphore,
    /// Set when the relay failed, or the worker stops: what was not begun yet goes back.
    give_back: AtomicBool,
    gave_up: Notify,
    results: UnboundedSender<(Job, JobResult)>,
}

pub(super) struct Connections {
    shared: Arc<Shared>,
    running: JoinSet<()>,
}

impl Connections {
    /// Opens as many as the options say; what comes of emails goes into `results`.
    pub fn open(app: &App, options: &WorkerOptions, results: UnboundedSender<(Job, JobResult)>) -> Self {
        let shared = Arc::new(Shared {
            app: app.clone(),
            from: options.from.clone(),
            queue: Mutex::default(),
            ready: Semaphore::new(0),
            give_back: AtomicBool::new(false),
            gave_up: Notify::new(),
            results,
        });
        let mut running = JoinSet::new();
        for _ in 0..options.connections.max(1) {
            running.spawn(Arc::clone(&shared).serve(options.transport.begin()));
        }
        Self { shared, running }
    }

    pub fn send(&self, ready: Ready) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(ready);
        self.shared.ready.add_permits(1);
    }

    /// From now on, or no longer, emails that were not begun go back untried.
    pub fn give_back(&self, back: bool) {
        self.shared.give_back.store(back, Ordering::Relaxed);
        if back {
            self.shared.gave_up.notify_waiters();
        }
    }

    /// Takes the emails back that no connection has begun: a connection may be busy with a silent relay for minutes.
    pub fn take_waiting(&self) -> Vec<Job> {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.drain(..).map(|ready| ready.job).collect()
    }

    pub fn gives_back(&self) -> bool {
        self.shared.gives_back()
    }

    /// Closes the connections with QUIT once their queue is empty.
    pub async fn close(mut self) {
        self.shared.ready.close();
        while self.running.join_next().await.is_some() {}
    }
}

impl Shared {
    fn gives_back(&self) -> bool {
        self.give_back.load(Ordering::Relaxed)
    }

    async fn serve(self: Arc<Self>, mut session: Session) {
        loop {
            let next = if let Ok(next) = timeout(REST, self.ready.acquire()).await {
                next
            } else {
                session.close().await;
                self.ready.acquire().await
            };
            match next {
                Ok(permit) => permit.forget(),
                // The worker ends.
                Err(_) => break,
            }
            let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(ready) = next else { continue };
            let result = self.turn(&mut session, &ready).await;
            // The dispatcher listens until all connections are closed.
            let _ = self.results.send((ready.job, result));
        }
        session.close().await;
    }

    /// Waits for the email's turn and sends it.
    async fn turn(&self, session: &mut Session, ready: &Ready) -> JobResult {
        loop {
            if self.gives_back() {
                return JobResult::Untried;
            }
            if Instant::now() >= ready.starts_at {
                break;
            }
            let _ = timeout_at(ready.starts_at, self.gave_up.notified()).await;
        }
        // One that waited long for its turn may not be wanted any more. If the database cannot be asked now, it was
        // wanted when it was claimed.
        if ready.since.elapsed() > FRESH && matches!(outbox::is_held(&self.app, ready.job.held).await, Ok(false)) {
            return JobResult::Untried;
        }
        let (envelope, bytes) = match build::bytes(&ready.job, &ready.kept, &self.from) {
            Ok(built) => built,
            Err(failure) => return JobResult::Tried(Outcome::Failed(failure)),
        };
        // A panic leaves the connection broken, and nobody knows how far the conversation came.
        let sent = AssertUnwindSafe(session.send(&envelope, bytes)).catch_unwind().await;
        let outcome = sent.unwrap_or_else(|_| {
            let text =
                "sending this email failed unexpectedly, and the relay may or may not have accepted it".to_owned();
            Outcome::Failed(Failure { class: FailureClass::Ambiguous, stage: Stage::Dot, code: None, text })
        });
        if matches!(&outcome, Outcome::Failed(failed) if failed.class == FailureClass::Transport) {
            self.give_back.store(true, Ordering::Relaxed);
            self.gave_up.notify_waiters();
        }
        JobResult::Tried(outcome)
    }
}
