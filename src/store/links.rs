//! Links: the rows behind what emails carry. At most one of each purpose is open for a user.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::entities::{link, outbox, user};
use super::error::read_word;
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::link::{Ending, Link, LinkId, Purpose};
use crate::domain::mail::{MailKind, MailState};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

#[derive(Debug, Clone)]
pub struct NewLink {
    pub purpose: Purpose,
    pub user: UserId,
    /// Random bits that its code is bound to.
    pub nonce: [u8; 16],
    /// The fingerprint of the key that makes its code.
    pub key_id: String,
    /// The address that its email goes to.
    pub to: Email,
    /// Where the email of the link goes that is issued together with it.
    pub other: Option<Email>,
    pub message: Option<String>,
    pub issued_at: Timestamp,
    pub issued_by: Option<UserId>,
    /// Who made it necessary, where it replaces a link that somebody else was shown: it counts against their limit instead.
    pub renewed_by: Option<UserId>,
    /// [`crate::domain::user::User::power_rises`] of its user now.
    pub power_rises: i64,
    pub expires_at: Timestamp,
}

impl NewLink {
    /// What it is once it is stored under this number.
    #[must_use]
    pub fn stored(self, id: LinkId) -> StoredLink {
        StoredLink {
            nonce: self.nonce.to_vec(),
            key_id: self.key_id,
            link: Link {
                id,
                purpose: self.purpose,
                user: self.user,
                to: self.to,
                other: self.other,
                issued_at: self.issued_at,
                issued_by: self.issued_by,
                power_rises: self.power_rises,
                expires_at: self.expires_at,
                ended: None,
                message: self.message,
            },
        }
    }
}

/// A link with what its code is proved against.
#[derive(Debug, Clone)]
pub struct StoredLink {
    pub link: Link,
    pub nonce: Vec<u8>,
    /// Which key makes its code.
    pub key_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenLinks {
    pub invitations: u64,
    pub resets: u64,
    /// Changes of address, each of which has two links.
    pub email_changes: u64,
}

impl OpenLinks {
    #[must_use]
    pub const fn all(self) -> u64 {
        self.invitations + self.resets + self.email_changes
    }
}

/// The row of a link that was just issued.
pub(super) fn row(new: &NewLink) -> link::ActiveModel {
    link::ActiveModel {
        id: NotSet,
        purpose: Set(new.purpose.name().to_owned()),
        user_id: Set(new.user.0),
        open_key: Set(Some(new.user.0)),
        nonce: Set(new.nonce.to_vec()),
        key_id: Set(new.key_id.clone()),
        address: Set(new.to.as_str().to_owned()),
        other_address: Set(new.other.as_ref().map(|email| email.as_str().to_owned())),
        message: Set(new.message.clone()),
        issued_at: Set(new.issued_at.0),
        issued_by: Set(new.issued_by.map(|id| id.0)),
        expires_at: Set(new.expires_at.0),
        ending: Set(None),
        ended_at: Set(None),
        power_rises: Set(new.power_rises),
        renewed_by: Set(new.renewed_by.map(|id| id.0)),
    }
}

/// The columns of a link that ends.
pub(super) fn ended(how: Ending, at: Timestamp) -> link::ActiveModel {
    link::ActiveModel {
        open_key: Set(None),
        ending: Set(Some(how.name().to_owned())),
        ended_at: Set(Some(at.0)),
        ..Default::default()
    }
}

/// Whose links of these purposes.
fn of(user: UserId, purposes: &[Purpose]) -> Condition {
    Condition::all().add(link::Column::UserId.eq(user.0)).add(one_of(purposes))
}

fn one_of(purposes: &[Purpose]) -> SimpleExpr {
    link::Column::Purpose.is_in(purposes.iter().map(|purpose| purpose.name()))
}

/// Which links are open and work still.
fn works(now: Timestamp) -> Condition {
    Condition::all().add(link::Column::OpenKey.is_not_null()).add(link::Column::ExpiresAt.gt(now.0))
}

/// Which links were issued since their user was given more power the last time.
fn opens_no_more() -> SimpleExpr {
    let rises = Query::select()
        .column((user::Entity, user::Column::PowerRises))
        .from(user::Entity)
        .and_where(Expr::col((user::Entity, user::Column::Id)).equals((link::Entity, link::Column::UserId)))
        .take();
    Expr::col((link::Entity, link::Column::PowerRises)).in_subquery(rises)
}

/// What both links of a change of address are counted by.
fn counted(now: Timestamp) -> Condition {
    works(now).add(link::Column::Purpose.ne(Purpose::KeepEmail.name()))
}

impl Tx {
    /// Issues a link; the earlier one of its purpose must have ended.
    pub async fn insert_link(&self, new: NewLink) -> Result<StoredLink, StoreError> {
        let id = link::Entity::insert(row(&new)).exec(self.db()).await?.last_insert_id;
        Ok(new.stored(LinkId(id)))
    }

