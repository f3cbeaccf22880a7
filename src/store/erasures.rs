//! Erasing a person: every row and every part of a row that says who they were.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Condition, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use serde_json::Value;

use super::entities::{
    audit, audit_chain, audit_detail, email_change, erasure, invitation, limit, outbox, password_reset, request, user,
};
use super::{Store, StoreError, Tx};
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::mail::MailKind;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// The columns of an erased detail.
fn no_detail() -> audit_detail::ActiveModel {
    audit_detail::ActiveModel { salt: Set(Vec::new()), detail: Set(String::new()), ..Default::default() }
}

/// The columns of an erased origin.
fn no_origin() -> audit_detail::ActiveModel {
    audit_detail::ActiveModel { origin_salt: Set(Vec::new()), origin: Set(String::new()), ..Default::default() }
}

/// The addresses in a detail.
fn addresses_in(detail: &Value, all: &mut BTreeSet<String>) {
    match detail {
        Value::String(text) => all.extend(Email::parse(text).ok().map(|email| email.key())),
        Value::Object(map) => map.values().for_each(|value| addresses_in(value, all)),
        Value::Array(list) => list.iter().for_each(|value| addresses_in(value, all)),
        _ => {}
    }
}

/// The numbers of entries.
fn entries(wanted: Condition) -> SelectStatement {
    audit::Entity::find().select_only().column(audit::Column::Id).filter(wanted).into_query()
}

impl Store {
    /// Takes away what the embedded database keeps of old pages beside its tables. While somebody else reads, it is done by
    /// whoever writes next.
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

    /// Erases everything that says who a user was. Entries of the log about them, and what they did, must be sealed.
    pub async fn erase_user(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        let addresses = self.addresses(id).await?;
        let about = Condition::all().add(audit::Column::SubjectId.eq(id.0));
        let failed = audit::Column::Action.eq(Action::SignInFailed.name());
        // Whoever fails to sign in with somebody's address is most often that person.
        let tried = Condition::all().add(audit::Column::SubjectId.eq(id.0)).add(failed.clone());
        let by = Condition::all().add(audit::Column::ActorId.eq(id.0));
        // Before the two stood apart the detail said where the actor came from.
        let by_in_one = by.clone().add(audit::Column::OriginHash.eq(Vec::<u8>::new()));
        self.erase_parts(no_detail(), entries(about)).await?;
        self.erase_parts(no_detail(), entries(by_in_one)).await?;
        self.erase_parts(no_origin(), entries(Condition::any().add(by).add(tried))).await?;
        self.erase_claims(&addresses, failed.into()).await?;
        self.forget_words_of(id).await?;
        let keys: Vec<String> = addresses.iter().cloned().collect();
        request::Entity::delete_many().filter(request::Column::Address.is_in(keys.clone())).exec(self.db()).await?;
        for key in &keys {
            // With what else a counter is kept under, behind a space, which no address has.
            let own = limit::Column::Key.eq(format!("sign-in:{key}"));
            let beyond = limit::Column::Key.starts_with(format!("sign-in:{key} "));
            limit::Entity::delete_many().filter(own.or(beyond)).exec(self.db()).await?;
        }
        user::Entity::delete_by_id(id.0).exec(self.db()).await?;
        let row = erasure::ActiveModel { user_id: Set(id.0), at: Set(at.0) };
        // Somebody whom a restored backup brought back is erased again.
        erasure::Entity::delete_by_id(id.0).exec(self.db()).await?;
        erasure::Entity::insert(row).exec_without_returning(self.db()).await?;
        Ok(())
    }

