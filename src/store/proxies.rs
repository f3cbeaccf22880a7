//! Trusted proxies that don't say who the client is, as a portal noticed; kept a day beside the other counters.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entities::limit;
use super::{StoreError, Tries, Tx};
use crate::domain::proxy::{Silence, SilentProxy};
use crate::domain::time::Timestamp;

/// What their keys begin with. No address of a person is without an at sign, so none can be one of these.
const PREFIX: &str = "silent proxy ";

impl Tx {
    /// Notes that a proxy said nothing of use.
    pub async fn note_silent_proxy(&self, proxy: &SilentProxy) -> Result<(), StoreError> {
        let tries = Tries { count: proxy.silence.number(), last: proxy.last };
        self.set_tries(&format!("{PREFIX}{}", proxy.address), tries).await
    }

    /// Forgets that a proxy said nothing of use: now it does.
    pub async fn forget_silent_proxy(&self, address: &str) -> Result<(), StoreError> {
        limit::Entity::delete_by_id(format!("{PREFIX}{address}")).exec(self.db()).await?;
        Ok(())
    }

    /// The proxies of the last day that did so, by their addresses.
    pub async fn silent_proxies(&self) -> Result<Vec<SilentProxy>, StoreError> {
        let found = limit::Entity::find().filter(limit::Column::Key.starts_with(PREFIX));
        let rows = found.order_by_asc(limit::Column::Key).all(self.db()).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &limit::Model) -> Result<SilentProxy, StoreError> {
    let silence = Silence::parse(row.count).ok_or_else(|| StoreError::UnknownValue {
        table: "limits",
        row: row.key.clone(),
        column: "count",
        value: row.count.to_string(),
    })?;
    let address = row.key.strip_prefix(PREFIX).unwrap_or(&row.key).to_owned();
    Ok(SilentProxy { address, silence, last: Timestamp(row.since) })
}
