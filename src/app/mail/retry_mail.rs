//! Retry an email that waits or was given up: it is due at once, its tries are counted anew, and a relay that is left
//! alone is tried at once.

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::{Link, LinkId, LinkState};
use crate::domain::mail::{GIVE_UP, Mail, MailId, MailKind, MailState};
use crate::domain::policy::{allow, scope};
use crate::domain::text::counted;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::{MailQuery, StoreError};

/// Why an email cannot be steered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not in a state for it.
    #[error("email {id} is {}; only a queued or failed email can be retried or cancelled", state.words())]
    State { id: i64, state: MailState },
    /// Its link no longer works.
    #[error("the link in email {0} no longer works")]
    Stale(i64),
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::State { .. } | Self::Stale(_) => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::State { .. } => "mail_state",
            Self::Stale(_) => "mail_stale",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::State { .. } => Some("resend the invitation to send a new email".to_owned()),
            Self::Stale(_) => Some("resend the invitation or send another password reset instead".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Makes an email due at once; answers with the email as stored now.
pub async fn run(app: &App, actor: &Actor, id: MailId) -> Result<Mail, Error> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let (mail, user) = seen(&step, id, &Change::Act(Action::RetryMail)).await?;
            retry(&step, &mail, user.as_ref()).await?;
            Ok(tx.mail(&scope(&step.authority), id).await?.ok_or(Failure::NoMail(id.0))?)
        })
        .await
}

/// How many emails one transaction looks at or retries.
const CHUNK: usize = 200;

/// The failed emails that the actor sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failed {
    /// Those that can be sent again, the newest first.
    pub usable: Vec<Mail>,
    /// How many others there are: their link no longer works, or they may not be sent to this user.
    pub left_out: u64,
}

impl Failed {
    /// What is said of those that are left out, as a sentence; nothing where there are none.
    #[must_use]
    pub fn left_out_words(&self) -> Option<String> {
        match self.left_out {
            0 => None,
            1 => Some("1 failed email is left out: its link no longer works, or its user is deleted.".to_owned()),
            more => Some(format!(
                "{} are left out: their links no longer work, or their users are deleted.",
                counted(more, "failed email")
            )),
        }
    }
}

/// Looks which failed emails can be sent again, and changes nothing.
pub async fn look(app: &App, actor: &Actor) -> Result<Failed, Error> {
    let (mut found, mut before) = (Failed::default(), None::<MailId>);
    loop {
        let (usable, seen, last) = app
            .store
            .read(|tx| async move {
                let step = Step::begin(app, &tx, actor).await?;
                let beyond = before.map(|id| id.0);
                let query = MailQuery { states: vec![MailState::Dead], beyond, ..MailQuery::default() };
                let mails = tx.mails(&scope(&step.authority), &query, CHUNK as u64).await?;
                let (seen, last) = (mails.len() as u64, mails.last().map(|mail| mail.id));
                let mut usable = Vec::new();
                for mail in mails {
                    let user = read_user(&step, &mail).await?;
                    if allow(&step.authority, &Change::Act(Action::RetryMail), user.as_ref()).is_ok()
                        && works_until(&step, &mail, user.as_ref()).await?.is_some()
                    {
                        usable.push(mail);
                    }
                }
                Ok::<_, Error>((usable, seen, last))
            })
            .await?;
        found.left_out += seen - usable.len() as u64;
        found.usable.extend(usable);
        match last {
            Some(last) => before = Some(last),
            None => return Ok(found),
        }
    }
}

