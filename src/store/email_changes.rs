//! Changes of active users' addresses: the rows behind their links. At most one waits for a user.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::ending::ending;
use super::entities::email_change;
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::email_change::{EmailChange, EmailChangeId};
use crate::domain::invitation::Ending;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// A change to be stored.
#[derive(Debug, Clone)]
pub struct NewEmailChange {
    /// Whose address.
    pub user: UserId,
    /// The row's random bits.
    pub nonce: [u8; 16],
    /// The address now.
    pub from: Email,
    /// The address to be.
    pub to: Email,
    /// When.
    pub issued_at: Timestamp,
    /// By whom; nobody at the shell has a number.
    pub issued_by: Option<UserId>,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// The fingerprint of the key that makes its links.
    pub key_id: String,
}

/// What a change's codes are proved against.
#[derive(Debug, Clone)]
pub struct StoredEmailChange {
    /// The row.
    pub change: EmailChange,
    /// Its random bits.
    pub nonce: Vec<u8>,
    /// Who asked for it, if that was a person.
    pub issued_by: Option<UserId>,
    /// Which key makes its codes.
    pub key_id: String,
}

impl Tx {
    /// Stores a change that waits; the earlier one must have ended.
    pub async fn insert_email_change(&self, new: &NewEmailChange) -> Result<EmailChangeId, StoreError> {
        let row = email_change::ActiveModel {
            id: NotSet,
            user_id: Set(new.user.0),
            open_key: Set(Some(new.user.0)),
            nonce: Set(new.nonce.to_vec()),
            old_email: Set(new.from.as_str().to_owned()),
            new_email: Set(new.to.as_str().to_owned()),
            issued_at: Set(new.issued_at.0),
            issued_by: Set(new.issued_by.map(|id| id.0)),
            expires_at: Set(new.expires_at.0),
            superseded_at: Set(None),
            revoked_at: Set(None),
            confirmed_at: Set(None),
            key_id: Set(new.key_id.clone()),
        };
        Ok(EmailChangeId(email_change::Entity::insert(row).exec(self.db()).await?.last_insert_id))
    }

    /// A change with what its codes are proved against.
    pub async fn stored_email_change(&self, id: EmailChangeId) -> Result<Option<StoredEmailChange>, StoreError> {
        Ok(email_change::Entity::find_by_id(id.0).one(self.db()).await?.map(stored))
    }

    /// All changes of a user's address, the newest first.
    pub async fn email_changes(&self, user: UserId) -> Result<Vec<EmailChange>, StoreError> {
        let rows = email_change::Entity::find()
            .filter(email_change::Column::UserId.eq(user.0))
            .order_by_desc(email_change::Column::Id)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// The change of a user's address that waits, if one does; its time may be over.
    pub async fn open_email_change(&self, user: UserId) -> Result<Option<EmailChange>, StoreError> {
        let row = email_change::Entity::find().filter(email_change::Column::OpenKey.eq(user.0)).one(self.db()).await?;
        Ok(row.map(read))
    }

    /// Ends the change that waits, if one does.
    pub async fn end_open_email_change(&self, user: UserId, how: Ending, at: Timestamp) -> Result<(), StoreError> {
        email_change::Entity::update_many()
            .set(ended(how, at))
            .filter(email_change::Column::OpenKey.eq(user.0))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Ends one change: true for exactly one caller, and only while it waits and its time is not over.
    pub async fn end_email_change(&self, id: EmailChangeId, how: Ending, now: Timestamp) -> Result<bool, StoreError> {
        let done = email_change::Entity::update_many()
            .set(ended(how, now))
            .filter(email_change::Column::Id.eq(id.0))
            .filter(email_change::Column::OpenKey.is_not_null())
            .filter(email_change::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }
}

fn ended(how: Ending, at: Timestamp) -> email_change::ActiveModel {
    let mut columns = email_change::ActiveModel { open_key: Set(None), ..Default::default() };
    match how {
        Ending::Superseded => columns.superseded_at = Set(Some(at.0)),
        Ending::Revoked => columns.revoked_at = Set(Some(at.0)),
        Ending::Accepted => columns.confirmed_at = Set(Some(at.0)),
    }
    columns
}

pub(super) fn stored(row: email_change::Model) -> StoredEmailChange {
    StoredEmailChange {
        nonce: row.nonce.clone(),
        issued_by: row.issued_by.map(UserId),
        key_id: row.key_id.clone(),
        change: read(row),
    }
}

fn read(row: email_change::Model) -> EmailChange {
    let ended = ending(row.confirmed_at, row.revoked_at, row.superseded_at);
    EmailChange {
        id: EmailChangeId(row.id),
        user: UserId(row.user_id),
        from: Email::stored(row.old_email),
        to: Email::stored(row.new_email),
        issued_at: Timestamp(row.issued_at),
        expires_at: Timestamp(row.expires_at),
        ended,
    }
}
