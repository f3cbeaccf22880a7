//! Who was shown which link: what they know ends with their right to know it.

use std::collections::BTreeMap;

use sea_orm::sea_query::{OnConflict, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entities::{link, link_view};
use super::{StoreError, Tx};
use crate::domain::link::LinkId;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// The links that work still.
fn working(now: Timestamp) -> SelectStatement {
    Query::select()
        .column(link::Column::Id)
        .from(link::Entity)
        .and_where(link::Column::OpenKey.is_not_null())
        .and_where(link::Column::ExpiresAt.gt(now.0))
        .take()
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

    /// How many links that work still each of those was shown who was shown one.
    pub async fn views(&self, now: Timestamp) -> Result<BTreeMap<UserId, u64>, StoreError> {
        let rows: Vec<(i64, i64)> = link_view::Entity::find()
            .select_only()
            .column(link_view::Column::UserId)
            .column_as(link_view::Column::LinkId.count(), "links")
            .filter(link_view::Column::LinkId.in_subquery(working(now)))
            .group_by(link_view::Column::UserId)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|(user, links)| (UserId(user), u64::try_from(links).unwrap_or(0))).collect())
    }

    /// Whose links somebody was shown that work still, in the order in which they are to be locked.
    pub async fn seen_by(&self, viewer: UserId, now: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let seen = Query::select()
            .column(link_view::Column::LinkId)
            .from(link_view::Entity)
            .and_where(link_view::Column::UserId.eq(viewer.0))
            .take();
        let users: Vec<i64> = link::Entity::find()
            .select_only()
            .column(link::Column::UserId)
            .filter(link::Column::Id.in_subquery(seen))
            .filter(link::Column::Id.in_subquery(working(now)))
            .order_by_asc(link::Column::UserId)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(users.into_iter().map(UserId).collect())
    }
}
