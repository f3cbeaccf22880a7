//! Who was shown which link: what they know ends with their right to know it.

use std::collections::BTreeSet;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, Select};

use super::entities::{link, link_view};
use super::{StoreError, Tx};
use crate::domain::link::LinkId;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// How many people a statement asks about.
const ASKED: usize = 10_000;

/// What was shown of links that work still.
fn seen(now: Timestamp) -> Select<link_view::Entity> {
    link_view::Entity::find()
        .join(
            JoinType::InnerJoin,
            link_view::Entity::belongs_to(link::Entity).from(link_view::Column::LinkId).to(link::Column::Id).into(),
        )
        .filter(link::Column::OpenKey.is_not_null())
        .filter(link::Column::ExpiresAt.gt(now.0))
}

impl Tx {
    /// Notes that somebody was shown a link.
    pub async fn note_view(&self, link: LinkId, by: UserId, at: Timestamp) -> Result<(), StoreError> {
        let row = link_view::ActiveModel { link_id: Set(link.0), user_id: Set(by.0), at: Set(at.0) };
        let known = [link_view::Column::LinkId, link_view::Column::UserId];
        let again = OnConflict::columns(known).update_column(link_view::Column::At).to_owned();
        link_view::Entity::insert(row).on_conflict(again).exec_without_returning(self.db()).await?;
        Ok(())
    }

    /// How many links that work still these people were shown; one that several of them were shown is one.
    pub async fn views(&self, viewers: &[UserId], now: Timestamp) -> Result<u64, StoreError> {
        let mut links = BTreeSet::new();
        for some in viewers.chunks(ASKED) {
            let seen: Vec<i64> = seen(now)
                .select_only()
                .column(link_view::Column::LinkId)
                .filter(link_view::Column::UserId.is_in(some.iter().map(|id| id.0)))
                .into_tuple()
                .all(self.db())
                .await?;
            links.extend(seen);
        }
        Ok(links.len() as u64)
    }

    /// Everybody who was shown a link that works still.
    pub async fn viewers(&self, now: Timestamp) -> Result<BTreeSet<UserId>, StoreError> {
        let viewers: Vec<i64> =
            seen(now).select_only().column(link_view::Column::UserId).distinct().into_tuple().all(self.db()).await?;
        Ok(viewers.into_iter().map(UserId).collect())
    }

    /// Whose links somebody was shown that work still, in the order in which they are to be locked.
    pub async fn seen_by(&self, viewer: UserId, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let users: Vec<i64> = seen(now)
            .select_only()
            .column_as(link::Column::UserId, "user")
            .filter(link_view::Column::UserId.eq(viewer.0))
            .order_by_asc(link::Column::UserId)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(users.into_iter().map(UserId).collect())
    }
}
