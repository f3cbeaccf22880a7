//! Counters of failed tries, by what was tried; and when the next email may go to a relay that counts them.

use std::ops::Range;

use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::entities::limit;
use super::{StoreError, Tx};
use crate::domain::time::Timestamp;

/// How often something failed in a row, and when it was tried last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    pub count: u32,
    pub last: Timestamp,
}

/// The key of the emails' pace. No address is without an at sign, so none can be this.
const PACE: &str = "mail pace";

impl Tx {
    /// When the relay takes the next email. Until the transaction ends nobody else learns it.
    pub async fn pace(&self) -> Result<Timestamp, StoreError> {
        let mut find = limit::Entity::find_by_id(PACE.to_owned());
        if self.is_postgres() {
            find = find.lock_exclusive();
        }
        Ok(find.one(self.db()).await?.map_or(Timestamp(0), |row| Timestamp(row.since)))
    }

    /// Notes when the relay takes the next email.
    pub async fn set_pace(&self, free_at: Timestamp) -> Result<(), StoreError> {
        self.set_tries(PACE, Tries { count: 0, last: free_at }).await
    }

    pub async fn tries(&self, key: &str) -> Result<Tries, StoreError> {
        let row = limit::Entity::find_by_id(key.to_owned()).one(self.db()).await?;
        Ok(row.map_or_else(Tries::default, |row| Tries {
            count: u32::try_from(row.count).unwrap_or(u32::MAX),
            last: Timestamp(row.since),
        }))
    }

    /// What is counted under a key, which nobody else counts under until the transaction ends.
    pub async fn tries_alone(&self, key: &str) -> Result<Tries, StoreError> {
        if self.is_postgres() {
            // A row that is not there cannot be waited for.
            let row = limit::ActiveModel { key: Set(key.to_owned()), since: Set(0), count: Set(0) };
            limit::Entity::insert(row)
                .on_conflict_do_nothing_on([limit::Column::Key])
                .exec_without_returning(self.db())
                .await?;
            limit::Entity::find_by_id(key.to_owned()).lock_exclusive().one(self.db()).await?;
        }
        self.tries(key).await
    }

    pub async fn set_tries(&self, key: &str, tries: Tries) -> Result<(), StoreError> {
        let row = limit::ActiveModel {
            key: Set(key.to_owned()),
            since: Set(tries.last.0),
            count: Set(i64::from(tries.count)),
        };
        limit::Entity::insert(row)
            .on_conflict(
                OnConflict::column(limit::Column::Key)
                    .update_columns([limit::Column::Since, limit::Column::Count])
                    .to_owned(),
            )
            .exec_without_returning(self.db())
            .await?;
        Ok(())
    }

    /// Forgets what was tried last at any other time.
    pub async fn forget_tries(&self, lately: &Range<Timestamp>) -> Result<u64, StoreError> {
        let at = limit::Column::Since;
        let then = at.lt(lately.start.0).or(at.gt(lately.end.0));
        Ok(limit::Entity::delete_many().filter(then).exec(self.db()).await?.rows_affected)
    }
}