    /// Forgets what was rendered of mails that name a user as their sender and may still be sent: they are rendered anew.
    async fn forget_words_of(&self, id: UserId) -> Result<(), StoreError> {
        let invited = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::Id)
            .filter(invitation::Column::IssuedBy.eq(id.0))
            .into_query();
        let reset = password_reset::Entity::find()
            .select_only()
            .column(password_reset::Column::Id)
            .filter(password_reset::Column::IssuedBy.eq(id.0))
            .into_query();
        let moved = email_change::Entity::find()
            .select_only()
            .column(email_change::Column::Id)
            .filter(email_change::Column::IssuedBy.eq(id.0))
            .into_query();
        let both = [MailKind::ConfirmEmail, MailKind::KeepEmail].map(MailKind::name);
        let subject = |kinds: &[&str], of| {
            Condition::all()
                .add(outbox::Column::Kind.is_in(kinds.iter().copied()))
                .add(outbox::Column::SubjectId.in_subquery(of))
        };
        let from = Condition::any()
            .add(subject(&[MailKind::Invitation.name()], invited))
            .add(subject(&[MailKind::Reset.name()], reset))
            .add(subject(&both, moved));
        let forgotten = outbox::ActiveModel { rendered: Set(None), ..Default::default() };
        outbox::Entity::update_many()
            .set(forgotten)
            .filter(outbox::Column::Rendered.is_not_null())
            .filter(from)
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
        let invited = invitation::Entity::find().filter(invitation::Column::UserId.eq(id.0)).all(self.db()).await?;
        all.extend(invited.into_iter().map(|row| row.address));
        let moved = email_change::Entity::find().filter(email_change::Column::UserId.eq(id.0)).all(self.db()).await?;
        all.extend(
            moved.into_iter().flat_map(|row| [row.old_email, row.new_email]).map(|email| Email::stored(email).key()),
        );
        let about = entries(Condition::all().add(audit::Column::SubjectId.eq(id.0)));
        let told = audit_detail::Entity::find()
            .filter(audit_detail::Column::AuditId.in_subquery(about))
            .filter(audit_detail::Column::Detail.contains("@"))
            .all(self.db())
            .await?;
        for row in told {
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

    /// Erases tries to sign in with an address from before anybody had it.
    async fn erase_claims(&self, addresses: &BTreeSet<String>, failed: Condition) -> Result<(), StoreError> {
        let nobody = entries(failed.add(audit::Column::SubjectId.is_null()));
        let tries = audit_detail::Entity::find()
            .filter(audit_detail::Column::AuditId.in_subquery(nobody))
            .filter(audit_detail::Column::Detail.contains("claimed"))
            .all(self.db())
            .await?;
        let claims = |row: &audit_detail::Model| {
            let mut claimed = BTreeSet::new();
            addresses_in(&serde_json::from_str(&row.detail).unwrap_or_default(), &mut claimed);
            !claimed.is_disjoint(addresses)
        };
        for row in tries.iter().filter(|row| claims(row)) {
            let erased = audit_detail::ActiveModel { salt: Set(Vec::new()), detail: Set(String::new()), ..no_origin() };
            audit_detail::Entity::update_many()
                .set(erased)
                .filter(audit_detail::Column::AuditId.eq(row.audit_id))
                .exec(self.db())
                .await?;
        }
        Ok(())
    }

    /// Erases what can be erased of entries that are sealed and older than that, so many at most; answers of how many.
    pub async fn forget_details(&self, before: Timestamp, most: u64) -> Result<u64, StoreError> {
        let sealed = Query::select().column(audit_chain::Column::AuditId).from(audit_chain::Entity).to_owned();
        let old: Vec<i64> = audit_detail::Entity::find()
            .select_only()
            .column(audit_detail::Column::AuditId)
            .filter(
                audit_detail::Column::AuditId
                    .in_subquery(entries(Condition::all().add(audit::Column::At.lt(before.0)))),
            )
            .filter(audit_detail::Column::AuditId.in_subquery(sealed))
            .limit(most)
            .into_tuple()
            .all(self.db())
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let done = audit_detail::Entity::delete_many()
            .filter(audit_detail::Column::AuditId.is_in(old))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }
}
