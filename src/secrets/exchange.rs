//! Exchanging the key: for a new one while the old one is there, or after it was lost.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use super::SecretsError;
use super::file::{KeyFile, LastLink, Lost, Older, Retirement};
use super::key::{Bits, Key};
use super::keys::{Keys, random_bits};
use super::lock::Lock;
use crate::domain::time::Random;

/// An exchange of the key: the file as it will be. It is written first, then the database names the new key, then the
/// file says that it is done: whatever breaks off in between is taken up again by the next try.
pub struct Exchange {
    file: KeyFile,
    /// The fingerprint that the database has now.
    before: String,
    retirement: Retirement,
    /// Whether the file says already where the old key ended: the database is behind, such as one from a backup.
    settled: bool,
    /// The file as it is now.
    unchanged: KeyFile,
    _lock: Lock,
}

impl Exchange {
    /// The current key for a new one, or the end of an exchange that the database does not know of.
    ///
    /// # Errors
    /// A file that cannot be read, or that is another installation's; an exchange that is under way.
    pub fn begin(
        path: &Path,
        database: &str,
        retirement: Retirement,
        random: &dyn Random,
    ) -> Result<Self, SecretsError> {
        let lock = Lock::take(path)?;
        let mut file = KeyFile::read(path)?;
        let unchanged = file.clone();
        let names = |bits: &Bits| Key::derive(bits).id() == database;
        let settled = if names(&file.current) {
            let bits = std::mem::replace(&mut file.current, random_bits(random));
            file.older.insert(0, Older { bits, retirement, until: LastLink::default() });
            false
        } else if file.older.iter().any(|older| names(&older.bits)) {
            let broke_off = file.pending && file.older.first().is_some_and(|older| names(&older.bits));
            if retirement == Retirement::Stolen {
                // Whoever has the file has the key that it would go on with.
                let bits = std::mem::replace(&mut file.current, random_bits(random));
                if !broke_off {
                    let until = file.older.first().map_or_else(LastLink::default, |older| older.until.clone());
                    file.older.insert(0, Older { bits, retirement, until });
                }
            }
            !broke_off
        } else {
            return Err(SecretsError::OtherKey(path.to_owned()));
        };
        Ok(Self { file, before: database.to_owned(), retirement, settled, unchanged, _lock: lock })
    }

    #[must_use]
    pub const fn retirement(&self) -> Retirement {
        self.retirement
    }

    /// The fingerprint that the database has until then.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.before
    }

    /// The keys as they are until the exchange: the old one counts, unless the file says that it ended.
    #[must_use]
    pub fn old_keys(&self) -> Option<Keys> {
        let mut file = self.file.clone();
        (!self.settled && !file.older.is_empty()).then(|| {
            file.current = file.older.remove(0).bits;
            Keys::of(&file)
        })
    }

    /// The keys as they are from then on.
    #[must_use]
    pub fn new_keys(&self) -> Keys {
        Keys::of(&self.file)
    }

    /// Writes the file: the old key sealed the chain up to this link, and proves no link any more if it was stolen.
    /// Until the database names the new key nobody can begin.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn write(&mut self, until: LastLink) -> Result<(), SecretsError> {
        if self.retirement == Retirement::Stolen {
            // Whoever has the file has the older keys as well.
            self.file.older.iter_mut().for_each(|older| older.retirement = Retirement::Stolen);
        }
        if let Some(old) = self.file.older.first_mut()
            && !self.settled
        {
            (old.retirement, old.until) = (self.retirement, until);
            self.file.pending = true;
        }
        self.file.replace()
    }

    /// Puts the file back as it was, after the database took no part.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn abandon(self) -> Result<(), SecretsError> {
        self.unchanged.replace()
    }

    /// Writes down that the database names the new key.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn finish(mut self) -> Result<(), SecretsError> {
        self.file.pending = false;
        self.file.replace()
    }
}

/// A new key after the old one was lost.
pub struct Replacement {
    file: KeyFile,
    _lock: Lock,
}

