//! Requests from "forgotten password": rows that a worker resolves later, so that every address is answered alike.

use std::ops::Range;

use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::entities::request;
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::time::Timestamp;

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub id: i64,
    pub email: Email,
    /// A keyed hash of who asks, for this address.
    pub asker: String,
}

impl Tx {
    /// `asker` is a keyed hash of who asks, for this address.
    pub async fn insert_request(&self, email: &Email, asker: String, at: Timestamp) -> Result<(), StoreError> {
        let row = request::ActiveModel {
            id: NotSet,
            address: Set(email.key()),
            created_at: Set(at.0),
            resolved_at: Set(None),
            asker: Set(asker),
            mailed_at: Set(None),
        };
        request::Entity::insert(row).exec(self.db()).await?;
        Ok(())
    }

    /// How many requests wait, counted up to a bound.
    pub async fn open_requests(&self, bound: u64) -> Result<u64, StoreError> {
        Ok(request::Entity::find().filter(request::Column::ResolvedAt.is_null()).limit(bound).count(self.db()).await?)
    }

    /// Takes the oldest requests that wait; they are resolved by that. Whoever asked several times for an address is there
    /// once.
    pub async fn take_requests(&self, most: u64, now: Timestamp) -> Result<Vec<Asked>, StoreError> {
        let rows = request::Entity::find()
            .filter(request::Column::ResolvedAt.is_null())
            .order_by_asc(request::Column::Id)
            .limit(most)
            .all(self.db())
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut taken: Vec<Asked> = Vec::with_capacity(rows.len());
        for row in rows {
            // Two workers may read the same row; the one that resolves it has it.
            let done = request::Entity::update_many()
                .set(request::ActiveModel { resolved_at: Set(Some(now.0)), ..Default::default() })
                .filter(request::Column::Id.eq(row.id))
                .filter(request::Column::ResolvedAt.is_null())
                .exec(self.db())
                .await?;
            let asked = Asked { id: row.id, email: Email::stored(row.address), asker: row.asker };
            let is_known = taken.iter().any(|other| (&other.email, &other.asker) == (&asked.email, &asked.asker));
            if done.rows_affected == 1 && !is_known {
                taken.push(asked);
            }
        }
        Ok(taken)
    }

    /// Notes that an email was sent for a request.
    pub async fn set_request_mailed(&self, id: i64, at: Timestamp) -> Result<(), StoreError> {
        let mailed = request::ActiveModel { mailed_at: Set(Some(at.0)), ..Default::default() };
        request::Entity::update_many().set(mailed).filter(request::Column::Id.eq(id)).exec(self.db()).await?;
        Ok(())
    }

    /// How many emails were sent for what one asker wanted for one address, in this time.
    pub async fn count_mailed(&self, asked: &Asked, within: &Range<Timestamp>) -> Result<u64, StoreError> {
        let at = request::Column::MailedAt;
        let mailed = request::Entity::find()
            .filter(request::Column::Address.eq(asked.email.key()))
            .filter(request::Column::Asker.eq(&asked.asker))
            .filter(at.gt(within.start.0).and(at.lte(within.end.0)));
        Ok(mailed.count(self.db()).await?)
    }

    /// Forgets requests that were resolved at any other time.
    pub async fn forget_requests(&self, lately: &Range<Timestamp>) -> Result<u64, StoreError> {
        let at = request::Column::ResolvedAt;
        let then = at.lt(lately.start.0).or(at.gt(lately.end.0));
        Ok(request::Entity::delete_many().filter(then).exec(self.db()).await?.rows_affected)
    }
}
