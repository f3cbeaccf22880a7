//! The outbox as a worker uses it: leases, what came of a try, and the pause of the relay.
//!
//! Every claim raises an email's lease number, and a worker changes an email only while it is being sent under the
//! number that the worker was given: one that was too slow changes nothing.

use std::collections::HashSet;
use std::time::Duration;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict},
};

use super::entities::{mail_attempt, outbox, relay, user};
use super::mails::seen;
use super::outbox::read;
use super::{StoreError, Tx};
use crate::domain::link::LinkId;
use crate::domain::mail::{
    Answer, CRASHES, LONGEST_HOLD, LONGEST_RELAY_PAUSE, Mail, MailId, MailKind, MailState, PAUSES, SUSPECT, Stage,
    UNREADABLE, longest_wait,
};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// The one relay there is.
const RELAY: i64 = 1;

/// What a worker shows to go on holding an email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub id: MailId,
    pub lease: i64,
}

const ROWS: usize = 200;

#[derive(Debug, Clone)]
pub struct Claimed {
    pub mail: Mail,
    /// The number of the link that it carries, or of whoever sends a test email.
    pub subject: Option<i64>,
    pub lease: i64,
    /// The Message-ID without its brackets.
    pub message_id: String,
    /// What was kept of an earlier try.
    pub rendered: Option<String>,
    /// After this it is not sent any more.
    pub not_after: Timestamp,
    /// How many workers ended while they had it.
    pub crashes: i64,
}

/// What is due.
#[derive(Debug, Default)]
pub struct Due {
    /// What was claimed.
    pub mails: Vec<Claimed>,
    /// Why others could not be read.
    pub unreadable: Vec<StoreError>,
}

impl Claimed {
    /// The link that it carries, if it carries one.
    #[must_use]
    pub fn link(&self) -> Option<LinkId> {
        self.mail.kind.purpose().and(self.subject).map(LinkId)
    }
}

/// What becomes of an email that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It ends in this state.
    End(MailState, Timestamp),
    /// It waits until then, with this many tries counted.
    Wait(Timestamp, i32),
}

fn claimed(row: outbox::Model) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        subject: row.subject_id,
        lease: row.lease,
        message_id: row.message_id.clone(),
        rendered: row.rendered.clone(),
        not_after: Timestamp(row.not_after),
        crashes: row.crashes,
        mail: read(row)?,
    })
}

fn set_answer(columns: &mut outbox::ActiveModel, answer: &Answer) {
    columns.last_stage = Set(Some(answer.stage.name().to_owned()));
    columns.last_code = Set(answer.code.map(i64::from));
    columns.last_text = Set(Some(answer.text.clone()));
}

/// The row of a try.
pub(super) fn attempt_row(mail: MailId, at: Timestamp, accepted: bool, answer: &Answer) -> mail_attempt::ActiveModel {
    mail_attempt::ActiveModel {
        id: NotSet,
        mail_id: Set(mail.0),
        at: Set(at.0),
        accepted: Set(accepted),
        stage: Set(answer.stage.name().to_owned()),
        code: Set(answer.code.map(i64::from)),
        text: Set(answer.text.clone()),
    }
}

