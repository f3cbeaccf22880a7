//! What came of emails, written down: sent, waiting for the next try, failed, or back untried.

use std::collections::HashSet;

use crate::app::App;
use crate::app::mail::outbox::job::{Job, JobResult, RelayChange};
use crate::app::upkeep::tidy;
use crate::domain::link::Purpose;
use crate::domain::mail::{
    ANSWER_BYTES, Answer, Failure, FailureClass, Mail, MailId, MailKind, MailState, Outcome, Stage, UNREADABLE,
    next_try, relay_pause,
};
use crate::domain::text::visible;
use crate::domain::time::{Timestamp, minutes};
use crate::store::{Claimed, Held, Step, StoreError, Tx};

/// What was written.
#[derive(Debug, Default)]
pub(in crate::app) struct Written {
    /// The emails whose lease still held.
    pub ended: HashSet<MailId>,
    /// Those among them that are not tried again.
    pub given_up: HashSet<MailId>,
    pub relay: Option<RelayChange>,
}

/// Writes all of it. A relay that cannot be used counts no try of an email
/// and is left alone for a while; one that said anything else of an email works.
pub(in crate::app) async fn write(
    app: &App,
    tx: &Tx,
    results: &[(Job, JobResult)],
    now: Timestamp,
    jitter: &[u8; 8],
) -> Result<Written, StoreError> {
    let mut ended = sent(tx, results, now).await?;
    let (mut given_up, mut relay) = (HashSet::new(), None);
    let mut works = !ended.is_empty();
    let mut trouble = None;
    for (at, (job, result)) in results.iter().enumerate() {
        let jitter = jitter[at % jitter.len()];
        let held = match result {
            JobResult::Tried(Outcome::Accepted(_)) => continue,
            JobResult::Tried(Outcome::Failed(failure)) => {
                let (held, is_last) = failed(app, tx, job, failure, now, jitter).await?;
                if held && is_last {
                    given_up.insert(job.held.id);
                }
                match failure.class {
                    FailureClass::Transport => trouble = Some((failure, jitter)),
                    FailureClass::Temporary | FailureClass::Permanent | FailureClass::Ambiguous => {
                        works |= held && failure.stage != Stage::Build;
                    }
                }
                held
            }
            JobResult::Untried => {
                let step = Step::Wait(job.mail.next_at.unwrap_or(now), job.mail.attempts);
                tx.let_go(job.held.id, job.held.lease, &step, None).await?
            }
        };
        if held {
            ended.insert(job.held.id);
        }
    }
    if let Some((failure, jitter)) = trouble {
        let failures = tx.relay_pause(now).await?.map_or(0, |(failures, _)| failures).saturating_add(1);
        let reason = clean(&failure.text);
        let length = relay_pause(failures, jitter);
        tx.pause_relay(failures, now.plus(length), &reason).await?;
        relay = Some(RelayChange::Paused { failures, length });
    } else if works && tx.resume_relay().await? {
        relay = Some(RelayChange::Resumed);
    }
    Ok(Written { ended, given_up, relay })
}

/// Those that the relay took, in a few statements: there may be thousands in a second.
async fn sent(tx: &Tx, results: &[(Job, JobResult)], now: Timestamp) -> Result<HashSet<MailId>, StoreError> {
    let accepted: Vec<(Held, Answer)> = results
        .iter()
        .filter_map(|(job, result)| match result {
            JobResult::Tried(Outcome::Accepted(words)) => Some((job.held, answer(Stage::Dot, Some(250), words))),
            JobResult::Tried(Outcome::Failed(_)) | JobResult::Untried => None,
        })
        .collect();
    let borrowed: Vec<_> = accepted.iter().map(|(held, answer)| (*held, answer)).collect();
    let ended = tx.end_sent(&borrowed, now).await?;
    let users: Vec<_> = results
        .iter()
        .filter(|(job, _)| ended.contains(&job.held.id) && lets_in(job.mail.kind))
        .filter_map(|(job, _)| job.mail.user)
        .collect();
    tx.clear_mail_failed(&users).await?;
    for (held, answer) in accepted.iter().filter(|(held, _)| !ended.contains(&held.id)) {
        tx.note_cancelled(*held, now, true, answer).await?;
    }
    Ok(ended)
}

/// Answers whether the lease still held, and whether the email is not tried again.
async fn failed(
    app: &App,
    tx: &Tx,
    job: &Job,
    failure: &Failure,
    now: Timestamp,
    jitter: u8,
) -> Result<(bool, bool), StoreError> {
    let attempts = job.mail.attempts.saturating_add(1);
    let step = match failure.class {
        FailureClass::Permanent => Step::End(MailState::Dead, now),
        // To the end of the queue: if it is this email that the relay cannot bear, another one tries it next.
        FailureClass::Transport => Step::Wait(now, job.mail.attempts),
        class @ (FailureClass::Temporary | FailureClass::Ambiguous) => {
            let next = next_try(now, attempts, class, jitter);
            let in_time = next < job.not_after || tidy::is_clock_doubtful(app, tx, now).await?;
            if in_time { Step::Wait(next, attempts) } else { Step::End(MailState::Dead, now) }
        }
    };
    let answer = answer(failure.stage, failure.code, &failure.text);
    let held = not_sent(tx, &job.mail, job.held, &step, &answer, now).await?;
    Ok((held, matches!(step, Step::End(..))))
}

/// Puts off an email that cannot be put together, so that somebody can look at the database, and says why in its
/// history.
pub(in crate::app) async fn put_off(
    tx: &Tx,
    claimed: &Claimed,
    why: &StoreError,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mail = &claimed.mail;
    // Half of what is left of a short link, so that it is tried again before it ends.
    let wait = UNREADABLE.min(claimed.not_after.since(now) / 2);
    let step =
        if wait < minutes(1) { Step::End(MailState::Dead, now) } else { Step::Wait(now.plus(wait), mail.attempts) };
    let held = Held { id: mail.id, lease: claimed.lease };
    let answer = answer(Stage::Build, None, &why.to_string());
    not_sent(tx, mail, held, &step, &answer, now).await.map(drop)
}

/// Lets an email go on that was not sent, with its try; whoever cannot sign in or accept without it is flagged where it ends.
/// Answers whether the lease still held.
async fn not_sent(
    tx: &Tx,
    mail: &Mail,
    held: Held,
    step: &Step,
    answer: &Answer,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if !tx.let_go(held.id, held.lease, step, Some(answer)).await? {
        tx.note_cancelled(held, now, false, answer).await?;
        return Ok(false);
    }
    tx.insert_attempt(held.id, now, false, answer).await?;
    if let (Step::End(_, at), Some(user), true) = (step, mail.user, lets_in(mail.kind)) {
        tx.set_mail_failed(user, Some(*at)).await?;
    }
    Ok(true)
}

/// Whether somebody cannot sign in or accept without this email: a notice that did not arrive keeps nobody out.
fn lets_in(kind: MailKind) -> bool {
    kind.purpose().is_some_and(Purpose::chooses_password)
}

/// What is stored of an outcome: harmless to show, and short.
fn answer(stage: Stage, code: Option<u16>, text: &str) -> Answer {
    Answer { stage, code, text: clean(text) }
}

fn clean(text: &str) -> String {
    let clean = visible(text.trim());
    clean[..clean.floor_char_boundary(ANSWER_BYTES)].to_owned()
}
