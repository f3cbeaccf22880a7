//! The mark of a running service: a file in the folder that systemd makes for it (`/run/rsvp`), so that other logins and
//! the doctor find it. Where there is no such folder, there is no mark.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::error::CannotBegin;
use crate::access;
use crate::config::settings::{DatabaseLocation, Settings};

/// What the mark says: it can be read by every login, and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub pid: i32,
    /// As [`crate::config::settings::Database::shown`] has it.
    pub database: String,
    /// Device and inode of an embedded database's file.
    pub file: Option<(u64, u64)>,
}

/// A mark that goes with the service.
pub struct Mark(Option<PathBuf>);

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

fn path(settings: &Settings) -> PathBuf {
    settings.machine.service_folder.join("serve")
}

/// Device and inode of the embedded database's file, if there is one.
pub fn identity(settings: &Settings) -> Option<(u64, u64)> {
    let DatabaseLocation::File(path) = &settings.database.location else { return None };
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Leaves the mark of this process, unless another service has one there. That it can't be left stops nobody: it is only
/// looked at.
pub fn mark(settings: &Settings) -> Mark {
    let path = path(settings);
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    if !settings.machine.service_folder.is_dir() || read(&path).is_some_and(|other| other.pid != pid) {
        return Mark(None);
    }
    let running = Running { pid, database: settings.database.shown(), file: identity(settings) };
    let written = write(&path, &running);
    if let Err(error) = &written {
        tracing::warn!(%error, path = %path.display(), "can't leave the mark of the running service");
    }
    Mark(written.is_ok().then_some(path))
}

fn write(path: &Path, running: &Running) -> std::io::Result<()> {
    // Nobody reads half of it.
    let beside = path.with_extension(running.pid.to_string());
    fs::write(&beside, serde_json::to_string(running)?)?;
    fs::set_permissions(&beside, Permissions::from_mode(0o644))?;
    fs::rename(&beside, path)
}

/// The service that runs on this machine, and the login that it runs as; one that ended without taking its mark away is none.
pub fn find(settings: &Settings) -> Option<(Running, Option<String>)> {
    let path = path(settings);
    read(&path).map(|running| (running, access::login(&path)))
}

/// The running service that has the file of this embedded database open, where another file or none is now.
pub fn has_lost(settings: &Settings) -> Option<CannotBegin> {
    let DatabaseLocation::File(path) = &settings.database.location else { return None };
    let (running, _) = find(settings)?;
    let is_lost = running.database == settings.database.shown() && running.file != identity(settings);
    is_lost.then(|| CannotBegin::Gone { path: path.clone(), pid: running.pid })
}

fn read(path: &Path) -> Option<Running> {
    // Whoever owns the folder could keep a reader of a pipe waiting.
    let text = fs::metadata(path).ok()?.is_file().then(|| fs::read(path).ok())??;
    let running: Running = serde_json::from_slice(&text).ok()?;
    let pid = Pid::from_raw(running.pid)?;
    // Another login's process may not be signalled, and is alive.
    matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)).then_some(running)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_ended_without_taking_its_mark_away_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("serve");
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(ended.id()).unwrap();
        ended.wait().unwrap();
        let running = |pid| Running { pid, database: "/var/lib/rsvp/rsvp.db".to_owned(), file: Some((1, 2)) };
        write(&path, &running(pid)).unwrap();
        assert_eq!(read(&path), None);
        let ours = running(i32::try_from(std::process::id()).unwrap());
        write(&path, &ours).unwrap();
        assert_eq!(read(&path), Some(ours));
        fs::write(&path, "{").unwrap();
        assert_eq!(read(&path), None);
    }
}
