//! The settings made of the merged values, and the rules between several of them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use super::merged::Merged;
use super::parse::{self, DatabaseUrl, Tls, is_loopback};
use super::problem::{Problem, Wrong};
use super::redact::holds_password;
use super::secret::{Secret, SecretSource};
use super::settings::{
    Database, DatabaseLocation, DatabaseNamedBy, Glyphs, Log, LogFormat, LogLevel, Machine, Mail, Password, Portal,
    Settings, Smtp, Terminal, Theme, Transport,
};
use super::source::Source;
use super::value::Value;
use crate::domain::allowance::SendLimits;

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
    let key_places = database.as_ref().and_then(|database| values.key_places(database, &mut problems));
    let mail = values.mail(&mut problems);
    let password = values.password(&mut problems);
    let settings = match (database, key_places, mail) {
        (Some(database), Some((key_file, other_key_places)), Some(mail)) => Some(Settings {
            database,
            key_file_is_named: values.text("secrets.key_file").is_some(),
            key_file,
            other_key_places,
            machine: values.machine(),
            portal: values.portal(),
            mail,
            limits: SendLimits {
                per_hour: values.number("limits.emails_per_hour"),
                per_day: values.number("limits.emails_per_day"),
            },
            valid_for: values.length("invitation.valid_for"),
            backup_max_age: Some(values.length("backup.max_age")).filter(|age| !age.is_zero()),
            bin: values.length("retention.bin"),
            upgrade_copy: values.length("retention.upgrade_copy"),
            audit: values.length("retention.audit"),
            password,
            log: values.log(),
            terminal: values.terminal(),
        }),
        _ => None,
    };
    // What is missing in a section where a value was refused may be that value: it is reported once that one is right.
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
        if let Some((Value::Number(number), _)) = self.merged.values.get(key) { *number } else { 0 }
    }

    fn length(&self, key: &str) -> Duration {
        if let Some((Value::Length(length), _)) = self.merged.values.get(key) { *length } else { Duration::ZERO }
    }

    fn list(&self, key: &str) -> &[String] {
        if let Some((Value::List(texts), _)) = self.merged.values.get(key) { texts } else { &[] }
    }

    fn flag(&self, key: &str) -> bool {
        matches!(self.merged.values.get(key), Some((Value::Flag(true), _)))
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
        let with = |location, password_file| Database {
            location,
            password_file,
            ca_file: self.path("database.ca_file"),
            allow_plain: self.flag("database.allow_plain"),
            connections: self.number("database.connections"),
        };
        let source = self.merged.source(KEY);
        let Some(text) = self.text(KEY) else {
            let Some(folder) = self.environment.data_folder() else {
                problems.push(Problem::new(
                    "no_home",
                    "there is no folder for the database: neither HOME nor XDG_DATA_HOME names one",
                    "name the database with --database or in a settings file",
                ));
                return None;
            };
            return Some(with(DatabaseLocation::File(folder.join("rsvp.db")), None));
        };
        let location = match parse::database_url(text).ok()? {
            DatabaseUrl::Sqlite(path) => {
                DatabaseLocation::File(self.environment.resolve(&path, source.folder(&self.environment.folder)))
            }
            DatabaseUrl::Postgres => DatabaseLocation::Server(Secret::new(text.to_owned())),
        };
        if password_file.is_some() && holds_password(text) {
            problems.push(self.wrong(
                KEY,
                "contains a password, and database.password_file names another",
                "keep one of the two",
            ));
        }
        Some(with(location, password_file))
    }

    /// The key's usual place, which does not depend on how the database was named, and the others where one may lie.
    fn key_places(&self, database: &Database, problems: &mut Vec<Problem>) -> Option<(PathBuf, Vec<PathBuf>)> {
        let data = self.environment.data_folder();
        let beside = match &database.location {
            DatabaseLocation::File(path) => path.parent().map(Path::to_owned),
            DatabaseLocation::Server(_) => data.clone(),
        };
        let folders = beside.into_iter().chain(data);
        let folders = folders.chain(self.merged.files.iter().filter_map(|file| file.parent().map(Path::to_owned)));
        let named = self.path("secrets.key_file");
        let mut places: Vec<PathBuf> = named.into_iter().chain(folders.map(|folder| folder.join("rsvp.key"))).collect();
        let mut seen = BTreeSet::new();
        places.retain(|place| seen.insert(place.clone()));
        if places.is_empty() {
            problems.push(Problem::new(
                "no_home",
                "there is no folder for the key file: neither HOME nor XDG_DATA_HOME names one",
                "name it with secrets.key_file",
            ));
            return None;
        }
        let usual = places.remove(0);
        Some((usual, places))
    }

    /// What the machine says of an installation that may be another one.
    fn machine(&self) -> Machine {
        let source = self.merged.source("database.url");
        let named_by = match source {
            Source::Argument(_) | Source::Variable(_) => DatabaseNamedBy::Hand,
            Source::Default | Source::File(..) if self.merged.has_named_file => DatabaseNamedBy::Hand,
            Source::File(path, _) if path == self.environment.system_file => DatabaseNamedBy::Machine,
            Source::File(..) | Source::Default => DatabaseNamedBy::Nobody,
        };
        Machine {
            settings_file: self.environment.system_file.clone(),
            settings_files: self.merged.files.iter().filter(|file| file.exists()).cloned().collect(),
            service_folder: self.environment.service_folder(),
            database_named_by: named_by,
        }
    }

    fn portal(&self) -> Portal {
        let proxies = self.list("portal.trusted_proxies").iter().filter_map(|text| parse::network(text).ok()).collect();
        Portal {
            listen: self
                .text("portal.listen")
                .and_then(|text| parse::listen(text).ok())
                .unwrap_or_else(|| parse::Listen::Network(SocketAddr::from(([127, 0, 0, 1], 8400)))),
            public_url: self.text("portal.public_url").map(str::to_owned),
            continue_url: self.text("portal.continue_url").map(str::to_owned),
            ca_file: self.path("portal.ca_file"),
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
                        "is file, and mail.folder isn't set",
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
                "isn't set, and emails are sent",
                "set it to the sender, for example Example <rsvp@example.org>",
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
        let allow_plain = self.flag("mail.smtp.allow_plain");
        let (url, host) = (self.text("mail.smtp.url"), self.text("mail.smtp.host"));
        let (smtp, key) = match (url, host) {
            (None, None) => {
                problems.push(self.wrong(
                    "mail.transport",
                    "is smtp, and no relay is set",
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
                        "contains a password, and mail.smtp.password_file names another",
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
                "sends emails, links and passwords unencrypted to another machine",
                "use TLS, or set mail.smtp.allow_plain = true if you trust the network in between",
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

    fn log(&self) -> Log {
        Log {
            level: match self.text("log.level") {
                Some("error") => LogLevel::Error,
                Some("warn") => LogLevel::Warn,
                Some("debug") => LogLevel::Debug,
                _ => LogLevel::Info,
            },
            format: if self.text("log.format") == Some("json") { LogFormat::Json } else { LogFormat::Text },
        }
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
            mouse: self.flag("terminal.mouse"),
            keys: self.merged.keys.clone(),
        }
    }
}
