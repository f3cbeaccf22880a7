//! The settings with their types.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::layers::{Layers, Places};
use crate::domain::time::parse_length;

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded one, in this file.
    Embedded(PathBuf),
    /// A server. The URL may hold a password, so it is shown nowhere.
    Server(String),
}

impl Database {
    /// The URL that the store opens.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Embedded(path) => format!("sqlite://{}", path.display()),
            Self::Server(url) => url.clone(),
        }
    }
}

/// The settings with their types; every value was checked when its layer was read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which database.
    pub database: Database,
    /// The key file.
    pub key_file: PathBuf,
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// The portal's public address.
    pub public_url: Option<String>,
    /// Where a person goes on.
    pub continue_url: Option<String>,
    /// How long links work.
    pub valid_for: Duration,
    /// Fewest characters of a password.
    pub min_length: usize,
    /// Argon2's memory in KiB.
    pub memory_kib: u32,
    /// Argon2's passes.
    pub iterations: u32,
    /// Argon2's lanes.
    pub parallelism: u32,
    /// How long a mail waits for undo.
    pub undo_hold: Duration,
}

impl Settings {
    /// Takes the types out of layers that were read without an error.
    #[must_use]
    pub fn of(layers: &Layers, places: &Places) -> Self {
        let text = |key| Some(layers.get(key).to_owned()).filter(|value| !value.is_empty());
        let number = |key| layers.get(key).parse::<u32>().unwrap_or_default();
        let length = |key| parse_length(layers.get(key)).unwrap_or_default();
        let data = places.data_home.clone().unwrap_or_else(|| PathBuf::from(".")).join("rsvp");
        let database = match text("database.url") {
            None => Database::Embedded(data.join("rsvp.db")),
            Some(url) => match url.strip_prefix("sqlite://") {
                Some(path) => Database::Embedded(PathBuf::from(path)),
                None => Database::Server(url),
            },
        };
        let beside = match &database {
            Database::Embedded(path) => path.with_file_name("rsvp.key"),
            Database::Server(_) => data.join("rsvp.key"),
        };
        Self {
            key_file: text("secrets.key_file").map_or(beside, PathBuf::from),
            database,
            listen: layers.get("portal.listen").parse().unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 8400))),
            public_url: text("portal.public_url"),
            continue_url: text("portal.continue_url"),
            valid_for: length("invitation.valid_for"),
            min_length: usize::try_from(number("password.min_length")).unwrap_or(15),
            memory_kib: number("password.argon2.memory_kib"),
            iterations: number("password.argon2.iterations"),
            parallelism: number("password.argon2.parallelism"),
            undo_hold: length("terminal.undo_hold"),
        }
    }
}
