//! The outbox, as a worker sees it: claim mails under a lease, keep what was rendered, finish them.
//!
//! A claim is committed before anybody talks to a relay, and a mail is finished only while its lease still holds. The
//! code that proves a link is made at each claim and stored nowhere.

use zeroize::Zeroizing;

use super::look::{LinkState, invitation_code, standing};
use super::{App, Failure};
use crate::domain::invitation::InvitationId;
use crate::domain::language::Language;
use crate::domain::mail::{
    ANSWER_BYTES, Answer, FailureClass, LEASE, Mail, MailId, MailKind, MailState, Outcome, Stage, next_try, relay_pause,
};
use crate::domain::role::Standing;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;
use crate::store::{Claimed, Step, StoreError, Tx};

/// A mail to be sent now.
pub struct Job {
    /// The mail.
    pub mail: Mail,
    /// The number of the lease under which it is held.
    lease: i64,
    /// After this it is not sent any more.
    not_after: Timestamp,
    /// The Message-ID without its brackets, fixed when the mail was enqueued.
    pub message_id: String,
    /// The code that goes where the rendered mail has its placeholder. A secret.
    pub code: Zeroizing<String>,
    /// What the mail says, or what was rendered before.
    pub content: Content,
}

/// What a worker shows to go on holding a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    id: MailId,
    lease: i64,
}

impl Job {
    /// What to show to go on holding the mail.
    #[must_use]
    pub const fn held(&self) -> Held {
        Held { id: self.mail.id, lease: self.lease }
    }
}

/// What a mail says.
pub enum Content {
    /// Rendered at an earlier try and kept: to be sent again as it was.
    Kept(String),
    /// To be rendered now.
    Fresh(Box<Facts>),
}

/// What an invitation's mail is rendered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub name: String,
    /// The person's language.
    pub language: Language,
    /// Who invited, if that was a person.
    pub inviter: Option<String>,
    /// Whether they will be an administrator.
    pub administrator: bool,
    /// The workspaces' names, and as what.
    pub workspaces: Vec<(String, Standing)>,
    /// The personal message.
    pub message: Option<String>,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// The portal's address.
    pub public_url: String,
}

/// Claims due mails, at most `most`. Mails whose link does not work any more are ended on the way and not answered.
/// While the relay is left alone there are none, and after its pause only one, which tries it. Without a public address
/// of the portal there are none either: every mail there is today carries a link.
pub async fn claim(app: &App, most: u64) -> Result<Vec<Job>, Failure> {
    let Some(public_url) = &app.options.public_url else { return Ok(Vec::new()) };
    app.store
        .write(|tx| async move {
            let now = app.now();
            let most = match tx.relay_pause().await? {
                Some((_, until)) if until > now => return Ok(Vec::new()),
                Some(_) => 1,
                None => most,
            };
            let mut jobs = Vec::new();
            for claimed in tx.claim_due(now, now.plus(LEASE), most).await? {
                jobs.extend(prepare(app, &tx, claimed, public_url, now).await?);
            }
            Ok(jobs)
        })
        .await
}

/// Checks under the lease that the mail is still wanted, and gathers what it says.
async fn prepare(
    app: &App,
    tx: &Tx,
    claimed: Claimed,
    public_url: &str,
    now: Timestamp,
) -> Result<Option<Job>, StoreError> {
    let (id, lease) = (claimed.mail.id, claimed.lease);
    let found = match (claimed.mail.kind, claimed.mail.user, claimed.subject) {
        (MailKind::Invitation, Some(user), Some(subject)) => {
            tx.stored_invitation(InvitationId(subject)).await?.zip(tx.user(user).await?)
        }
        _ => None,
    };
    let Some((stored, user)) = found else {
        tx.let_go(id, lease, &Step::End(MailState::Cancelled, now), None).await?;
        return Ok(None);
    };
    let over = match standing(&stored, &user, now) {
        LinkState::Works if claimed.not_after > now => None,
        // The link would still work, but nobody ever got it: somebody has to know.
        LinkState::Works => {
            tx.set_mail_failed(user.id, Some(now)).await?;
            Some(MailState::Expired)
        }
        LinkState::Expired => Some(MailState::Expired),
        _ => Some(MailState::Cancelled),
    };
    if let Some(state) = over {
        tx.let_go(id, lease, &Step::End(state, now), None).await?;
        return Ok(None);
    }
    let content = if let Some(rendered) = claimed.rendered {
        Content::Kept(rendered)
    } else {
        let inviter = match stored.issued_by {
            Some(by) => tx.user(by).await?.map(|by| by.name.as_str().to_owned()),
            None => None,
        };
        Content::Fresh(Box::new(Facts {
            organisation: app.organisation().to_owned(),
            name: user.name.as_str().to_owned(),
            language: user.language,
            inviter,
            administrator: user.is_administrator,
            workspaces: user.memberships.iter().map(|m| (m.name.as_str().to_owned(), m.standing)).collect(),
            message: stored.invitation.message.clone(),
            expires_at: stored.invitation.expires_at,
            public_url: public_url.to_owned(),
        }))
    };
    Ok(Some(Job {
        code: Zeroizing::new(invitation_code(app, &stored).format()),
        lease,
        not_after: claimed.not_after,
        message_id: claimed.message_id,
        content,
        mail: claimed.mail,
    }))
}

