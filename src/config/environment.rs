//! The part of the process's surroundings that settings depend on, as a value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the machine's own settings are.
const SYSTEM_FILE: &str = "/etc/rsvp/config.toml";
/// Where a running service leaves its mark, if the folder exists.
const RUN_FOLDER: &str = "/run/rsvp";

/// Environment variables, the machine's own places and the folder the process runs in.
#[derive(Clone)]
pub struct Environment {
    /// All of them, as the system has them: names and values may not be UTF-8.
    pub variables: BTreeMap<OsString, OsString>,
    pub system_file: PathBuf,
    pub run_folder: PathBuf,
    /// The folder the process runs in.
    pub folder: PathBuf,
}

impl Environment {
    /// What this process sees now; a folder that is gone is `/`.
    #[must_use]
    pub fn of_process() -> Self {
        let variables: BTreeMap<_, _> = std::env::vars_os().collect();
        // A test of the debug build has a machine of its own.
        let root = variables.get(&OsString::from("RSVP_TEST_ROOT")).filter(|_| cfg!(debug_assertions));
        let root = root.map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let below = |path: &str| root.join(path.trim_start_matches('/'));
        Self {
            system_file: below(SYSTEM_FILE),
            run_folder: below(RUN_FOLDER),
            variables,
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        }
    }

    /// Where a service leaves its mark: in the folder that systemd made for it, or in the usual one.
    #[must_use]
    pub fn service_folder(&self) -> PathBuf {
        self.path("RUNTIME_DIRECTORY").unwrap_or_else(|| self.run_folder.clone())
    }

    /// Where set-up keeps settings: in the file that `--config` names, in the machine's own where this login can write it, or
    /// in the user's own; `None` without a home.
    #[must_use]
    pub fn kept_in(&self, named: Option<&Path>) -> Option<PathBuf> {
        let can_write = |path: &Path| path.is_file() && [Some(path), path.parent()].into_iter().flatten().all(writable);
        let named = named.map(|path| self.folder.join(path));
        named.or_else(|| Some(self.system_file.clone()).filter(|path| can_write(path))).or_else(|| self.user_file())
    }

    /// Passes over settings in variables: only files count.
    pub fn forget_settings(&mut self) {
        self.variables.retain(|name, _| !name.as_encoded_bytes().starts_with(b"RSVP_"));
    }

    /// The user's own settings file; `None` without a home.
    #[must_use]
    pub fn user_file(&self) -> Option<PathBuf> {
        self.base("XDG_CONFIG_HOME", ".config").map(|base| base.join("rsvp").join("config.toml"))
    }

    /// The folder of the embedded database and its key; `None` without a home.
    #[must_use]
    pub fn data_folder(&self) -> Option<PathBuf> {
        self.base("XDG_DATA_HOME", ".local/share").map(|base| base.join("rsvp"))
    }

    /// A base folder of the XDG specification, which wants relative values ignored.
    fn base(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        self.path(variable).or_else(|| self.path("HOME").map(|home| home.join(below_home)))
    }

    fn path(&self, variable: &str) -> Option<PathBuf> {
        self.variables.get(&OsString::from(variable)).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// The path that a setting means: `~/` and `$CREDENTIALS_DIRECTORY/` at its beginning are written out, a relative
    /// one begins at `base`.
    pub(super) fn resolve(&self, text: &str, base: &Path) -> PathBuf {
        for (prefix, variable) in [("~/", "HOME"), ("$CREDENTIALS_DIRECTORY/", "CREDENTIALS_DIRECTORY")] {
            if let (Some(rest), Some(folder)) = (text.strip_prefix(prefix), self.path(variable)) {
                return folder.join(rest);
            }
        }
        base.join(text)
    }
}

fn writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}
