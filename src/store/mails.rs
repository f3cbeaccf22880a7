//! Emails as administrators see them: pages of the outbox, tries, retry and cancel.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IdenStatic, Iterable, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::entities::{mail_attempt, membership, outbox, relay};
use super::error::read_word;
use super::outbox::read;
use super::{StoreError, Tx};
use crate::domain::mail::{Answer, Attempt, LONGEST_RELAY_PAUSE, Mail, MailId, MailState, Stage};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

#[derive(Debug, Clone, Default)]
pub struct MailQuery {
    /// Only in these states; all when empty.
    pub states: Vec<MailState>,
    pub user: Option<UserId>,
    /// Only beyond the one with this number: older ones, or newer ones where the oldest come first.
    pub beyond: Option<i64>,
    pub oldest_first: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayTrouble {
    /// In the relay's words, or what happened on the way to it.
    pub reason: String,
    pub next_probe_at: Timestamp,
}

impl Tx {
    /// Reads some emails, the newest first unless the query says otherwise.
    pub async fn mails(&self, scope: &Scope, query: &MailQuery, most: u64) -> Result<Vec<Mail>, StoreError> {
        if query.states.is_empty() {
            return self.mails_in(scope, query, None, most).await;
        }
        // Each state is read in the order of its index, and the answers are put together: over several states at once
        // the database would sort every email that is in one of them.
        let mut all = Vec::new();
        for state in &query.states {
            all.extend(self.mails_in(scope, query, Some(*state), most).await?);
        }
        all.sort_unstable_by_key(|mail: &Mail| if query.oldest_first { mail.id.0 } else { -mail.id.0 });
        all.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(all)
    }

    async fn mails_in(
        &self,
        scope: &Scope,
        query: &MailQuery,
        state: Option<MailState>,
        most: u64,
    ) -> Result<Vec<Mail>, StoreError> {
        let mut wanted = seen(scope);
        if let Some(state) = state {
            wanted = wanted.add(outbox::Column::State.eq(state.name()));
        }
        if let Some(user) = query.user {
            wanted = wanted.add(outbox::Column::UserId.eq(user.0));
        }
        if let Some(beyond) = query.beyond {
            let id = outbox::Column::Id;
            wanted = wanted.add(if query.oldest_first { id.gt(beyond) } else { id.lt(beyond) });
        }
        let direction = if query.oldest_first { Order::Asc } else { Order::Desc };
        // A page of texts would be megabytes that no list shows.
        let columns = outbox::Column::iter().filter(|column| !matches!(column, outbox::Column::Rendered));
        let rows = outbox::Entity::find()
            .select_only()
            .columns(columns)
            .expr_as(Expr::value(None::<String>), outbox::Column::Rendered.as_str())
            .filter(wanted)
            .order_by(outbox::Column::Id, direction)
            .limit(most)
            .all(self.db())
            .await?;
        rows.into_iter().map(read).collect()
    }

    pub async fn mail(&self, scope: &Scope, id: MailId) -> Result<Option<Mail>, StoreError> {
        let row = outbox::Entity::find_by_id(id.0).filter(seen(scope)).one(self.db()).await?;
        row.map(read).transpose()
    }

    /// The number of the link that an email carries, and its Message-ID without brackets.
    pub async fn mail_subject(&self, id: MailId) -> Result<Option<(Option<i64>, String)>, StoreError> {
        let row = outbox::Entity::find_by_id(id.0).one(self.db()).await?;
        Ok(row.map(|row| (row.subject_id, row.message_id)))
    }

    /// How many emails are in these states, counted up to a bound.
    pub async fn count_mails(&self, scope: &Scope, states: &[MailState], bound: u64) -> Result<u64, StoreError> {
        Ok(outbox::Entity::find()
            .filter(seen(scope))
            .filter(outbox::Column::State.is_in(states.iter().map(|state| state.name())))
            .limit(bound)
            .count(self.db())
            .await?)
    }

    /// When the oldest email was enqueued that waits or is being sent.
    pub async fn oldest_unsent_at(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
        let mut oldest = None;
        // One state at a time, each by its index.
        for state in [MailState::Queued, MailState::Sending] {
            let row = outbox::Entity::find()
                .filter(seen(scope))
                .filter(outbox::Column::State.eq(state.name()))
                .order_by_asc(outbox::Column::Id)
                .one(self.db())
                .await?;
            oldest = oldest.into_iter().chain(row.map(|row| Timestamp(row.created_at))).min();
        }
        Ok(oldest)
    }

