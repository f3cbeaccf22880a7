//! What belongs to the whole installation: the organisation's name, the epoch, the key's fingerprint.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::entities::setting;
use super::error::read_word;
use super::schema::{CHANGED_BY, PROGRAM};
use super::{Store, StoreError, Tx};
use crate::domain::name::Name;
use crate::domain::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub organisation: Name,
    /// Random text that every code is bound to; a restored backup gets a new one.
    pub epoch: String,
    /// Which key its codes are made with.
    pub key_fingerprint: String,
}

const ORGANISATION: &str = "organisation";
const EPOCH: &str = "epoch";
const KEY: &str = "key_fingerprint";
/// The row that every change which could remove an administrator updates first, so that two of them wait for each
/// other.
const GUARD: &str = "administrators_guard";
/// When somebody last looked whether the database can be written to.
const READY: &str = "ready_at";
const CLOCK: &str = "clock_guard";
/// What the file of a backup says of itself when it is complete.
pub(super) const COMPLETED: &str = "backup_completed";
/// Since when no email leaves, after a backup was restored.
const MAIL_HELD: &str = "mail_held_at";
/// Where the organisation was moved to: nobody goes on here.
pub(super) const MOVED_TO: &str = "moved_to";
/// When the last backup was completed.
const BACKED_UP: &str = "backed_up_at";
/// When the key was last copied by `rsvp key export`, and its fingerprint.
const KEY_EXPORTED: &str = "key_exported";

/// Whether a version of the program is later than another one.
fn is_later(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    parts(version) > parts(than)
}

/// Whose database it is.
pub(super) async fn installation_of(db: &impl ConnectionTrait) -> Result<Option<Installation>, StoreError> {
    let all = setting::Entity::find().filter(setting::Column::Key.is_in([ORGANISATION, EPOCH, KEY])).all(db).await?;
    let value = |key| all.iter().find(|row| row.key == key).map(|row| row.value.clone());
    Ok(match (value(ORGANISATION), value(EPOCH), value(KEY)) {
        (Some(organisation), Some(epoch), Some(key_fingerprint)) => {
            Some(Installation { organisation: Name::stored(organisation), epoch, key_fingerprint })
        }
        _ => None,
    })
}

impl Store {
    /// Whose database it is; one that was moved elsewhere is an error.
    pub async fn installation(&self) -> Result<Option<Installation>, StoreError> {
        self.read(|tx| async move {
            match tx.moved_to().await? {
                Some(to) => Err(StoreError::Moved(to)),
                None => tx.installation().await,
            }
        })
        .await
    }
}

impl Tx {
    pub async fn installation(&self) -> Result<Option<Installation>, StoreError> {
        installation_of(self.db()).await
    }

