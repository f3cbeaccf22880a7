//! Writing and reading the audit log.

use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

use super::entities::{audit, audit_detail, user};
use super::{StoreError, Tx};
use crate::domain::actor::{Actor, Who};
use crate::domain::audit::{Entry, Record};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// The row of an entry, without what is personal in it.
pub(super) fn row(at: Timestamp, actor: &Actor, record: &Record, hash: Vec<u8>) -> audit::ActiveModel {
    audit::ActiveModel {
        id: NotSet,
        at: Set(at.0),
        actor_kind: Set(actor.who.kind().to_owned()),
        actor_id: Set(actor.who.user().map(|id| id.0)),
        action: Set(record.action.name().to_owned()),
        subject_id: Set(record.subject.map(|id| id.0)),
        detail_hash: Set(hash),
    }
}

/// The row with what is personal in the entry with that number.
pub(super) fn detail_row(id: i64, salt: &[u8], detail: &str) -> audit_detail::ActiveModel {
    audit_detail::ActiveModel { audit_id: Set(id), salt: Set(salt.to_vec()), detail: Set(detail.to_owned()) }
}

impl Tx {
    /// Adds an entry. `detail` is the record's detail as text, `hash` its keyed hash under `salt`.
    pub async fn write_audit(
        &self,
        at: Timestamp,
        actor: &Actor,
        record: &Record,
        detail: &str,
        salt: &[u8],
        hash: Vec<u8>,
    ) -> Result<(), StoreError> {
        let id = audit::Entity::insert(row(at, actor, record, hash)).exec(self.db()).await?.last_insert_id;
        audit_detail::Entity::insert(detail_row(id, salt, detail)).exec_without_returning(self.db()).await?;
        Ok(())
    }

    /// What happened to a user, the newest first.
    pub async fn history(&self, subject: UserId, most: u64) -> Result<Vec<Entry>, StoreError> {
        let rows = audit::Entity::find()
            .filter(audit::Column::SubjectId.eq(subject.0))
            .order_by_desc(audit::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let details: HashMap<i64, String> = audit_detail::Entity::find()
            .filter(audit_detail::Column::AuditId.is_in(ids))
            .all(self.db())
            .await?
            .into_iter()
            .map(|row| (row.audit_id, row.detail))
            .collect();
        let actors: Vec<i64> = rows.iter().filter_map(|row| row.actor_id).collect();
        let names: HashMap<i64, String> = user::Entity::find()
            .filter(user::Column::Id.is_in(actors))
            .all(self.db())
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        Ok(rows
            .into_iter()
            .map(|row| Entry {
                id: row.id,
                at: Timestamp(row.at),
                actor: actor_name(&row, &names),
                actor_id: row.actor_id.map(UserId),
                action: row.action,
                detail: details
                    .get(&row.id)
                    .and_then(|text| serde_json::from_str(text).ok())
                    .unwrap_or(serde_json::Value::Null),
            })
            .collect())
    }

    /// When the newest entry was written.
    pub async fn last_entry_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let last = audit::Entity::find().order_by_desc(audit::Column::Id).limit(1).one(self.db()).await?;
        Ok(last.map(|row| Timestamp(row.at)))
    }

    /// The number of the newest entry: grows with every change.
    pub async fn last_audit_id(&self) -> Result<i64, StoreError> {
        let last = audit::Entity::find().order_by_desc(audit::Column::Id).limit(1).one(self.db()).await?;
        Ok(last.map_or(0, |row| row.id))
    }
}

fn actor_name(row: &audit::Model, names: &HashMap<i64, String>) -> String {
    if row.actor_kind == Who::Operator.kind() {
        return "operator".to_owned();
    }
    row.actor_id.and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| "rsvp".to_owned())
}
