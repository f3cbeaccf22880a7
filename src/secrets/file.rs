//! The key file: the key that counts now, and those that counted before it, which still prove what they made.
//!
//! It is written whole, beside the old one, and then put in its place, so that a key is never half there. What an older
//! key may still do is stored here and not in the database: whoever can write to the database cannot give it back.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::key::Bits;
use super::{SecretsError, hex};
use crate::access::{self, Guard, Untrusted};

/// The first line of a file with one key, as set-up writes it.
const FIRST: &str = "rsvp key 1";
/// The first line of a file that also knows older keys.
const LATER: &str = "rsvp key 2";
/// Most bytes that a key file has: room for some hundred exchanges.
const MAX_BYTES: u64 = 64 * 1024;

/// What a message calls the file.
const WHAT: &str = "the key file";
/// How the names of the files beside a key end.
const BESIDE: [&str; 4] = ["head", "erased", "numbers", "lock"];

/// Why a key was exchanged, and so what it may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retirement {
    /// It served its time: links that it made work until they end.
    Ordinary,
    /// Somebody else may have it: it proves no link any more.
    Stolen,
}

impl Retirement {
    /// The word that the key file has for it.
    const fn word(self) -> &'static str {
        match self {
            Self::Ordinary => "retired",
            Self::Stolen => "stolen",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Ordinary, Self::Stolen].into_iter().find(|retirement| retirement.word() == word)
    }
}

/// A key that counted before.
#[derive(Clone)]
pub(super) struct Older {
    pub bits: Bits,
    /// What it may still do.
    pub retirement: Retirement,
    /// The last link of the audit log's chain that it sealed.
    pub until: LastLink,
}

/// The last link of the audit log's chain that a key sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastLink {
    /// Its place; 0 if the key sealed none.
    pub seq: i64,
    /// Its proof: the links after it prove that it is still this one.
    pub proof: Vec<u8>,
}

/// A key that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The key's fingerprint.
    pub id: String,
    /// The last link of the chain that it sealed. Nobody can check the links up to there; only this one is known.
    pub until: LastLink,
    /// The newest entry of the audit log at that moment: older ones were hashed with the lost key.
    pub entry: i64,
}

impl LastLink {
    pub(super) fn parse(seq: &str, proof: &str) -> Option<Self> {
        Some(Self { seq: seq.parse().ok()?, proof: hex::read_proof(proof.trim_matches('"'))? })
    }

    /// The proof is in quotes, because there is none of an empty chain.
    pub(super) fn text(&self) -> String {
        format!("{} \"{}\"", self.seq, *hex::write(&self.proof))
    }
}

#[derive(Clone)]
pub struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) current: Bits,
    /// The newest first.
    pub(super) older: Vec<Older>,
    /// The newest first.
    pub(super) lost: Vec<Lost>,
    /// Whether the database may not know yet of the last exchange.
    pub(super) pending: bool,
}

impl KeyFile {
    /// A file that is yet to be written.
    #[must_use]
    pub fn new(path: &Path, current: Bits) -> Self {
        Self { path: path.to_owned(), current, older: Vec::new(), lost: Vec::new(), pending: false }
    }

    /// Reads a key file that nobody else can read or exchange.
    ///
    /// # Errors
    /// No file, one that others can read or put another in the place of, one that is no key file.
    pub fn read(path: &Path) -> Result<Self, SecretsError> {
        let not_a_key = || SecretsError::NotAKey(path.to_owned());
        let (bytes, _) = access::read(WHAT, path, Guard::Secret, MAX_BYTES).map_err(|error| of(path, error))?;
        companions(path)?;
        Self::parse(path, std::str::from_utf8(&bytes).map_err(|_| not_a_key())?).ok_or_else(not_a_key)
    }

