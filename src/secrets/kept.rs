//! What is kept beside the key because a backup of the database cannot know it: who was erased since, and the highest
//! numbers that were ever given. Neither is a secret, nor says who anybody was.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::file::move_new;
use super::lock::Lock;
use super::{SecretsError, beside};
use crate::access;
use crate::domain::numbers::Numbers;

/// How a whole line ends.
const MARK: &str = ".";

/// The numbers of the users who were erased, a line each, in the order in which they were added. A line ends with a mark:
/// what was cut off while it was added, by a disk that was full, must never be read as somebody else's number.
pub struct ErasedList(PathBuf);

impl ErasedList {
    #[must_use]
    pub fn beside(key: &Path) -> Self {
        Self(key.with_added_extension("erased"))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The list; nothing where there is none: then nobody knows who was erased.
    ///
    /// # Errors
    /// A file that cannot be read, or is no such list.
    pub fn read(&self) -> Result<Option<BTreeSet<i64>>, SecretsError> {
        let io = |source| failed(&self.0, "read", source);
        let Some(text) = beside::read_text(&self.0).map_err(io)? else { return Ok(None) };
        let wrong = || io(std::io::Error::other("a line isn't a number"));
        let whole = text.lines().filter_map(|line| line.strip_suffix(MARK));
        Ok(Some(whole.map(|number| number.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?))
    }

    /// Adds those who are not in it, and makes the file if there is none.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn add(&self, ids: &[i64]) -> Result<(), SecretsError> {
        let there = self.read()?;
        let new: Vec<i64> =
            ids.iter().copied().filter(|id| there.as_ref().is_none_or(|there| !there.contains(id))).collect();
        if there.is_some() && new.is_empty() {
            return Ok(());
        }
        let io = |source| failed(&self.0, "written", source);
        let mut file = beside::append(&self.0).map_err(io)?;
        let (mut text, mut before) = (String::new(), Vec::new());
        file.read_to_end(&mut before).map_err(io)?;
        // The last line may have been cut off.
        if before.last().is_some_and(|last| *last != b'\n') {
            text.push('\n');
        }
        for id in new {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id}{MARK}");
        }
        // In one piece at the end, so that processes that add at once lose nothing of each other.
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
    }
}

/// The highest number of each table, a line each, kept ahead of what was given.
pub struct KeptNumbers(PathBuf);

impl KeptNumbers {
    #[must_use]
    pub fn beside(key: &Path) -> Self {
        Self(key.with_added_extension("numbers"))
    }

    /// What is kept; nothing where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read, or has no such numbers.
    pub fn read(&self) -> Result<Option<Numbers>, SecretsError> {
        let io = |source| failed(&self.0, "read", source);
        let Some(text) = beside::read_text(&self.0).map_err(io)? else { return Ok(None) };
        let line = |line: &str| {
            let (table, number) = line.split_once(' ')?;
            Some((table.to_owned(), number.parse().ok()?))
        };
        let wrong = || io(std::io::Error::other("a line isn't a table and a number"));
        Ok(Some(Numbers(text.lines().map(|text| line(text).ok_or_else(wrong)).collect::<Result<_, _>>()?)))
    }

    /// Keeps numbers above these, at once or not at all.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn raise(&self, given: &Numbers) -> Result<(), SecretsError> {
        // Of two processes at once none lowers what the other one raised.
        let _alone = Lock::wait_for(&self.0.with_extension("erased"))?;
        let Some(raised) = self.read()?.unwrap_or_default().raised(given) else { return Ok(()) };
        let mut text = String::new();
        for (table, number) in &raised.0 {
            let _ = writeln!(text, "{table} {number}");
        }
        beside::replace(&self.0, text.as_bytes()).map_err(|source| failed(&self.0, "written", source))
    }
}

fn failed(path: &Path, what: &'static str, source: std::io::Error) -> SecretsError {
    SecretsError::Beside { path: path.to_owned(), what, source }
}

/// The files beside a key that belong to it.
pub(super) fn files(key: &Path) -> [PathBuf; 2] {
    [ErasedList::beside(key).0, KeptNumbers::beside(key).0]
}

/// Gives what was kept beside an earlier key another name.
pub(super) fn put_aside(key: &Path) -> Result<(), SecretsError> {
    let [erased, numbers] = files(key);
    for file in [erased, numbers, key.with_added_extension("head")] {
        let aside = file.with_added_extension("earlier");
        match std::fs::rename(&file, aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(&file, "moved", error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// A copy of a key that is not in its place yet; it goes away unless it is put there.
pub struct Export {
    pub(super) draft: PathBuf,
    to: PathBuf,
}

impl Export {
    pub(super) fn begin(to: &Path) -> Result<Self, SecretsError> {
        let taken = std::iter::once(to.to_owned()).chain(files(to)).find(|file| file.symlink_metadata().is_ok());
        if let Some(taken) = taken {
            return Err(SecretsError::Taken(taken));
        }
        access::judge("the copy of the key", to)?;
        let draft = to.with_added_extension(format!("partial-{}", std::process::id()));
        Ok(Self { draft, to: to.to_owned() })
    }

    /// Puts the copy in its place.
    ///
    /// # Errors
    /// A file that is there by now.
    pub fn finish(self) -> Result<(), SecretsError> {
        for (from, to) in files(&self.draft).iter().zip(&files(&self.to)) {
            if from.exists() {
                move_new(from, to)?;
            }
        }
        move_new(&self.draft, &self.to)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        for file in std::iter::once(self.draft.clone()).chain(files(&self.draft)) {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Copies one of them, if it is there.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), SecretsError> {
    let Some(text) = beside::read(from).map_err(|source| failed(from, "read", source))? else { return Ok(()) };
    beside::create(to, &text).map_err(|source| failed(to, "written", source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_erased_is_added_once_and_a_line_that_was_cut_off_harms_none() {
        let folder = tempfile::tempdir().unwrap();
        let list = ErasedList::beside(&folder.path().join("rsvp.key"));
        assert_eq!(list.read().unwrap(), None);
        list.add(&[]).unwrap();
        assert_eq!(list.read().unwrap(), Some(BTreeSet::new()), "that nobody was is known from now on");
        list.add(&[7, 3]).unwrap();
        list.add(&[3, 9]).unwrap();
        assert_eq!(std::fs::read_to_string(list.path()).unwrap(), "7.\n3.\n9.\n");
        // Cut at any place, and gone on with.
        for cut in ["7.\n3", "7.\n31", "7.\n317", "7.\n", "7."] {
            std::fs::write(list.path(), cut).unwrap();
            assert_eq!(list.read().unwrap(), Some(BTreeSet::from([7])), "{cut:?}");
            list.add(&[317]).unwrap();
            assert_eq!(list.read().unwrap(), Some(BTreeSet::from([7, 317])), "{cut:?}");
        }
        std::fs::write(list.path(), "seven.\n").unwrap();
        assert!(list.read().is_err());
    }

    #[test]
    fn numbers_are_kept_ahead_and_never_lowered() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptNumbers::beside(&folder.path().join("rsvp.key"));
        let given = |users| Numbers([("users".to_owned(), users)].into());
        kept.raise(&given(2_000)).unwrap();
        kept.raise(&given(5)).unwrap();
        assert_eq!(kept.read().unwrap(), Some(given(6_000)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "itself and the list that is its lock");
        std::fs::write(folder.path().join("rsvp.key.numbers"), "users many\n").unwrap();
        assert!(kept.read().is_err() && kept.raise(&given(9_000)).is_err());
    }
}