    /// The newest link of a user for a purpose, whatever became of it.
    pub async fn latest_link(&self, user: UserId, purpose: Purpose) -> Result<Option<Link>, StoreError> {
        let newest = link::Entity::find().filter(of(user, &[purpose])).order_by_desc(link::Column::Id);
        newest.one(self.db()).await?.map(read).transpose()
    }

    /// The open link of a user for a purpose; its time may be over.
    pub async fn open_link(&self, user: UserId, purpose: Purpose) -> Result<Option<Link>, StoreError> {
        let open = link::Entity::find().filter(link::Column::OpenKey.eq(user.0)).filter(one_of(&[purpose]));
        open.one(self.db()).await?.map(read).transpose()
    }

    /// All links of a user for a purpose, the newest first.
    pub async fn links(&self, user: UserId, purpose: Purpose) -> Result<Vec<Link>, StoreError> {
        let all = link::Entity::find().filter(of(user, &[purpose])).order_by_desc(link::Column::Id);
        all.all(self.db()).await?.into_iter().map(read).collect()
    }

    /// How many links a user was issued for a purpose.
    pub async fn count_links(&self, user: UserId, purpose: Purpose) -> Result<u64, StoreError> {
        Ok(link::Entity::find().filter(of(user, &[purpose])).count(self.db()).await?)
    }

    /// How many links somebody issued, or made necessary, since each of these moments.
    pub async fn links_issued_by(
        &self,
        issuer: UserId,
        since: [Timestamp; 2],
        now: Timestamp,
    ) -> Result<[u64; 2], StoreError> {
        let mut counts = [0; 2];
        for (count, since) in counts.iter_mut().zip(since) {
            let lately = || link::Entity::find().filter(link::Column::IssuedAt.between(since.0 + 1, now.0));
            let of_their_own =
                lately().filter(link::Column::IssuedBy.eq(issuer.0)).filter(link::Column::RenewedBy.is_null());
            let renewed = lately().filter(link::Column::RenewedBy.eq(issuer.0));
            *count = of_their_own.count(self.db()).await? + renewed.count(self.db()).await?;
        }
        Ok(counts)
    }

    /// A link with what its code is proved against.
    pub async fn stored_link(&self, id: LinkId) -> Result<Option<StoredLink>, StoreError> {
        link::Entity::find_by_id(id.0).one(self.db()).await?.map(stored).transpose()
    }

    /// The same of many, by number.
    pub async fn stored_links(&self, ids: &[LinkId]) -> Result<HashMap<LinkId, StoredLink>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = link::Entity::find().filter(link::Column::Id.is_in(ids.iter().map(|id| id.0)));
        wanted.all(self.db()).await?.into_iter().map(|row| Ok((LinkId(row.id), stored(row)?))).collect()
    }

    /// How many links for a purpose a user has used so far.
    pub async fn used_links(&self, user: UserId, purpose: Purpose) -> Result<u64, StoreError> {
        let accepted =
            link::Entity::find().filter(of(user, &[purpose])).filter(link::Column::Ending.eq(Ending::Accepted.name()));
        Ok(accepted.count(self.db()).await?)
    }

