//! Whether anybody wrote to the embedded database: read off its files, which costs two looks at the file system where a
//! query would wake a thread and take a lock. A server's database has no such files and is always asked.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::Store;
use crate::domain::time::Timestamp;

/// A file system's clock ticks every 10 ms at most: what was written in the tick of a look may not show in the next
/// one.
const TICK_MS: i64 = 50;

/// Length and last change, in seconds and nanoseconds, of the log and of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([(u64, i64, i64); 2]);

impl Store {
    /// How the files are now; nothing where they cannot show whether somebody wrote since.
    #[must_use]
    pub fn stamp(&self, now: Timestamp) -> Option<Stamp> {
        let file = &self.file.as_ref()?.path;
        // What is committed goes into the log first, and from there into the database.
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let stamp = Stamp([look(Path::new(&log)), look(file)]);
        let settled = stamp.0.iter().all(|(_, s, ns)| s * 1000 + ns / 1_000_000 + TICK_MS < now.0);
        settled.then_some(stamp)
    }
}

/// Length and moment of the last change; one that is not there was never changed.
fn look(file: &Path) -> (u64, i64, i64) {
    std::fs::metadata(file).map_or((0, 0, 0), |meta| (meta.len(), meta.mtime(), meta.mtime_nsec()))
}
