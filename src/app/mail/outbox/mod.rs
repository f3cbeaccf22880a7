//! The outbox, as a worker sees it: claim emails under a lease, keep what was rendered, write down what came of them.
//!
//! A claim is committed before anybody talks to a relay, and an email changes only while its lease still holds. The
//! code that proves a link is made at each claim and stored nowhere. A worker does all of that in turns of one
//! transaction each, because a commit is what costs: what came of some emails, what was rendered of others and the
//! claim of the next share one.

pub(in crate::app) mod content;
mod job;
mod results;

use std::collections::HashSet;
use std::time::Duration;

use self::content::Known;
use self::job::Claims;
pub use self::job::{Job, JobContent, JobResult, RelayChange};
use self::results::Written;
use crate::app::{App, Failure};
#[cfg(test)]
use crate::domain::mail::Outcome;
use crate::domain::mail::{MailId, MailKind, MailState, PACE_AHEAD};
use crate::domain::time::{Timestamp, minutes};
pub use crate::store::Held;
use crate::store::{Claimed, Due, StoreError, Tx};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claim {
    pub most: u64,
    /// Whether the worker has nothing else claimed, so that it may claim a suspect.
    pub alone: bool,
}

#[derive(Default)]
pub struct Turn<'a> {
    /// Emails that were rendered for the first time, with what is to be kept of them: without any secret.
    pub kept: &'a [(Held, String)],
    /// Emails that are done with for now.
    pub results: &'a [(Job, JobResult)],
    /// What it would take next.
    pub claim: Claim,
}

#[derive(Default)]
pub struct TurnResult {
    pub jobs: Vec<Job>,
    /// The emails of [`Turn::kept`] that are still this worker's.
    pub kept: HashSet<MailId>,
    /// The emails of [`Turn::results`] whose lease still held.
    pub ended: HashSet<MailId>,
    /// The emails of [`Turn::results`] that failed and are not tried again.
    pub given_up: HashSet<MailId>,
    pub relay: Option<RelayChange>,
    /// Emails that were due, and ended because nobody should get them any more.
    pub unwanted: Vec<(MailId, MailState)>,
    /// When there is something to claim next, if nothing more is due now.
    pub next_due_at: Option<Timestamp>,
    /// Why emails that were due could not be read or put together.
    pub unreadable: Vec<StoreError>,
}

/// One turn of a worker, in one transaction. Emails whose link does not work any more are ended on the way and not
/// answered. While the relay is left alone none are claimed, and after its pause only one, which tries it; without a
/// public address of the portal only those that carry no link.
pub async fn turn(app: &App, turn: &Turn<'_>) -> Result<TurnResult, Failure> {
    let jitter = app.bytes::<8>();
    app.store
        .write(|tx| async move {
            app.check_key(&tx).await?;
            let now = app.now();
            let Written { ended, given_up, relay } = results::write(app, &tx, turn.results, now, &jitter).await?;
            let kept: Vec<_> = turn.kept.iter().map(|(held, text)| (*held, text.as_str())).collect();
            let kept = tx.keep_rendered(&kept).await?;
            let Claims { jobs, unwanted, unreadable } = claim_within(app, &tx, turn.claim, now).await?;
            let short = turn.claim.most > 0 && (jobs.len() as u64) < turn.claim.most;
            let next_due_at = if short { next_due_at(app, &tx, now).await? } else { None };
            Ok(TurnResult { jobs, kept, ended, given_up, relay, unwanted, next_due_at, unreadable })
        })
        .await
}

/// The kinds of email that can be written now.
fn sendable(app: &App) -> &'static [MailKind] {
    if app.options.public_url.is_some() { &MailKind::ALL } else { &MailKind::LINKLESS }
}

async fn claim_within(app: &App, tx: &Tx, claim: Claim, now: Timestamp) -> Result<Claims, StoreError> {
    if claim.most == 0 || tx.mail_held().await?.is_some() {
        return Ok(Claims::default());
    }
    let mut most = match tx.relay_pause(now).await? {
        Some((_, until)) if until > now => 0,
        Some(_) if claim.alone => claim.most.min(1),
        Some(_) => 0,
        None => claim.most,
    };
    if most == 0 {
        return Ok(Claims::default());
    }
    let mut pace = None;
    if let Some(gap) = gap(app) {
        let free_at = tx.pace().await?.believed(now, PACE_AHEAD + gap).max(now);
        let ahead = now.plus(PACE_AHEAD).since(free_at).as_millis() / gap.as_millis().max(1);
        let room = if free_at > now.plus(PACE_AHEAD) { 0 } else { u64::try_from(ahead).unwrap_or(u64::MAX) + 1 };
        most = most.min(room);
        pace = Some((free_at, gap));
    }
    let (kinds, until) = (sendable(app), now.plus(app.options.lease));
    let mut due = if most == 0 { Due::default() } else { tx.claim_due(kinds, false, now, until, most).await? };
    if due.mails.is_empty() && most > 0 && claim.alone {
        let suspects = tx.claim_due(kinds, true, now, until, 1).await?;
        due.mails = suspects.mails;
        due.unreadable.extend(suspects.unreadable);
    }
    let mut claims = Claims { unreadable: due.unreadable, ..Claims::default() };
    // Everything that a batch is about would otherwise lie on the stack of whoever waits for a turn.
    Box::pin(prepare(app, tx, due.mails, now, &mut claims)).await?;
    for job in &mut claims.jobs {
        job.starts_at = now;
        if let Some((free_at, gap)) = &mut pace {
            job.starts_at = *free_at;
            *free_at = free_at.plus(*gap);
        }
    }
    if let Some((free_at, _)) = pace.filter(|_| !claims.jobs.is_empty()) {
        tx.set_pace(free_at).await?;
    }
    Ok(claims)
}

