//! Users, their memberships, and the facts that their status is derived from.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
    sea_query::{Expr, ExprTrait},
};

use super::entities::user;
use super::error::read_word;
use super::{StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::link::Purpose;
use crate::domain::name::Name;
use crate::domain::role::{Membership, OrganisationRole, Rank};
use crate::domain::status::Status;
use crate::domain::text::fold;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

#[derive(Debug, Clone)]
pub struct NewUser {
    pub name: Name,
    pub email: Email,
    pub role: OrganisationRole,
    pub language: Language,
    /// The hashed password; none for somebody invited.
    pub password_hash: Option<String>,
    pub at: Timestamp,
    /// Until when the link works that is issued in the same moment, if one is.
    pub invited_until: Option<Timestamp>,
}

impl NewUser {
    /// The user that it is once it is stored under this number, with these memberships and no link.
    #[must_use]
    pub fn stored(&self, id: UserId, memberships: Vec<Membership>) -> User {
        let has_password = self.password_hash.is_some();
        User {
            id,
            status: Status::of(has_password, None, None),
            has_password,
            name: self.name.clone(),
            email: self.email.clone(),
            organisation_role: self.role,
            language: self.language,
            created_at: self.at,
            last_sign_in_at: None,
            asked_at: None,
            mail_failed_at: None,
            suspended_at: None,
            suspended_by: None,
            deleted_at: None,
            deleted_by: None,
            power_rises: 0,
            version: FIRST_VERSION,
            ssh: true,
            memberships,
            elsewhere: 0,
            role_elsewhere: false,
            invitation: None,
            email_change: None,
        }
    }
}

/// The version of a user whom nobody changed yet.
const FIRST_VERSION: i64 = 1;

fn search_key(name: &Name, email: &Email) -> String {
    format!("{}\n{}", name.key(), email.key())
}

/// The row of a user who was just stored.
pub(super) fn row(new: &NewUser) -> user::ActiveModel {
    user::ActiveModel {
        id: NotSet,
        name: Set(new.name.as_str().to_owned()),
        name_key: Set(new.name.key()),
        email: Set(new.email.as_str().to_owned()),
        email_key: Set(Some(new.email.key())),
        email_sort: Set(new.email.key()),
        search_key: Set(search_key(&new.name, &new.email)),
        language: Set(new.language.tag().to_owned()),
        password_hash: Set(new.password_hash.clone()),
        suspended_at: Set(None),
        deleted_at: Set(None),
        status_key: NotSet,
        created_at: Set(new.at.0),
        invited_at: Set(new.invited_until.map_or(0, |_| new.at.0)),
        last_sign_in_at: Set(0),
        open_expires_at: Set(new.invited_until.map_or(0, |until| until.0)),
        mail_failed_at: Set(0),
        asked_at: Set(0),
        version: Set(FIRST_VERSION),
        role: Set(new.role.name().to_owned()),
        suspended_by: Set(None),
        deleted_by: Set(None),
        power_rises: Set(0),
        ssh: Set(true),
    }
}

impl Tx {
    /// Stores a user; `None` if the address is taken.
    pub async fn insert_user(&self, new: &NewUser) -> Result<Option<UserId>, StoreError> {
        let insert = user::Entity::insert(row(new)).on_conflict_do_nothing_on([user::Column::EmailKey]);
        Ok(match insert.exec(self.db()).await? {
            TryInsertResult::Inserted(done) => {
                let id = UserId(done.last_insert_id);
                self.order().locks(id);
                Some(id)
            }
            TryInsertResult::Empty | TryInsertResult::Conflicted => None,
        })
    }

    /// Takes a user's row until the transaction ends, so that of two changes to one user the second reads what the
    /// first left. SQLite has one writer at a time anyway.
    pub async fn lock_user(&self, id: UserId) -> Result<(), StoreError> {
        self.order().locks(id);
        if self.is_postgres() {
            user::Entity::find_by_id(id.0).lock_exclusive().one(self.db()).await?;
        }
        Ok(())
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find_by_id(id.0).one(self.db()).await?;
        self.complete(row).await
    }

    /// Who has an address and isn't deleted, to be locked and then read.
    pub async fn id_by_email(&self, email: &Email) -> Result<Option<UserId>, StoreError> {
        let id = user::Entity::find().select_only().column(user::Column::Id);
        let id: Option<i64> = id.filter(user::Column::EmailKey.eq(email.key())).into_tuple().one(self.db()).await?;
        Ok(id.map(UserId))
    }

    /// The user, not deleted, who has an address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find().filter(user::Column::EmailKey.eq(email.key())).one(self.db()).await?;
        self.complete(row).await
    }

    /// The user in the bin who had an address last.
    pub async fn deleted_by_email(&self, email: &Email) -> Result<Option<User>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::EmailSort.eq(email.key()))
            .filter(user::Column::DeletedAt.is_not_null())
            .order_by_desc(user::Column::DeletedAt)
            .one(self.db())
            .await?;
        self.complete(row).await
    }

    async fn complete(&self, row: Option<user::Model>) -> Result<Option<User>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let id = UserId(row.id);
        self.order().reads(id);
        let memberships = self.memberships(id).await?;
        let invitation = self.latest_link(id, Purpose::Invitation).await?;
        // Only somebody with a password has an address to change: most rows need no look.
        let email_change = match row.password_hash {
            Some(_) => self.open_link(id, Purpose::ConfirmEmail).await?,
            None => None,
        };
        Ok(Some(User {
            id,
            status: status(&row),
            language: language(&row)?,
            organisation_role: organisation_role(&row)?,
            suspended_by: rank(&row, "suspended_by", row.suspended_by.as_deref())?,
            deleted_by: rank(&row, "deleted_by", row.deleted_by.as_deref())?,
            has_password: row.password_hash.is_some(),
            name: Name::stored(row.name),
            email: Email::stored(row.email),
            power_rises: row.power_rises,
            created_at: Timestamp(row.created_at),
            last_sign_in_at: at(row.last_sign_in_at),
            asked_at: at(row.asked_at),
            mail_failed_at: at(row.mail_failed_at),
            suspended_at: row.suspended_at.map(Timestamp),
            deleted_at: row.deleted_at.map(Timestamp),
            version: row.version,
            ssh: row.ssh,
            memberships,
            elsewhere: 0,
            role_elsewhere: false,
            invitation,
            email_change,
        }))
    }

    /// Changes some columns of a user and counts the change.
    pub(super) async fn update(&self, id: UserId, columns: user::ActiveModel) -> Result<(), StoreError> {
        self.order().changes(id);
        let done = user::Entity::update_many()
            .set(columns)
            .col_expr(user::Column::Version, Expr::col(user::Column::Version).add(1))
            .filter(user::Column::Id.eq(id.0))
            .exec(self.db())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::Missing("the user that was just read")) }
    }

    /// Stores a password, so that the user is active.
    pub async fn set_password(&self, id: UserId, hash: &str) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            password_hash: Set(Some(hash.to_owned())),
            open_expires_at: Set(0),
            mail_failed_at: Set(0),
            asked_at: Set(0),
            ..Default::default()
        };
        self.update(id, columns).await
    }

    /// Opens or closes the way in by SSH key.
    pub async fn set_ssh(&self, id: UserId, open: bool) -> Result<(), StoreError> {
        self.update(id, user::ActiveModel { ssh: Set(open), ..Default::default() }).await
    }

    /// Whether an SSH key may stand for a user; for nobody who is not there.
    pub async fn may_come_by_key(&self, id: UserId) -> Result<bool, StoreError> {
        let open = user::Entity::find_by_id(id.0).select_only().column(user::Column::Ssh);
        Ok(open.into_tuple().one(self.db()).await?.unwrap_or(false))
    }

    /// Blocks a user, until somebody who stands as high unblocks them.
    pub async fn set_suspended(&self, id: UserId, at: Timestamp, by: Rank) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            suspended_at: Set(Some(at.0)),
            suspended_by: Set(Some(by.name().to_owned())),
            ..Default::default()
        };
        self.update(id, columns).await
    }

    pub async fn set_reactivated(&self, id: UserId) -> Result<(), StoreError> {
        let columns = user::ActiveModel { suspended_at: Set(None), suspended_by: Set(None), ..Default::default() };
        self.update(id, columns).await
    }

    /// Moves to the bin: the address is free from now on. Only somebody who stands as high brings them back.
    pub async fn set_deleted(&self, id: UserId, at: Timestamp, by: Rank) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            deleted_at: Set(Some(at.0)),
            deleted_by: Set(Some(by.name().to_owned())),
            email_key: Set(None),
            ..Default::default()
        };
        self.update(id, columns).await
    }

    /// Brings back from the bin; the caller has made sure that the address is free.
    pub async fn set_restored(&self, id: UserId, email: &Email) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            deleted_at: Set(None),
            deleted_by: Set(None),
            email_key: Set(Some(email.key())),
            ..Default::default()
        };
        self.update(id, columns).await
    }

    /// Notes when the open invitation's link stops working, or that none is open, for the lists.
    pub async fn set_open_expiry(&self, id: UserId, expires_at: Option<Timestamp>) -> Result<(), StoreError> {
        let columns = user::ActiveModel { open_expires_at: Set(expires_at.map_or(0, |t| t.0)), ..Default::default() };
        self.update(id, columns).await
    }

    /// Notes a new invitation, for the lists.
    pub async fn set_invited(&self, id: UserId, at: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            invited_at: Set(at.0),
            open_expires_at: Set(expires_at.0),
            mail_failed_at: Set(0),
            asked_at: Set(0),
            ..Default::default()
        };
        self.update(id, columns).await
    }

    /// Notes that the owner of an expired link asks for a new one. Nobody edited the user, so their version stays.
    pub async fn set_asked(&self, id: UserId, at: Timestamp) -> Result<(), StoreError> {
        self.order().changes(id);
        let columns = user::ActiveModel { asked_at: Set(at.0), ..Default::default() };
        user::Entity::update_many().set(columns).filter(user::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(())
    }

    /// Notes a sign-in, with the password hashed anew where its parameters changed.
    pub async fn set_signed_in(&self, id: UserId, at: Timestamp, rehashed: Option<String>) -> Result<(), StoreError> {
        self.order().changes(id);
        let mut columns = user::ActiveModel { last_sign_in_at: Set(at.0), ..Default::default() };
        if let Some(hash) = rehashed {
            columns.password_hash = Set(Some(hash));
        }
        user::Entity::update_many().set(columns).filter(user::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(())
    }

    /// Who went into the bin before then.
    pub async fn in_bin_since(&self, before: Timestamp, most: u64) -> Result<Vec<UserId>, StoreError> {
        let rows = user::Entity::find()
            .filter(user::Column::DeletedAt.lt(before.0))
            .order_by_asc(user::Column::DeletedAt)
            .limit(most)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
    }

    /// Removes a user in the bin with everything that belongs to one but the audit log.
    pub async fn remove_user(&self, id: UserId) -> Result<bool, StoreError> {
        let done = user::Entity::delete_many()
            .filter(user::Column::Id.eq(id.0))
            .filter(user::Column::DeletedAt.is_not_null())
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Who has an address, and the stored password if they are active, in one question: it takes as long for everybody.
    pub async fn credentials(&self, email_key: &str) -> Result<Option<(UserId, Option<String>)>, StoreError> {
        let row: Option<(i64, i64, Option<String>)> = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .column(user::Column::StatusKey)
            .column(user::Column::PasswordHash)
            .filter(user::Column::EmailKey.eq(email_key))
            .into_tuple()
            .one(self.db())
            .await?;
        let active = status_key(Status::Active);
        Ok(row.map(|(id, status, hash)| (UserId(id), hash.filter(|_| status == active))))
    }

    /// The stored password.
    pub async fn password_hash(&self, id: UserId) -> Result<Option<String>, StoreError> {
        let hash = user::Entity::find_by_id(id.0).select_only().column(user::Column::PasswordHash);
        let hash: Option<Option<String>> = hash.into_tuple().one(self.db()).await?;
        Ok(hash.flatten())
    }

    /// Stores what an editor changed beside roles.
    pub async fn set_profile(
        &self,
        id: UserId,
        name: &Name,
        email: &Email,
        language: Language,
    ) -> Result<(), StoreError> {
        let columns = user::ActiveModel {
            name: Set(name.as_str().to_owned()),
            name_key: Set(name.key()),
            email: Set(email.as_str().to_owned()),
            email_key: Set(Some(email.key())),
            email_sort: Set(email.key()),
            search_key: Set(search_key(name, email)),
            language: Set(language.tag().to_owned()),
            ..Default::default()
        };
        self.update(id, columns).await
    }
}

/// A time that a NOT NULL column keeps as zero when there is none.
pub(super) fn at(value: i64) -> Option<Timestamp> {
    (value != 0).then_some(Timestamp(value))
}

pub(super) fn language(row: &user::Model) -> Result<Language, StoreError> {
    read_word(|word| Language::parse(word).ok(), ("users", row.id, "language"), &row.language)
}

pub(super) fn organisation_role(row: &user::Model) -> Result<OrganisationRole, StoreError> {
    read_word(|word| OrganisationRole::parse(word).ok(), ("users", row.id, "role"), &row.role)
}

fn rank(row: &user::Model, column: &'static str, word: Option<&str>) -> Result<Option<Rank>, StoreError> {
    word.map(|word| read_word(Rank::parse, ("users", row.id, column), word)).transpose()
}

pub(super) fn status(row: &user::Model) -> Status {
    Status::of(row.password_hash.is_some(), row.suspended_at.map(Timestamp), row.deleted_at.map(Timestamp))
}

/// The rank that the database computes for a status.
pub(super) const fn status_key(status: Status) -> i64 {
    match status {
        Status::Invited => 0,
        Status::Active => 1,
        Status::Suspended => 2,
        Status::Deleted => 3,
    }
}

/// What a search looks for: every word, folded.
pub(super) fn search_words(text: &str) -> Vec<String> {
    fold(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
