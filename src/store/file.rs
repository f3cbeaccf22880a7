//! The file of an embedded database, and whether it is still the one that was opened.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The embedded database's file itself, not a link to it: SQLite keeps its log beside the file.
#[derive(Debug, Clone)]
pub struct File {
    pub path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl File {
    pub fn of(path: &Path) -> Option<Self> {
        let path = std::fs::canonicalize(path).ok()?;
        let identity = identity(&path)?;
        Some(Self { path, identity })
    }

    pub fn is_replaced(&self) -> bool {
        identity(&self.path) != Some(self.identity)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
