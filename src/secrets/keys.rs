//! The keys of an installation: the one that counts now and those that counted before it, and which of them may prove
//! what.
//!
//! A link names the key that made it, and so does each link of the audit log's chain. The key file says what an older
//! key may still do; what the database says of that counts for nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::{SecretsError, UnfinishedExchange};
use super::file::{self, KeyFile, LastLink, Lost, Older, Retirement};
use super::head::KeptHead;
use super::kept::{self, ErasedList, Export, KeptNumbers};
use super::key::{Bits, KEY_BYTES, Key, Proof};
use crate::domain::code::Code;
use crate::domain::time::Random;

/// The keys of an installation. Never printed; wiped when dropped.
pub struct Keys {
    path: PathBuf,
    current: Key,
    older: Vec<OlderKey>,
    lost: Vec<Lost>,
    pending: bool,
    /// Beside what the files lie that belong to the key: the key itself, where that folder can be written to.
    kept_beside: PathBuf,
}

struct OlderKey {
    key: Key,
    retirement: Retirement,
    until: LastLink,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

/// Who can check a link of the audit log's chain.
pub enum Sealer<'a> {
    /// This key made it, or somebody who has it.
    Key(&'a Key),
    /// The key that made it is gone.
    Lost,
    /// No key of this installation, or one that had been exchanged before.
    Nobody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Exchanged: the links that it made work until they end.
    Retired,
    /// Exchanged because somebody else may have it: it proves no link.
    Stolen,
    /// Gone: nobody can check what it proved.
    Lost,
}

impl KeyState {
    /// The word for it, on screens and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Stolen => "stolen",
            Self::Lost => "lost",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key's fingerprint.
    pub id: String,
    pub state: KeyState,
    /// The last link of the chain that it sealed.
    pub until: i64,
}

/// New bits for a key.
pub(super) fn random_bits(random: &dyn Random) -> Bits {
    let mut bits = Zeroizing::new([0_u8; KEY_BYTES]);
    random.fill(bits.as_mut());
    bits
}

impl Keys {
    /// Creates a key file with mode 0600 in a folder that is made if it is missing; never writes over one.
    ///
    /// # Errors
    /// A file that is there, a folder that cannot be written to.
    #[cfg(test)]
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self, SecretsError> {
        let keys = Self::prepare(path, random)?;
        keys.settle()?;
        Ok(keys)
    }

    /// Makes a key for a database that does not know it yet: its file lies beside its place under a name of its own until
    /// [`Self::settle`], so that a set-up that is cut off refuses no later one, and a database never knows a key that is in no
    /// file.
    ///
    /// # Errors
    /// A key file that is there, a folder that cannot be written to.
    pub fn prepare(path: &Path, random: &dyn Random) -> Result<Self, SecretsError> {
        if path.symlink_metadata().is_ok() {
            return Err(SecretsError::Exists(path.to_owned()));
        }
        let bits = random_bits(random);
        let keys = Self::of(&KeyFile::new(path, bits.clone()));
        KeyFile::new(&prepared(path, keys.fingerprint()), bits).create()?;
        Ok(keys)
    }

    /// Puts a prepared key in its place, now that a database knows it.
    ///
    /// # Errors
    /// A key file that is there, a folder that cannot be written to.
    pub fn settle(&self) -> Result<(), SecretsError> {
        // What was kept beside an earlier key here says nothing of this one's people.
        kept::put_aside(&self.path)?;
        file::move_new(&prepared(&self.path, self.fingerprint()), &self.path)
    }

    /// Takes a prepared key away that no database got to know.
    pub fn discard(&self) {
        let _ = std::fs::remove_file(prepared(&self.path, self.fingerprint()));
    }

    /// Reads the key file of a database that knows this fingerprint; one whose set-up was cut off just before its end is
    /// finished.
    ///
    /// # Errors
    /// As [`KeyFile::read`].
    pub fn load_for(path: &Path, fingerprint: &str) -> Result<Self, SecretsError> {
        let prepared = prepared(path, fingerprint);
        if prepared.exists() {
            if path.symlink_metadata().is_ok() {
                let _ = std::fs::remove_file(&prepared);
            } else {
                kept::put_aside(path)?;
                file::move_new(&prepared, path)?;
            }
        }
        Self::load(path)
    }

