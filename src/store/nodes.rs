//! Heartbeats of long-running parts.

use std::ops::Range;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
};

use super::entities::node;
use super::error::read_word;
use super::{StoreError, Tx};
use crate::domain::node::{Node, NodeId, NodeKind, Process};
use crate::domain::time::Timestamp;

/// The newest sign of life of a kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSign {
    pub seen_at: Timestamp,
    pub left: bool,
}

impl Tx {
    pub async fn insert_node(&self, kind: NodeKind, process: &Process, at: Timestamp) -> Result<NodeId, StoreError> {
        let Process { host, pid, login, version } = process.clone();
        let row = node::ActiveModel {
            id: NotSet,
            kind: Set(kind.name().to_owned()),
            started_at: Set(at.0),
            seen_at: Set(at.0),
            left_at: Set(None),
            host: Set(host),
            pid: Set(pid),
            login: Set(login),
            version: Set(version),
        };
        Ok(NodeId(node::Entity::insert(row).exec(self.db()).await?.last_insert_id))
    }

    /// Notes that a part is alive, or that it left; answers whether it is known.
    pub async fn see_node(&self, id: NodeId, at: Timestamp, leaves: bool) -> Result<bool, StoreError> {
        let columns =
            node::ActiveModel { seen_at: Set(at.0), left_at: Set(leaves.then_some(at.0)), ..Default::default() };
        let seen = node::Entity::update_many().set(columns).filter(node::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(seen.rows_affected == 1)
    }

    /// The newest sign of life of a kind of part, none later than `latest`: of one that did not leave, if there is one.
    pub async fn last_sign(&self, kind: NodeKind, latest: Timestamp) -> Result<Option<LastSign>, StoreError> {
        let of_kind = || {
            let kind = node::Column::Kind.eq(kind.name());
            node::Entity::find().filter(kind).filter(node::Column::SeenAt.lte(latest.0))
        };
        let newest = |select: sea_orm::Select<node::Entity>| select.order_by_desc(node::Column::SeenAt).one(self.db());
        let there = newest(of_kind().filter(node::Column::LeftAt.is_null())).await?;
        let row = match there {
            Some(row) => Some(row),
            None => newest(of_kind()).await?,
        };
        Ok(row.map(|row| LastSign { seen_at: Timestamp(row.seen_at), left: row.left_at.is_some() }))
    }

    /// The parts that began and did not say that they ended, the longest running first.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let there = node::Entity::find().filter(node::Column::LeftAt.is_null()).order_by_asc(node::Column::Id);
        there.all(self.db()).await?.into_iter().map(read).collect()
    }

    /// Forgets every part: none of them runs on this database.
    pub async fn forget_all_nodes(&self) -> Result<(), StoreError> {
        node::Entity::delete_many().exec(self.db()).await?;
        Ok(())
    }

    /// Forgets parts that were seen last at any other time, but never the newest of a kind.
    pub async fn forget_nodes(&self, lately: &Range<Timestamp>) -> Result<(), StoreError> {
        let at = node::Column::SeenAt;
        node::Entity::delete_many().filter(at.gt(lately.end.0)).exec(self.db()).await?;
        for kind in NodeKind::ALL {
            let newest = node::Entity::find()
                .filter(node::Column::Kind.eq(kind.name()))
                .order_by_desc(node::Column::SeenAt)
                .one(self.db())
                .await?;
            let Some(newest) = newest else { continue };
            node::Entity::delete_many()
                .filter(node::Column::Kind.eq(kind.name()))
                .filter(at.lt(lately.start.0))
                .filter(node::Column::Id.ne(newest.id))
                .exec(self.db())
                .await?;
        }
        Ok(())
    }
}

fn read(row: node::Model) -> Result<Node, StoreError> {
    Ok(Node {
        kind: read_word(NodeKind::parse, ("nodes", row.id, "kind"), &row.kind)?,
        process: Process { host: row.host, pid: row.pid, login: row.login, version: row.version },
        started_at: Timestamp(row.started_at),
        seen_at: Timestamp(row.seen_at),
    })
}
