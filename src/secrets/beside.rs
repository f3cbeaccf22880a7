//! Files beside the key, read and written so that nobody else decides which file that is: a link is never followed, and what
//! belongs neither to this login nor to root is refused. Each is for its owner alone, whatever the umask says.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

const OWNERS_ALONE: u32 = 0o600;

/// What a file says; nothing where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let mut file = match open(path, OpenOptions::new().read(true)) {
        // Below what is no folder nothing is ever kept.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The same for one that holds text.
pub(super) fn read_text(path: &Path) -> Result<Option<String>> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|_| Error::new(ErrorKind::InvalidData, "it isn't text"))
}

/// Opens a file to add to its end, and makes it if there is none.
pub(super) fn append(path: &Path) -> Result<File> {
    let file = open(path, OpenOptions::new().create(true).read(true).append(true))?;
    close(&file)?;
    Ok(file)
}

/// Makes a file that is not there yet.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = open(path, OpenOptions::new().create_new(true).write(true))?;
    close(&file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts a file in the place of another, at once or not at all. Until then it has a name that nobody else chooses: a process's
/// number is another's, too, in a container of its own, and one process may write twice at a time.
#[expect(clippy::disallowed_methods, reason = "a name that lasts a moment, which a test has no need to repeat")]
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(Error::other)?;
    let draft = path.with_added_extension(format!("{:016x}", u64::from_be_bytes(random)));
    create(&draft, bytes).and_then(|()| std::fs::rename(&draft, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&draft);
    })
}

fn open(path: &Path, options: &mut OpenOptions) -> Result<File> {
    // A pipe would be waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(Error::other)?;
    let opened = options.mode(OWNERS_ALONE).custom_flags(flags).open(path);
    let file = match opened {
        Err(_) if path.is_symlink() => return Err(Error::other("it is a link, which is never followed")),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(Error::other("it isn't a file"));
    }
    if !is_trusted(&metadata) {
        return Err(Error::other(format!("it belongs to another login (uid {})", metadata.uid())));
    }
    Ok(file)
}

/// Whether a file is this login's or root's.
fn is_trusted(file: &Metadata) -> bool {
    file.uid() == rustix::process::geteuid().as_raw() || file.uid() == 0
}

/// Closes a file to everybody but its owner.
fn close(file: &File) -> Result<()> {
    if file.metadata()?.mode() & 0o7777 == OWNERS_ALONE {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(OWNERS_ALONE))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_somebody_planted_is_neither_read_nor_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (other, path) = (folder.path().join("precious"), folder.path().join("rsvp.key.head"));
        std::fs::write(&other, "precious").unwrap();
        symlink(&other, &path).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("a link"));
        assert!(append(&path).unwrap_err().to_string().contains("a link"));
        replace(&path, b"7").unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
        assert!(!path.is_symlink() && read(&path).unwrap() == Some(b"7".to_vec()), "the link itself is replaced");
        // To nothing it is still a link, and nothing is made where it leads.
        let nowhere = folder.path().join("nowhere");
        let dangling = folder.path().join("rsvp.key.erased");
        symlink(&nowhere, &dangling).unwrap();
        assert!(append(&dangling).is_err() && read(&dangling).is_err() && !nowhere.exists());
    }

    #[test]
    fn a_file_is_its_owners_alone_even_if_it_was_open_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key.erased");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o7777;
        drop(append(&path).unwrap());
        assert_eq!(mode(&path), 0o600);
        std::fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        drop(append(&path).unwrap());
        assert_eq!(mode(&path), 0o600);
        replace(&path, b"").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn whoever_replaces_a_file_at_the_same_time_disturbs_nobody_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key.head");
        let texts = [b'1', b'2'].map(|digit| vec![digit; 4_096]);
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| (0..50).for_each(|_| replace(&path, text).unwrap()));
            }
        });
        assert!(texts.contains(&std::fs::read(&path).unwrap()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key.head");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(read(&path).unwrap_err().to_string().contains("isn't a file"));
    }

    #[test]
    fn a_file_of_another_login_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key.head");
        std::fs::write(&path, "1 \"\"").unwrap();
        let made_by = |uid| std::os::unix::fs::chown(&path, Some(uid), None).unwrap();
        made_by(4_242);
        assert!(read(&path).unwrap_err().to_string().contains("uid 4242"));
        // It is no better in a folder of that login's.
        std::os::unix::fs::chown(folder.path(), Some(4_242), None).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("uid 4242"));
    }
}
