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

/// Those of them that one of these people was shown.
fn of_viewers(viewers: &[UserId], now: Timestamp) -> Select<link_view::Entity> {
    seen(now).filter(link_view::Column::UserId.is_in(viewers.iter().map(|id| id.0)))
}

/// Whose links those are that somebody was shown, in the order of their numbers.
fn whose(viewer: UserId, now: Timestamp) -> Select<link_view::Entity> {
    of_viewers(&[viewer], now).select_only().column_as(link::Column::UserId, "user").order_by_asc(link::Column::UserId)
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
            let seen: Vec<i64> = of_viewers(some, now)
                .select_only()
                .column(link_view::Column::LinkId)
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
        let users: Vec<i64> = whose(viewer, now).into_tuple().all(self.db()).await?;
        Ok(users.into_iter().map(UserId).collect())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::SelectStatement;
    use sea_orm::{ConnectionTrait as _, QueryTrait as _};

    use super::*;
    use crate::store::Store;
    use crate::store::test::each_kind;

    /// Users with a link each, of whom every fourth was shown four.
    const USERS: i64 = 20_000;

    /// A great organisation, as bulk statements make one.
    async fn fill(store: &Store, is_postgres: bool) {
        let (bytes, series) = if is_postgres {
            ("BYTEA", format!("SELECT generate_series(1, {USERS}) AS n"))
        } else {
            let more = format!("SELECT 1 AS n UNION ALL SELECT n + 1 FROM some WHERE n < {USERS}");
            ("BLOB", format!("WITH RECURSIVE some AS ({more}) SELECT n FROM some"))
        };
        for sql in [
            format!(
                "INSERT INTO users (name, name_key, email, email_sort, search_key, role, language, created_at, invited_at,
                    last_sign_in_at, open_expires_at, mail_failed_at, asked_at, version)
                 SELECT 'a', 'a', 'a', 'a', 'a', 'none', 'en', 0, 0, 0, 0, 0, 0, 1 FROM ({series}) all_of_them"
            ),
            format!(
                "INSERT INTO links (purpose, user_id, open_key, nonce, key_id, address, issued_at, expires_at)
                 SELECT 'invitation', id, id, CAST('n' AS {bytes}), 'k', 'a', 0, 900 FROM users"
            ),
            "INSERT INTO link_views (link_id, user_id, at) SELECT id, 1 + (user_id - 1) / 4, 0 FROM links".to_owned(),
            "ANALYZE".to_owned(),
        ] {
            store.raw(&sql).await.unwrap();
        }
    }

    /// What a database says of how it goes about a statement.
    async fn plan(store: &Store, select: &SelectStatement) -> String {
        store
            .read(|tx| async move {
                let mut statement = tx.db().get_database_backend().build(select);
                let explain = if tx.is_postgres() { "EXPLAIN" } else { "EXPLAIN QUERY PLAN" };
                statement.sql = format!("{explain} {}", statement.sql);
                let column = if tx.is_postgres() { "QUERY PLAN" } else { "detail" };
                let rows = tx.db().query_all_raw(statement).await?;
                let lines: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get("", column)).collect();
                Ok::<_, StoreError>(lines?.join("\n"))
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn what_somebody_was_shown_is_found_without_reading_what_others_were_or_all_links() {
        let folder = tempfile::tempdir().unwrap();
        for url in each_kind(folder.path()).await {
            let store = Store::open(&url, true).await.unwrap();
            fill(&store, url.starts_with("postgres")).await;
            let of_one = of_viewers(&[UserId(7)], Timestamp(1)).into_query();
            let some: Vec<UserId> = (1..10).map(UserId).collect();
            let of_some = of_viewers(&some, Timestamp(1)).into_query();
            for (what, select) in
                [("one", of_one), ("some", of_some), ("whose", whose(UserId(7), Timestamp(1)).into_query())]
            {
                let plan = plan(&store, &select).await;
                assert!(plan.contains("link_views_user"), "{url}, {what}: {plan}");
                for whole in ["Seq Scan", "SCAN links", "SCAN link_views"] {
                    assert!(!plan.contains(whole), "{url}, {what}: {plan}");
                }
            }
            // Everybody at once is several statements, and each view is counted once.
            let everybody: Vec<UserId> = (1..=USERS).map(UserId).collect();
            let counted = store.read(async |tx| tx.views(&everybody, Timestamp(1)).await).await.unwrap();
            assert_eq!(counted, u64::try_from(USERS).unwrap());
            store.close().await;
        }
    }
}
