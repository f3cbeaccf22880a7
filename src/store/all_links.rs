//! Every link that works at this moment: how many there are, and ending them all when the key that proves them is stolen or
//! lost. Those that expired stay what they are.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Select};

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

impl Tx {
    /// How many links are open and work still.
    pub async fn open_links(&self, now: Timestamp) -> Result<OpenLinks, StoreError> {
        let db = self.db();
        Ok(OpenLinks {
            invitations: open_invitations(now).count(db).await?,
            resets: open_resets(now).count(db).await?,
            email_changes: open_email_changes(now).count(db).await?,
        })
    }

    /// How many links work still that each key made, for each key that made some.
    pub async fn open_links_by_key(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        let db = self.db();
        let invitations = open_invitations(now).select_only().column(invitation::Column::KeyId);
        let resets = open_resets(now).select_only().column(password_reset::Column::KeyId);
        let changes = open_email_changes(now).select_only().column(email_change::Column::KeyId);
        let mut keys: Vec<(String, i64)> = invitations
            .column_as(invitation::Column::Id.count(), "open")
            .group_by(invitation::Column::KeyId)
            .into_tuple()
            .all(db)
            .await?;
        keys.extend(
            resets
                .column_as(password_reset::Column::Id.count(), "open")
                .group_by(password_reset::Column::KeyId)
                .into_tuple::<(String, i64)>()
                .all(db)
                .await?,
        );
        keys.extend(
            changes
                .column_as(email_change::Column::Id.count(), "open")
                .group_by(email_change::Column::KeyId)
                .into_tuple::<(String, i64)>()
                .all(db)
                .await?,
        );
        Ok(keys.into_iter().map(|(key, open)| (key, u64::try_from(open).unwrap_or(0))).collect())
    }

    /// Ends every link that is open and cancels the mails that were to bring one; answers how many links there were.
    pub async fn end_all_links(&self, now: Timestamp) -> Result<OpenLinks, StoreError> {
        let before = self.open_links(now).await?;
        let revoked =
            invitation::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        invitation::Entity::update_many()
            .set(revoked)
            .filter(invitation::Column::OpenKey.is_not_null())
            .filter(invitation::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        let revoked =
            password_reset::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        password_reset::Entity::update_many()
            .set(revoked)
            .filter(password_reset::Column::OpenKey.is_not_null())
            .filter(password_reset::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        let revoked =
            email_change::ActiveModel { open_key: Set(None), revoked_at: Set(Some(now.0)), ..Default::default() };
        email_change::Entity::update_many()
            .set(revoked)
            .filter(email_change::Column::OpenKey.is_not_null())
            .filter(email_change::Column::ExpiresAt.gt(now.0))
            .exec(self.db())
            .await?;
        let closed = user::ActiveModel { open_expires_at: Set(0), ..Default::default() };
        user::Entity::update_many().set(closed).filter(user::Column::OpenExpiresAt.gt(now.0)).exec(self.db()).await?;
        let cancelled = outbox::ActiveModel {
            state: Set(MailState::Cancelled.name().to_owned()),
            ended_at: Set(Some(now.0)),
            rendered: Set(None),
            ..Default::default()
        };
        let unsent = [MailState::Queued, MailState::Sending, MailState::Dead].map(MailState::name);
        outbox::Entity::update_many()
            .set(cancelled)
            .filter(outbox::Column::State.is_in(unsent))
            .filter(outbox::Column::Kind.is_in(MailKind::LINKS.map(MailKind::name)))
            .exec(self.db())
            .await?;
        Ok(before)
    }
}

fn open_invitations(now: Timestamp) -> Select<invitation::Entity> {
    invitation::Entity::find()
        .filter(invitation::Column::OpenKey.is_not_null())
        .filter(invitation::Column::ExpiresAt.gt(now.0))
}

fn open_resets(now: Timestamp) -> Select<password_reset::Entity> {
    password_reset::Entity::find()
        .filter(password_reset::Column::OpenKey.is_not_null())
        .filter(password_reset::Column::ExpiresAt.gt(now.0))
}

fn open_email_changes(now: Timestamp) -> Select<email_change::Entity> {
    email_change::Entity::find()
        .filter(email_change::Column::OpenKey.is_not_null())
        .filter(email_change::Column::ExpiresAt.gt(now.0))
}
