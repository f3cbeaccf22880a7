//! Whether others can get at a file that the organisation depends on: read it, write to it, or put another in its
//! place.
//!
//! Every part that opens such a file asks here, so that all mean the same by it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Whether others can read the file. systemd hands a credential to a service by an access list, and the list's mask
/// shows as if the group could read it: a file of root's in `$CREDENTIALS_DIRECTORY` with mode 0440 is closed
/// (systemd.exec(5)).
#[must_use]
pub fn is_open(path: &Path, metadata: &Metadata) -> bool {
    let mode = metadata.mode() & 0o777;
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let is_credential = credentials.is_some_and(|folder| path.parent() == Some(&folder));
    let by_list = is_credential && mode == 0o440 && metadata.uid() == 0 && metadata.gid() == 0;
    mode & 0o077 != 0 && !by_list
}

/// The file's folder and its mode, if others can put another file in its place: they may write into the folder, and it
/// does not keep what belongs to somebody (the sticky bit, as `/tmp` has).
#[must_use]
pub fn open_folder(path: &Path) -> Option<(PathBuf, u32)> {
    // A link can be exchanged in its folder, and the file that it leads to in its own.
    let real = std::fs::canonicalize(path).ok()?;
    [path, &real].into_iter().find_map(|path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
        let mode = std::fs::metadata(folder).ok()?.mode() & 0o7777;
        (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| (folder.to_owned(), mode))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_open_when_somebody_else_can_exchange_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rsvp.key");
        fs::write(&file, "").unwrap();
        for (mode, is_open) in [(0o700, false), (0o755, false), (0o775, true), (0o777, true), (0o1777, false)] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_folder(&file).is_some(), is_open, "{mode:o}");
        }
    }

    #[test]
    fn a_file_is_open_when_anybody_else_can_read_or_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rsvp.key");
        fs::write(&file, "").unwrap();
        for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o440, true), (0o604, true), (0o620, true)]
        {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open(&file, &fs::metadata(&file).unwrap()), open, "{mode:o}");
        }
    }
}