impl Tx {
    /// Takes the emails of some kinds that are due, the oldest first, under a lease that lasts until `until`: the
    /// suspects among them, or the others.
    pub async fn claim_due(
        &self,
        kinds: &[MailKind],
        suspects: bool,
        now: Timestamp,
        until: Timestamp,
        most: u64,
    ) -> Result<Due, StoreError> {
        let crashes = outbox::Column::Crashes;
        let mut due = outbox::Entity::find()
            .filter(outbox::Column::State.eq(MailState::Queued.name()))
            .filter(outbox::Column::Kind.is_in(kinds.iter().map(|kind| kind.name())))
            .filter(outbox::Column::NextAt.lte(now.0))
            .filter(if suspects { crashes.gte(SUSPECT) } else { crashes.lt(SUSPECT) })
            .order_by_asc(outbox::Column::NextAt)
            .order_by_asc(outbox::Column::Id)
            .limit(most);
        if self.is_postgres() {
            due = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let rows = due.all(self.db()).await?;
        let leased = |row: outbox::Model| claimed(outbox::Model { lease: row.lease + 1, ..row });
        let (mut mails, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let (id, not_after) = (row.id, Timestamp(row.not_after));
            match leased(row) {
                Ok(mail) => mails.push(mail),
                Err(error) if error.is_unknown_value() => {
                    self.postpone_unreadable(id, not_after, now).await?;
                    unreadable.push(error);
                }
                Err(error) => return Err(error),
            }
        }
        if mails.is_empty() {
            return Ok(Due { mails, unreadable });
        }
        let columns = outbox::ActiveModel {
            state: Set(MailState::Sending.name().to_owned()),
            lease_until: Set(until.0),
            ..Default::default()
        };
        outbox::Entity::update_many()
            .set(columns)
            .col_expr(outbox::Column::Lease, Expr::col(outbox::Column::Lease).add(1))
            .filter(outbox::Column::Id.is_in(mails.iter().map(|one| one.mail.id.0)))
            .exec(self.db())
            .await?;
        Ok(Due { mails, unreadable })
    }

    /// Leaves an email that cannot be read for an hour, so that it does not stop the others; after its time it has
    /// expired.
    async fn postpone_unreadable(&self, id: i64, not_after: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let columns = if not_after <= now {
            let state = Set(MailState::Expired.name().to_owned());
            outbox::ActiveModel { state, ended_at: Set(Some(now.0)), rendered: Set(None), ..Default::default() }
        } else {
            let stage = Some(Stage::Build.name().to_owned());
            outbox::ActiveModel { next_at: Set(now.plus(UNREADABLE).0), last_stage: Set(stage), ..Default::default() }
        };
        outbox::Entity::update_many().set(columns).filter(outbox::Column::Id.eq(id)).exec(self.db()).await?;
        Ok(())
    }

    /// An email as a worker would get it, claimed by nobody.
    pub async fn unclaimed(&self, scope: &Scope, id: MailId) -> Result<Option<Claimed>, StoreError> {
        outbox::Entity::find_by_id(id.0).filter(seen(scope)).one(self.db()).await?.map(claimed).transpose()
    }

    /// Changes an email that is in this state under a lease; answers whether it did.
    async fn change_leased(
        &self,
        held: Held,
        state: MailState,
        columns: outbox::ActiveModel,
    ) -> Result<bool, StoreError> {
        let done = outbox::Entity::update_many()
            .set(columns)
            .filter(outbox::Column::Id.eq(held.id.0))
            .filter(outbox::Column::Lease.eq(held.lease))
            .filter(outbox::Column::State.eq(state.name()))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Whether an email is still being sent under this lease.
    pub async fn is_held(&self, held: Held) -> Result<bool, StoreError> {
        let row = outbox::Entity::find_by_id(held.id.0)
            .filter(outbox::Column::Lease.eq(held.lease))
            .filter(outbox::Column::State.eq(MailState::Sending.name()))
            .one(self.db())
            .await?;
        Ok(row.is_some())
    }

    /// Holds emails until then, those whose lease still holds.
    pub async fn extend_leases(&self, held: &[Held], until: Timestamp) -> Result<(), StoreError> {
        for some in held.chunks(ROWS) {
            let values = some.iter().flat_map(|held| [Value::from(held.id.0), Value::from(held.lease)]).collect();
            self.update_held(&format!("lease_until = {}", until.0), &["BIGINT", "BIGINT"], values).await?;
        }
        Ok(())
    }

    /// Keeps what was rendered, without any secret in it; answers the emails whose lease still holds.
    pub async fn keep_rendered(&self, all: &[(Held, &str)]) -> Result<HashSet<MailId>, StoreError> {
        let mut kept = HashSet::with_capacity(all.len());
        for some in all.chunks(ROWS) {
            let values = some
                .iter()
                .flat_map(|(held, text)| [Value::from(held.id.0), Value::from(held.lease), Value::from(*text)])
                .collect();
            kept.extend(self.update_held("rendered = v.column3", &["BIGINT", "BIGINT", "TEXT"], values).await?);
        }
        Ok(kept)
    }

    /// Ends emails that the relay took, in its words; answers those whose lease still held. What was rendered stays for
    /// a while ([`Self::forget_texts`]), because people ask what they were sent.
    pub async fn end_sent(&self, all: &[(Held, &Answer)], at: Timestamp) -> Result<HashSet<MailId>, StoreError> {
        let mut ended = HashSet::with_capacity(all.len());
        for some in all.chunks(ROWS) {
            let values = some
                .iter()
                .flat_map(|(held, answer)| {
                    let code = answer.code.map(i64::from);
                    let words =
                        [Value::from(answer.stage.name()), Value::from(code), Value::from(answer.text.as_str())];
                    [Value::from(held.id.0), Value::from(held.lease)].into_iter().chain(words)
                })
                .collect();
            let columns = format!(
                "state = '{}', ended_at = {}, lease_until = 0, last_stage = v.column3, \
                 last_code = v.column4, last_text = v.column5",
                MailState::Sent.name(),
                at.0
            );
            ended.extend(self.update_held(&columns, &["BIGINT", "BIGINT", "TEXT", "BIGINT", "TEXT"], values).await?);
        }
        let rows = all.iter().filter(|(held, _)| ended.contains(&held.id));
        let rows: Vec<_> = rows.map(|(held, answer)| attempt_row(held.id, at, true, answer)).collect();
        for some in rows.chunks(ROWS) {
            mail_attempt::Entity::insert_many(some.to_vec()).exec_without_returning(self.db()).await?;
        }
        Ok(ended)
    }

    /// Forgets what was rendered of at most `most` emails that ended before a moment; answers of how many.
    pub async fn forget_texts(&self, before: Timestamp, most: u64) -> Result<u64, StoreError> {
        let old: Vec<i64> = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Id)
            .filter(outbox::Column::Rendered.is_not_null())
            .filter(outbox::Column::EndedAt.lt(before.0))
            .limit(most)
            .into_tuple()
            .all(self.db())
            .await?;
        let done = outbox::Entity::update_many()
            .set(outbox::ActiveModel { rendered: Set(None), ..Default::default() })
            .filter(outbox::Column::Id.is_in(old))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }

    /// Sets columns of the emails in `values` whose lease still holds, and answers which. Each row of `values` begins
    /// with an email's number and that of its lease; the columns name the others `v.column3` and so on, as both
    /// databases do. (The query builder knows no `UPDATE … FROM (VALUES …)`.)
    async fn update_held(&self, columns: &str, types: &[&str], values: Vec<Value>) -> Result<Vec<MailId>, StoreError> {
        let postgres = self.is_postgres();
        let mut place = 0;
        let rows: Vec<String> = (0..values.len() / types.len())
            .map(|_| {
                let casts: Vec<String> = types
                    .iter()
                    .map(|kind| {
                        place += 1;
                        if postgres { format!("CAST(${place} AS {kind})") } else { format!("CAST(?{place} AS {kind})") }
                    })
                    .collect();
                format!("({})", casts.join(", "))
            })
            .collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "UPDATE outbox SET {columns} FROM (VALUES {}) AS v \
             WHERE outbox.id = v.column1 AND outbox.lease = v.column2 AND outbox.state = '{}' RETURNING outbox.id",
            rows.join(", "),
            MailState::Sending.name()
        );
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        let ids = self.db().query_all_raw(statement).await?;
        Ok(ids.iter().map(|row| row.try_get_by_index(0).map(MailId)).collect::<Result<_, _>>()?)
    }

