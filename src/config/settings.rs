//! The settings as the program uses them, and the rules between several of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::environment::Environment;
use super::layers::Merged;
use super::parse::{self, Colour, DatabaseUrl, Mailbox, Network, Tls, holds_password, is_loopback};
use super::problem::{Problem, Wrong, shown};
use super::secret::{Secret, SecretSource};
use super::source::Source;
use super::value::Value;
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
    password_file: Option<PathBuf>,
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
            Place::Server(url) => parse::without_password(url.expose()),
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

/// The keys of a command, as a settings file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKeys {
    /// The context's name.
    pub context: String,
    /// The command's name.
    pub command: String,
    /// The keys.
    pub keys: Vec<String>,
    /// Where it stands.
    pub(super) source: Source,
}

impl OwnKeys {
    /// The setting's whole name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("keys.{}.{}", self.context, self.command)
    }

    /// Says what is wrong with it.
    #[must_use]
    pub fn problem(&self, what: String, hint: String) -> Problem {
        Problem::wrong(&self.name(), &self.source, Wrong { what, hint })
    }
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

/// The settings of own colours.
const COLOURS: [&str; 5] = [
    "terminal.colours.quiet",
    "terminal.colours.key",
    "terminal.colours.good",
    "terminal.colours.waits",
    "terminal.colours.bad",
];

/// The least product of memory (KiB) and passes among OWASP's choices for Argon2id (7 MiB and 5 passes).
const LEAST_WORK: u32 = 7_168 * 5;

/// Makes the settings of the merged values and adds what is wrong between them; `None` only if something is wrong.
pub(super) fn build(merged: &mut Merged, environment: &Environment) -> Option<Settings> {
    let mut problems = Vec::new();
    let values = Values { merged, environment };
    let database = values.database(&mut problems);
    let key_file = database.as_ref().and_then(|database| values.key_file(database, &mut problems));
    let mail = values.mail(&mut problems);
    let password = values.password(&mut problems);
    let settings = match (database, key_file, mail) {
        (Some(database), Some(key_file), Some(mail)) => Some(Settings {
            database,
            key_file,
            portal: values.portal(),
            mail,
            valid_for: values.length("invitation.valid_for"),
            bin: values.length("retention.bin"),
            audit: values.length("retention.audit"),
            password,
            terminal: values.terminal(),
        }),
        _ => None,
    };
    // What is missing in a section where a value was refused may be that value: it is told once that one is right.
    let refused: Vec<_> = merged.problems.iter().filter_map(Problem::section).map(str::to_owned).collect();
    problems.retain(|problem| !problem.section().is_some_and(|section| refused.iter().any(|r| r == section)));
    merged.problems.extend(problems);
    settings
}

/// Reads checked values. A value that failed its check is not among them, and its problem is noted already.
struct Values<'a> {
    merged: &'a Merged,
    environment: &'a Environment,
}

