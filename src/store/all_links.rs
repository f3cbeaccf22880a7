//! Ending every link at once: when the key that proves them is stolen or lost.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect};

use super::entities::{email_change, invitation, outbox, password_reset, user};
use super::{StoreError, Tx};
use crate::domain::mail::{MailKind, MailState};
use crate::domain::time::Timestamp;

/// How many links are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenLinks {
    /// Of invitations.
    pub invitations: u64,
    /// Of password resets.
    pub resets: u64,
    /// Of changes of address.
    pub email_changes: u64,
}

impl OpenLinks {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.invitations + self.resets + self.email_changes
    }
}

#[derive(FromQueryResult)]
struct ByKey {
    key_id: String,
    open: i64,
}

impl Tx {
    /// How many links are open.
    pub async fn open_links(&self) -> Result<OpenLinks, StoreError> {
        let db = self.db();
        Ok(OpenLinks {
            invitations: invitation::Entity::find().filter(invitation::Column::OpenKey.is_not_null()).count(db).await?,
            resets: password_reset::Entity::find()
                .filter(password_reset::Column::OpenKey.is_not_null())
                .count(db)
                .await?,
            email_changes: email_change::Entity::find()
                .filter(email_change::Column::OpenKey.is_not_null())
                .count(db)
                .await?,
        })
    }

    /// How many invitations and resets are open whose links this key made, for each key that made some.
    pub async fn open_links_by_key(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut all: Vec<(String, u64)> = Vec::new();
        let invitations = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::KeyId)
            .column_as(invitation::Column::Id.count(), "open")
            .filter(invitation::Column::OpenKey.is_not_null())
            .group_by(invitation::Column::KeyId)
            .into_model::<ByKey>()
            .all(self.db())
            .await?;
        let resets = password_reset::Entity::find()
            .select_only()
            .column(password_reset::Column::KeyId)
            .column_as(password_reset::Column::Id.count(), "open")
            .filter(password_reset::Column::OpenKey.is_not_null())
            .group_by(password_reset::Column::KeyId)
            .into_model::<ByKey>()
            .all(self.db())
            .await?;
        for ByKey { key_id, open } in invitations.into_iter().chain(resets) {
            let open = u64::try_from(open).unwrap_or(0);
            match all.iter_mut().find(|(known, _)| *known == key_id) {
                Some((_, count)) => *count += open,
                None => all.push((key_id, open)),
            }
        }
        Ok(all)
    }

    /// Ends every link that is open and cancels the mails that were to bring one; answers how many links there were.
    pub async fn end_all_links(&self, now: Timestamp) -> Result<OpenLinks, StoreError> {
        let before = self.open_links().await?;
        let revoked =
            invitation::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        invitation::Entity::update_many()
            .set(revoked)
            .filter(invitation::Column::OpenKey.is_not_null())
            .exec(self.db())
            .await?;
        let revoked =
            password_reset::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        password_reset::Entity::update_many()
            .set(revoked)
            .filter(password_reset::Column::OpenKey.is_not_null())
            .exec(self.db())
            .await?;
        let revoked =
            email_change::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        email_change::Entity::update_many()
            .set(revoked)
            .filter(email_change::Column::OpenKey.is_not_null())
            .exec(self.db())
            .await?;
        let closed = user::ActiveModel { open_expires_at: Set(0), ..Default::default() };
        user::Entity::update_many().set(closed).filter(user::Column::OpenExpiresAt.gt(0)).exec(self.db()).await?;
        let cancelled = outbox::ActiveModel {
            state: Set(MailState::Cancelled.name().to_owned()),
            ended_at: Set(Some(now.0)),
            rendered: Set(None),
            ..Default::default()
        };
        let unsent = [MailState::Queued, MailState::Sending].map(MailState::name);
        outbox::Entity::update_many()
            .set(cancelled)
            .filter(outbox::Column::State.is_in(unsent))
            .filter(outbox::Column::Kind.is_in(MailKind::LINKS.map(MailKind::name)))
            .exec(self.db())
            .await?;
        Ok(before)
    }
}
