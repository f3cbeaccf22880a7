//! Whether this machine has an installation that this start doesn't see: without the service's settings or as another
//! login, a second organisation would be set up beside it by accident.

use super::running;
use crate::access;
use crate::config::settings::{DatabaseNamedBy, Settings};
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::visible;

/// An installation of this machine that isn't the one that this start would open or create.
#[derive(Debug, thiserror::Error)]
#[error("there is no organisation in {here}, but this machine has an installation already: {found}")]
pub struct OtherInstallation {
    /// The database that this start would use.
    here: String,
    found: String,
    /// The command that uses it; none if it is this login's own.
    command: Option<String>,
    settings_file: String,
}

impl Explain for OtherInstallation {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn code(&self) -> &'static str {
        "other_installation"
    }

    fn hint(&self) -> Option<String> {
        let use_it = self.command.as_ref().map_or_else(
            || format!("name its database in {} (database.url), so that every start finds it", self.settings_file),
            |command| format!("use it with `{command}`"),
        );
        Some(format!("{use_it}; for a second organisation name its own database with --database"))
    }
}

/// Looks for one, unless the database was named by hand: that is meant.
pub fn find(settings: &Settings) -> Option<OtherInstallation> {
    let machine = &settings.machine;
    if machine.database_named_by == DatabaseNamedBy::Hand {
        return None;
    }
    let here = settings.database.shown();
    let file = &machine.settings_file;
    let settings_file = visible(&file.to_string_lossy()).into_owned();
    let us = rustix::process::geteuid().as_raw();
    let other = |found: String, login: Option<String>| {
        let command = login.filter(|login| access::number(login) != Some(us)).map(|login| access::run_as(&login));
        OtherInstallation { here: here.clone(), found, command, settings_file: settings_file.clone() }
    };
    if let Some((running, login)) = running::find(settings).filter(|(running, _)| running.database != here) {
        let database = visible(&running.database);
        return Some(other(format!("`rsvp serve` runs (process {}) with {database}", running.pid), login));
    }
    let is_named = machine.database_named_by == DatabaseNamedBy::Machine;
    let has_settings = file.exists() || access::is_out_of_reach(file);
    (has_settings && !is_named).then(|| other(format!("{settings_file} has its settings"), access::login(file)))
}