impl Values<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.merged.text(key)
    }

    fn number(&self, key: &str) -> u32 {
        match self.merged.values.get(key) {
            Some((Value::Number(number), _)) => *number,
            _ => 0,
        }
    }

    fn length(&self, key: &str) -> Duration {
        match self.merged.values.get(key) {
            Some((Value::Length(length), _)) => *length,
            _ => Duration::ZERO,
        }
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.merged.path(key, self.environment)
    }

    fn wrong(&self, key: &str, what: &str, hint: &str) -> Problem {
        Problem::wrong(key, &self.merged.source(key), Wrong::new(what, hint))
    }

    fn database(&self, problems: &mut Vec<Problem>) -> Option<Database> {
        const KEY: &str = "database.url";
        let password_file = self.path("database.password_file");
        let source = self.merged.source(KEY);
        let Some(text) = self.text(KEY) else {
            let Some(folder) = self.environment.data_folder() else {
                problems.push(Problem::new(
                    "no_home",
                    "there is no place for the database: neither HOME nor XDG_DATA_HOME is set to a folder",
                    "name the database with --database or in a settings file",
                ));
                return None;
            };
            return Some(Database { place: Place::File(folder.join("rsvp.db")), password_file: None });
        };
        let place = match parse::database_url(text).ok()? {
            DatabaseUrl::Sqlite(path) => {
                Place::File(self.environment.resolve(&path, source.folder(&self.environment.folder)))
            }
            DatabaseUrl::Postgres => Place::Server(Secret::new(text.to_owned())),
        };
        if password_file.is_some() && holds_password(text) {
            problems.push(self.wrong(
                KEY,
                "holds a password, and database.password_file names another",
                "keep one of the two",
            ));
        }
        Some(Database { place, password_file })
    }

    fn key_file(&self, database: &Database, problems: &mut Vec<Problem>) -> Option<PathBuf> {
        if let Some(path) = self.path("secrets.key_file") {
            return Some(path);
        }
        let found = match (&database.place, self.merged.source("database.url")) {
            (Place::File(path), _) => path.parent().map(|folder| folder.join("rsvp.key")),
            // A server that a settings file names is shared by whoever reads that file, and so is the key.
            (Place::Server(_), Source::File(path, _)) => path.parent().map(|folder| folder.join("rsvp.key")),
            (Place::Server(_), _) => self.environment.data_folder().map(|folder| folder.join("rsvp.key")),
        };
        if found.is_none() {
            problems.push(Problem::new(
                "no_home",
                "there is no place for the key file: neither HOME nor XDG_DATA_HOME is set to a folder",
                "name it with secrets.key_file",
            ));
        }
        found
    }

    fn portal(&self) -> Portal {
        let proxies = match self.merged.values.get("portal.trusted_proxies") {
            Some((Value::List(texts), _)) => texts.iter().filter_map(|text| parse::network(text).ok()).collect(),
            _ => Vec::new(),
        };
        Portal {
            listen: self
                .text("portal.listen")
                .and_then(|text| parse::listen(text).ok())
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8400))),
            public_url: self.text("portal.public_url").map(str::to_owned),
            continue_url: self.text("portal.continue_url").map(str::to_owned),
            trusted_proxies: proxies,
        }
    }

    fn mail(&self, problems: &mut Vec<Problem>) -> Option<Mail> {
        let from = self.text("mail.from").and_then(|text| parse::mailbox(text).ok());
        let transport = match self.text("mail.transport") {
            Some("smtp") => Transport::Smtp(self.smtp(problems)?),
            Some("file") => {
                let Some(folder) = self.path("mail.folder") else {
                    problems.push(self.wrong(
                        "mail.transport",
                        "is file, and mail.folder is not set",
                        "set mail.folder",
                    ));
                    return None;
                };
                Transport::File(folder)
            }
            _ => Transport::None,
        };
        if !matches!(transport, Transport::None) && self.text("mail.from").is_none() {
            problems.push(self.wrong(
                "mail.from",
                "is not set, and mails leave",
                "set it to the sender, such as Example <rsvp@example.org>",
            ));
        }
        let per_minute = self.number("mail.per_minute");
        Some(Mail {
            transport,
            from,
            return_path: self.text("mail.return_path").and_then(|text| parse::email(text).ok()),
            connections: self.number("mail.connections").try_into().unwrap_or(1),
            per_minute: (per_minute > 0).then_some(per_minute),
        })
    }

    fn smtp(&self, problems: &mut Vec<Problem>) -> Option<Smtp> {
        let file = self.path("mail.smtp.password_file").map(SecretSource::File);
        let ca_file = self.path("mail.smtp.ca_file");
        let allow_plain = matches!(self.merged.values.get("mail.smtp.allow_plain"), Some((Value::Flag(true), _)));
        let (url, host) = (self.text("mail.smtp.url"), self.text("mail.smtp.host"));
        let (smtp, key) = match (url, host) {
            (None, None) => {
                problems.push(self.wrong(
                    "mail.transport",
                    "is smtp, and no relay is named",
                    "set mail.smtp.host or mail.smtp.url",
                ));
                return None;
            }
            (Some(_), Some(_)) => {
                problems.push(self.wrong("mail.smtp.url", "and mail.smtp.host are both set", "keep one of the two"));
                return None;
            }
            (Some(url), None) => {
                let url = parse::smtp_url(url).ok()?;
                if url.password.is_some() && file.is_some() {
                    problems.push(self.wrong(
                        "mail.smtp.url",
                        "holds a password, and mail.smtp.password_file names another",
                        "keep one of the two",
                    ));
                }
                let port = url.port.unwrap_or(url.tls.usual_port());
                let user = url.user.or_else(|| self.text("mail.smtp.user").map(str::to_owned));
                let password = url.password.map(SecretSource::Given).or(file);
                (Smtp { host: url.host, port, tls: url.tls, user, password, ca_file, allow_plain }, "mail.smtp.url")
            }
            (None, Some(host)) => {
                let tls = match self.text("mail.smtp.tls") {
                    Some("implicit") => Tls::Implicit,
                    Some("none") => Tls::None,
                    _ => Tls::Starttls,
                };
                let port = u16::try_from(self.number("mail.smtp.port")).ok().filter(|port| *port > 0);
                let port = port.unwrap_or(tls.usual_port());
                let user = self.text("mail.smtp.user").map(str::to_owned);
                (Smtp { host: host.to_owned(), port, tls, user, password: file, ca_file, allow_plain }, "mail.smtp.tls")
            }
        };
        if smtp.tls == Tls::None && !is_loopback(&smtp.host) && !allow_plain {
            problems.push(self.wrong(
                key,
                "sends mails, links and passwords in the clear to another machine",
                "use TLS, or set mail.smtp.allow_plain = true if the network between is trusted",
            ));
        }
        match (&smtp.user, &smtp.password) {
            (Some(_), None) => {
                problems.push(self.wrong("mail.smtp.user", "is set without a password", "set mail.smtp.password_file"));
            }
            (None, Some(_)) => {
                problems.push(self.wrong("mail.smtp.password_file", "is set without a name", "set mail.smtp.user"));
            }
            _ => {}
        }
        Some(smtp)
    }

    fn password(&self, problems: &mut Vec<Problem>) -> Password {
        let password = Password {
            min_length: self.number("password.min_length").try_into().unwrap_or(usize::MAX),
            memory_kib: self.number("password.argon2.memory_kib"),
            iterations: self.number("password.argon2.iterations"),
            parallelism: self.number("password.argon2.parallelism"),
        };
        if password.memory_kib.saturating_mul(password.iterations) < LEAST_WORK {
            problems.push(self.wrong(
                "password.argon2.memory_kib",
                "times password.argon2.iterations makes passwords too cheap to guess",
                "use 47104 and 1, 19456 and 2, 12288 and 3, 9216 and 4 or 7168 and 5 (OWASP), or more",
            ));
        }
        password
    }

    fn terminal(&self) -> Terminal {
        Terminal {
            undo_hold: self.length("terminal.undo_hold"),
            idle_lock: self.length("terminal.idle_lock"),
            glyphs: match self.text("terminal.glyphs") {
                Some("unicode") => Glyphs::Unicode,
                Some("ascii") => Glyphs::Ascii,
                _ => Glyphs::Auto,
            },
            theme: match self.text("terminal.theme") {
                Some("dark") => Theme::Dark,
                Some("light") => Theme::Light,
                Some("ansi16") => Theme::Ansi16,
                Some("mono") => Theme::Mono,
                _ => Theme::Auto,
            },
            colours: COLOURS
                .iter()
                .filter_map(|key| Some((key.rsplit('.').next()?, parse::colour(self.text(key)?).ok()?)))
                .collect(),
            mouse: matches!(self.merged.values.get("terminal.mouse"), Some((Value::Flag(true), _))),
            keys: self.merged.keys.clone(),
        }
    }
}
