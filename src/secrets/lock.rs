//! Keeping others away from a file beside the key.

use std::fs::File;
use std::path::Path;

use super::{SecretsError, beside};

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
        beside::append(file).map_err(|error| Self::failed(path, error))
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
