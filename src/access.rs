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
    let by_list = is_credential(path) && mode == 0o440 && metadata.uid() == 0 && metadata.gid() == 0;
    mode & 0o077 != 0 && !by_list
}

/// Whether a file is a credential that systemd handed over: its folder can't be written to, and goes with the service.
#[must_use]
pub fn is_credential(path: &Path) -> bool {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    credentials.is_some_and(|folder| path.parent() == Some(&folder))
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

/// Whether a folder on the way to this path may not be entered, so that nobody here can say whether it exists; or is no
/// folder.
#[must_use]
pub fn is_out_of_reach(path: &Path) -> bool {
    let closed = |kind| matches!(kind, std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory);
    path.symlink_metadata().is_err_and(|error| closed(error.kind()))
}

/// The login to run as for what belongs to the owner of this path, or of the nearest folder above it that can be seen:
/// a name, or `#` and a number. What belongs to root is the group's, if that is a login's own; otherwise it is nobody's.
#[must_use]
pub fn login(path: &Path) -> Option<String> {
    let metadata = path.ancestors().find_map(|one| std::fs::metadata(one).ok())?;
    let logins = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    match (metadata.uid(), metadata.gid()) {
        (0, 0) => None,
        (0, gid) => login_with(&logins, 3, gid),
        (uid, _) => Some(login_with(&logins, 2, uid).unwrap_or_else(|| format!("#{uid}"))),
    }
}

/// The name of the login with this number, or `#` and the number.
#[must_use]
pub fn name_of(uid: u32) -> String {
    let logins = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    login_with(&logins, 2, uid).unwrap_or_else(|| format!("#{uid}"))
}

/// The number of a login that [`login`] answered.
#[must_use]
pub fn number(login: &str) -> Option<u32> {
    if let Some(number) = login.strip_prefix('#') {
        return number.parse().ok();
    }
    let logins = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = logins.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.find(|fields| fields.first() == Some(&login))?.get(2)?.parse().ok()
}

/// The first login of `/etc/passwd` with this number in a column.
fn login_with(logins: &str, column: usize, number: u32) -> Option<String> {
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = logins.lines().map(fields);
    lines.find(|fields| fields.get(column).is_some_and(|field| *field == number.to_string())).map(|mut f| f.remove(0))
}

/// Whether root would make a file in a folder of another login, who could not use it then.
#[must_use]
pub fn is_for_another_login(path: &Path) -> bool {
    let folder = path.ancestors().skip(1).find_map(|folder| std::fs::metadata(folder).ok());
    rustix::process::geteuid().is_root() && folder.is_some_and(|folder| folder.uid() != 0)
}

/// The command that runs rsvp as this login.
#[must_use]
pub fn run_as(login: &str) -> String {
    if login.starts_with('#') { format!("sudo -u '{login}' rsvp") } else { format!("sudo -u {login} rsvp") }
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

    #[test]
    fn a_login_is_found_by_its_number_or_by_its_group() {
        let logins = "root:x:0:0:root:/root:/bin/sh\nrsvp:x:998:997::/var/lib/rsvp:/bin/sh\n";
        assert_eq!(login_with(logins, 2, 998).as_deref(), Some("rsvp"));
        assert_eq!(login_with(logins, 3, 997).as_deref(), Some("rsvp"));
        assert_eq!(login_with(logins, 2, 997), None);
        assert_eq!(run_as("#998"), "sudo -u '#998' rsvp");
    }
}
