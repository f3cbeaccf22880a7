//! The outbox: emails to be sent, kept in the database and without any secret.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::entities::outbox;
use super::error::read_word;
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::mail::{Answer, Mail, MailId, MailKind, MailState, Stage};
use crate::domain::name::Name;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

#[derive(Debug, Clone)]
pub struct NewMail {
    pub kind: MailKind,
    pub user: Option<UserId>,
    /// The number of the link that it carries, or of whoever sends a test email.
    pub subject: Option<i64>,
    pub to: Email,
    pub to_name: Name,
    /// The Message-ID without its brackets.
    pub message_id: String,
    /// When it is enqueued, which becomes its Date.
    pub at: Timestamp,
    /// Not before.
    pub next_at: Timestamp,
    pub not_after: Timestamp,
}

/// The row of an email that was just enqueued.
pub(super) fn row(new: &NewMail) -> outbox::ActiveModel {
    outbox::ActiveModel {
        id: NotSet,
        kind: Set(new.kind.name().to_owned()),
        user_id: Set(new.user.map(|id| id.0)),
        subject_id: Set(new.subject),
        to_address: Set(new.to.as_str().to_owned()),
        to_name: Set(new.to_name.as_str().to_owned()),
        message_id: Set(new.message_id.clone()),
        state: Set(MailState::Queued.name().to_owned()),
        created_at: Set(new.at.0),
        next_at: Set(new.next_at.0),
        not_after: Set(new.not_after.0),
        ended_at: Set(None),
        attempts: Set(0),
        crashes: Set(0),
        lease: Set(0),
        lease_until: Set(0),
        rendered: Set(None),
        last_stage: Set(None),
        last_code: Set(None),
        last_text: Set(None),
    }
}

impl Tx {
    pub async fn insert_mail(&self, new: &NewMail) -> Result<MailId, StoreError> {
        Ok(MailId(outbox::Entity::insert(row(new)).exec(self.db()).await?.last_insert_id))
    }

    /// Withdraws what was not sent yet to a user; answers how many emails.
    pub async fn cancel_unsent(&self, user: UserId, kinds: &[MailKind], at: Timestamp) -> Result<u64, StoreError> {
        let columns = outbox::ActiveModel {
            state: Set(MailState::Cancelled.name().to_owned()),
            ended_at: Set(Some(at.0)),
            rendered: Set(None),
            ..Default::default()
        };
        let unsent = [MailState::Queued, MailState::Sending, MailState::Dead].map(MailState::name);
        let done = outbox::Entity::update_many()
            .set(columns)
            .filter(outbox::Column::UserId.eq(user.0))
            .filter(outbox::Column::State.is_in(unsent))
            .filter(outbox::Column::Kind.is_in(kinds.iter().map(|kind| kind.name())))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }

    /// Takes the emails to a user until the transaction ends, so that no worker claims one meanwhile. SQLite has one
    /// writer at a time anyway.
    pub async fn lock_mails_to(&self, user: UserId) -> Result<(), StoreError> {
        if self.is_postgres() {
            outbox::Entity::find().filter(outbox::Column::UserId.eq(user.0)).lock_exclusive().all(self.db()).await?;
        }
        Ok(())
    }

    /// Lets the emails wait again that were cancelled at that moment and still have time; answers how many.
    pub async fn requeue_cancelled(&self, user: UserId, at: Timestamp, now: Timestamp) -> Result<u64, StoreError> {
        let columns = outbox::ActiveModel {
            state: Set(MailState::Queued.name().to_owned()),
            ended_at: Set(None),
            next_at: Set(now.0),
            ..Default::default()
        };
        let done = outbox::Entity::update_many()
            .set(columns)
            .filter(outbox::Column::UserId.eq(user.0))
            .filter(outbox::Column::Kind.eq(MailKind::Invitation.name()))
            .filter(outbox::Column::State.eq(MailState::Cancelled.name()))
            .filter(outbox::Column::EndedAt.eq(at.0))
            .filter(outbox::Column::NotAfter.gt(now.0))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }

    /// The emails to a user, the newest first.
    pub async fn mails_to(&self, user: UserId, most: u64) -> Result<Vec<Mail>, StoreError> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::UserId.eq(user.0))
            .order_by_desc(outbox::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        rows.into_iter().map(read).collect()
    }
}

pub(super) fn read(row: outbox::Model) -> Result<Mail, StoreError> {
    let state = read_word(MailState::parse, ("outbox", row.id, "state"), &row.state)?;
    let last = match &row.last_stage {
        Some(word) => Some(Answer {
            stage: read_word(Stage::parse, ("outbox", row.id, "last_stage"), word)?,
            code: row.last_code.and_then(|code| u16::try_from(code).ok()),
            text: row.last_text.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Mail {
        id: MailId(row.id),
        kind: read_word(MailKind::parse, ("outbox", row.id, "kind"), &row.kind)?,
        user: row.user_id.map(UserId),
        to: Email::stored(row.to_address),
        to_name: Name::stored(row.to_name),
        state,
        attempts: i32::try_from(row.attempts).unwrap_or(i32::MAX),
        created_at: Timestamp(row.created_at),
        next_at: (state == MailState::Queued).then_some(Timestamp(row.next_at)),
        ended_at: row.ended_at.map(Timestamp),
        last,
    })
}
