//! A machine with settings files of its own, for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::environment::Environment;
use super::layers::{Inputs, Loaded, load};
use super::problem::{Problem, Problems};
use super::settings::Settings;
use crate::domain::explain::Explain as _;

/// A machine of its own: a home, and a file for the whole machine.
pub struct Machine {
    folder: TempDir,
    pub environment: Environment,
}

impl Machine {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        let home = root.join("home");
        fs::create_dir(&home).unwrap();
        let environment = Environment {
            variables: [("HOME".into(), home.into())].into(),
            system_file: root.join("etc/config.toml"),
            run_folder: root.join("run"),
            folder: root.to_owned(),
        };
        Self { folder, environment }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub fn user(&self, text: impl AsRef<[u8]>) -> PathBuf {
        self.write("home/.config/rsvp/config.toml", text)
    }

    pub fn system(&self, text: &str) -> PathBuf {
        self.write("etc/config.toml", text)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.variables.insert(name.into(), value.into());
    }

    pub fn load(&self) -> Result<Loaded, Problems> {
        load(&Inputs { environment: &self.environment, file: None, file_may_be_new: false, arguments: Vec::new() })
    }

    pub fn settings(&self) -> Settings {
        self.load().unwrap_or_else(|problems| panic!("{problems}")).settings
    }

    /// Each problem with its hint, the folder of the test left out.
    pub fn complaints(&self) -> Vec<String> {
        self.lines(self.load())
    }

    /// Each problem of what was loaded, as [`Self::complaints`] has it.
    pub fn lines(&self, loaded: Result<Loaded, Problems>) -> Vec<String> {
        let Err(Problems(problems)) = loaded else { return Vec::new() };
        let line = |problem: &Problem| format!("{problem} | {}", problem.hint().unwrap_or_default());
        let root = format!("{}/", self.folder.path().display());
        problems.iter().map(|problem| line(problem).replace(&root, "")).collect()
    }

    pub fn complaint(&self) -> String {
        let complaints = self.complaints();
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        complaints.into_iter().next().unwrap()
    }

    pub fn shown(&self, key: &str) -> (String, String) {
        let loaded = self.load().unwrap_or_else(|problems| panic!("{problems}"));
        let found = loaded.effective.into_iter().find(|effective| effective.key == key).unwrap();
        (found.value, found.source)
    }
}
