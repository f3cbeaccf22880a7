//! Trusted proxies that don't say who the client is, as a portal noticed; kept a day beside the other counters.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::entities::limit;
use super::{StoreError, Tries, Tx};
use crate::domain::time::Timestamp;

/// What their keys begin with. No address of a person is without an at sign, so none can be one of these.
const PREFIX: &str = "silent proxy ";

impl Tx {
    /// Notes that a proxy said nothing of use.
    pub async fn note_silent_proxy(&self, proxy: &str, at: Timestamp) -> Result<(), StoreError> {
        self.set_tries(&format!("{PREFIX}{proxy}"), Tries { count: 0, last: at }).await
    }

    /// The proxies of the last day that did so.
    pub async fn silent_proxies(&self) -> Result<Vec<String>, StoreError> {
        let rows = limit::Entity::find().filter(limit::Column::Key.starts_with(PREFIX)).all(self.db()).await?;
        Ok(rows.into_iter().filter_map(|row| row.key.strip_prefix(PREFIX).map(str::to_owned)).collect())
    }
}
