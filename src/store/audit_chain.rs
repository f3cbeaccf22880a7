//! The chain over the audit log: adding links, and reading them beside the rows that they seal.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::entities::{audit, audit_chain, audit_detail};
use super::{StoreError, Tx};
use crate::domain::audit::{ChainLink, Facts};

/// How far below the newest sealed entry one is looked for that was not sealed: entries get their numbers before they
/// are committed, so that a lower one may come after a higher one.
const LATE: i64 = 10_000;

/// A row of the log: what is never erased, and its detail with the salt unless it was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// What is never erased.
    pub facts: Facts,
    /// The salt of what was changed, and that itself.
    pub detail: Option<(Vec<u8>, String)>,
    /// The salt of where the actor came from, and that itself.
    pub origin: Option<(Vec<u8>, String)>,
}

impl Tx {
    /// The last link of the chain.
    pub async fn chain_head(&self) -> Result<Option<ChainLink>, StoreError> {
        let head = audit_chain::Entity::find().order_by_desc(audit_chain::Column::Seq).limit(1).one(self.db()).await?;
        Ok(head.map(link))
    }

    /// The link at a place.
    pub async fn chain_link(&self, seq: i64) -> Result<Option<ChainLink>, StoreError> {
        Ok(audit_chain::Entity::find_by_id(seq).one(self.db()).await?.map(link))
    }

    /// The last link before a place.
    pub async fn chain_before(&self, seq: i64) -> Result<Option<ChainLink>, StoreError> {
        let before = audit_chain::Entity::find().filter(audit_chain::Column::Seq.lt(seq));
        Ok(before.order_by_desc(audit_chain::Column::Seq).limit(1).one(self.db()).await?.map(link))
    }

    /// Links from a place on, so many at most.
    pub async fn chain_after(&self, seq: i64, most: u64) -> Result<Vec<ChainLink>, StoreError> {
        let links = audit_chain::Entity::find()
            .filter(audit_chain::Column::Seq.gt(seq))
            .order_by_asc(audit_chain::Column::Seq)
            .limit(most)
            .all(self.db())
            .await?;
        Ok(links.into_iter().map(link).collect())
    }

    /// Rows of the log beyond this one that no link seals yet, the oldest first, so many at most.
    pub async fn unsealed(&self, beyond: i64, most: u64) -> Result<Vec<Logged>, StoreError> {
        let newest: Option<Option<i64>> = audit_chain::Entity::find()
            .select_only()
            .column_as(audit_chain::Column::AuditId.max(), "newest")
            .into_tuple()
            .one(self.db())
            .await?;
        let from = newest.flatten().unwrap_or(0) - LATE;
        let sealed = audit_chain::Entity::find()
            .select_only()
            .column(audit_chain::Column::AuditId)
            .filter(audit_chain::Column::AuditId.gt(from))
            .into_query();
        let rows = audit::Entity::find()
            .filter(audit::Column::Id.gt(from.max(beyond)))
            .filter(audit::Column::Id.not_in_subquery(sealed))
            .order_by_asc(audit::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        self.with_details(rows).await
    }

    /// How many rows of the log no link seals, however old they are.
    pub async fn count_unsealed(&self) -> Result<u64, StoreError> {
        let sealed = audit_chain::Entity::find().select_only().column(audit_chain::Column::AuditId).into_query();
        Ok(audit::Entity::find().filter(audit::Column::Id.not_in_subquery(sealed)).count(self.db()).await?)
    }

    /// Which of these rows have the hash of an older one: copies, which nobody but an attacker makes, because each hash
    /// is under random bits of its own.
    pub async fn hashed_twice(&self, rows: &[Logged]) -> Result<HashSet<i64>, StoreError> {
        let hashes = rows.iter().map(|row| row.facts.detail_hash.clone());
        let all: Vec<(i64, Vec<u8>)> = audit::Entity::find()
            .select_only()
            .column(audit::Column::Id)
            .column(audit::Column::DetailHash)
            .filter(audit::Column::DetailHash.is_in(hashes))
            .order_by_asc(audit::Column::Id)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut seen = HashSet::new();
        Ok(all.into_iter().filter(|(_, hash)| !seen.insert(hash.clone())).map(|(id, _)| id).collect())
    }

    /// The rows of the log with these numbers, by number.
    pub async fn logged(&self, ids: Vec<i64>) -> Result<HashMap<i64, Logged>, StoreError> {
        let rows = audit::Entity::find().filter(audit::Column::Id.is_in(ids)).all(self.db()).await?;
        Ok(self.with_details(rows).await?.into_iter().map(|logged| (logged.facts.id, logged)).collect())
    }

    /// The rows of these actions beyond this one, the oldest first, so many at most, and where each is sealed.
    pub async fn logged_as(
        &self,
        actions: &[&str],
        beyond: i64,
        most: u64,
    ) -> Result<Vec<(Logged, Option<ChainLink>)>, StoreError> {
        let rows = audit::Entity::find()
            .filter(audit::Column::Id.gt(beyond))
            .filter(audit::Column::Action.is_in(actions.iter().copied()))
            .order_by_asc(audit::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let links = audit_chain::Entity::find().filter(audit_chain::Column::AuditId.is_in(ids)).all(self.db()).await?;
        let mut links: HashMap<i64, ChainLink> = links.into_iter().map(|row| (row.audit_id, link(row))).collect();
        let rows = self.with_details(rows).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let link = links.remove(&row.facts.id);
                (row, link)
            })
            .collect())
    }

    async fn with_details(&self, rows: Vec<audit::Model>) -> Result<Vec<Logged>, StoreError> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let details =
            audit_detail::Entity::find().filter(audit_detail::Column::AuditId.is_in(ids)).all(self.db()).await?;
        let mut details: HashMap<i64, _> = details.into_iter().map(|row| (row.audit_id, row)).collect();
        let logged = |row: audit::Model| {
            // What was erased has neither; a text without what it is proved with was put there by somebody else.
            let kept = |(salt, text): (Vec<u8>, String)| (!salt.is_empty() || !text.is_empty()).then_some((salt, text));
            let parts = details.remove(&row.id);
            let (detail, origin) =
                parts.map_or((None, None), |row| (kept((row.salt, row.detail)), kept((row.origin_salt, row.origin))));
            Logged { detail, origin, facts: facts(row) }
        };
        Ok(rows.into_iter().map(logged).collect())
    }

    /// Adds links at the end of the chain. Where somebody else does so at this moment, the whole transaction is run
    /// again.
    pub async fn add_links(&self, links: &[ChainLink]) -> Result<(), StoreError> {
        let rows = links.iter().map(|link| audit_chain::ActiveModel {
            seq: Set(link.seq),
            audit_id: Set(link.entry),
            mac: Set(link.proof.clone()),
            key_id: Set(link.key_id.clone()),
        });
        audit_chain::Entity::insert_many(rows).exec_without_returning(self.db()).await?;
        Ok(())
    }
}

fn link(row: audit_chain::Model) -> ChainLink {
    ChainLink { seq: row.seq, entry: row.audit_id, proof: row.mac, key_id: row.key_id }
}

fn facts(row: audit::Model) -> Facts {
    Facts {
        id: row.id,
        at: row.at,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        action: row.action,
        subject_id: row.subject_id,
        detail_hash: row.detail_hash,
        origin_hash: row.origin_hash,
    }
}
