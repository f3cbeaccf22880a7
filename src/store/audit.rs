//! Writing and reading the audit log.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};
use serde_json::{Map, Value};

use super::entities::{audit, audit_detail, membership, user};
use super::error::read_word;
use super::{StoreError, Tx};
use crate::domain::actor::{Actor, Who};
use crate::domain::audit::{Entry, Parts, Record};
use crate::domain::scope::{LogScope, Scope};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// The row of an entry, without what is personal in it.
pub(super) fn row(at: Timestamp, actor: &Actor, record: &Record, parts: &Parts) -> audit::ActiveModel {
    audit::ActiveModel {
        id: NotSet,
        at: Set(at.0),
        actor_kind: Set(actor.who.kind().to_owned()),
        actor_id: Set(actor.who.user().map(|id| id.0)),
        action: Set(record.action.name().to_owned()),
        subject_id: Set(record.subject.map(|id| id.0)),
        detail_hash: Set(parts.detail.hash.clone()),
        origin_hash: Set(parts.origin.hash.clone()),
    }
}

/// The row with what is personal in the entry with that number.
pub(super) fn detail_row(id: i64, parts: &Parts) -> audit_detail::ActiveModel {
    audit_detail::ActiveModel {
        audit_id: Set(id),
        salt: Set(parts.detail.salt.to_vec()),
        detail: Set(parts.detail.text.clone()),
        origin_salt: Set(parts.origin.salt.to_vec()),
        origin: Set(parts.origin.text.clone()),
    }
}

/// What is left of an entry's parts as it is shown: where the actor came from and, as `change`, what was changed;
/// nothing once all of it is erased.
fn detail_of(row: Option<audit_detail::Model>) -> Value {
    let Some(row) = row else { return Value::Null };
    let read = |salt: &[u8], text: &str| -> Option<Value> {
        if salt.is_empty() { None } else { serde_json::from_str(text).ok() }
    };
    let detail = read(&row.salt, &row.detail);
    let origin: Option<Map<String, Value>> = read(&row.origin_salt, &row.origin)
        .and_then(|origin| if let Value::Object(map) = origin { Some(map) } else { None });
    let change = detail.filter(|change| !change.is_null());
    if origin.is_none() && change.is_none() {
        return Value::Null;
    }
    let mut all = origin.unwrap_or_default();
    all.extend(change.map(|change| ("change".to_owned(), change)));
    Value::Object(all)
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    pub subject: Option<UserId>,
    pub actor: Option<UserId>,
    /// Only what this kind of actor did.
    pub actor_kind: Option<&'static str>,
    pub action: Option<&'static str>,
    /// Only from then on.
    pub since: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
    /// Only beyond this entry: older ones, or newer ones where the oldest come first.
    pub beyond: Option<i64>,
    pub oldest_first: bool,
}

fn wanted(scope: &LogScope, query: &AuditQuery) -> Condition {
    let beyond =
        query.beyond.map(|id| if query.oldest_first { audit::Column::Id.gt(id) } else { audit::Column::Id.lt(id) });
    let all = Condition::all()
        .add_option(query.subject.map(|id| audit::Column::SubjectId.eq(id.0)))
        .add_option(query.actor.map(|id| audit::Column::ActorId.eq(id.0)))
        .add_option(query.actor_kind.map(|kind| audit::Column::ActorKind.eq(kind)))
        .add_option(query.action.map(|action| audit::Column::Action.eq(action)))
        .add_option(query.since.map(|at| audit::Column::At.gte(at.0)))
        .add_option(query.until.map(|at| audit::Column::At.lt(at.0)))
        .add_option(beyond);
    match scope {
        LogScope::Whole => all,
        LogScope::About(Scope::All) => all.add(audit::Column::SubjectId.is_not_null()),
        LogScope::About(Scope::Workspaces(mine)) => {
            let members = membership::Entity::find()
                .select_only()
                .column(membership::Column::UserId)
                .filter(membership::Column::WorkspaceId.is_in(mine.iter().map(|id| id.0)));
            all.add(audit::Column::SubjectId.in_subquery(members.into_query()))
        }
    }
}

impl Tx {
    pub async fn write_audit(
        &self,
        at: Timestamp,
        actor: &Actor,
        record: &Record,
        parts: &Parts,
    ) -> Result<(), StoreError> {
        let id = audit::Entity::insert(row(at, actor, record, parts)).exec(self.db()).await?.last_insert_id;
        audit_detail::Entity::insert(detail_row(id, parts)).exec_without_returning(self.db()).await?;
        Ok(())
    }

    /// What happened to a user, the newest first.
    pub async fn history(&self, subject: UserId, most: u64) -> Result<Vec<Entry>, StoreError> {
        let query = AuditQuery { subject: Some(subject), ..AuditQuery::default() };
        self.audit_entries(&LogScope::Whole, &query, most).await
    }

    /// Entries inside a scope, the newest first unless the query says otherwise.
    pub async fn audit_entries(
        &self,
        scope: &LogScope,
        query: &AuditQuery,
        most: u64,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut select = audit::Entity::find().filter(wanted(scope, query)).limit(most);
        select = if query.oldest_first {
            select.order_by_asc(audit::Column::Id)
        } else {
            select.order_by_desc(audit::Column::Id)
        };
        let rows = select.all(self.db()).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut details: HashMap<i64, _> = audit_detail::Entity::find()
            .filter(audit_detail::Column::AuditId.is_in(ids))
            .all(self.db())
            .await?
            .into_iter()
            .map(|row| (row.audit_id, row))
            .collect();
        let people = rows.iter().flat_map(|row| [row.actor_id, row.subject_id]).flatten();
        let names: HashMap<i64, String> = user::Entity::find()
            .filter(user::Column::Id.is_in(people.collect::<BTreeSet<_>>()))
            .all(self.db())
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let entry = |row: audit::Model| {
            Ok(Entry {
                id: row.id,
                at: Timestamp(row.at),
                actor: actor_name(&row, &names)?,
                actor_id: row.actor_id.map(UserId),
                action: row.action,
                subject: row.subject_id.map(UserId),
                subject_name: row.subject_id.and_then(|id| names.get(&id).cloned()),
                detail: detail_of(details.remove(&row.id)),
            })
        };
        rows.into_iter().map(entry).collect()
    }

    /// The numbers and actions of entries beyond this one, the oldest first, so many at most.
    pub async fn entries_after(&self, beyond: i64, most: u64) -> Result<Vec<(i64, String)>, StoreError> {
        let entries = audit::Entity::find()
            .select_only()
            .column(audit::Column::Id)
            .column(audit::Column::Action)
            .filter(audit::Column::Id.gt(beyond))
            .order_by_asc(audit::Column::Id)
            .limit(most);
        Ok(entries.into_tuple().all(self.db()).await?)
    }

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

fn actor_name(row: &audit::Model, names: &HashMap<i64, String>) -> Result<String, StoreError> {
    let read = |kind: &str| Who::parse(kind, row.actor_id.map(UserId));
    Ok(match read_word(read, ("audit", row.id, "actor_kind"), &row.actor_kind)? {
        Who::Operator => "operator".to_owned(),
        Who::System => "rsvp".to_owned(),
        // Somebody who is gone is still nobody else.
        Who::User(id) | Who::Invitee(id) => names.get(&id.0).cloned().unwrap_or_else(|| format!("#{}", id.0)),
    })
}
