//! The settings as the program uses them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::own_keys::OwnKeys;
use super::parse::{Colour, Mailbox, Network, Tls};
use super::problem::{Problem, shown};
use super::redact::without_password;
use super::secret::{Secret, SecretSource};
use crate::domain::email::Email;

/// Every setting. It has no `Debug`, because URLs in it can hold passwords.
#[derive(Clone)]
pub struct Settings {
    /// Where the organisation is kept.
    pub database: Database,
    /// The key file.
    pub key_file: PathBuf,
    /// The portal.
    pub portal: Portal,
    /// Mail.
    pub mail: Mail,
    /// How long an invitation's link works.
    pub valid_for: Duration,
    /// How long a deleted user stays in the bin.
    pub bin: Duration,
    /// How long the details of the audit log are kept; zero is for ever.
    pub audit: Duration,
    /// Passwords.
    pub password: Password,
    /// The terminal interface.
    pub terminal: Terminal,
}

impl Settings {
    /// What is wrong with the files that settings name: passwords and certificates are read only when they are needed.
    #[must_use]
    pub fn unusable_secrets(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self.database.url().err().into_iter().collect();
        if let Transport::Smtp(smtp) = &self.mail.transport {
            problems.extend(smtp.password.as_ref().and_then(|password| password.read().err()));
            if let Some(path) = &smtp.ca_file
                && let Err(error) = std::fs::read(path)
            {
                problems.push(Problem::unreadable("the certificate file", path, &error));
            }
        }
        problems
    }
}

/// Where the organisation is kept.
#[derive(Clone)]
pub struct Database {
    /// File or server.
    pub place: Place,
    pub(super) password_file: Option<PathBuf>,
}

/// A file or a server.
#[derive(Clone)]
pub enum Place {
    /// The embedded database.
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
        let server = match &self.place {
            Place::File(path) => return Ok(Secret::new(format!("sqlite://{}", path.to_string_lossy()))),
            Place::Server(url) => url,
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
                "database.url names no server that a password could be for",
                "write postgres://user@host/name",
            )),
        }
    }

    /// What may be shown of it: a path, or a URL without its password.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.place {
            Place::File(path) => shown(path),
            Place::Server(url) => without_password(url.expose()),
        }
    }
}

/// The portal.
#[derive(Debug, Clone)]
pub struct Portal {
    /// Where it answers.
    pub listen: SocketAddr,
    /// Its address as people reach it, without a slash at its end.
    pub public_url: Option<String>,
    /// Where people go on.
    pub continue_url: Option<String>,
    /// Whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<Network>,
}

/// Mail.
#[derive(Clone)]
pub struct Mail {
    /// How it leaves.
    pub transport: Transport,
    /// The sender; there is one whenever mails leave.
    pub from: Option<Mailbox>,
    /// Where failure reports go, if not to the sender.
    pub return_path: Option<Email>,
    /// Connections to the relay at the same time.
    pub connections: usize,
    /// Most mails in a minute.
    pub per_minute: Option<u32>,
}

/// How mails leave.
#[derive(Clone)]
pub enum Transport {
    /// Not at all: they wait.
    None,
    /// As `.eml` files into this folder.
    File(PathBuf),
    /// To a relay.
    Smtp(Smtp),
}

/// A relay.
#[derive(Clone)]
pub struct Smtp {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection. [`Tls::None`] to another machine only where `mail.smtp.allow_plain` says so.
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

/// Passwords.
#[derive(Debug, Clone)]
pub struct Password {
    /// Fewest characters.
    pub min_length: usize,
    /// Argon2id: memory in KiB.
    pub memory_kib: u32,
    /// Argon2id: passes.
    pub iterations: u32,
    /// Argon2id: lanes.
    pub parallelism: u32,
}

/// The terminal interface.
#[derive(Debug, Clone)]
pub struct Terminal {
    /// How long the mail of a single invitation waits.
    pub undo_hold: Duration,
    /// How long nobody may touch the keyboard before the terminal locks; never if it is zero.
    pub idle_lock: Duration,
    /// Which characters are drawn.
    pub glyphs: Glyphs,
    /// Which colours.
    pub theme: Theme,
    /// Own colours, by what they mean.
    pub colours: Vec<(&'static str, Colour)>,
    /// Whether clicks and the wheel count.
    pub mouse: bool,
    /// Own keys; whether they fit together is for the terminal interface to say.
    pub keys: Vec<OwnKeys>,
}

/// Which characters are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// What the terminal's locale says.
    Auto,
    /// Lines and marks.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// Which colours.
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
    /// None.
    Mono,
}
