//! The outbox, as a worker sees it: claim mails under a lease, keep what was rendered, finish them.
//!
//! A claim is committed before anybody talks to a relay, and a mail is finished only while its lease still holds. The
//! code that proves a link is made at each claim and stored nowhere.

use zeroize::Zeroizing;

use super::look::{
    LinkState, email_change_code, invitation_code, reset_code, standing, standing_of_email_change, standing_of_reset,
};
use super::{App, Failure};
use crate::domain::code::{Code, Purpose};
use crate::domain::content::{Content, EmailChange, Invitation, PasswordChanged, Reset, Test};
use crate::domain::email_change::EmailChangeId;
use crate::domain::invitation::InvitationId;
use crate::domain::language::Language;
use crate::domain::mail::{
    ANSWER_BYTES, Answer, FailureClass, LEASE, Mail, MailId, MailKind, MailState, Outcome, Stage, next_try, relay_pause,
};
use crate::domain::reset::ResetId;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
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
    /// The code that goes where the rendered mail has its placeholder, if it has one. A secret.
    pub code: Option<Zeroizing<String>>,
    /// What the mail says, or what was rendered before.
    pub says: Says,
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
pub enum Says {
    /// Rendered at an earlier try and kept: to be sent again as it was.
    Kept(String),
    /// To be rendered now, in this language.
    Fresh(Box<Content>, Language),
}

/// Claims due mails, at most `most`. Mails whose link does not work any more are ended on the way and not answered.
/// While the relay is left alone there are none, and after its pause only one, which tries it. Without a public address
/// of the portal only those that carry no link.
pub async fn claim(app: &App, most: u64) -> Result<Vec<Job>, Failure> {
    app.store
        .write(|tx| async move {
            let now = app.now();
            let most = match tx.relay_pause().await? {
                Some((_, until)) if until > now => return Ok(Vec::new()),
                Some(_) => 1,
                None => most,
            };
            let mut jobs = Vec::new();
            for claimed in tx.claim_due(sendable(app), now, now.plus(LEASE), most).await? {
                jobs.extend(prepare(app, &tx, claimed, now).await?);
            }
            Ok(jobs)
        })
        .await
}

/// The kinds of mail that can be written now.
fn sendable(app: &App) -> &'static [MailKind] {
    if app.options.public_url.is_some() { &MailKind::ALL } else { &MailKind::LINKLESS }
}

/// Whether a claimed mail is still wanted, and what it takes to write it.
enum Wanted {
    Yes(Option<Code>, Content, Language),
    No(MailState),
}

/// Checks under the lease that the mail is still wanted, and gathers what it says.
async fn prepare(app: &App, tx: &Tx, claimed: Claimed, now: Timestamp) -> Result<Option<Job>, StoreError> {
    let (id, lease) = (claimed.mail.id, claimed.lease);
    let user = match claimed.mail.user {
        Some(user) => tx.user(user).await?,
        None => None,
    };
    let wanted = match (claimed.mail.kind, &user, claimed.subject) {
        (MailKind::Invitation, Some(user), Some(subject)) => invitation(app, tx, user, subject, &claimed, now).await?,
        (MailKind::Reset, Some(user), Some(subject)) => reset(app, tx, user, subject, now).await?,
        (kind @ (MailKind::ConfirmEmail | MailKind::KeepEmail), Some(user), Some(subject)) => {
            email_change(app, tx, user, (kind, subject), now).await?
        }
        _ if claimed.not_after <= now => Wanted::No(MailState::Expired),
        (MailKind::PasswordChanged, Some(user), _) => {
            let content = PasswordChanged {
                organisation: app.organisation().to_owned(),
                name: user.name.as_str().to_owned(),
                changed_at: claimed.mail.created_at,
                public_url: app.options.public_url.clone(),
            };
            Wanted::Yes(None, Content::PasswordChanged(content), user.language)
        }
        (MailKind::Test, _, _) => {
            let sender = match claimed.subject {
                Some(sender) => tx.user(UserId(sender)).await?,
                None => None,
            };
            let content = Test {
                organisation: app.organisation().to_owned(),
                sender: sender.as_ref().map(|sender| sender.name.as_str().to_owned()),
                sent_at: claimed.mail.created_at,
            };
            Wanted::Yes(None, Content::Test(content), sender.map_or(Language::default(), |sender| sender.language))
        }
        _ => Wanted::No(MailState::Cancelled),
    };
    let (code, content, language) = match wanted {
        Wanted::Yes(code, content, language) => (code, content, language),
        Wanted::No(state) => {
            tx.let_go(id, lease, &Step::End(state, now), None).await?;
            return Ok(None);
        }
    };
    Ok(Some(Job {
        code: code.map(|code| Zeroizing::new(code.format())),
        lease,
        not_after: claimed.not_after,
        message_id: claimed.message_id,
        says: claimed.rendered.map_or_else(|| Says::Fresh(Box::new(content), language), Says::Kept),
        mail: claimed.mail,
    }))
}