    /// Lets a claimed email go on; answers whether the lease still held.
    pub async fn let_go(
        &self,
        id: MailId,
        lease: i64,
        step: &Step,
        answer: Option<&Answer>,
    ) -> Result<bool, StoreError> {
        let mut columns = outbox::ActiveModel { lease_until: Set(0), ..Default::default() };
        match *step {
            Step::End(state, at) => {
                columns.state = Set(state.name().to_owned());
                columns.ended_at = Set(Some(at.0));
                columns.rendered = Set(None);
            }
            Step::Wait(until, attempts) => {
                columns.state = Set(MailState::Queued.name().to_owned());
                columns.next_at = Set(until.0);
                columns.attempts = Set(i64::from(attempts));
            }
        }
        if let Some(answer) = answer {
            set_answer(&mut columns, answer);
        }
        self.change_leased(Held { id, lease }, MailState::Sending, columns).await
    }

    /// Adds what came of a try to an email that was cancelled while it was being sent under this lease: it stays cancelled, and
    /// its history says what the relay did. Answers whether it was such a one.
    pub async fn note_cancelled(
        &self,
        held: Held,
        at: Timestamp,
        accepted: bool,
        answer: &Answer,
    ) -> Result<bool, StoreError> {
        let mut columns = outbox::ActiveModel::default();
        set_answer(&mut columns, answer);
        if !self.change_leased(held, MailState::Cancelled, columns).await? {
            return Ok(false);
        }
        self.insert_attempt(held.id, at, accepted, answer).await?;
        Ok(true)
    }

