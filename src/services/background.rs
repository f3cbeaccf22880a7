//! What runs beside a front door: the worker that sends emails, upkeep, and reports that both are alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::system;
use crate::app::audit::follow_audit::Follow;
use crate::app::audit::seal_audit;
use crate::app::audit::verify_audit::told;
use crate::app::upkeep::watch::Watch;
use crate::app::upkeep::{kept, nodes, requests, tidy};
use crate::app::{App, Failure};
use crate::domain::node::{Alive, HEARTBEAT, NodeId, NodeKind};
use crate::mail;
use crate::mail::worker::{InHand, WorkerOptions};

/// How long a worker that is asked to stop may take over the emails it is sending. One that takes longer is taken up
/// again when its lease is over.
const LAST_MAIL: Duration = Duration::from_secs(30);
/// How many signs of life a part gives in a minute.
const SIGNS_A_MINUTE: u32 = 12;
/// How often requests from "forgotten password" are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// How often the bin is emptied, and counters and old details of the audit log are forgotten.
const CLEAN: Duration = Duration::from_hours(1);

/// [`CLEAN`], or less in a test of the debug build that waits for it.
fn clean_every() -> Duration {
    let asked = std::env::var("RSVP_TEST_CLEAN_MS").ok().filter(|_| cfg!(debug_assertions));
    asked.and_then(|text| text.parse().ok()).map_or(CLEAN, Duration::from_millis)
}

/// Parts that run until they are asked to stop.
pub struct Background {
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
    parts: Vec<JoinHandle<()>>,
    in_hand: InHand,
}

impl Background {
    pub fn new() -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, stopped, parts: Vec::new(), in_hand: InHand::default() }
    }

    /// The signal on which a part stops.
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stopped.clone()
    }

    /// Sends emails and keeps house from now on.
    pub fn work(&mut self, app: &App, options: Option<WorkerOptions>) {
        self.parts.push(tokio::spawn(work(app.clone(), options, self.stopped(), self.in_hand.clone())));
    }

    /// Sends emails and keeps house as long as nobody else does: in a terminal beside a service, or beside another
    /// terminal. Says in `works` when it begins.
    pub fn work_if_nobody_else_does(&mut self, app: &App, options: Option<WorkerOptions>, works: Arc<AtomicBool>) {
        let (app, mut stop, in_hand) = (app.clone(), self.stopped(), self.in_hand.clone());
        self.parts.push(tokio::spawn(async move {
            loop {
                if !matches!(nodes::alive(&app, NodeKind::Worker).await, Ok(Alive::Now)) {
                    works.store(true, Ordering::Relaxed);
                    return Box::pin(work(app, options, stop, in_hand)).await;
                }
                if sleep(HEARTBEAT, &mut stop).await {
                    return;
                }
            }
        }));
    }

    /// Runs a portal until everything stops; that it failed is written to the log.
    pub fn serve(&mut self, portal: impl Future<Output = std::io::Result<()>> + Send + 'static) {
        self.parts.push(tokio::spawn(async move {
            if let Err(error) = portal.await {
                tracing::error!(%error, "the portal failed");
            }
        }));
    }

    /// Says that a part is alive until everything stops.
    pub fn announce(&mut self, app: &App, kind: NodeKind) {
        let (app, stop) = (app.clone(), self.stopped());
        self.parts.push(tokio::spawn(async move { Presence::begin(app, kind).await.keep(stop).await }));
    }

    /// Stops everything; a worker finishes the emails that it is sending. Answers how many the relay still had not
    /// answered for when the worker's time was over: they are tried again when their lease ends.
    pub async fn finish(self) -> usize {
        // Nobody listens where nothing runs; a part that panicked has said so already.
        let _ = self.stop.send(true);
        let all = futures_util::future::join_all(self.parts);
        let _ = tokio::time::timeout(LAST_MAIL, all).await;
        let left = self.in_hand.count();
        if left > 0 {
            tracing::warn!(
                emails = left,
                "stopped before the relay answered about these emails; another worker retries them"
            );
        }
        left
    }
}

/// Waits; answers whether everything stops meanwhile.
async fn sleep(length: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    // An error says that nobody is left who could ask it to stop, which is as good as being asked.
    tokio::time::timeout(length, stop.wait_for(|stop| *stop)).await.is_ok()
}

