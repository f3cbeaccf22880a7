//! Erasing a person: every row and every part of a row that says who they were.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, Expr, ExprTrait as _, Func, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use serde_json::Value;

use super::entities::{audit, audit_chain, audit_detail, erasure, limit, link, outbox, request, user};
use super::{Store, StoreError, Tx};
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::link::Purpose;
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

fn no_detail() -> audit_detail::ActiveModel {
    audit_detail::ActiveModel { salt: Set(Vec::new()), detail: Set(String::new()), ..Default::default() }
}

fn no_origin() -> audit_detail::ActiveModel {
    audit_detail::ActiveModel { origin_salt: Set(Vec::new()), origin: Set(String::new()), ..Default::default() }
}

fn addresses_in(detail: &Value, all: &mut BTreeSet<String>) {
    match detail {
        Value::String(text) => all.extend(Email::parse(text).ok().map(|email| email.key())),
        Value::Object(map) => map.values().for_each(|value| addresses_in(value, all)),
        Value::Array(list) => list.iter().for_each(|value| addresses_in(value, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The entries about a user whose detail says who that is. What an erasure erased is numbers, and proves that nobody else
/// took it away: it stays.
fn about(id: UserId) -> Condition {
    Condition::all().add(audit::Column::SubjectId.eq(id.0)).add(audit::Column::Action.ne(Action::Erase.name()))
}

/// Selects the numbers of these entries.
fn entries(wanted: Condition) -> SelectStatement {
    audit::Entity::find().select_only().column(audit::Column::Id).filter(wanted).into_query()
}

impl Store {
    /// Takes away what the embedded database keeps of old pages beside its tables. While somebody else reads they stay,
    /// until the next time that this is asked for or the last process ends.
    pub async fn forget_log(&self) {
        if self.file.is_some() {
            let _ = self.db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }
}

impl Tx {
    /// Whether the log has entries about a user, or of what they did.
    pub async fn is_in_log(&self, id: UserId) -> Result<bool, StoreError> {
        let about = Condition::any().add(audit::Column::SubjectId.eq(id.0)).add(audit::Column::ActorId.eq(id.0));
        Ok(audit::Entity::find().filter(about).limit(1).count(self.db()).await? > 0)
    }

    /// Whether anything says who a user is or was: the user, or details of the log.
    pub async fn is_known(&self, id: UserId) -> Result<bool, StoreError> {
        if user::Entity::find_by_id(id.0).count(self.db()).await? > 0 {
            return Ok(true);
        }
        let entries_where = |wanted| entries(Condition::all().add(wanted));
        let about = Condition::all()
            .add(audit_detail::Column::AuditId.in_subquery(entries(about(id))))
            .add(audit_detail::Column::Detail.ne(""))
            .add(audit_detail::Column::Detail.ne("null"));
        let by = Condition::all()
            .add(audit_detail::Column::AuditId.in_subquery(entries_where(audit::Column::ActorId.eq(id.0))))
            .add(audit_detail::Column::Origin.ne(""));
        let left = audit_detail::Entity::find().filter(Condition::any().add(about).add(by));
        Ok(left.limit(1).count(self.db()).await? > 0)
    }

    /// Everybody who was erased, by number.
    pub async fn erased(&self) -> Result<Vec<i64>, StoreError> {
        let ids = erasure::Entity::find().select_only().column(erasure::Column::UserId);
        Ok(ids.order_by_asc(erasure::Column::UserId).into_tuple().all(self.db()).await?)
    }

    /// Keeps the log still until the transaction ends: whoever wrote to it is done, and whoever would waits. SQLite has
    /// one writer at a time anyway.
    pub async fn hold_log(&self) -> Result<(), StoreError> {
        if self.is_postgres() {
            self.db().execute_unprepared("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        Ok(())
    }

    /// Erases everything that says who a user was. Entries of the log about them, and what they did, must be sealed.
    /// Answers the numbers of the entries about nobody that named them: the entry that says so must list them, because
    /// nothing else in the log says that they were the same person's.
    pub async fn erase_user(&self, id: UserId, at: Timestamp) -> Result<Vec<i64>, StoreError> {
        let addresses = self.addresses(id).await?;
        let about = about(id);
        let failed = audit::Column::Action.eq(Action::SignInFailed.name());
        // A failed sign-in with somebody's address is most often that person's own.
        let tried = Condition::all().add(audit::Column::SubjectId.eq(id.0)).add(failed);
        let by = Condition::all().add(audit::Column::ActorId.eq(id.0));
        self.erase_parts(no_detail(), entries(about)).await?;
        self.erase_parts(no_origin(), entries(Condition::any().add(by).add(tried))).await?;
        let claims = self.erase_claims(&addresses).await?;
        self.forget_words_of(id).await?;
        self.erase_test_mails(&addresses).await?;
        let keys: Vec<String> = addresses.iter().cloned().collect();
        request::Entity::delete_many().filter(request::Column::Address.is_in(keys.clone())).exec(self.db()).await?;
        for key in &keys {
            // Alone, and with the place behind a space, which no address has; the next character is the end of those.
            let own = limit::Column::Key.eq(format!("sign-in:{key}"));
            let places =
                limit::Column::Key.gte(format!("sign-in:{key} ")).and(limit::Column::Key.lt(format!("sign-in:{key}!")));
            limit::Entity::delete_many().filter(own.or(places)).exec(self.db()).await?;
        }
        user::Entity::delete_by_id(id.0).exec(self.db()).await?;
        let row = erasure::ActiveModel { user_id: Set(id.0), at: Set(at.0) };
        // Somebody whom a restored backup brought back is erased again.
        erasure::Entity::delete_by_id(id.0).exec(self.db()).await?;
        erasure::Entity::insert(row).exec_without_returning(self.db()).await?;
        Ok(claims)
    }

    /// Forgets what was rendered of emails that name a user as their sender: what is still to be sent is rendered anew.
    async fn forget_words_of(&self, id: UserId) -> Result<(), StoreError> {
        let mut from = Condition::any().add(
            Condition::all()
                .add(outbox::Column::Kind.eq(MailKind::Test.name()))
                .add(outbox::Column::SubjectId.eq(id.0)),
        );
        // Led by the emails that have a text, of which there are few, each link found by its number.
        let issued = link::Entity::find()
            .filter(link::Column::Id.into_expr().equals((outbox::Entity, outbox::Column::SubjectId)))
            .filter(link::Column::IssuedBy.eq(id.0))
            .into_query();
        let carries = outbox::Column::Kind.is_in(Purpose::ALL.map(|purpose| MailKind::of(purpose).name()));
        from = from.add(Condition::all().add(carries).add(Expr::exists(issued)));
        let forgotten = outbox::ActiveModel { rendered: Set(None), ..Default::default() };
        outbox::Entity::update_many()
            .set(forgotten)
            .filter(outbox::Column::Rendered.is_not_null())
            .filter(from)
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Removes test emails to these addresses: they belong to no user.
    async fn erase_test_mails(&self, addresses: &BTreeSet<String>) -> Result<(), StoreError> {
        let to = Expr::expr(Func::lower(Expr::col(outbox::Column::ToAddress)));
        outbox::Entity::delete_many()
            .filter(outbox::Column::UserId.is_null())
            .filter(to.is_in(addresses.iter().cloned()))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Every address that a user has or had, as it is compared: also those that only the log knows by now.
    async fn addresses(&self, id: UserId) -> Result<BTreeSet<String>, StoreError> {
        let mut all = BTreeSet::new();
        if let Some(row) = user::Entity::find_by_id(id.0).one(self.db()).await? {
            all.insert(Email::stored(row.email).key());
        }
        let links = link::Entity::find().filter(link::Column::UserId.eq(id.0)).all(self.db()).await?;
        let written = links.into_iter().flat_map(|row| [Some(row.address), row.other_address]).flatten();
        all.extend(written.map(|email| Email::stored(email).key()));
        let about = entries(Condition::all().add(audit::Column::SubjectId.eq(id.0)));
        let details = audit_detail::Entity::find()
            .filter(audit_detail::Column::AuditId.in_subquery(about))
            .filter(audit_detail::Column::Detail.contains("@"))
            .all(self.db())
            .await?;
        for row in details {
            addresses_in(&serde_json::from_str(&row.detail).unwrap_or_default(), &mut all);
        }
        Ok(all)
    }

    async fn erase_parts(&self, columns: audit_detail::ActiveModel, of: SelectStatement) -> Result<(), StoreError> {
        audit_detail::Entity::update_many()
            .set(columns)
            .filter(audit_detail::Column::AuditId.in_subquery(of))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Erases what entries about nobody say of these addresses: tries to sign in from before anybody had them, test
    /// emails. Answers which entries they were.
    async fn erase_claims(&self, addresses: &BTreeSet<String>) -> Result<Vec<i64>, StoreError> {
        let mut all = BTreeSet::new();
        let nobody = entries(Condition::all().add(audit::Column::SubjectId.is_null()));
        for address in addresses {
            // Coarse, and in the database, because failed tries are many; what is found is looked at again.
            let holds = format!("%\"{}\"%", address.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let detail = Expr::expr(Func::lower(Expr::col(audit_detail::Column::Detail)));
            let found = audit_detail::Entity::find()
                .filter(detail.like(LikeExpr::new(holds).escape('\\')))
                .filter(audit_detail::Column::AuditId.in_subquery(nobody.clone()))
                .all(self.db())
                .await?;
            let names = |row: &audit_detail::Model| {
                let mut all = BTreeSet::new();
                addresses_in(&serde_json::from_str(&row.detail).unwrap_or_default(), &mut all);
                all.contains(address)
            };
            let ids: Vec<i64> = found.iter().filter(|row| names(row)).map(|row| row.audit_id).collect();
            all.extend(ids.iter().copied());
            for ids in ids.chunks(1_000) {
                let erased =
                    audit_detail::ActiveModel { salt: Set(Vec::new()), detail: Set(String::new()), ..no_origin() };
                audit_detail::Entity::update_many()
                    .set(erased)
                    .filter(audit_detail::Column::AuditId.is_in(ids.iter().copied()))
                    .exec(self.db())
                    .await?;
            }
        }
        Ok(all.into_iter().collect())
    }

    /// The next entries behind this one that have something to be forgotten, if they are older than that: their
    /// numbers, and the last one that was looked at if more may follow. Entries are nearly in the order of their time,
    /// so whoever meets a younger one has seen all. What only tells of forgetting or erasing names nobody and stays: it
    /// proves what is gone.
    pub async fn forgettable(
        &self,
        beyond: i64,
        before: Timestamp,
        most: u64,
    ) -> Result<(Vec<i64>, Option<i64>), StoreError> {
        let rows: Vec<(i64, i64, String, Vec<u8>)> = audit_detail::Entity::find()
            .select_only()
            .column(audit_detail::Column::AuditId)
            .join(
                JoinType::InnerJoin,
                audit_detail::Entity::belongs_to(audit::Entity)
                    .from(audit_detail::Column::AuditId)
                    .to(audit::Column::Id)
                    .into(),
            )
            .column(audit::Column::At)
            .column(audit::Column::Action)
            .column(audit_detail::Column::OriginSalt)
            .filter(audit_detail::Column::AuditId.gt(beyond))
            .order_by_asc(audit_detail::Column::AuditId)
            .limit(most)
            .into_tuple()
            .all(self.db())
            .await?;
        let is_full = rows.len() as u64 == most && rows.iter().all(|(_, at, ..)| *at < before.0);
        let next = rows.last().map(|(id, ..)| *id).filter(|_| is_full);
        let (forgets, erases) = (Action::ForgetDetails.name(), Action::Erase.name());
        let is_bare = |action: &str, origin: &[u8]| action == forgets || (action == erases && origin.is_empty());
        let old = rows.into_iter().filter(|(_, at, action, origin)| *at < before.0 && !is_bare(action, origin));
        Ok((old.map(|(id, ..)| id).collect(), next))
    }

    /// Erases what can be erased of these entries, as far as they are sealed; answers of how many.
    pub async fn forget_details(&self, ids: &[i64]) -> Result<u64, StoreError> {
        let sealed = Query::select()
            .column(audit_chain::Column::AuditId)
            .from(audit_chain::Entity)
            .and_where(audit_chain::Column::AuditId.is_in(ids.iter().copied()))
            .to_owned();
        let erasures = entries(
            Condition::all()
                .add(audit::Column::Id.is_in(ids.iter().copied()))
                .add(audit::Column::Action.eq(Action::Erase.name())),
        );
        let wanted = Condition::all()
            .add(audit_detail::Column::AuditId.is_in(ids.iter().copied()))
            .add(audit_detail::Column::AuditId.in_subquery(sealed));
        // Who erased somebody, and from where, goes; what was erased proves the rest, and stays.
        let bare = audit_detail::Entity::update_many()
            .set(no_origin())
            .filter(wanted.clone())
            .filter(audit_detail::Column::AuditId.in_subquery(erasures.clone()))
            .exec(self.db())
            .await?;
        let gone = audit_detail::Entity::delete_many()
            .filter(wanted)
            .filter(audit_detail::Column::AuditId.not_in_subquery(erasures))
            .exec(self.db())
            .await?;
        Ok(bare.rows_affected + gone.rows_affected)
    }
}
