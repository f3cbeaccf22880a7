//! Rows with a past: users, links, emails and entries of the audit log as they would be stored if all had really
//! happened, many in one statement. Only the use case `populate` stores anything this way.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PrimaryKeyTrait, QueryFilter,
    QuerySelect,
};

use super::entities::{audit_detail, link, user, workspace};
use super::sending::attempt_row;
use super::{NewLink, NewMail, NewUser, StoreError, Tx, audit, links, outbox, users};
use crate::domain::actor::Actor;
use crate::domain::audit::{Parts, Record};
use crate::domain::email::Email;
use crate::domain::link::{Ending, LinkId};
use crate::domain::mail::{Attempt, MailId, MailState};
use crate::domain::role::{Rank, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// A user, and what became of them.
#[derive(Debug, Clone)]
pub struct PastUser {
    pub new: NewUser,
    pub invited_at: Timestamp,
    /// When the open invitation's link stops working, if one is open.
    pub open_expires_at: Option<Timestamp>,
    /// When the last email failed.
    pub mail_failed_at: Option<Timestamp>,
    /// When the person asked for a new link.
    pub asked_at: Option<Timestamp>,
    pub last_sign_in_at: Option<Timestamp>,
    pub suspended_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// How many changes the user has seen.
    pub version: i64,
}

/// A link, and how it ended.
#[derive(Debug, Clone)]
pub struct PastLink {
    pub new: NewLink,
    /// How and when it ended, if it did.
    pub ended: Option<(Ending, Timestamp)>,
}

/// An email, and what became of it.
#[derive(Debug, Clone)]
pub struct PastMail {
    pub new: NewMail,
    pub state: MailState,
    /// Every try, the oldest first; the last one ended the email unless it waits.
    pub tries: Vec<Attempt>,
}

/// An entry of the audit log.
#[derive(Debug, Clone)]
pub struct PastEntry {
    pub at: Timestamp,
    pub actor: Actor,
    pub record: Record,
    /// What can be erased of it.
    pub parts: Parts,
}

/// How many rows one statement stores: SQLite takes 32,766 values in one, and the widest row has 20.
const ROWS: usize = 500;

impl Tx {
    /// Which of these addresses somebody has who is not in the bin, as [`Email::key`] writes them.
    pub async fn taken_addresses(&self, all: &[&Email]) -> Result<HashSet<String>, StoreError> {
        let mut taken = HashSet::new();
        for some in all.chunks(ROWS) {
            let keys: Vec<Option<String>> = user::Entity::find()
                .select_only()
                .column(user::Column::EmailKey)
                .filter(user::Column::EmailKey.is_in(some.iter().map(|email| email.key())))
                .into_tuple()
                .all(self.db())
                .await?;
            taken.extend(keys.into_iter().flatten());
        }
        Ok(taken)
    }

    /// How many changes these users have seen; those who are gone are left out.
    pub async fn versions(&self, ids: &[UserId]) -> Result<HashMap<UserId, i64>, StoreError> {
        let mut versions = HashMap::with_capacity(ids.len());
        for some in ids.chunks(ROWS) {
            let rows: Vec<(i64, i64)> = user::Entity::find()
                .select_only()
                .columns([user::Column::Id, user::Column::Version])
                .filter(user::Column::Id.is_in(some.iter().map(|id| id.0)))
                .into_tuple()
                .all(self.db())
                .await?;
            versions.extend(rows.into_iter().map(|(id, version)| (UserId(id), version)));
        }
        Ok(versions)
    }

    pub async fn all_workspace_ids(&self) -> Result<Vec<WorkspaceId>, StoreError> {
        let ids: Vec<i64> =
            workspace::Entity::find().select_only().column(workspace::Column::Id).into_tuple().all(self.db()).await?;
        Ok(ids.into_iter().map(WorkspaceId).collect())
    }

    /// Stores users; answers their numbers in the same order.
    pub async fn insert_past_users(&self, all: &[PastUser]) -> Result<Vec<UserId>, StoreError> {
        let rows = all.iter().map(|past| {
            let mut row = users::row(&past.new);
            row.invited_at = Set(past.invited_at.0);
            row.open_expires_at = Set(zero_or(past.open_expires_at));
            row.mail_failed_at = Set(zero_or(past.mail_failed_at));
            row.asked_at = Set(zero_or(past.asked_at));
            row.last_sign_in_at = Set(zero_or(past.last_sign_in_at));
            let by = |at: Option<Timestamp>| at.map(|_| Rank::Administrator.name().to_owned());
            row.suspended_by = Set(by(past.suspended_at));
            row.deleted_by = Set(by(past.deleted_at));
            row.suspended_at = Set(past.suspended_at.map(|at| at.0));
            row.deleted_at = Set(past.deleted_at.map(|at| at.0));
            if past.deleted_at.is_some() {
                row.email_key = Set(None);
            }
            row.version = Set(past.version);
            row
        });
        Ok(self.insert_all(rows.collect()).await?.into_iter().map(UserId).collect())
    }

    /// Stores links; answers their numbers in the same order.
    pub async fn insert_past_links(&self, all: &[PastLink]) -> Result<Vec<LinkId>, StoreError> {
        let rows = all.iter().map(|past| {
            let row = links::row(&past.new);
            match past.ended {
                Some((how, at)) => {
                    let ended = links::ended(how, at);
                    link::ActiveModel {
                        open_key: ended.open_key,
                        ending: ended.ending,
                        ended_at: ended.ended_at,
                        ..row
                    }
                }
                None => row,
            }
        });
        Ok(self.insert_all(rows.collect()).await?.into_iter().map(LinkId).collect())
    }

    /// Stores emails with their tries.
    pub async fn insert_past_mails(&self, all: &[PastMail]) -> Result<(), StoreError> {
        let rows = all.iter().map(|past| {
            let mut row = outbox::row(&past.new);
            row.state = Set(past.state.name().to_owned());
            row.lease = Set(i64::try_from(past.tries.len()).unwrap_or(i64::MAX));
            row.attempts = Set(i64::try_from(past.tries.len().saturating_sub(1)).unwrap_or(i64::MAX));
            if let Some(last) = past.tries.last() {
                row.ended_at = Set((past.state != MailState::Queued).then_some(last.at.0));
                row.last_stage = Set(Some(last.answer.stage.name().to_owned()));
                row.last_code = Set(last.answer.code.map(i64::from));
                row.last_text = Set(Some(last.answer.text.clone()));
            }
            row
        });
        let ids = self.insert_all(rows.collect()).await?;
        let tries = ids.into_iter().zip(all).flat_map(|(id, past)| {
            past.tries.iter().map(move |tried| attempt_row(MailId(id), tried.at, tried.accepted, &tried.answer))
        });
        self.insert_all(tries.collect()).await?;
        Ok(())
    }

    /// Adds entries to the audit log, the oldest first.
    pub async fn write_past(&self, all: &[PastEntry]) -> Result<(), StoreError> {
        let rows = all.iter().map(|past| audit::row(past.at, &past.actor, &past.record, &past.parts));
        let ids = self.insert_all(rows.collect()).await?;
        let details: Vec<_> = ids.into_iter().zip(all).map(|(id, past)| audit::detail_row(id, &past.parts)).collect();
        for some in details.chunks(ROWS) {
            audit_detail::Entity::insert_many(some.to_vec()).exec_without_returning(self.db()).await?;
        }
        Ok(())
    }

    /// Stores rows whose numbers the database gives out; answers the numbers in the rows' order.
    async fn insert_all<A>(&self, rows: Vec<A>) -> Result<Vec<i64>, StoreError>
    where
        A: ActiveModelTrait + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
        <<A::Entity as EntityTrait>::PrimaryKey as PrimaryKeyTrait>::ValueType: Into<i64>,
    {
        let mut ids = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter();
        loop {
            let some: Vec<A> = rows.by_ref().take(ROWS).collect();
            if some.is_empty() {
                return Ok(ids);
            }
            let wanted = some.len();
            let stored = A::Entity::insert_many(some).exec_with_returning_keys(self.db()).await?;
            if stored.len() != wanted {
                return Err(StoreError::Missing("rows that were just stored"));
            }
            let from = ids.len();
            ids.extend(stored.into_iter().map(Into::into));
            // Numbers are given out in the order of the rows, but may be answered in any.
            ids[from..].sort_unstable();
        }
    }
}

/// A time as a NOT NULL column keeps it.
fn zero_or(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.0)
}
