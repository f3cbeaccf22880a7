//! What is kept beside the key because a backup of the database cannot know it: who was erased since, and the highest
//! numbers that were ever given. Neither is a secret, nor says who anybody was.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::SecretsError;
use crate::domain::numbers::Numbers;

/// The numbers of the users who were erased, a line each, in the order in which they were added.
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
        let io = |source| SecretsError::Io { path: self.0.clone(), what: "read", source };
        let text = match std::fs::read_to_string(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(io)?,
        };
        let wrong = || io(std::io::Error::other("a line isn't a number"));
        // A line that was cut off while it was added is followed by none.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let all = whole.lines().map(|line| line.trim().parse().map_err(|_| wrong()));
        Ok(Some(all.collect::<Result<_, _>>()?))
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
        let io = |source| SecretsError::Io { path: self.0.clone(), what: "written", source };
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.create(true).read(true).append(true).mode(0o600).open(&self.0).map_err(io)?;
        let mut text = String::new();
        // Another process's line may have been cut off.
        let length = std::fs::read(&self.0).map_err(io)?;
        if length.last().is_some_and(|last| *last != b'\n') {
            text.push('\n');
        }
        for id in new {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id}");
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

    /// What is kept; none where nothing is.
    #[must_use]
    pub fn read(&self) -> Numbers {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let line = |line: &str| {
            let (table, number) = line.split_once(' ')?;
            Some((table.to_owned(), number.parse().ok()?))
        };
        Numbers(text.lines().filter_map(line).collect())
    }

    /// Keeps numbers above these, at once or not at all.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn raise(&self, given: &Numbers) -> Result<(), SecretsError> {
        let Some(raised) = self.read().raised(given) else { return Ok(()) };
        let io = |source| SecretsError::Io { path: self.0.clone(), what: "written", source };
        let mut text = String::new();
        for (table, number) in &raised.0 {
            let _ = writeln!(text, "{table} {number}");
        }
        let beside = self.0.with_added_extension(std::process::id().to_string());
        let mut options = std::fs::OpenOptions::new();
        let opened = options.create(true).write(true).truncate(true).mode(0o600).open(&beside);
        let written = opened.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.and_then(|()| std::fs::rename(&beside, &self.0)).map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            io(error)
        })
    }
}

/// The files beside a key that belong to it.
pub(super) fn files(key: &Path) -> [PathBuf; 2] {
    [ErasedList::beside(key).0, KeptNumbers::beside(key).0]
}

/// Copies one of them, if it is there.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), SecretsError> {
    let io = |source| SecretsError::Io { path: to.to_owned(), what: "written", source };
    let text = match std::fs::read(from) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(io)?,
    };
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create_new(true).write(true).mode(0o600).open(to).map_err(io)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(io)
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
        assert_eq!(std::fs::read_to_string(list.path()).unwrap(), "7\n3\n9\n");
        std::fs::write(list.path(), "7\n31").unwrap();
        assert_eq!(list.read().unwrap(), Some(BTreeSet::from([7])));
        std::fs::write(list.path(), "seven\n").unwrap();
        assert!(list.read().is_err());
    }

    #[test]
    fn numbers_are_kept_ahead_and_never_lowered() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptNumbers::beside(&folder.path().join("rsvp.key"));
        let given = |users| Numbers([("users".to_owned(), users)].into());
        kept.raise(&given(2_000)).unwrap();
        kept.raise(&given(5)).unwrap();
        assert_eq!(kept.read(), given(3_000));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