    /// Whether a key for a database that knows this fingerprint was prepared for this place, and never put there.
    #[must_use]
    pub fn is_prepared(path: &Path, fingerprint: &str) -> bool {
        prepared(path, fingerprint).exists()
    }

    /// The key file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A key that is in no file and ends with the process, for a demo.
    #[must_use]
    pub fn in_memory(random: &dyn Random) -> Self {
        // Below a file there is no folder: nothing is ever kept beside it.
        Self::of(&KeyFile::new(Path::new("/dev/null/in-memory"), random_bits(random)))
    }

    /// Reads a key file that nobody else can read.
    ///
    /// # Errors
    /// As [`KeyFile::read`].
    pub fn load(path: &Path) -> Result<Self, SecretsError> {
        Ok(Self::of(&KeyFile::read(path)?))
    }

    /// What is derived from the keys in a file.
    #[must_use]
    pub fn of(file: &KeyFile) -> Self {
        let older = |older: &Older| OlderKey {
            key: Key::derive(&older.bits),
            retirement: older.retirement,
            until: older.until.clone(),
        };
        Self {
            path: file.path.clone(),
            current: Key::derive(&file.current),
            older: file.older.iter().map(older).collect(),
            lost: file.lost.clone(),
            pending: file.pending,
            kept_beside: file.path.clone(),
        }
    }

    /// A public name of the key that counts, kept in the database: says which key it is and nothing about it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        self.current.id()
    }

    /// That this is the key the database was made with, or exchanged for.
    ///
    /// # Errors
    /// Another installation's key, or an exchange that was not finished.
    pub fn check(&self, fingerprint: &str) -> Result<(), SecretsError> {
        if self.fingerprint() == fingerprint {
            return Ok(());
        }
        let known = self.records().into_iter().find(|record| record.id == fingerprint);
        Err(match known.map(|record| record.state) {
            Some(KeyState::Lost) if self.pending => SecretsError::Unfinished(UnfinishedExchange::Replacement),
            Some(KeyState::Lost) => SecretsError::OlderDatabase(self.path.clone()),
            Some(KeyState::Retired | KeyState::Stolen) => SecretsError::Unfinished(UnfinishedExchange::Rotation),
            None => SecretsError::OtherKey(self.path.clone()),
        })
    }

    /// Where the head of the audit log that was sealed last is kept.
    #[must_use]
    pub fn kept_head(&self) -> KeptHead {
        KeptHead::beside(&self.kept_beside)
    }

    /// Where it is kept who was erased.
    #[must_use]
    pub fn erased_list(&self) -> ErasedList {
        ErasedList::beside(&self.kept_beside)
    }

    /// Where the highest numbers are kept.
    #[must_use]
    pub fn kept_numbers(&self) -> KeptNumbers {
        KeptNumbers::beside(&self.kept_beside)
    }

    /// Copies the key's file, and what is kept beside it, to another place, where nothing may be.
    ///
    /// # Errors
    /// A file that is there, a folder that cannot be written to.
    pub fn export(&self, to: &Path) -> Result<Export, SecretsError> {
        let export = Export::begin(to)?;
        KeyFile { path: export.draft.clone(), ..KeyFile::read(&self.path)? }.create()?;
        for (from, to) in kept::files(&self.kept_beside).iter().zip(&kept::files(&export.draft)) {
            kept::copy(from, to)?;
        }
        Ok(export)
    }

    /// Keeps what belongs beside the key elsewhere: where the key lies nothing can be written.
    #[must_use]
    pub fn keep_beside(self, place: &Path) -> Self {
        Self { kept_beside: place.to_owned(), ..self }
    }

    /// Whether this key takes the place of that lost one, and the database may not know of it yet.
    #[must_use]
    pub fn replaces(&self, lost: &str) -> bool {
        self.pending && self.lost.first().is_some_and(|one| one.id == lost)
    }