/// Makes these failed emails due at once, but for those that changed since somebody looked; answers how many.
pub async fn retry_these(app: &App, actor: &Actor, ids: &[MailId]) -> Result<u64, Error> {
    let mut all = 0;
    for chunk in ids.chunks(CHUNK) {
        all += app
            .store
            .write(|tx| async move {
                let step = Step::begin(app, &tx, actor).await?;
                let mut mails = Vec::new();
                for id in chunk {
                    mails.extend(tx.mail(&scope(&step.authority), *id).await?);
                }
                // Users are locked in one order, so that nobody who locks several waits for us in a circle.
                mails.sort_unstable_by_key(|mail| mail.user);
                let mut done: u64 = 0;
                for mail in mails.iter().filter(|mail| mail.state == MailState::Dead) {
                    let user = user_of(&step, mail).await?;
                    if allow(&step.authority, &Change::Act(Action::RetryMail), user.as_ref()).is_err() {
                        continue;
                    }
                    match retry(&step, mail, user.as_ref()).await {
                        Ok(()) => done += 1,
                        Err(Error::Stale(_) | Error::State { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok::<_, Error>(done)
            })
            .await?;
    }
    Ok(all)
}

async fn retry(step: &Step<'_>, mail: &Mail, user: Option<&User>) -> Result<(), Error> {
    let until = works_until(step, mail, user).await?.ok_or(Error::Stale(mail.id.0))?;
    let (now, id) = (step.now, mail.id);
    if !step.tx.requeue_mail(id, now, until.min(now.plus(GIVE_UP))).await? {
        return Err(Error::State { id: id.0, state: mail.state });
    }
    step.tx.probe_relay_at(now).await?;
    if let Some(user) = user {
        step.tx.set_mail_failed(user.id, None).await?;
    }
    let detail = json!({ "mail": id.0 });
    Ok(step.record(Record { action: Action::RetryMail, subject: mail.user, detail }).await?)
}

/// Until when the link in an email works; nothing if it doesn't. An email without a link is worth sending as long as
/// any, and so is the notice to an old address, whatever became of its link.
async fn works_until(step: &Step<'_>, mail: &Mail, user: Option<&User>) -> Result<Option<Timestamp>, StoreError> {
    if !MailKind::LINKS.contains(&mail.kind) {
        return Ok(Some(step.now.plus(GIVE_UP)));
    }
    let (Some(user), Some((Some(subject), _))) = (user, step.tx.mail_subject(mail.id).await?) else { return Ok(None) };
    let link = step.tx.stored_link(LinkId(subject)).await?.map(|stored| stored.link);
    let works = |link: &Link| link.state_for(user.status, user.power_rises, step.now) == LinkState::Pending;
    Ok(link.filter(works).map(|link| link.expires_at))
}

/// Reads again an email that the actor can see and whom it goes to, and asks whether it may be steered.
pub(in crate::app) async fn seen(
    step: &Step<'_>,
    id: MailId,
    change: &Change,
) -> Result<(Mail, Option<User>), Failure> {
    let mail = step.tx.mail(&scope(&step.authority), id).await?.ok_or(Failure::NoMail(id.0))?;
    let user = user_of(step, &mail).await?;
    allow(&step.authority, change, user.as_ref())?;
    Ok((mail, user))
}

/// Whom an email goes to, and nobody changes them or their links until the transaction ends.
async fn user_of(step: &Step<'_>, mail: &Mail) -> Result<Option<User>, StoreError> {
    let Some(user) = mail.user else { return Ok(None) };
    step.tx.lock_user(user).await?;
    read_user(step, mail).await
}

/// Whom an email goes to, as far as the actor sees them.
async fn read_user(step: &Step<'_>, mail: &Mail) -> Result<Option<User>, StoreError> {
    let Some(user) = mail.user else { return Ok(None) };
    Ok(step.tx.user(user).await?.and_then(|user| step.seen(user)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::revoke;
    use crate::app::mail::cancel_mail;
    use crate::app::mail::list_mails;
    use crate::app::mail::outbox::{claim, finish};
    use crate::app::test::{World, grace, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::domain::mail::{Failure as Answer, FailureClass, Outcome, Stage};
    use crate::domain::time::days;
    use crate::domain::user::UserId;

    fn failed(class: FailureClass) -> Outcome {
        Outcome::Failed(Answer { class, stage: Stage::Recipient, code: Some(550), text: "no such mailbox".to_owned() })
    }

    /// An invitation whose email the relay refused.
    async fn dead(world: &World) -> (UserId, MailId) {
        let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
        for job in claim(&world.app, 10).await.unwrap() {
            finish(&world.app, &job, &failed(FailureClass::Permanent)).await.unwrap();
        }
        (invited.user.id, invited.mail)
    }

    /// Retries what was looked at, as the command and the screen do.
    async fn retry_all(world: &World) -> u64 {
        let ids: Vec<MailId> = look(&world.app, &operator()).await.unwrap().usable.iter().map(|mail| mail.id).collect();
        retry_these(&world.app, &operator(), &ids).await.unwrap()
    }

    #[tokio::test]
    async fn a_failed_mail_is_shown_retried_and_sent() {
        on_both(async |world| {
            let (user, id) = dead(world).await;
            let request =
                list_mails::Request { states: vec![MailState::Dead], limit: 10, ..list_mails::Request::default() };
            let page = list_mails::run(&world.app, &operator(), request).await.unwrap();
            assert_eq!(page.mails.iter().map(|mail| mail.id).collect::<Vec<_>>(), [id]);
            let detail = list_mails::show(&world.app, &operator(), id).await.unwrap();
            assert_eq!(detail.attempts.len(), 1);
            assert_eq!(detail.attempts[0].answer.text, "no such mailbox");

            let mail = run(&world.app, &operator(), id).await.unwrap();
            assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0));
            assert!(show::run(&world.app, &operator(), user).await.unwrap().user.mail_failed_at.is_none());
            let job = claim(&world.app, 10).await.unwrap().remove(0);
            finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
            let again = run(&world.app, &operator(), id).await.unwrap_err();
            assert!(matches!(again, Error::State { state: MailState::Sent, .. }), "{again}");
        })
        .await;
    }

    #[tokio::test]
    async fn an_email_whose_link_no_longer_works_is_not_sent_again() {
        on_both(async |world| {
            let (user, id) = dead(world).await;
            revoke::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            assert!(matches!(run(&world.app, &operator(), id).await, Err(Error::Stale(_))));
            assert_eq!(retry_all(world).await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_failed_email_whose_link_expired_is_left_out_and_counted() {
        on_both(async |world| {
            dead(world).await;
            world.pass(days(8));
            let found = look(&world.app, &operator()).await.unwrap();
            assert_eq!((found.usable.len(), found.left_out), (0, 1));
            assert_eq!(retry_all(world).await, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn only_the_emails_that_were_looked_at_are_retried_and_only_while_they_are_failed() {
        on_both(async |world| {
            let (_, id) = dead(world).await;
            let found = look(&world.app, &operator()).await.unwrap();
            assert_eq!((found.usable.iter().map(|mail| mail.id).collect::<Vec<_>>(), found.left_out), (vec![id], 0));
            assert_eq!(retry_these(&world.app, &operator(), &[]).await.unwrap(), 0);
            assert_eq!(retry_these(&world.app, &operator(), &[id]).await.unwrap(), 1);
            assert_eq!(retry_these(&world.app, &operator(), &[id]).await.unwrap(), 0, "it is queued now");
        })
        .await;
    }

    #[tokio::test]
    async fn retrying_tries_a_relay_that_is_left_alone_at_once() {
        on_both(async |world| {
            let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
            let job = claim(&world.app, 10).await.unwrap().remove(0);
            finish(&world.app, &job, &failed(FailureClass::Transport)).await.unwrap();
            assert!(claim(&world.app, 10).await.unwrap().is_empty());
            run(&world.app, &operator(), invited.mail).await.unwrap();
            assert_eq!(claim(&world.app, 10).await.unwrap().len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_cancelled_mail_is_not_sent_and_all_failed_ones_are_retried_with_one_key() {
        on_both(async |world| {
            let (_, id) = dead(world).await;
            assert_eq!(retry_all(world).await, 1);
            let mail = cancel_mail::run(&world.app, &operator(), id).await.unwrap();
            assert_eq!(mail.state, MailState::Cancelled);
            assert!(claim(&world.app, 10).await.unwrap().is_empty());
            assert!(matches!(cancel_mail::run(&world.app, &operator(), id).await, Err(Error::State { .. })));
        })
        .await;
    }
}