async fn invitation(
    app: &App,
    tx: &Tx,
    user: &User,
    subject: i64,
    claimed: &Claimed,
    now: Timestamp,
) -> Result<Wanted, StoreError> {
    let Some(stored) = tx.stored_invitation(InvitationId(subject)).await? else {
        return Ok(Wanted::No(MailState::Cancelled));
    };
    match standing(&stored, user, now) {
        LinkState::Works if claimed.not_after > now => {}
        // The link would still work, but nobody ever got it: somebody has to know.
        LinkState::Works => {
            tx.set_mail_failed(user.id, Some(now)).await?;
            return Ok(Wanted::No(MailState::Expired));
        }
        LinkState::Expired => return Ok(Wanted::No(MailState::Expired)),
        _ => return Ok(Wanted::No(MailState::Cancelled)),
    }
    let content = Invitation {
        organisation: app.organisation().to_owned(),
        inviter: name_of(tx, stored.issued_by).await?,
        name: user.name.as_str().to_owned(),
        administrator: user.is_administrator,
        workspaces: user.memberships.iter().map(|m| (m.name.as_str().to_owned(), m.standing)).collect(),
        message: stored.invitation.message.clone(),
        expires_at: stored.invitation.expires_at,
        public_url: app.options.public_url.clone().unwrap_or_default(),
    };
    Ok(Wanted::Yes(Some(invitation_code(app, &stored)), Content::Invitation(content), user.language))
}

async fn reset(app: &App, tx: &Tx, user: &User, subject: i64, now: Timestamp) -> Result<Wanted, StoreError> {
    let Some(stored) = tx.stored_reset(ResetId(subject)).await? else {
        return Ok(Wanted::No(MailState::Cancelled));
    };
    match standing_of_reset(&stored, user, now) {
        LinkState::Works => {}
        LinkState::Expired => return Ok(Wanted::No(MailState::Expired)),
        _ => return Ok(Wanted::No(MailState::Cancelled)),
    }
    let content = Reset {
        organisation: app.organisation().to_owned(),
        requester: name_of(tx, stored.issued_by).await?,
        name: user.name.as_str().to_owned(),
        expires_at: stored.reset.expires_at,
        public_url: app.options.public_url.clone().unwrap_or_default(),
    };
    Ok(Wanted::Yes(Some(reset_code(app, &stored)), Content::Reset(content), user.language))
}

/// The mail to the new address goes out while its link works. The one to the old address goes out too when the new one was
/// confirmed meanwhile: its owner has to know.
async fn email_change(
    app: &App,
    tx: &Tx,
    user: &User,
    (kind, subject): (MailKind, i64),
    now: Timestamp,
) -> Result<Wanted, StoreError> {
    let Some(stored) = tx.stored_email_change(EmailChangeId(subject)).await? else {
        return Ok(Wanted::No(MailState::Cancelled));
    };
    match (standing_of_email_change(&stored.change, user, now), kind) {
        (LinkState::Works, _) | (LinkState::Used, MailKind::KeepEmail) => {}
        (LinkState::Expired, _) => return Ok(Wanted::No(MailState::Expired)),
        _ => return Ok(Wanted::No(MailState::Cancelled)),
    }
    let content = EmailChange {
        organisation: app.organisation().to_owned(),
        requester: name_of(tx, stored.issued_by).await?,
        name: user.name.as_str().to_owned(),
        from: stored.change.from.as_str().to_owned(),
        to: stored.change.to.as_str().to_owned(),
        expires_at: stored.change.expires_at,
        public_url: app.options.public_url.clone().unwrap_or_default(),
    };
    let (purpose, content) = if kind == MailKind::ConfirmEmail {
        (Purpose::ConfirmEmail, Content::ConfirmEmail(content))
    } else {
        (Purpose::KeepEmail, Content::KeepEmail(content))
    };
    Ok(Wanted::Yes(Some(email_change_code(app, purpose, &stored)), content, user.language))
}

async fn name_of(tx: &Tx, user: Option<UserId>) -> Result<Option<String>, StoreError> {
    Ok(match user {
        Some(id) => tx.user(id).await?.map(|user| user.name.as_str().to_owned()),
        None => None,
    })
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
            // A notice that did not arrive keeps nobody from coming in.
            let carries_a_link = matches!(job.mail.kind, MailKind::Invitation | MailKind::Reset);
            if let (Step::End(state, at), Some(user), true) = (&step, job.mail.user, carries_a_link) {
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
            Ok(tx.next_due_at(sendable(app)).await?.map(|due| pause.map_or(due, |until| due.max(until))))
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
