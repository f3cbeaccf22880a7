//! The settings as the program uses them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::own_keys::OwnKeys;
use super::parse::{Colour, Listen, Mailbox, Network, Tls};
use super::problem::{Problem, shown};
use super::redact::without_password;
use super::secret::{Secret, SecretSource};
use crate::access;
use crate::domain::allowance::SendLimits;
use crate::domain::email::Email;

/// What a message calls the socket that the portal listens on.
pub const SOCKET: &str = "the portal's socket";

/// Every setting. It has no `Debug`, because URLs in it can hold passwords.
#[derive(Clone)]
pub struct Settings {
    /// One organisation has one database.
    pub database: Database,
    /// Where a new key is made: `secrets.key_file`; unless that is set, beside an embedded database, and in the data folder with
    /// a server. An existing key may lie in one of the other places.
    pub key_file: PathBuf,
    /// Whether `secrets.key_file` is set: then a key in another place is reported, and not used.
    pub key_file_is_named: bool,
    /// Where else a key may lie, for example after the database was named in another way.
    pub other_key_places: Vec<PathBuf>,
    pub machine: Machine,
    /// The web site where invitations are accepted and passwords reset.
    pub portal: Portal,
    /// How emails leave, and who they come from.
    pub mail: Mail,
    /// What somebody who isn't an administrator may send.
    pub limits: SendLimits,
    /// How long an invitation's link works: 1 hour to 30 days.
    pub valid_for: Duration,
    /// How old the last backup may be before `rsvp doctor` says so; however old if there is none.
    pub backup_max_age: Option<Duration>,
    /// How long a deleted user stays in the bin: 1 day to 10 years.
    pub bin: Duration,
    /// How long the copy of an embedded database from before an upgrade is kept: 1 day to 10 years.
    pub upgrade_copy: Duration,
    /// How long the details of the audit log are kept; zero is for ever.
    pub audit: Duration,
    /// What a new password must have, and what hashing it costs.
    pub password: Password,
    pub log: Log,
    /// How the terminal interface looks and what its keys do.
    pub terminal: Terminal,
}

impl Settings {
    /// The first place that has a key, or the one where a new key is made. Whose key it is, only the database knows.
    #[must_use]
    pub fn present_key_file(&self) -> &Path {
        let others = self.other_key_places.iter().filter(|place| !self.key_file_is_named && place.exists());
        std::iter::once(&self.key_file).filter(|place| place.exists()).chain(others).next().unwrap_or(&self.key_file)
    }

    /// Every file and folder that the organisation depends on, with what a message calls it.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let mut all: Vec<_> =
            self.machine.settings_files.iter().map(|path| ("the settings file", path.clone())).collect();
        if let DatabaseLocation::File(path) = &self.database.location {
            all.push(("the database", path.clone()));
        }
        all.push(("the key file", self.present_key_file().to_owned()));
        if let Listen::Socket(path) = &self.portal.listen {
            all.push((SOCKET, path.clone()));
        }
        let mut passwords: Vec<_> = self.database.password_file.iter().collect();
        let mut certificates: Vec<_> = self.database.ca_file.iter().chain(&self.portal.ca_file).collect();
        match &self.mail.transport {
            Transport::None => {}
            Transport::File(folder) => all.push(("an email", folder.join("email"))),
            Transport::Smtp(smtp) => {
                passwords.extend(file_of(smtp.password.as_ref()));
                certificates.extend(&smtp.ca_file);
            }
        }
        all.extend(passwords.into_iter().map(|path| ("the password file", path.clone())));
        all.extend(certificates.into_iter().map(|path| ("the certificate file", path.clone())));
        all
    }

    /// What is wrong with the files that settings name: passwords and certificates are read only when they are needed.
    #[must_use]
    pub fn unusable_secrets(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self.database.url().err().into_iter().collect();
        let ca_file = self.database.ca_file.as_ref();
        problems.extend(ca_file.and_then(|path| unusable_certificates(path)));
        problems.extend(self.portal.authority().err());
        if let Transport::Smtp(smtp) = &self.mail.transport {
            problems.extend(smtp.password.as_ref().and_then(|password| password.read().err()));
            problems.extend(smtp.ca_file.as_ref().and_then(|path| unusable_certificates(path)));
        }
        problems
    }
}

/// The file that a secret is in, if it is in one of its own.
fn file_of(secret: Option<&SecretSource>) -> Option<&PathBuf> {
    match secret {
        Some(SecretSource::File(path)) => Some(path),
        Some(SecretSource::Given(_)) | None => None,
    }
}

fn unusable_certificates(path: &Path) -> Option<Problem> {
    let error = access::certificates(path).err()?;
    Some(Problem::untrusted("config_open", "the certificate file", path, &error))
}

/// What tells whether the machine has an installation already.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `/etc/rsvp/config.toml`, whether it exists or not.
    pub settings_file: PathBuf,
    /// Each file that was looked at for settings, and exists.
    pub settings_files: Vec<PathBuf>,
    /// Where a running service leaves its mark.
    pub service_folder: PathBuf,
    pub database_named_by: DatabaseNamedBy,
}

/// Who decided which database this start means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseNamedBy {
    /// An argument, `--config` or a variable of the environment: it is meant.
    Hand,
    /// The machine's settings file.
    Machine,
    /// Nobody, or the login's own settings file: it may be meant for another one.
    Nobody,
}