async fn work(app: App, options: Option<WorkerOptions>, stop: watch::Receiver<bool>, in_hand: InHand) {
    let upkeep = run_upkeep(app.clone(), stop.clone());
    match options {
        Some(options) => {
            // Before anything else, so that once an email has left, the worker that sent it can be seen.
            let presence = Presence::begin(app.clone(), NodeKind::Worker).await;
            let kept = presence.keep(stop.clone());
            let (done, (), ()) = tokio::join!(mail::worker::run(app, options, stop, in_hand), kept, upkeep);
            tracing::info!(sent = done.sent, failed = done.failed, "the worker ended");
        }
        None => upkeep.await,
    }
}

async fn run_upkeep(app: App, mut stop: watch::Receiver<bool>) {
    let (every, mut cleaned_at) = (clean_every(), None::<Instant>);
    let mut watch = Watch::default();
    let (mut said, mut follow) = (None, None);
    loop {
        if !watch.is_quiet(&app) && !react_to_changes(&app, &mut follow).await {
            watch = Watch::default();
        }
        if cleaned_at.is_none_or(|at| at.elapsed() >= every) {
            let ran = cleaned_at.replace(Instant::now()).map_or(Duration::ZERO, |at| at.elapsed());
            match tidy::clean(&app, ran).await {
                Ok(held) => {
                    // Once for each jump, not every hour.
                    let jump = held.map(|held| held.at);
                    match held.filter(|_| said != jump) {
                        Some(held) => tracing::warn!("{held}"),
                        None if jump.is_none() && said.is_some() => tracing::info!("what has expired is deleted again"),
                        None => {}
                    }
                    said = jump;
                }
                Err(error) => tracing::warn!(%error, "can't delete what has expired"),
            }
        }
        if sleep(LOOK, &mut stop).await {
            return;
        }
    }
}

/// Writes each change to the log by its number, whoever made it.
async fn say_changes(app: &App, follow: &mut Option<Follow>) -> Result<(), Failure> {
    let following = match follow {
        Some(following) => following,
        None => follow.insert(Follow::begin(app).await?),
    };
    loop {
        let entries = following.next(app).await?;
        if entries.is_empty() {
            return Ok(());
        }
        for (audit, action) in entries {
            tracing::info!(audit, action, "change");
        }
    }
}

/// Does what changes ask for; answers whether all of it could be done.
async fn react_to_changes(app: &App, follow: &mut Option<Follow>) -> bool {
    match say_changes(app, follow).await {
        Ok(()) => {}
        Err(error) => tracing::warn!(%error, "can't read the audit log"),
    }
    let resolved = requests::resolve(app).await;
    if let Err(error) = &resolved {
        tracing::warn!(%error, "can't handle requests for a password reset");
    }
    kept::try_run(app).await;
    let sealed = seal_audit::run(app).await;
    match &sealed {
        // Out of reach of anyone who controls only the database: every later chain must hold this link.
        Ok(Some(head)) => {
            tracing::info!(head = told(head), "the audit log is sealed up to here");
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "can't seal the audit log"),
    }
    resolved.is_ok() && sealed.is_ok()
}

/// That a part is alive, as others can see it.
struct Presence {
    app: App,
    kind: NodeKind,
    node: Option<NodeId>,
}

impl Presence {
    /// Gives the first sign of life.
    async fn begin(app: App, kind: NodeKind) -> Self {
        let mut presence = Self { app, kind, node: None };
        presence.sign().await;
        presence
    }

    async fn sign(&mut self) {
        let stored = match self.node {
            Some(node) => nodes::report_alive(&self.app, node).await.map(|known| known.then_some(node)),
            None => nodes::announce(&self.app, self.kind, &system::process()).await.map(Some),
        };
        match stored {
            Ok(announced) => self.node = announced,
            Err(error) => tracing::warn!(%error, kind = self.kind.name(), "can't report that this part is alive"),
        }
    }

    /// Gives more of them until everything stops, and then says so.
    async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        let mut signs: u32 = 0;
        while !sleep(HEARTBEAT, &mut stop).await {
            self.sign().await;
            signs = signs.wrapping_add(1);
            // Each machine has what is kept beside the key, also one where nobody erases anybody.
            if signs.is_multiple_of(SIGNS_A_MINUTE) {
                kept::try_run(&self.app).await;
            }
        }
        // What cannot be stored now is taken for gone a little later.
        if let Some(node) = self.node {
            let _ = nodes::leave(&self.app, node).await;
        }
    }
}