    fn parse(path: &Path, text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let head = lines.next()?;
        if head != FIRST && head != LATER {
            return None;
        }
        let first = lines.next()?;
        let mut file = Self::new(path, hex::read(first.strip_prefix("key ").unwrap_or(first))?);
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                [word, bits, "until", seq, proof] => file.older.push(Older {
                    bits: hex::read(bits)?,
                    retirement: Retirement::parse(word)?,
                    until: LastLink::parse(seq, proof)?,
                }),
                ["lost", id, "until", seq, proof, "entry", entry] => file.lost.push(Lost {
                    id: (*id).to_owned(),
                    until: LastLink::parse(seq, proof)?,
                    entry: entry.parse().ok()?,
                }),
                ["pending"] => file.pending = true,
                _ => return None,
            }
        }
        Some(file)
    }

    fn text(&self) -> Zeroizing<String> {
        let current = hex::write(self.current.as_ref());
        if self.older.is_empty() && self.lost.is_empty() && !self.pending {
            return Zeroizing::new(format!("{FIRST}\n{}\n", *current));
        }
        let mut text = Zeroizing::new(String::with_capacity(256 * (2 + self.older.len() + self.lost.len())));
        let mut add = |parts: &[&str]| parts.iter().for_each(|part| text.push_str(part));
        add(&[LATER, "\nkey ", &current, "\n"]);
        for older in &self.older {
            add(&[
                older.retirement.word(),
                " ",
                &hex::write(older.bits.as_ref()),
                " until ",
                &older.until.text(),
                "\n",
            ]);
        }
        for lost in &self.lost {
            add(&["lost ", &lost.id, " until ", &lost.until.text(), " entry ", &lost.entry.to_string(), "\n"]);
        }
        if self.pending {
            text.push_str("pending\n");
        }
        text
    }

    /// Writes a file that must not be there yet, with its folder if that is missing.
    ///
    /// # Errors
    /// A file that is there, a folder that cannot be written to.
    pub fn create(&self) -> Result<(), SecretsError> {
        access::judge(WHAT, &self.path)?;
        if let Some(folder) = self.path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| self.unwritable(e))?;
        }
        write_new(&self.path, &self.text()).map_err(|source| {
            if source.kind() == std::io::ErrorKind::AlreadyExists {
                return SecretsError::Exists(self.path.clone());
            }
            self.unwritable(source)
        })
    }

    /// Puts this file in the place of the one that is there, at once or not at all. A link stays a link, and the file
    /// stays its owner's, whoever exchanges the key.
    ///
    /// # Errors
    /// A folder that cannot be written to; more keys than a file has room for.
    pub fn replace(&self) -> Result<(), SecretsError> {
        if self.text().len() as u64 > MAX_BYTES {
            return Err(self.unwritable(std::io::Error::other("it has no room for more keys: remove the oldest")));
        }
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut name = path.file_name().unwrap_or_default().to_owned();
        // One name, because one exchange runs at a time: what a try that was killed left is taken away by the next.
        name.push(".new");
        let beside = path.with_file_name(name);
        let _ = std::fs::remove_file(&beside);
        let folder = path.parent().unwrap_or_else(|| Path::new("/"));
        let owner = std::fs::metadata(&path).map(|metadata| (metadata.uid(), metadata.gid()));
        let written = write_new(&beside, &self.text())
            .and(owner)
            .and_then(|(uid, gid)| std::os::unix::fs::chown(&beside, Some(uid), Some(gid)))
            .and_then(|()| std::fs::rename(&beside, &path))
            .and_then(|()| std::fs::File::open(folder).and_then(|folder| folder.sync_all()));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            self.unwritable(error)
        })
    }

    fn unwritable(&self, source: std::io::Error) -> SecretsError {
        SecretsError::Io { path: self.path.clone(), what: "written", source }
    }
}

/// Why a key file could not be read.
fn of(path: &Path, error: Untrusted) -> SecretsError {
    match error.io() {
        Some(io) if io.kind() == std::io::ErrorKind::NotFound => SecretsError::Missing(path.to_owned()),
        Some(io) => SecretsError::Io {
            path: path.to_owned(),
            what: "read",
            source: io.raw_os_error().map_or_else(|| io.kind().into(), std::io::Error::from_raw_os_error),
        },
        None => error.into(),
    }
}

/// That nobody else wrote what lies beside a key, or can put something there.
///
/// # Errors
/// What is wrong with the first file that isn't so, or with a folder above it.
pub(super) fn companions(key: &Path) -> Result<(), SecretsError> {
    let what = "the file beside the key";
    access::judge(what, key)?;
    Ok(access::companions(what, BESIDE.map(|ending| key.with_added_extension(ending)))?)
}

/// Gives a file another name that nothing has yet.
///
/// # Errors
/// Something that has the name, a folder that cannot be written to.
pub(super) fn move_new(from: &Path, to: &Path) -> Result<(), SecretsError> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A link, unlike a rename, replaces nothing.
    let moved = std::fs::hard_link(from, to)
        .and_then(|()| std::fs::remove_file(from))
        .and_then(|()| std::fs::File::open(folder).and_then(|folder| folder.sync_all()));
    moved.map_err(|source| {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            return SecretsError::Exists(to.to_owned());
        }
        SecretsError::Io { path: to.to_owned(), what: "written", source }
    })
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_past_is_read_as_it_was_written() {
        let mut file = KeyFile::new(Path::new("k"), Zeroizing::new([1; 32]));
        assert_eq!(file.text().lines().next(), Some(FIRST), "as the first version wrote it");
        let last = |seq, proof| LastLink { seq, proof };
        file.older.push(Older {
            bits: Zeroizing::new([2; 32]),
            retirement: Retirement::Stolen,
            until: last(7, vec![8; 32]),
        });
        file.older.push(Older {
            bits: Zeroizing::new([3; 32]),
            retirement: Retirement::Ordinary,
            until: last(0, vec![]),
        });
        for proof in [vec![], vec![9; 32]] {
            file.lost.push(Lost { id: "0123456789abcdef".to_owned(), until: last(1, proof), entry: 2 });
        }
        file.pending = true;
        let text = file.text();
        let read = KeyFile::parse(Path::new("k"), &text).unwrap();
        assert_eq!(*read.text(), *text);
        assert_eq!((read.older[0].retirement, read.older[1].until.seq, read.lost[1].entry), (Retirement::Stolen, 0, 2));
    }

    #[test]
    fn what_is_no_key_file_is_none() {
        let key = hex::write(&[1; 32]).to_string();
        for text in [
            String::new(),
            FIRST.to_owned(),
            format!("{FIRST}\n{}", &key[1..]),
            format!("rsvp key 3\n{key}"),
            format!("{LATER}\nkey {key}\nretired {key}"),
            format!("{LATER}\nkey {key}\nborrowed {key} until 3"),
        ] {
            assert!(KeyFile::parse(Path::new("k"), &text).is_none(), "{text}");
        }
    }
}
