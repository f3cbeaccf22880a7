//! Invitations: the rows behind links. At most one is open for a user.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};

use super::ending::ending;
use super::entities::invitation;
use super::{StoreError, Tx};
use crate::domain::invitation::{Ending, Invitation, InvitationId};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// A link to be issued.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// To whom.
    pub user: UserId,
    /// Random bits.
    pub nonce: [u8; 16],
    /// The normalised address it goes to.
    pub address: String,
    /// When.
    pub issued_at: Timestamp,
    /// By whom, if by a user.
    pub issued_by: Option<UserId>,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// A personal message.
    pub message: Option<String>,
    /// The fingerprint of the key that makes it.
    pub key_id: String,
}

/// What a code is proved against.
#[derive(Debug, Clone)]
pub struct StoredLink {
    /// The row.
    pub invitation: Invitation,
    /// Its random bits.
    pub nonce: Vec<u8>,
    /// The normalised address it went to.
    pub address: String,
    /// Who issued it.
    pub issued_by: Option<UserId>,
    /// Which key makes its code.
    pub key_id: String,
}

/// The row of an invitation that was just issued.
pub(super) fn row(new: &NewLink) -> invitation::ActiveModel {
    invitation::ActiveModel {
        id: NotSet,
        user_id: Set(new.user.0),
        open_key: Set(Some(new.user.0)),
        nonce: Set(new.nonce.to_vec()),
        address: Set(new.address.clone()),
        issued_at: Set(new.issued_at.0),
        issued_by: Set(new.issued_by.map(|id| id.0)),
        expires_at: Set(new.expires_at.0),
        message: Set(new.message.clone()),
        superseded_at: Set(None),
        revoked_at: Set(None),
        accepted_at: Set(None),
        key_id: Set(new.key_id.clone()),
    }
}

impl Tx {
    /// Issues an invitation; the earlier one must have ended.
    pub async fn insert_invitation(&self, new: &NewLink) -> Result<InvitationId, StoreError> {
        Ok(InvitationId(invitation::Entity::insert(row(new)).exec(self.db()).await?.last_insert_id))
    }

    /// The newest invitation of a user.
    pub async fn latest_invitation(&self, user: UserId) -> Result<Option<Invitation>, StoreError> {
        let row = invitation::Entity::find()
            .filter(invitation::Column::UserId.eq(user.0))
            .order_by_desc(invitation::Column::Id)
            .one(self.db())
            .await?;
        Ok(row.map(read))
    }

    /// All invitations of a user, the newest first.
    pub async fn invitations(&self, user: UserId) -> Result<Vec<Invitation>, StoreError> {
        let rows = invitation::Entity::find()
            .filter(invitation::Column::UserId.eq(user.0))
            .order_by_desc(invitation::Column::Id)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many invitations a user was sent.
    pub async fn times_invited(&self, user: UserId) -> Result<u64, StoreError> {
        Ok(invitation::Entity::find().filter(invitation::Column::UserId.eq(user.0)).count(self.db()).await?)
    }

    /// An invitation with what its code is proved against.
    pub async fn stored_invitation(&self, id: InvitationId) -> Result<Option<StoredLink>, StoreError> {
        Ok(invitation::Entity::find_by_id(id.0).one(self.db()).await?.map(stored))
    }

    /// Ends the open invitation of a user, if there is one; answers whether there was.
    pub async fn end_open_invitation(&self, user: UserId, how: Ending, at: Timestamp) -> Result<bool, StoreError> {
        let mut columns = invitation::ActiveModel { open_key: Set(None), ..Default::default() };
        match how {
            Ending::Superseded => columns.superseded_at = Set(Some(at.0)),
            Ending::Revoked => columns.revoked_at = Set(Some(at.0)),
            Ending::Accepted => columns.accepted_at = Set(Some(at.0)),
        }
        let done = invitation::Entity::update_many()
            .set(columns)
            .filter(invitation::Column::OpenKey.eq(user.0))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Uses an invitation up: true for exactly one caller, and only while it is open and works.
    pub async fn accept_invitation(&self, id: InvitationId, now: Timestamp) -> Result<bool, StoreError> {
        let columns =
            invitation::ActiveModel { open_key: Set(None), accepted_at: Set(Some(now.0)), ..Default::default() };
        let done = invitation::Entity::update_many()
            .set(columns)
            .filter(invitation::Column::Id.eq(id.0))
            .filter(invitation::Column::OpenKey.is_not_null())
            .filter(invitation::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Opens again what was revoked at that moment and has not expired since, if the key that made its link proves it still;
    /// answers until when it works.
    pub async fn revive_invitation(
        &self,
        user: UserId,
        revoked_at: Timestamp,
        now: Timestamp,
        is_proved: impl Fn(&str) -> bool,
    ) -> Result<Option<Timestamp>, StoreError> {
        let columns =
            invitation::ActiveModel { open_key: Set(Some(user.0)), revoked_at: Set(None), ..Default::default() };
        let wanted = invitation::Entity::find()
            .filter(invitation::Column::UserId.eq(user.0))
            .filter(invitation::Column::RevokedAt.eq(revoked_at.0))
            .filter(invitation::Column::ExpiresAt.gt(now.0))
            .order_by_desc(invitation::Column::Id)
            .one(self.db())
            .await?;
        let Some(wanted) = wanted.filter(|wanted| is_proved(&wanted.key_id)) else { return Ok(None) };
        invitation::Entity::update_many()
            .set(columns)
            .filter(invitation::Column::Id.eq(wanted.id))
            .exec(self.db())
            .await?;
        Ok(Some(Timestamp(wanted.expires_at)))
    }
}

pub(super) fn stored(row: invitation::Model) -> StoredLink {
    StoredLink {
        nonce: row.nonce.clone(),
        address: row.address.clone(),
        issued_by: row.issued_by.map(UserId),
        key_id: row.key_id.clone(),
        invitation: read(row),
    }
}

fn read(row: invitation::Model) -> Invitation {
    let ended = ending(row.accepted_at, row.revoked_at, row.superseded_at);
    Invitation {
        id: InvitationId(row.id),
        user: UserId(row.user_id),
        issued_at: Timestamp(row.issued_at),
        expires_at: Timestamp(row.expires_at),
        ended,
        message: row.message,
    }
}