    /// Whether a database that names this key is this installation's, of whatever time.
    #[must_use]
    pub fn knows(&self, fingerprint: &str) -> bool {
        self.fingerprint() == fingerprint || self.records().iter().any(|record| record.id == fingerprint)
    }

    /// The key that counts: new links, entries and seals are made with it.
    #[must_use]
    pub const fn current(&self) -> &Key {
        &self.current
    }

    /// The key that counts, and the older ones.
    pub fn known(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(self.older.iter().map(|older| &older.key))
    }

    /// What is known of the older keys, the newest first.
    #[must_use]
    pub fn records(&self) -> Vec<KeyRecord> {
        let older = self.older.iter().map(|older| KeyRecord {
            id: older.key.id().to_owned(),
            state: match older.retirement {
                Retirement::Ordinary => KeyState::Retired,
                Retirement::Stolen => KeyState::Stolen,
            },
            until: older.until.seq,
        });
        let lost = self.lost.iter().map(|lost| KeyRecord {
            id: lost.id.clone(),
            state: KeyState::Lost,
            until: lost.until.seq,
        });
        let mut all: Vec<KeyRecord> = older.chain(lost).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.until));
        all
    }

    /// The key that a row's links are made with: by the fingerprint that the row has, none where the row is older than
    /// the first exchange, which is the oldest key.
    fn of_row(&self, id: &str) -> Option<&Key> {
        let id = if id.is_empty() { self.oldest() } else { id };
        let retired =
            self.older.iter().filter(|older| older.retirement == Retirement::Ordinary).map(|older| &older.key);
        std::iter::once(&self.current).chain(retired).find(|key| key.id() == id)
    }

    /// The fingerprint of the oldest key there is: the one that made the links of rows that name none.
    #[must_use]
    pub fn oldest(&self) -> &str {
        self.older.last().map_or(self.current.id(), |oldest| oldest.key.id())
    }

    /// Whether the links of a row that names this key are proved still.
    #[must_use]
    pub fn still_proves(&self, id: &str) -> bool {
        self.of_row(id).is_some()
    }

    /// Makes the code of a row, unless the key that its link is made with proves nothing any more.
    #[must_use]
    pub fn code(&self, id: i64, proof: Proof<'_>) -> Option<Code> {
        Some(self.of_row(proof.key)?.code(id, proof))
    }

    /// Whether a code is the row's, in a time that does not depend on where it differs or on whether its key is known.
    #[must_use]
    pub fn proves(&self, code: &Code, proof: Proof<'_>) -> bool {
        let key = self.of_row(proof.key);
        let proves = key.unwrap_or(&self.current).proves(code, proof);
        proves && key.is_some()
    }

    /// Who can check the link at a place of the chain that says it was made with this key. An older key seals nothing
    /// beyond the place where it was exchanged, the current one nothing before.
    #[must_use]
    pub fn sealer(&self, id: &str, seq: i64) -> Sealer<'_> {
        if id == self.current.id() {
            return if seq > self.reaches() { Sealer::Key(&self.current) } else { Sealer::Nobody };
        }
        if let Some(older) = self.older.iter().find(|older| older.key.id() == id) {
            return if seq <= older.until.seq { Sealer::Key(&older.key) } else { Sealer::Nobody };
        }
        // Whatever counted before a loss went with it: the file that is lost had the older keys as well.
        let is_lost = self.lost.iter().any(|lost| seq <= lost.until.seq);
        if is_lost { Sealer::Lost } else { Sealer::Nobody }
    }

    /// The proof that the key file has of the link at this place: the last one that an older key sealed.
    #[must_use]
    pub fn proof_at(&self, seq: i64) -> Option<&[u8]> {
        let lasts = self.older.iter().map(|older| &older.until).chain(self.lost.iter().map(|lost| &lost.until));
        lasts.into_iter().find(|last| last.seq == seq).map(|last| last.proof.as_slice())
    }

    /// How far the chain must reach at least: the place of the last exchange.
    #[must_use]
    pub fn reaches(&self) -> i64 {
        self.records().first().map_or(0, |last| last.until)
    }

    /// The newest entry of the audit log that was hashed with a key that is gone, so that its detail cannot be checked.
    #[must_use]
    pub fn unprovable_up_to(&self) -> i64 {
        self.lost.iter().map(|lost| lost.entry).max().unwrap_or(0)
    }
}