/// Makes jobs of what was claimed. An email that cannot be put together, because of a word in the database that nobody
/// knows, stops none of the others.
async fn prepare(
    app: &App,
    tx: &Tx,
    claimed: Vec<Claimed>,
    now: Timestamp,
    claims: &mut Claims,
) -> Result<(), StoreError> {
    match Known::gather(app, tx, &claimed, now).await {
        Ok(known) => return known.jobs(tx, claimed, claims).await,
        Err(error) if error.is_unknown_value() => {}
        Err(error) => return Err(error),
    }
    for one in claimed {
        match Known::gather(app, tx, std::slice::from_ref(&one), now).await {
            Ok(known) => known.jobs(tx, vec![one], claims).await?,
            Err(error) if error.is_unknown_value() => {
                results::put_off(tx, &one, &error, now).await?;
                claims.unreadable.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn gap(app: &App) -> Option<Duration> {
    app.options.per_minute.map(|most| minutes(1) / most.max(1))
}

/// When there is something to claim next: not before the relay's pause is over, nor before it takes the next email.
async fn next_due_at(app: &App, tx: &Tx, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    if tx.mail_held().await?.is_some() {
        return Ok(None);
    }
    let Some(due) = tx.next_due_at(sendable(app)).await? else { return Ok(None) };
    let pause = tx.relay_pause(now).await?.map_or(due, |(_, until)| until);
    let pace = match gap(app) {
        Some(gap) => tx.pace().await?.believed(now, PACE_AHEAD + gap).minus(PACE_AHEAD),
        None => due,
    };
    Ok(Some(due.max(pause).max(pace).max(now)))
}

/// Holds claimed emails for another lease; those that have ended meanwhile do not mind. A relay may take longer over
/// one email than a lease lasts, and then nobody else may begin to send it.
pub async fn hold(app: &App, held: &[Held]) -> Result<(), Failure> {
    app.store.write(|tx| async move { Ok(tx.extend_leases(held, app.now().plus(app.options.lease)).await?) }).await
}

/// Tries a relay that is left alone with the next email, because something changed that may be what it refused.
pub async fn probe_relay(app: &App) -> Result<(), Failure> {
    app.store.write(|tx| async move { Ok(tx.probe_relay_at(app.now()).await?) }).await
}

/// Whether a claimed email is still ours and wanted: it may have been withdrawn or replaced while it waited for its
/// turn.
pub async fn is_held(app: &App, held: Held) -> Result<bool, Failure> {
    app.store.read(|tx| async move { Ok(tx.is_held(held).await?) }).await
}

/// How many emails are due that were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reaped {
    /// Taken back from workers that are gone.
    pub abandoned: u64,
    /// That waited for a moment which a wrong clock wrote.
    pub misdated: u64,
}

/// Takes back the emails of workers that are gone, and lets none wait for a moment that a wrong clock wrote.
pub async fn reap(app: &App) -> Result<Reaped, Failure> {
    app.store
        .write(|tx| async move {
            let now = app.now();
            let misdated = tx.believe_moments(now, app.options.lease).await?;
            Ok(Reaped { abandoned: tx.reap(now).await?, misdated })
        })
        .await
}

/// Claims due emails, at most `most`, as a test plays a worker.
#[cfg(test)]
pub async fn claim(app: &App, most: u64) -> Result<Vec<Job>, Failure> {
    let claim = Claim { most, alone: true };
    Ok(turn(app, &Turn { claim, ..Turn::default() }).await?.jobs)
}

/// Writes down what came of an email, as a test plays a worker; answers whether the lease still held.
#[cfg(test)]
pub async fn finish(app: &App, job: &Job, outcome: &Outcome) -> Result<bool, Failure> {
    end(app, job, JobResult::Tried(outcome.clone())).await
}

/// Gives an email back untouched, as a test plays a worker.
#[cfg(test)]
pub async fn release(app: &App, job: &Job) -> Result<bool, Failure> {
    end(app, job, JobResult::Untried).await
}

#[cfg(test)]
async fn end(app: &App, job: &Job, result: JobResult) -> Result<bool, Failure> {
    let (id, results) = (job.mail.id, [(job.clone(), result)]);
    Ok(turn(app, &Turn { results: &results, ..Turn::default() }).await?.ended.contains(&id))
}

#[cfg(test)]
mod tests;
