//! Password resets: the rows behind their links. At most one is open for a user.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::ending::ending;
use super::entities::password_reset;
use super::{NewLink, StoreError, Tx};
use crate::domain::invitation::Ending;
use crate::domain::reset::{Reset, ResetId};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// What a reset's code is proved against.
#[derive(Debug, Clone)]
pub struct StoredReset {
    /// The row.
    pub reset: Reset,
    /// Its random bits.
    pub nonce: Vec<u8>,
    /// The normalised address it went to.
    pub address: String,
    /// Who sent it; nobody when it was asked for.
    pub issued_by: Option<UserId>,
    /// Which key makes its code.
    pub key_id: String,
}

impl Tx {
    /// Issues a reset; the earlier one must have ended.
    pub async fn insert_reset(&self, new: &NewLink) -> Result<ResetId, StoreError> {
        let row = password_reset::ActiveModel {
            id: NotSet,
            user_id: Set(new.user.0),
            open_key: Set(Some(new.user.0)),
            nonce: Set(new.nonce.to_vec()),
            address: Set(new.address.clone()),
            issued_at: Set(new.issued_at.0),
            issued_by: Set(new.issued_by.map(|id| id.0)),
            expires_at: Set(new.expires_at.0),
            superseded_at: Set(None),
            revoked_at: Set(None),
            used_at: Set(None),
            key_id: Set(new.key_id.clone()),
        };
        Ok(ResetId(password_reset::Entity::insert(row).exec(self.db()).await?.last_insert_id))
    }

    /// A reset with what its code is proved against.
    pub async fn stored_reset(&self, id: ResetId) -> Result<Option<StoredReset>, StoreError> {
        Ok(password_reset::Entity::find_by_id(id.0).one(self.db()).await?.map(stored))
    }

    /// The newest reset of a user.
    pub async fn latest_reset(&self, user: UserId) -> Result<Option<Reset>, StoreError> {
        let row = password_reset::Entity::find()
            .filter(password_reset::Column::UserId.eq(user.0))
            .order_by_desc(password_reset::Column::Id)
            .one(self.db())
            .await?;
        Ok(row.as_ref().map(read))
    }

    /// Whether a user chose a new password with a reset since then.
    pub async fn was_reset_since(&self, user: UserId, since: Timestamp) -> Result<bool, StoreError> {
        let reset = password_reset::Entity::find()
            .filter(password_reset::Column::UserId.eq(user.0))
            .filter(password_reset::Column::UsedAt.gt(since.0))
            .one(self.db())
            .await?;
        Ok(reset.is_some())
    }

    /// All resets of a user, the newest first.
    pub async fn resets(&self, user: UserId) -> Result<Vec<Reset>, StoreError> {
        let rows = password_reset::Entity::find()
            .filter(password_reset::Column::UserId.eq(user.0))
            .order_by_desc(password_reset::Column::Id)
            .all(self.db())
            .await?;
        Ok(rows.iter().map(read).collect())
    }

    /// Ends the open reset of a user, if there is one.
    pub async fn end_open_reset(&self, user: UserId, how: Ending, at: Timestamp) -> Result<(), StoreError> {
        let mut columns = password_reset::ActiveModel { open_key: Set(None), ..Default::default() };
        match how {
            Ending::Superseded => columns.superseded_at = Set(Some(at.0)),
            Ending::Revoked => columns.revoked_at = Set(Some(at.0)),
            Ending::Accepted => columns.used_at = Set(Some(at.0)),
        }
        password_reset::Entity::update_many()
            .set(columns)
            .filter(password_reset::Column::OpenKey.eq(user.0))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Uses a reset up: true for exactly one caller, and only while it is open and works.
    pub async fn use_reset(&self, id: ResetId, now: Timestamp) -> Result<bool, StoreError> {
        let columns =
            password_reset::ActiveModel { open_key: Set(None), used_at: Set(Some(now.0)), ..Default::default() };
        let done = password_reset::Entity::update_many()
            .set(columns)
            .filter(password_reset::Column::Id.eq(id.0))
            .filter(password_reset::Column::OpenKey.is_not_null())
            .filter(password_reset::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }
}

pub(super) fn stored(row: password_reset::Model) -> StoredReset {
    StoredReset {
        reset: read(&row),
        nonce: row.nonce,
        address: row.address,
        issued_by: row.issued_by.map(UserId),
        key_id: row.key_id,
    }
}

fn read(row: &password_reset::Model) -> Reset {
    let ended = ending(row.used_at, row.revoked_at, row.superseded_at);
    Reset {
        id: ResetId(row.id),
        user: UserId(row.user_id),
        issued_at: Timestamp(row.issued_at),
        expires_at: Timestamp(row.expires_at),
        ended,
    }
}
