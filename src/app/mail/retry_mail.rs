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

/// Makes every failed email whose link still works due at once; answers how many.
pub async fn retry_all(app: &App, actor: &Actor) -> Result<u64, Error> {
    const CHUNK: u64 = 200;
    let (mut all, mut before): (u64, Option<MailId>) = (0, None);
    loop {
        let (done, next): (u64, Option<MailId>) = app
            .store
            .write(|tx| async move {
                let step = Step::begin(app, &tx, actor).await?;
                let query =
                    MailQuery { states: vec![MailState::Dead], beyond: before.map(|id| id.0), ..MailQuery::default() };
                let mails = tx.mails(&scope(&step.authority), &query, CHUNK).await?;
                let mut done = 0;
                for mail in &mails {
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
                Ok::<_, Error>((done, mails.last().map(|mail| mail.id)))
            })
            .await?;
        all += done;
        match next {
            Some(last) => before = Some(last),
            None => return Ok(all),
        }
    }
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
    use crate::domain::mail::{Failure as Failed, FailureClass, Outcome, Stage};
    use crate::domain::user::UserId;

    fn failed(class: FailureClass) -> Outcome {
        Outcome::Failed(Failed { class, stage: Stage::Recipient, code: Some(550), text: "no such mailbox".to_owned() })
    }

    /// An invitation whose email the relay refused.
    async fn dead(world: &World) -> (UserId, MailId) {
        let invited = invite::run(&world.app, &operator(), grace()).await.unwrap();
        for job in claim(&world.app, 10).await.unwrap() {
            finish(&world.app, &job, &failed(FailureClass::Permanent)).await.unwrap();
        }
        (invited.user.id, invited.mail)
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
            assert_eq!(retry_all(&world.app, &operator()).await.unwrap(), 0);
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
            assert_eq!(retry_all(&world.app, &operator()).await.unwrap(), 1);
            let mail = cancel_mail::run(&world.app, &operator(), id).await.unwrap();
            assert_eq!(mail.state, MailState::Cancelled);
            assert!(claim(&world.app, 10).await.unwrap().is_empty());
            assert!(matches!(cancel_mail::run(&world.app, &operator(), id).await, Err(Error::State { .. })));
        })
        .await;
    }
}
