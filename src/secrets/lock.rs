//! Files beside the key: whose they are, and keeping others away from one.

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use super::SecretsError;

/// Gives a file beside the key to the owner of its folder, where it is root who made it: the login that the key belongs to
/// must be able to go on with it.
pub(super) fn owned_as_folder(path: &Path, file: &File) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if rustix::process::geteuid().is_root()
        && let Ok(owner) = std::fs::metadata(folder)
    {
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
    }
}

/// Keeps others away from a file until whoever has it has ended.
pub(super) struct Lock(File);

impl Lock {
    /// Takes it, or says that somebody else has it. The file beside the key is empty and stays.
    pub fn take(path: &Path) -> Result<Self, SecretsError> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(SecretsError::Exchanging),
            Err(std::fs::TryLockError::Error(error)) => Err(Self::failed(path, error)),
        }
    }

    /// Takes a file itself when whoever has it is done, which is soon.
    pub fn wait_for(path: &Path) -> Result<Self, SecretsError> {
        let file = Self::open_file(path, path)?;
        file.lock().map_err(|error| Self::failed(path, error))?;
        Ok(Self(file))
    }

    fn open(path: &Path) -> Result<File, SecretsError> {
        Self::open_file(path, &path.with_added_extension("lock"))
    }

    fn open_file(path: &Path, file: &Path) -> Result<File, SecretsError> {
        let mut options = std::fs::OpenOptions::new();
        let file =
            options.create(true).append(true).mode(0o600).open(file).map_err(|error| Self::failed(path, error))?;
        owned_as_folder(path, &file);
        Ok(file)
    }

    fn failed(path: &Path, source: std::io::Error) -> SecretsError {
        SecretsError::Io { path: path.to_owned(), what: "locked", source }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The system takes it back with the file anyway.
        let _ = self.0.unlock();
    }
}