impl Replacement {
    /// Writes the file with the new key. There must be none, unless a try that broke off left it.
    ///
    /// # Errors
    /// A file that is there, a folder that cannot be written to; an exchange that is under way.
    pub fn begin(path: &Path, lost: Lost, random: &dyn Random) -> Result<Self, SecretsError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|source| SecretsError::Io { path: path.to_owned(), what: "written", source })?;
        }
        let lock = Lock::take(path)?;
        let file = match KeyFile::read(path) {
            // Only while the database may not know of it: afterwards the file says what the database may not change.
            Ok(mut left) if left.pending && left.lost.first().is_some_and(|one| one.id == lost.id) => {
                left.lost[0] = lost;
                left.replace()?;
                left
            }
            Ok(_) => return Err(SecretsError::Exists(path.to_owned())),
            Err(SecretsError::Missing(_)) => {
                let mut file = KeyFile::new(path, random_bits(random));
                file.lost.push(lost);
                file.pending = true;
                file.create()?;
                file
            }
            Err(error) => return Err(error),
        };
        Ok(Self { file, _lock: lock })
    }

    /// The keys as they are from then on.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::of(&self.file)
    }

    /// Writes down that the database names the new key.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn finish(mut self) -> Result<(), SecretsError> {
        self.file.pending = false;
        self.file.replace()
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::UnfinishedExchange;
    use super::super::keys::tests::{last, random};
    use super::super::keys::{KeyRecord, KeyState};
    use super::*;

    #[test]
    fn what_the_file_says_of_an_exchanged_key_is_not_changed_by_a_database_that_names_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let old = Keys::create(&path, &random).unwrap();
        let mut exchange = Exchange::begin(&path, old.fingerprint(), Retirement::Stolen, &random).unwrap();
        exchange.write(last(12)).unwrap();
        exchange.finish().unwrap();
        let mut again = Exchange::begin(&path, old.fingerprint(), Retirement::Ordinary, &random).unwrap();
        assert!(again.old_keys().is_none());
        again.write(last(99)).unwrap();
        again.finish().unwrap();
        let record = KeyRecord { id: old.fingerprint().to_owned(), state: KeyState::Stolen, until: 12 };
        assert_eq!(Keys::load(&path).unwrap().records(), [record]);
    }

    #[test]
    fn a_stolen_file_has_no_key_that_counts_afterwards_even_if_an_exchange_broke_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let old = Keys::create(&path, &random).unwrap();
        for broke_off in [true, false] {
            let mut exchange = Exchange::begin(&path, old.fingerprint(), Retirement::Ordinary, &random).unwrap();
            exchange.write(last(3)).unwrap();
            if broke_off {
                drop(exchange);
            } else {
                exchange.finish().unwrap();
            }
            let stolen = Keys::load(&path).unwrap().fingerprint().to_owned();
            let mut exchange = Exchange::begin(&path, old.fingerprint(), Retirement::Stolen, &random).unwrap();
            exchange.write(last(3)).unwrap();
            exchange.finish().unwrap();
            let keys = Keys::load(&path).unwrap();
            assert!(
                keys.fingerprint() != stolen && !keys.still_proves(&stolen) && !keys.still_proves(old.fingerprint())
            );
        }
    }

    #[test]
    fn of_two_exchanges_at_once_the_second_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let old = Keys::create(&path, &random).unwrap();
        let first = Exchange::begin(&path, old.fingerprint(), Retirement::Ordinary, &random).unwrap();
        let second = Exchange::begin(&path, old.fingerprint(), Retirement::Ordinary, &random);
        assert!(matches!(second, Err(SecretsError::Exchanging)));
        first.abandon().unwrap();
        Exchange::begin(&path, old.fingerprint(), Retirement::Ordinary, &random).unwrap();
    }

    #[test]
    fn after_a_loss_a_new_key_is_made_once_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let lost = |id: &str| Lost { id: id.to_owned(), until: last(4), entry: 9 };
        let (ours, theirs) = ("0123456789abcdef", "fedcba9876543210");
        let new = Replacement::begin(&path, lost(ours), &random).unwrap().keys();
        assert!(matches!(new.check(ours), Err(SecretsError::Unfinished(UnfinishedExchange::Replacement))));
        let again = Replacement::begin(&path, lost(ours), &random).unwrap();
        assert_eq!(again.keys().fingerprint(), new.fingerprint(), "a try that broke off is taken up again");
        again.finish().unwrap();
        for id in [ours, theirs] {
            let refused = Replacement::begin(&path, lost(id), &random);
            assert!(matches!(refused, Err(SecretsError::Exists(_))), "what the file says stays");
        }
        assert_eq!((new.reaches(), new.unprovable_up_to()), (4, 9));
    }
}