    /// The tries of an email, the newest first.
    pub async fn attempts(&self, mail: MailId, most: u64) -> Result<Vec<Attempt>, StoreError> {
        let rows = mail_attempt::Entity::find()
            .filter(mail_attempt::Column::MailId.eq(mail.0))
            .order_by_desc(mail_attempt::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        let attempt = |row: mail_attempt::Model| {
            let answer = Answer {
                stage: read_word(Stage::parse, ("mail_attempts", row.id, "stage"), &row.stage)?,
                code: row.code.and_then(|code| u16::try_from(code).ok()),
                text: row.text,
            };
            Ok(Attempt { at: Timestamp(row.at), accepted: row.accepted, answer })
        };
        rows.into_iter().map(attempt).collect()
    }

    /// The number of the newest try: grows whenever something became of an email.
    pub async fn last_attempt_id(&self) -> Result<i64, StoreError> {
        let last = mail_attempt::Entity::find().order_by_desc(mail_attempt::Column::Id).limit(1).one(self.db()).await?;
        Ok(last.map_or(0, |row| row.id))
    }

    /// Makes a queued or failed email due at once, its tries counted anew; answers whether it was one.
    pub async fn requeue_mail(&self, id: MailId, now: Timestamp, not_after: Timestamp) -> Result<bool, StoreError> {
        let columns = outbox::ActiveModel {
            state: Set(MailState::Queued.name().to_owned()),
            ended_at: Set(None),
            next_at: Set(now.0),
            not_after: Set(not_after.0),
            attempts: Set(0),
            crashes: Set(0),
            ..Default::default()
        };
        self.steer(id, columns).await
    }

    /// Cancels a queued or failed email; answers whether it was one.
    pub async fn cancel_mail(&self, id: MailId, now: Timestamp) -> Result<bool, StoreError> {
        let columns = outbox::ActiveModel {
            state: Set(MailState::Cancelled.name().to_owned()),
            ended_at: Set(Some(now.0)),
            rendered: Set(None),
            ..Default::default()
        };
        self.steer(id, columns).await
    }

    async fn steer(&self, id: MailId, columns: outbox::ActiveModel) -> Result<bool, StoreError> {
        let open = [MailState::Queued, MailState::Dead].map(MailState::name);
        let done = outbox::Entity::update_many()
            .set(columns)
            .filter(outbox::Column::Id.eq(id.0))
            .filter(outbox::Column::State.is_in(open))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Why no email leaves, if the relay is left alone.
    pub async fn relay_trouble(&self, now: Timestamp) -> Result<Option<RelayTrouble>, StoreError> {
        let row = relay::Entity::find().one(self.db()).await?;
        Ok(row.filter(|row| row.failures > 0).map(|row| RelayTrouble {
            reason: row.reason,
            next_probe_at: Timestamp(row.next_probe_at).believed(now, LONGEST_RELAY_PAUSE),
        }))
    }

    /// Takes back what no worker has any more and forgets what is known of the relay: in a database that was just filled
    /// from a backup.
    pub async fn forget_claims(&self) -> Result<(), StoreError> {
        let queued = outbox::ActiveModel {
            state: Set(MailState::Queued.name().to_owned()),
            lease_until: Set(0),
            ..Default::default()
        };
        outbox::Entity::update_many()
            .set(queued)
            .filter(outbox::Column::State.eq(MailState::Sending.name()))
            .exec(self.db())
            .await?;
        relay::Entity::delete_many().exec(self.db()).await?;
        Ok(())
    }

    /// Tries a relay that is left alone at once.
    pub async fn probe_relay_at(&self, at: Timestamp) -> Result<(), StoreError> {
        relay::Entity::update_many()
            .set(relay::ActiveModel { next_probe_at: Set(at.0), ..Default::default() })
            .filter(relay::Column::NextProbeAt.gt(at.0))
            .exec(self.db())
            .await?;
        Ok(())
    }
}

/// Emails that an actor can see: all, or those to users of some workspaces.
pub(super) fn seen(scope: &Scope) -> Condition {
    let all = Condition::all();
    match scope {
        Scope::All => all,
        Scope::Workspaces(mine) => {
            let members = QuerySelect::query(
                &mut membership::Entity::find()
                    .select_only()
                    .column(membership::Column::UserId)
                    .filter(membership::Column::WorkspaceId.is_in(mine.iter().map(|id| id.0))),
            )
            .to_owned();
            all.add(outbox::Column::UserId.in_subquery(members))
        }
    }
}