/// Keeps the rendered mail (with a placeholder for the code) until the mail has ended; answers whether the lease holds.
pub async fn keep(app: &App, job: &Job, rendered: &str) -> Result<bool, Failure> {
    app.store.write(|tx| async move { Ok(tx.keep_rendered(job.mail.id, job.lease, rendered).await?) }).await
}

/// Writes down what came of a try: sent, waiting for the next, or dead; answers whether the lease still held.
/// A relay that cannot be used counts no try of the mail and is left alone for a while.
pub async fn finish(app: &App, job: &Job, outcome: &Outcome) -> Result<bool, Failure> {
    let (id, jitter) = (job.mail.id, app.bytes::<1>()[0]);
    app.store
        .write(|tx| async move {
            let now = app.now();
            let answer = answer(outcome);
            let attempts = job.mail.attempts.saturating_add(1);
            let step = match outcome {
                Outcome::Accepted(_) => Step::End(MailState::Sent, now),
                Outcome::Failed(failure) => match failure.class {
                    FailureClass::Permanent => Step::End(MailState::Dead, now),
                    FailureClass::Transport => Step::Wait(now, job.mail.attempts),
                    class => {
                        let next = next_try(now, attempts, class, jitter);
                        if next < job.not_after { Step::Wait(next, attempts) } else { Step::End(MailState::Dead, now) }
                    }
                },
            };
            if !tx.let_go(id, job.lease, &step, Some(&answer)).await? {
                return Ok(false);
            }
            let accepted = matches!(outcome, Outcome::Accepted(_));
            tx.insert_attempt(id, now, accepted, &answer).await?;
            if let (Step::End(state, at), Some(user)) = (&step, job.mail.user) {
                tx.set_mail_failed(user, (*state == MailState::Dead).then_some(*at)).await?;
            }
            match outcome {
                Outcome::Failed(failure) if failure.class == FailureClass::Transport => {
                    let failures = tx.relay_pause().await?.map_or(0, |(failures, _)| failures).saturating_add(1);
                    tx.pause_relay(failures, now.plus(relay_pause(failures, jitter)), &answer.text).await?;
                }
                // Whatever else it said of this mail, the relay works.
                Outcome::Failed(failure) if failure.stage == Stage::Build => {}
                _ => tx.resume_relay().await?,
            }
            Ok(true)
        })
        .await
}

/// Holds claimed mails for another [`LEASE`]; those that have ended meanwhile do not mind. A relay may take longer over one
/// mail than a lease lasts, and then nobody else may begin to send it.
pub async fn hold(app: &App, held: &[Held]) -> Result<(), Failure> {
    app.store
        .write(|tx| async move {
            let until = app.now().plus(LEASE);
            for held in held {
                tx.extend_lease(held.id, held.lease, until).await?;
            }
            Ok(())
        })
        .await
}

/// Gives a mail back untouched, for a worker that stops.
pub async fn release(app: &App, job: &Job) -> Result<bool, Failure> {
    let step = &Step::Wait(app.now(), job.mail.attempts);
    app.store.write(|tx| async move { Ok(tx.let_go(job.mail.id, job.lease, step, None).await?) }).await
}

/// Takes back the mails of workers that are gone; answers how many.
pub async fn reap(app: &App) -> Result<u64, Failure> {
    app.store.write(|tx| async move { Ok(tx.reap(app.now()).await?) }).await
}

/// When there is something to send next: not before the relay's pause is over.
pub async fn next_due_at(app: &App) -> Result<Option<Timestamp>, Failure> {
    app.store
        .read(|tx| async move {
            let pause = tx.relay_pause().await?.map(|(_, until)| until);
            Ok(tx.next_due_at().await?.map(|due| pause.map_or(due, |until| due.max(until))))
        })
        .await
}

/// What is stored of an outcome: harmless to show, and short.
fn answer(outcome: &Outcome) -> Answer {
    let (stage, code, text) = match outcome {
        Outcome::Accepted(text) => (Stage::Dot, Some(250), text),
        Outcome::Failed(failure) => (failure.stage, failure.code, &failure.text),
    };
    let clean = visible(text.trim());
    Answer { stage: stage.name().to_owned(), code, text: clean[..clean.floor_char_boundary(ANSWER_BYTES)].to_owned() }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
