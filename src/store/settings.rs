//! What belongs to the whole installation: the organisation's name, the epoch, the key's fingerprint.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::entities::setting;
use super::error::read_word;
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
/// When the last backup was completed.
const BACKED_UP: &str = "backed_up_at";
/// When the key was last copied by `rsvp key export`, and its fingerprint.
const KEY_EXPORTED: &str = "key_exported";

impl Store {
    pub async fn installation(&self) -> Result<Option<Installation>, StoreError> {
        self.read(|tx| async move { tx.installation().await }).await
    }
}

impl Tx {
    pub async fn installation(&self) -> Result<Option<Installation>, StoreError> {
        let (organisation, epoch, key) =
            (self.setting(ORGANISATION).await?, self.setting(EPOCH).await?, self.setting(KEY).await?);
        Ok(match (organisation, epoch, key) {
            (Some(organisation), Some(epoch), Some(key_fingerprint)) => {
                Some(Installation { organisation: Name::stored(organisation), epoch, key_fingerprint })
            }
            _ => None,
        })
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

    async fn set(&self, key: &str, value: String) -> Result<(), StoreError> {
        let row = setting::ActiveModel { key: Set(key.to_owned()), value: Set(value) };
        let changed = OnConflict::column(setting::Column::Key).update_column(setting::Column::Value).to_owned();
        setting::Entity::insert(row).on_conflict(changed).exec_without_returning(self.db()).await?;
        Ok(())
    }

    pub async fn key_in_use(&self) -> Result<Option<String>, StoreError> {
        self.setting(KEY).await
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