/// Where a key lies that no database knows yet.
fn prepared(path: &Path, fingerprint: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".setup-{fingerprint}"));
    path.with_file_name(name)
}

#[cfg(test)]
pub(super) mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::super::exchange::Exchange;
    use super::*;
    use crate::domain::explain::Explain as _;
    use crate::domain::link::Purpose;

    /// Other bytes at each call.
    pub struct Counting(AtomicU8);
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
        }
    }
    pub fn last(seq: i64) -> LastLink {
        LastLink { seq, proof: vec![1; 32] }
    }
    pub const fn random() -> Counting {
        Counting(AtomicU8::new(1))
    }

    #[test]
    fn a_key_file_is_private_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/rsvp.key");
        let made = Keys::create(&path, &random()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(Keys::load(&path).unwrap().fingerprint(), made.fingerprint());
        assert!(matches!(Keys::create(&path, &random()), Err(SecretsError::Exists(_))));
    }

    #[test]
    fn a_key_that_others_can_read_or_replace_is_refused_with_the_command_that_fixes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        Keys::create(&path, &random()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = Keys::load(&path).unwrap_err();
        assert!(matches!(error, SecretsError::Untrusted(_)) && error.to_string().ends_with("(mode 0640)"), "{error}");
        assert!(error.hint().unwrap().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = Keys::load(&path).unwrap_err();
        assert!(error.hint().unwrap().contains("chmod go-w"), "{error}");
    }

    #[test]
    fn what_is_no_key_is_distinguished_from_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        assert!(matches!(Keys::load(&path), Err(SecretsError::Missing(_))));
        std::fs::write(&path, "hello").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Keys::load(&path), Err(SecretsError::NotAKey(_))));
    }

    #[test]
    fn an_exchanged_key_proves_its_own_links_and_a_stolen_one_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        let random = random();
        let old = Keys::create(&path, &random).unwrap();
        let proof =
            |key| Proof { key, purpose: Purpose::Reset, nonce: &[7; 16], epoch: b"one", address: "ada@example.org" };
        let (named, unnamed) = (proof(old.fingerprint()), proof(""));
        let code = old.code(5, named).unwrap();
        for (retirement, goes_on) in [(Retirement::Ordinary, true), (Retirement::Stolen, false)] {
            let mut exchange = Exchange::begin(&path, old.fingerprint(), retirement, &random).unwrap();
            assert_eq!(exchange.old_keys().unwrap().fingerprint(), old.fingerprint());
            exchange.write(last(12)).unwrap();
            let new = Keys::load(&path).unwrap();
            assert!(
                matches!(new.check(old.fingerprint()), Err(SecretsError::Unfinished(_))),
                "the database comes second"
            );
            for proof in [named, unnamed] {
                assert_eq!(new.proves(&code, proof), goes_on);
                assert_eq!(new.code(5, proof).is_some(), goes_on);
            }
            assert!(!new.proves(&code, Proof { key: new.fingerprint(), ..named }));
            assert!(!new.proves(&code, Proof { key: "0123456789abcdef", ..named }));
            let seals = |id: &str, seq| matches!(new.sealer(id, seq), Sealer::Key(_));
            assert!(seals(old.fingerprint(), 12) && !seals(old.fingerprint(), 13));
            assert!(seals(new.fingerprint(), 13) && !seals(new.fingerprint(), 12));
            assert_eq!(new.reaches(), 12);
        }
    }

    #[test]
    fn keys_do_not_print_themselves() {
        let keys = Keys::in_memory(&random());
        assert_eq!(format!("{keys:?}"), format!("Keys {{ fingerprint: {:?}, .. }}", keys.fingerprint()));
    }
}