    /// Ends the open links of a user for these purposes; answers how many there were.
    pub async fn end_open_links(
        &self,
        user: UserId,
        purposes: &[Purpose],
        how: Ending,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = link::Entity::update_many()
            .set(ended(how, at))
            .filter(link::Column::OpenKey.eq(user.0))
            .filter(one_of(purposes))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected)
    }

    /// Uses one link up: true for exactly one caller, and only while it is open, works, and opens no more than when it was
    /// issued.
    pub async fn end_link(&self, id: LinkId, how: Ending, now: Timestamp) -> Result<bool, StoreError> {
        let done = link::Entity::update_many()
            .set(ended(how, now))
            .filter(link::Column::Id.eq(id.0))
            .filter(works(now))
            .filter(opens_no_more())
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// The invitation that was revoked at that moment and has not expired since.
    pub async fn revoked_invitation(
        &self,
        user: UserId,
        revoked_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<StoredLink>, StoreError> {
        let wanted = link::Entity::find()
            .filter(of(user, &[Purpose::Invitation]))
            .filter(link::Column::Ending.eq(Ending::Revoked.name()))
            .filter(link::Column::EndedAt.eq(revoked_at.0))
            .filter(link::Column::ExpiresAt.gt(now.0))
            .order_by_desc(link::Column::Id);
        wanted.one(self.db()).await?.map(stored).transpose()
    }

    /// Opens a link again that was revoked.
    pub async fn reopen_link(&self, link: &Link) -> Result<(), StoreError> {
        let open = link::ActiveModel {
            open_key: Set(Some(link.user.0)),
            ending: Set(None),
            ended_at: Set(None),
            ..Default::default()
        };
        link::Entity::update_many().set(open).filter(link::Column::Id.eq(link.id.0)).exec(self.db()).await?;
        Ok(())
    }

    /// How many links are open and work still.
    pub async fn open_links(&self, now: Timestamp) -> Result<OpenLinks, StoreError> {
        let counts: Vec<(String, i64, i64)> = link::Entity::find()
            .select_only()
            .column(link::Column::Purpose)
            .column_as(link::Column::Id.min(), "first")
            .column_as(link::Column::Id.count(), "open")
            .filter(counted(now))
            .group_by(link::Column::Purpose)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut open = OpenLinks::default();
        for (purpose, first, count) in counts {
            let count = u64::try_from(count).unwrap_or(0);
            match read_word(Purpose::parse, ("links", first, "purpose"), &purpose)? {
                Purpose::Invitation => open.invitations += count,
                Purpose::Reset => open.resets += count,
                Purpose::ConfirmEmail | Purpose::KeepEmail => open.email_changes += count,
            }
        }
        Ok(open)
    }

    /// How many links work still that each key made, for each key that made some.
    pub async fn open_links_by_key(&self, now: Timestamp) -> Result<Vec<(String, u64)>, StoreError> {
        let keys: Vec<(String, i64)> = link::Entity::find()
            .select_only()
            .column(link::Column::KeyId)
            .column_as(link::Column::Id.count(), "open")
            .filter(counted(now))
            .group_by(link::Column::KeyId)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(keys.into_iter().map(|(key, open)| (key, u64::try_from(open).unwrap_or(0))).collect())
    }

    /// Ends every link that works and cancels the emails that were to bring one, when the key that proves them is
    /// stolen or lost; those that expired stay what they are. Answers how many links there were.
    pub async fn end_all_links(&self, now: Timestamp) -> Result<OpenLinks, StoreError> {
        let before = self.open_links(now).await?;
        link::Entity::update_many().set(ended(Ending::Revoked, now)).filter(works(now)).exec(self.db()).await?;
        let closed = user::ActiveModel { open_expires_at: Set(0), ..Default::default() };
        user::Entity::update_many().set(closed).filter(user::Column::OpenExpiresAt.gt(now.0)).exec(self.db()).await?;
        let cancelled = outbox::ActiveModel {
            state: Set(MailState::Cancelled.name().to_owned()),
            ended_at: Set(Some(now.0)),
            rendered: Set(None),
            ..Default::default()
        };
        let unsent = [MailState::Queued, MailState::Sending, MailState::Dead].map(MailState::name);
        outbox::Entity::update_many()
            .set(cancelled)
            .filter(outbox::Column::State.is_in(unsent))
            .filter(outbox::Column::Kind.is_in(MailKind::LINKS.map(MailKind::name)))
            .exec(self.db())
            .await?;
        Ok(before)
    }
}

fn stored(row: link::Model) -> Result<StoredLink, StoreError> {
    Ok(StoredLink { nonce: row.nonce.clone(), key_id: row.key_id.clone(), link: read(row)? })
}

fn read(row: link::Model) -> Result<Link, StoreError> {
    let ending = match &row.ending {
        Some(ending) => Some(read_word(Ending::parse, ("links", row.id, "ending"), ending)?),
        None => None,
    };
    Ok(Link {
        id: LinkId(row.id),
        purpose: read_word(Purpose::parse, ("links", row.id, "purpose"), &row.purpose)?,
        user: UserId(row.user_id),
        to: Email::stored(row.address),
        other: row.other_address.map(Email::stored),
        issued_at: Timestamp(row.issued_at),
        issued_by: row.issued_by.map(UserId),
        power_rises: row.power_rises,
        expires_at: Timestamp(row.expires_at),
        ended: ending.zip(row.ended_at.map(Timestamp)),
        message: row.message,
    })
}
