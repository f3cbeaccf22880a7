//! Read the outbox: pages of emails inside what the actor can see, and one email with every try.

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::mail::{Attempt, Mail, MailId, MailState};
use crate::domain::policy::scope;
use crate::domain::query::{NewestFirst, NewestRows, Part};
use crate::domain::user::UserId;
use crate::store::MailQuery;

/// Which emails, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Only in these states; all when empty.
    pub states: Vec<MailState>,
    pub user: Option<UserId>,
    /// Only older than this one: the last of the page before.
    pub before: Option<MailId>,
    /// Most rows, 1 to 1,000.
    pub limit: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub mails: Vec<Mail>,
    /// Where to go on, if there are more.
    pub next: Option<MailId>,
}

/// One email with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    pub mail: Mail,
    /// Its Message-ID without brackets, which the relay's log has too.
    pub message_id: String,
    /// Every try, the newest first; at most [`TRIES`].
    pub attempts: Vec<Attempt>,
}

pub const TRIES: u64 = 100;

pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Page, Failure> {
    let request = &request;
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let query = MailQuery {
                states: request.states.clone(),
                user: request.user,
                beyond: request.before.map(|id| id.0),
                oldest_first: false,
            };
            let limit = usize::from(request.limit);
            let mut mails = tx.mails(&scope(&step.authority), &query, u64::from(request.limit) + 1).await?;
            let more = mails.len() > limit;
            mails.truncate(limit);
            let next = mails.last().map(|mail| mail.id).filter(|_| more);
            Ok(Page { mails, next })
        })
        .await
}

/// Lists the emails in these states (all when there are none) around a place, at most `limit`.
pub async fn window(
    app: &App,
    actor: &Actor,
    states: &[MailState],
    place: NewestFirst,
    limit: u64,
) -> Result<NewestRows<Mail>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let scope = scope(&step.authority);
            let query = MailQuery { states: states.to_vec(), ..MailQuery::default() };
            let [newer, older] = place.parts(limit);
            let read = async |part: Option<Part>| match part {
                Some(part) => {
                    let part_query =
                        MailQuery { beyond: part.beyond, oldest_first: part.oldest_first, ..query.clone() };
                    Ok::<_, Failure>(Some((tx.mails(&scope, &part_query, part.limit + 1).await?, part.limit)))
                }
                None => Ok(None),
            };
            Ok(NewestRows::of_parts(read(newer).await?, read(older).await?))
        })
        .await
}

pub async fn show(app: &App, actor: &Actor, id: MailId) -> Result<Detail, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let mail = tx.mail(&scope(&step.authority), id).await?.ok_or(Failure::NoMail(id.0))?;
            let (_, message_id) = tx.mail_subject(id).await?.ok_or(Failure::NoMail(id.0))?;
            Ok(Detail { mail, message_id, attempts: tx.attempts(id, TRIES).await? })
        })
        .await
}
