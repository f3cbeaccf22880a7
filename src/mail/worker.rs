//! The worker: takes what is due from the outbox, sends it, and gives back what came of it.
//!
//! It keeps nothing in memory that matters: whenever it ends, another takes over where it was.

use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::content::{Content, Invitation};
use super::message::{self, Envelope, Kept, Sender};
use super::render::render;
use super::transport::Transport;
use crate::app::outbox::{self, Facts, Job};
use crate::app::{App, Failure};
use crate::domain::mail::{Failure as Failed, FailureClass, Outcome, Stage};

/// How many mails a worker holds at once: few, so that a lease outlasts them all.
const BATCH: u64 = 10;
/// How often a worker looks for mails that other programs enqueued.
const LOOK: Duration = Duration::from_secs(2);

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// How many mails were accepted.
    pub sent: u64,
    /// How many tries failed.
    pub failed: u64,
}

/// Sends what is due until it is told to stop; a mail being sent is finished first, the others are given back.
pub async fn run(app: App, transport: Transport, from: Sender, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = round(&app, &transport, &from, &|| *stop.borrow()).await {
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

/// Sends what is due now, for scripts and tests.
pub async fn run_once(app: &App, transport: &Transport, from: &Sender) -> Result<Done, Failure> {
    round(app, transport, from, &|| false).await
}

async fn round(
    app: &App,
    transport: &Transport,
    from: &Sender,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Done, Failure> {
    let mut done = Done::default();
    if *transport == Transport::None {
        return Ok(done);
    }
    outbox::reap(app).await?;
    while !stopping() {
        let jobs = outbox::claim(app, BATCH).await?;
        if jobs.is_empty() {
            break;
        }
        let mut give_back = false;
        for job in jobs {
            if give_back || stopping() {
                outbox::release(app, &job).await?;
                continue;
            }
            let Some(outcome) = attempt(app, transport, from, &job).await? else { continue };
            // A relay that failed is left alone: the others of the batch go back untried.
            give_back = matches!(&outcome, Outcome::Failed(failed) if failed.class == FailureClass::Transport);
            outbox::finish(app, &job, &outcome).await?;
            match outcome {
                Outcome::Accepted(_) => done.sent += 1,
                Outcome::Failed(_) => done.failed += 1,
            }
        }
    }
    Ok(done)
}

/// Tries one mail; `None` if it is not this worker's any more.
async fn attempt(app: &App, transport: &Transport, from: &Sender, job: &Job) -> Result<Option<Outcome>, Failure> {
    let kept = match words(&job.content, from) {
        Ok(kept) => kept,
        Err(text) => return Ok(Some(unbuilt(text))),
    };
    // Stored before the first byte leaves, so that a second try sends the same mail.
    if let outbox::Content::Fresh(_) = job.content {
        let text = match serde_json::to_string(&kept) {
            Ok(text) => text,
            Err(error) => return Ok(Some(unbuilt(error.to_string()))),
        };
        if !outbox::keep(app, job, &text).await? {
            return Ok(None);
        }
    }
    let mail = &job.mail;
    let envelope =
        Envelope { to: &mail.to, to_name: mail.to_name.as_str(), message_id: &job.message_id, date: mail.created_at };
    match message::bytes(&kept, envelope, &job.code) {
        Ok(bytes) => Ok(transport.send(mail.id, &bytes).await),
        Err(error) => Ok(Some(unbuilt(error.to_string()))),
    }
}

fn words(content: &outbox::Content, from: &Sender) -> Result<Kept, String> {
    match content {
        outbox::Content::Kept(text) => serde_json::from_str(text).map_err(|e| e.to_string()),
        outbox::Content::Fresh(facts) => {
            let words = render(&invitation(facts), facts.language, &TimeZone::UTC).map_err(|e| e.to_string())?;
            Ok(Kept { from: from.address.as_str().to_owned(), from_name: from.name.clone(), words })
        }
    }
}

fn invitation(facts: &Facts) -> Content {
    Content::Invitation(Invitation {
        organisation: facts.organisation.clone(),
        inviter: facts.inviter.clone(),
        name: facts.name.clone(),
        administrator: facts.administrator,
        workspaces: facts.workspaces.clone(),
        message: facts.message.clone(),
        expires_at: facts.expires_at,
        public_url: facts.public_url.clone(),
    })
}

const fn unbuilt(text: String) -> Outcome {
    Outcome::Failed(Failed { class: FailureClass::Permanent, stage: Stage::Build, code: None, text })
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
