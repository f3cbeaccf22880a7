//! Opening a file that the organisation depends on, so that what is read is what its owner wrote.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::folders::judge;
use super::login::Us;
use super::untrusted::{Untrusted, Why, kind_of};

/// What others may not do with a file, besides exchanging it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Read it or write to it: it holds a secret.
    Secret,
    /// Write to it: what it says is done.
    Settings,
    /// Write to it, but for our own group, as a umask of 002 has it.
    Data,
}

/// Most bytes of a file of certificates; those that a whole system trusts have a quarter of a MiB.
const CERTIFICATES: u64 = 4 * 1024 * 1024;

/// Reads a file of certificates.
///
/// # Errors
/// What is wrong with it, or with a folder above it.
pub fn certificates(path: &Path) -> Result<Vec<u8>, Untrusted> {
    read("the certificate file", path, Guard::Settings, CERTIFICATES).map(|(bytes, _)| bytes.to_vec())
}

/// Opens a file for reading that is this login's or root's, and that nobody else can write to or put another in the place
/// of. Whatever is no file is refused at once: a named pipe would wait for somebody who writes.
///
/// # Errors
/// What is wrong with it, or with a folder above it.
pub fn open(what: &'static str, path: &Path, guard: Guard) -> Result<(File, Metadata), Untrusted> {
    let because = |why| Untrusted::new(what, path, why);
    check(what, path, &std::fs::metadata(path).map_err(|error| because(Why::Io(error)))?, guard)?;
    judge(what, path)?;
    let mut options = OpenOptions::new();
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = options.read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = opened.map_err(|error| because(Why::Io(error)))?;
    // It is this one that is read, whatever was there a moment ago.
    let metadata = file.metadata().map_err(|error| because(Why::Io(error)))?;
    check(what, path, &metadata, guard)?;
    Ok((file, metadata))
}

/// Reads such a file of at most so many bytes, into memory that is wiped.
///
/// # Errors
/// What is wrong with it, or with a folder above it; a larger one.
pub fn read(
    what: &'static str,
    path: &Path,
    guard: Guard,
    most: u64,
) -> Result<(Zeroizing<Vec<u8>>, Metadata), Untrusted> {
    let (file, metadata) = open(what, path, guard)?;
    // Room for all of it at once: a buffer that grows leaves its old place behind.
    let room = usize::try_from(metadata.len().min(most) + 64).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| Untrusted::new(what, path, Why::Io(error)))?;
    if bytes.len() as u64 > most {
        return Err(Untrusted::new(what, path, Why::TooLarge { most }));
    }
    Ok((bytes, metadata))
}

/// Whether a file is this login's or root's, and others may do with it what the guard allows.
///
/// # Errors
/// What is wrong with it.
pub fn check(what: &'static str, path: &Path, metadata: &Metadata, guard: Guard) -> Result<(), Untrusted> {
    let (us, owner, mode) = (Us::now(), metadata.uid(), metadata.mode() & 0o7777);
    let others_write = mode & 0o002 != 0 || mode & 0o020 != 0 && metadata.gid() != us.gid;
    let why = if !metadata.is_file() {
        Why::NotAFile(kind_of(metadata.file_type()))
    } else if !us.trusts(owner) {
        Why::Foreign { file: path.to_owned(), owner }
    } else {
        match guard {
            Guard::Secret if is_open(path, metadata) => Why::Readable { mode },
            Guard::Settings if mode & 0o022 != 0 => Why::Writable { mode },
            Guard::Data if others_write => Why::Writable { mode },
            Guard::Secret | Guard::Settings | Guard::Data => return Ok(()),
        }
    };
    Err(Untrusted::new(what, path, why))
}

/// The files beside one, as far as they exist: each a file itself and no link, this login's or root's, and nobody else's to
/// write to.
///
/// # Errors
/// What is wrong with the first that isn't so.
pub fn companions(what: &'static str, files: impl IntoIterator<Item = PathBuf>) -> Result<(), Untrusted> {
    for file in files {
        if let Ok(metadata) = file.symlink_metadata() {
            check(what, &file, &metadata, Guard::Data)?;
        }
    }
    Ok(())
}

/// Whether a file is this very login's: root's alone is of no use where it must be written to.
///
/// # Errors
/// Whose it is.
pub fn is_ours(what: &'static str, path: &Path, metadata: &Metadata) -> Result<(), Untrusted> {
    let owner = metadata.uid();
    if owner == Us::now().uid {
        return Ok(());
    }
    Err(Untrusted::new(what, path, Why::Foreign { file: path.to_owned(), owner }))
}

/// Whether others can read the file. systemd hands a credential to a service by an access list, and the list's mask
/// shows as if the group could read it: a file of root's in `$CREDENTIALS_DIRECTORY` with mode 0440 is closed
/// (systemd.exec(5)).
fn is_open(path: &Path, metadata: &Metadata) -> bool {
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

/// Whether a folder on the way to this path may not be entered, so that nobody here can say whether it exists; or is no
/// folder.
#[must_use]
pub fn is_out_of_reach(path: &Path) -> bool {
    let closed = |kind| matches!(kind, std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory);
    path.symlink_metadata().is_err_and(|error| closed(error.kind()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::domain::explain::Explain as _;

    const WHAT: &str = "the key file";

    #[test]
    fn a_file_is_open_when_anybody_else_can_read_or_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rsvp.key");
        fs::write(&file, "bits").unwrap();
        for (mode, secret, settings, data) in [
            (0o600, true, true, true),
            (0o400, true, true, true),
            (0o640, false, true, true),
            (0o440, false, true, true),
            (0o604, false, true, true),
            (0o620, false, false, true),
            (0o602, false, false, false),
        ] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            assert_eq!(open(WHAT, &file, Guard::Secret).is_ok(), secret, "{mode:o}");
            assert_eq!(open(WHAT, &file, Guard::Settings).is_ok(), settings, "{mode:o}");
            assert_eq!(open(WHAT, &file, Guard::Data).is_ok(), data, "{mode:o}");
        }
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let [pipe, socket, link] = ["pipe", "socket", "link"].map(|name| folder.path().join(name));
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let _listener = UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for (path, kind) in [
            (pipe.as_path(), "a named pipe"),
            (&link, "a named pipe"),
            (&socket, "a socket"),
            (folder.path(), "a folder"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            for guard in [Guard::Secret, Guard::Settings, Guard::Data] {
                let error = read(WHAT, path, guard, 100).unwrap_err();
                assert_eq!(error.to_string(), format!("the key file {} is {kind}, not a file", path.display()));
            }
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_most_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rsvp.key");
        fs::write(&file, vec![b'x'; 2048]).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(WHAT, &file, Guard::Secret, 2048).unwrap().0.len(), 2048);
        let error = read(WHAT, &file, Guard::Secret, 1024).unwrap_err();
        assert!(error.to_string().ends_with("is larger than 1 KiB") && error.is_another_kind(), "{error}");
        let missing = read(WHAT, &folder.path().join("none"), Guard::Secret, 1024).unwrap_err();
        assert!(missing.is_missing() && missing.code() == "file_io");
    }

    #[test]
    fn a_companion_is_a_file_itself_and_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("rsvp.db-wal"), folder.path().join("rsvp.db-shm"));
        assert!(companions(WHAT, [file.clone()]).is_ok(), "it need not be there");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert!(companions(WHAT, [file.clone()]).is_ok());
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(companions(WHAT, [file.clone(), link]).unwrap_err().to_string().ends_with("is a link, not a file"));
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        assert!(companions(WHAT, [file]).is_err());
    }
}