    /// Adds a try to an email's history.
    pub async fn insert_attempt(
        &self,
        mail: MailId,
        at: Timestamp,
        accepted: bool,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        mail_attempt::Entity::insert(attempt_row(mail, at, accepted, answer)).exec(self.db()).await?;
        Ok(())
    }

    /// Notes that no email to these users is failing any more.
    pub async fn clear_mail_failed(&self, ids: &[UserId]) -> Result<(), StoreError> {
        for some in ids.chunks(ROWS) {
            user::Entity::update_many()
                .set(user::ActiveModel { mail_failed_at: Set(0), ..Default::default() })
                .filter(user::Column::Id.is_in(some.iter().map(|id| id.0)))
                .filter(user::Column::MailFailedAt.ne(0))
                .exec(self.db())
                .await?;
        }
        Ok(())
    }

    /// Notes that an email to a user failed, or that none is failing any more. Nobody edited the user, so their version
    /// stays.
    pub async fn set_mail_failed(&self, id: UserId, at: Option<Timestamp>) -> Result<(), StoreError> {
        let columns = user::ActiveModel { mail_failed_at: Set(at.map_or(0, |t| t.0)), ..Default::default() };
        user::Entity::update_many().set(columns).filter(user::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(())
    }

    /// Lets no email wait longer than its rule allows, because a clock was wrong when it was claimed or put off: such a claim
    /// counts as made now, and such an email is due. Answers how many became due.
    pub async fn believe_moments(&self, now: Timestamp, lease: Duration) -> Result<u64, StoreError> {
        outbox::Entity::update_many()
            .set(outbox::ActiveModel { lease_until: Set(now.plus(lease).0), ..Default::default() })
            .filter(outbox::Column::State.eq(MailState::Sending.name()))
            .filter(outbox::Column::LeaseUntil.gt(now.plus(lease).0))
            .exec(self.db())
            .await?;
        let waits_longer = |longest: Duration| outbox::Column::NextAt.gt(now.plus(longest).0);
        let after = |attempts| waits_longer(longest_wait(attempts)).and(outbox::Column::Attempts.eq(attempts));
        let too_long = (0..PAUSES).map(after).fold(Condition::any(), Condition::add);
        let too_long = too_long.add(waits_longer(longest_wait(PAUSES)));
        let unread =
            outbox::Column::LastStage.eq(Stage::Build.name()).and(outbox::Column::NextAt.lte(now.plus(UNREADABLE).0));
        let unread = outbox::Column::LastStage.is_not_null().and(unread);
        let done = outbox::Entity::update_many()
            .set(outbox::ActiveModel { next_at: Set(now.0), ..Default::default() })
            .filter(outbox::Column::State.eq(MailState::Queued.name()))
            .filter(waits_longer(LONGEST_HOLD))
            .filter(too_long)
            .filter(unread.not())
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }

    /// Takes back the emails of workers that are gone; one that ended too many workers is set aside. Answers how
    /// many emails were taken back.
    pub async fn reap(&self, now: Timestamp) -> Result<u64, StoreError> {
        let gone = outbox::Entity::find()
            .filter(outbox::Column::State.eq(MailState::Sending.name()))
            .filter(outbox::Column::LeaseUntil.lte(now.0))
            .all(self.db())
            .await?;
        let mut taken = 0;
        for row in gone {
            let crashes = row.crashes + 1;
            let mut columns = outbox::ActiveModel { crashes: Set(crashes), lease_until: Set(0), ..Default::default() };
            let put_aside = crashes >= i64::from(CRASHES);
            if put_aside {
                columns.state = Set(MailState::Dead.name().to_owned());
                columns.ended_at = Set(Some(now.0));
                columns.rendered = Set(None);
                columns.last_stage = Set(Some(Stage::Worker.name().to_owned()));
                columns.last_code = Set(None);
                columns.last_text = Set(Some(format!("{crashes} workers ended while sending this mail")));
            } else {
                columns.state = Set(MailState::Queued.name().to_owned());
                columns.next_at = Set(now.0);
            }
            if self.change_leased(Held { id: MailId(row.id), lease: row.lease }, MailState::Sending, columns).await? {
                taken += 1;
                if let (true, Some(user)) = (put_aside, row.user_id) {
                    self.set_mail_failed(UserId(user), Some(now)).await?;
                }
            }
        }
        Ok(taken)
    }

    /// When the first waiting email of some kinds is due.
    pub async fn next_due_at(&self, kinds: &[MailKind]) -> Result<Option<Timestamp>, StoreError> {
        let row = outbox::Entity::find()
            .filter(outbox::Column::Kind.is_in(kinds.iter().map(|kind| kind.name())))
            .filter(outbox::Column::State.eq(MailState::Queued.name()))
            .order_by_asc(outbox::Column::NextAt)
            .one(self.db())
            .await?;
        Ok(row.map(|row| Timestamp(row.next_at)))
    }

    /// How often in a row the relay could not be used, and until when it is left alone.
    pub async fn relay_pause(&self, now: Timestamp) -> Result<Option<(u32, Timestamp)>, StoreError> {
        let row = relay::Entity::find_by_id(RELAY).one(self.db()).await?;
        Ok(row.filter(|row| row.failures > 0).map(|row| {
            let until = Timestamp(row.next_probe_at).believed(now, LONGEST_RELAY_PAUSE);
            (u32::try_from(row.failures).unwrap_or(u32::MAX), until)
        }))
    }

    /// Leaves the relay alone until then.
    pub async fn pause_relay(&self, failures: u32, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let row = relay::ActiveModel {
            id: Set(RELAY),
            failures: Set(i64::from(failures)),
            next_probe_at: Set(until.0),
            reason: Set(reason.to_owned()),
        };
        let columns = [relay::Column::Failures, relay::Column::NextProbeAt, relay::Column::Reason];
        relay::Entity::insert(row)
            .on_conflict(OnConflict::column(relay::Column::Id).update_columns(columns).to_owned())
            .exec_without_returning(self.db())
            .await?;
        Ok(())
    }

    /// Forgets that the relay could not be used; answers whether that was so.
    pub async fn resume_relay(&self) -> Result<bool, StoreError> {
        Ok(relay::Entity::delete_by_id(RELAY).exec(self.db()).await?.rows_affected > 0)
    }
}