    /// Stores a new organisation; fails if there is one.
    pub async fn create_installation(&self, new: &Installation) -> Result<(), StoreError> {
        let rows = [
            (ORGANISATION, new.organisation.as_str()),
            (EPOCH, new.epoch.as_str()),
            (KEY, new.key_fingerprint.as_str()),
            (GUARD, "0"),
        ];
        for (key, value) in rows {
            let row = setting::ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) };
            setting::Entity::insert(row).exec_without_returning(self.db()).await?;
        }
        Ok(())
    }

    /// Takes the guard that every removal of an administrator takes: a second one waits until the first has ended.
    pub async fn guard_administrators(&self) -> Result<(), StoreError> {
        let row = setting::ActiveModel { key: Set(GUARD.to_owned()), value: Set("0".to_owned()) };
        setting::Entity::update(row).exec(self.db()).await?;
        Ok(())
    }

    /// Writes something, to see that it can be.
    pub async fn note_ready(&self, now: Timestamp) -> Result<(), StoreError> {
        self.set(READY, now.0.to_string()).await
    }

    /// What is kept of looks at the clock; empty before the first.
    pub async fn clock_guard(&self) -> Result<String, StoreError> {
        Ok(self.setting(CLOCK).await?.unwrap_or_default())
    }

    pub async fn keep_clock_guard(&self, text: &str) -> Result<(), StoreError> {
        self.set(CLOCK, text.to_owned()).await
    }

    /// Since when no email leaves, if a restored backup holds them all.
    pub async fn mail_held(&self) -> Result<Option<Timestamp>, StoreError> {
        let held = self.setting(MAIL_HELD).await?;
        held.map(|text| read_word(|text| text.parse().ok(), ("settings", MAIL_HELD, "value"), &text).map(Timestamp))
            .transpose()
    }

    pub async fn hold_mail(&self, now: Timestamp) -> Result<(), StoreError> {
        self.set(MAIL_HELD, now.0.to_string()).await
    }

    /// Lets emails leave again; answers whether they were held.
    pub async fn release_mail(&self) -> Result<bool, StoreError> {
        self.unset(MAIL_HELD).await
    }

    /// Where the organisation was moved to, if it was.
    pub async fn moved_to(&self) -> Result<Option<String>, StoreError> {
        self.setting(MOVED_TO).await
    }

    /// Notes where the organisation goes on, so that nobody goes on here.
    pub async fn set_moved_to(&self, place: &str) -> Result<(), StoreError> {
        self.set(MOVED_TO, place.to_owned()).await
    }

    /// When the last backup was completed, if there was one.
    pub async fn backed_up_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some(text) = self.setting(BACKED_UP).await? else { return Ok(None) };
        read_word(|text| text.parse().ok(), ("settings", BACKED_UP, "value"), &text).map(|at| Some(Timestamp(at)))
    }

    /// When the key with this fingerprint was last exported, if it was.
    pub async fn key_exported_at(&self, fingerprint: &str) -> Result<Option<Timestamp>, StoreError> {
        let Some(text) = self.setting(KEY_EXPORTED).await? else { return Ok(None) };
        let read = |text: &str| {
            let (at, key) = text.split_once(' ')?;
            Some((Timestamp(at.parse().ok()?), key.to_owned()))
        };
        let (at, key) = read_word(read, ("settings", KEY_EXPORTED, "value"), &text)?;
        Ok(Some(at).filter(|_| key == fingerprint))
    }

    pub async fn note_backup(&self, now: Timestamp) -> Result<(), StoreError> {
        self.set(BACKED_UP, now.0.to_string()).await
    }

    pub async fn note_key_export(&self, now: Timestamp, fingerprint: &str) -> Result<(), StoreError> {
        self.set(KEY_EXPORTED, format!("{} {fingerprint}", now.0)).await
    }

    /// Names the epoch and the key that count from now on, in a database that was just filled from a backup.
    pub async fn begin_epoch(&self, epoch: &str, key_fingerprint: &str) -> Result<(), StoreError> {
        self.set(EPOCH, epoch.to_owned()).await?;
        self.set(KEY, key_fingerprint.to_owned()).await?;
        // What a backup says of itself, and what is not true here. The last look at the clock stays: one that is far from
        // it is not trusted with deleting.
        for key in [COMPLETED, READY, MOVED_TO] {
            self.unset(key).await?;
        }
        Ok(())
    }

    async fn unset(&self, key: &str) -> Result<bool, StoreError> {
        Ok(setting::Entity::delete_by_id(key.to_owned()).exec(self.db()).await?.rows_affected > 0)
    }

    async fn set(&self, key: &str, value: String) -> Result<(), StoreError> {
        let row = setting::ActiveModel { key: Set(key.to_owned()), value: Set(value) };
        let changed = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
        setting::Entity::insert(row).on_conflict(changed).exec_without_returning(self.db()).await?;
        Ok(())
    }

    /// The epoch and the fingerprint of the key that count now. A database that was moved elsewhere, or that a later
    /// program changed meanwhile, is an error.
    pub async fn proof_in_use(&self) -> Result<(Option<String>, Option<String>), StoreError> {
        let keys = [EPOCH, KEY, MOVED_TO, CHANGED_BY];
        let mut rows = setting::Entity::find().filter(setting::Column::Key.is_in(keys)).all(self.db()).await?;
        let mut value = |key| Some(rows.swap_remove(rows.iter().position(|row| row.key == key)?).value);
        if let Some(to) = value(MOVED_TO) {
            return Err(StoreError::Moved(to));
        }
        if let Some(program) = value(CHANGED_BY).filter(|program| is_later(program, PROGRAM)) {
            return Err(StoreError::Newer { migration: String::new(), program: Some(program) });
        }
        Ok((value(EPOCH), value(KEY)))
    }

    /// Names another key; answers whether the database named the one before until now. Whoever writes to the audit log
    /// waits and then finds the new key.
    pub async fn exchange_key(&self, before: &str, after: &str) -> Result<bool, StoreError> {
        self.hold_log().await?;
        let row = setting::ActiveModel { value: Set(after.to_owned()), ..Default::default() };
        let done = setting::Entity::update_many()
            .set(row)
            .filter(setting::Column::Key.eq(KEY))
            .filter(setting::Column::Value.eq(before))
            .exec(self.db())
            .await?;
        Ok(done.rows_affected == 1)
    }

    async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(setting::Entity::find_by_id(key.to_owned()).one(self.db()).await?.map(|row| row.value))
    }
}
