//! Exchanging the key: for a new one while the old one is there, or after it was lost.

use std::path::Path;

use super::SecretsError;
use super::file::{KeyFile, Last, Lost, Older, Past};
use super::key::Key;
use super::keys::{Keys, random_bits};
use crate::domain::time::Random;

/// An exchange of the key: the file as it will be. It is written first, then the database names the new key, then the file
/// says that it is done: whatever breaks off in between is taken up again by the next try.
pub struct Exchange {
    file: KeyFile,
    /// The fingerprint that the database has now.
    before: String,
    /// Whether the file says already where the old key ended: the database is behind, such as one from a backup.
    settled: bool,
    /// The file as it is now.
    unchanged: KeyFile,
}

impl Exchange {
    /// The current key for a new one, or the end of an exchange that the database does not know of.
    ///
    /// # Errors
    /// A file that cannot be read, or that is another installation's.
    pub fn begin(path: &Path, database: &str, random: &dyn Random) -> Result<Self, SecretsError> {
        let mut file = KeyFile::read(path)?;
        let unchanged = file.clone();
        let settled = if Key::derive(&file.current).id() == database {
            let bits = std::mem::replace(&mut file.current, random_bits(random));
            file.older.insert(0, Older { bits, past: Past::Retired, until: Last::default() });
            false
        } else if file.older.iter().any(|older| Key::derive(&older.bits).id() == database) {
            !file.pending
        } else {
            return Err(SecretsError::OtherKey(path.to_owned()));
        };
        Ok(Self { file, before: database.to_owned(), settled, unchanged })
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

    /// Writes the file: the old key sealed the chain up to this link, and proves no link any more if it was stolen. Until the database names the new key nobody can
    /// begin.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn write(&mut self, past: Past, until: Last) -> Result<(), SecretsError> {
        if past == Past::Stolen {
            // Whoever has the file has the older keys as well.
            self.file.older.iter_mut().for_each(|older| older.past = past);
        }
        if let Some(old) = self.file.older.first_mut()
            && !self.settled
        {
            (old.past, old.until) = (past, until);
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

/// A new key after the old one was lost. The file must not be there, unless an earlier try left it.
///
/// # Errors
/// A file that is there, a folder that cannot be written to.
pub fn after_loss(path: &Path, lost: Lost, random: &dyn Random) -> Result<Keys, SecretsError> {
    match KeyFile::read(path) {
        Ok(mut left) if left.lost.first().is_some_and(|one| one.id == lost.id) => {
            left.lost[0] = lost;
            left.replace()?;
            Ok(Keys::of(&left))
        }
        Ok(_) => Err(SecretsError::Exists(path.to_owned())),
        Err(SecretsError::Missing(_)) => {
            let mut file = KeyFile::new(path, random_bits(random));
            file.lost.push(lost);
            file.create()?;
            Ok(Keys::of(&file))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Told;
    use super::super::keys::tests::{last, random};
    use super::*;

    #[test]
    fn what_the_file_says_of_an_exchanged_key_is_not_changed_by_a_database_that_names_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let old = Keys::create(&path, &random).unwrap();
        let mut exchange = Exchange::begin(&path, old.fingerprint(), &random).unwrap();
        exchange.write(Past::Stolen, last(12)).unwrap();
        exchange.finish().unwrap();
        let mut again = Exchange::begin(&path, old.fingerprint(), &random).unwrap();
        assert!(again.old_keys().is_none());
        again.write(Past::Retired, last(99)).unwrap();
        again.finish().unwrap();
        let told = Told { id: old.fingerprint().to_owned(), past: "stolen", until: 12 };
        assert_eq!(Keys::load(&path).unwrap().told(), [told]);
    }

    #[test]
    fn after_a_loss_a_new_key_is_made_once_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let lost = |id: &str| Lost { id: id.to_owned(), until: last(4), entry: 9 };
        let new = after_loss(&path, lost("0123456789abcdef"), &random).unwrap();
        assert!(matches!(new.check("0123456789abcdef"), Err(SecretsError::Unfinished("rsvp key new --lost"))));
        let again = after_loss(&path, lost("0123456789abcdef"), &random).unwrap();
        assert_eq!(again.fingerprint(), new.fingerprint(), "a try that broke off is taken up again");
        assert!(matches!(after_loss(&path, lost("fedcba9876543210"), &random), Err(SecretsError::Exists(_))));
        assert_eq!((again.reaches(), again.unprovable_up_to()), (4, 9));
    }
}