#[derive(Clone)]
pub struct Database {
    /// Where it is, without the password that a file of its own may hold.
    pub location: DatabaseLocation,
    pub(super) password_file: Option<PathBuf>,
    /// The authority that signed a server's certificate, if not a public one.
    pub ca_file: Option<PathBuf>,
    /// Whether a server on another machine may be reached without verified TLS.
    pub allow_plain: bool,
    /// Connections to a server at the same time, 1 to 100.
    pub connections: u32,
}

#[derive(Clone)]
pub enum DatabaseLocation {
    File(PathBuf),
    /// A PostgreSQL server; the URL can hold a password.
    Server(Secret),
}

impl Database {
    /// The URL that opens it, with its password.
    ///
    /// # Errors
    /// A password file that cannot be used.
    pub fn url(&self) -> Result<Secret, Problem> {
        let server = match &self.location {
            DatabaseLocation::File(path) => return Ok(Secret::new(format!("sqlite://{}", path.to_string_lossy()))),
            DatabaseLocation::Server(url) => url,
        };
        let Some(path) = &self.password_file else { return Ok(server.clone()) };
        let password = SecretSource::File(path.clone()).read()?;
        let encoded = utf8_percent_encode(password.expose(), NON_ALPHANUMERIC).to_string();
        let encoded = Secret::new(encoded);
        let mut url = Url::parse(server.expose()).ok();
        match url.as_mut().map(|url| url.set_password(Some(encoded.expose()))) {
            Some(Ok(())) => Ok(Secret::new(url.map(String::from).unwrap_or_default())),
            _ => Err(Problem::new(
                "config_value",
                "database.url names no server that needs a password",
                "write postgres://user@host/name",
            )),
        }
    }

    /// What may be shown of it: a path, or a URL without its password.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.location {
            DatabaseLocation::File(path) => shown(path),
            DatabaseLocation::Server(url) => without_password(url.expose()),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Portal {
    /// 127.0.0.1:8400 unless set.
    pub listen: Listen,
    /// Its address as people reach it, without a slash at its end.
    pub public_url: Option<String>,
    /// The page that people are sent to once they are active.
    pub continue_url: Option<String>,
    /// The authority that signed the certificate of `public_url`, if neither a public one nor one that this machine trusts.
    pub ca_file: Option<PathBuf>,
    /// Proxies whose `X-Forwarded-For` is believed; of anybody else the connection's own address applies.
    pub trusted_proxies: Vec<Network>,
}

impl Portal {
    /// The authority's certificates in PEM; nothing where none is set.
    ///
    /// # Errors
    /// A file that can't be read, or that others can change.
    pub fn authority(&self) -> Result<Option<Vec<u8>>, Problem> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let read = access::certificates(path);
        read.map(Some).map_err(|error| Problem::untrusted("config_open", "the certificate file", path, &error))
    }
}

#[derive(Clone)]
pub struct Mail {
    pub transport: Transport,
    /// The sender; there is one whenever emails leave.
    pub from: Option<Mailbox>,
    /// Where failure reports go, if not to the sender.
    pub return_path: Option<Email>,
    /// Connections to the relay at the same time, 1 to 20.
    pub connections: usize,
    /// Most emails in a minute over all connections; unlimited if there is none.
    pub per_minute: Option<u32>,
}

#[derive(Clone)]
pub enum Transport {
    /// Not at all: they wait.
    None,
    /// As `.eml` files into this folder.
    File(PathBuf),
    /// To an SMTP server that passes them on.
    Smtp(Smtp),
}

#[derive(Clone)]
pub struct Smtp {
    /// A name, or an address without brackets.
    pub host: String,
    /// The one that is set, or the usual one of `tls`.
    pub port: u16,
    /// How the connection is protected. [`Tls::None`] to another machine only where `mail.smtp.allow_plain` says so.
    pub tls: Tls,
    /// The name to sign in with.
    pub user: Option<String>,
    /// The password; there is one exactly when there is a name.
    pub password: Option<SecretSource>,
    /// The authority that signed the certificate, if not a public one.
    pub ca_file: Option<PathBuf>,
    /// Whether [`Tls::None`] may be used to another machine.
    pub allow_plain: bool,
}

/// What passwords must have and cost.
#[derive(Debug, Clone)]
pub struct Password {
    /// Fewest characters of a new password, 8 to 64.
    pub min_length: usize,
    /// Memory of Argon2id in KiB, 7,168 to 262,144.
    pub memory_kib: u32,
    /// Passes of Argon2id over that memory, 1 to 10.
    pub iterations: u32,
    /// Lanes of Argon2id, 1 to 4.
    pub parallelism: u32,
}

/// What `rsvp serve` writes to its log, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The least serious lines that are written.
    pub level: LogLevel,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Clone)]
pub struct Terminal {
    /// How long the email of a single invitation waits so that it can be undone: at most 5 minutes, none if zero.
    pub undo_hold: Duration,
    /// How long nobody may touch the keyboard before the terminal locks: at most 24 hours, never if zero.
    pub idle_lock: Duration,
    /// Whether lines and marks are drawn in Unicode.
    pub glyphs: Glyphs,
    /// The colours to choose from, before `colours` changes some.
    pub theme: Theme,
    /// Own colours, each with the last part of its setting's name: `quiet`.
    pub colours: Vec<(&'static str, Colour)>,
    /// Whether clicks and the wheel count.
    pub mouse: bool,
    /// Own keys; whether they fit together is for the terminal interface to say.
    pub keys: Vec<OwnKeys>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// What the terminal's locale says.
    Auto,
    Unicode,
    Ascii,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// What the terminal can show, on the background that it has; none if `NO_COLOR` is set.
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The terminal's own sixteen.
    Ansi16,
    /// No colours.
    Mono,
}
