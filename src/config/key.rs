//! The registry: every setting, what values it can have, and which setting a misspelt name may mean.

use std::time::Duration;

use super::parse;
use super::problem::Wrong;
use crate::domain::invitation;
use crate::domain::time::{days, hours, minutes};

pub type Check = fn(&str) -> Result<(), Wrong>;

#[derive(Clone, Copy)]
pub enum Kind {
    Choice(&'static [&'static str]),
    Number(u32, u32),
    Length(Duration, Duration),
    Flag,
    /// A path, or nothing.
    Path,
    /// A text that passes this check, or nothing.
    Text(Check),
    Needed(Check),
    List(Check),
}

pub struct Key {
    /// Its name with its sections: `portal.listen`.
    pub name: &'static str,
    pub kind: Kind,
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

/// Every setting, in the order of `config/default.toml`.
pub const KEYS: &[Key] = &[
    key("database.url", Kind::Text(parse::check_database_url)),
    key("database.password_file", Kind::Path),
    key("database.ca_file", Kind::Path),
    key("database.allow_plain", Kind::Flag),
    key("database.connections", Kind::Number(1, 100)),
    key("secrets.key_file", Kind::Path),
    key("portal.listen", Kind::Needed(parse::check_listen)),
    key("portal.public_url", Kind::Text(parse::check_public_url)),
    key("portal.continue_url", Kind::Text(parse::check_continue_url)),
    key("portal.ca_file", Kind::Path),
    key("portal.trusted_proxies", Kind::List(parse::check_network)),
    key("mail.transport", Kind::Choice(&["smtp", "file", "none"])),
    key("mail.folder", Kind::Path),
    key("mail.from", Kind::Text(parse::check_mailbox)),
    key("mail.return_path", Kind::Text(parse::check_email)),
    key("mail.connections", Kind::Number(1, 20)),
    key("mail.per_minute", Kind::Number(0, 100_000)),
    key("mail.smtp.url", Kind::Text(parse::check_smtp_url)),
    key("mail.smtp.host", Kind::Text(parse::check_host)),
    key("mail.smtp.port", Kind::Number(0, 65_535)),
    key("mail.smtp.tls", Kind::Choice(&["implicit", "starttls", "none"])),
    key("mail.smtp.user", Kind::Text(parse::check_line)),
    key("mail.smtp.password_file", Kind::Path),
    key("mail.smtp.allow_plain", Kind::Flag),
    key("mail.smtp.ca_file", Kind::Path),
    key("limits.emails_per_hour", Kind::Number(0, 1_000_000)),
    key("limits.emails_per_day", Kind::Number(0, 1_000_000)),
    key("invitation.valid_for", Kind::Length(invitation::SHORTEST, invitation::LONGEST)),
    key("password.min_length", Kind::Number(8, 64)),
    key("password.argon2.memory_kib", Kind::Number(7_168, 262_144)),
    key("password.argon2.iterations", Kind::Number(1, 10)),
    key("password.argon2.parallelism", Kind::Number(1, 4)),
    key("backup.max_age", Kind::Length(Duration::ZERO, days(36_500))),
    key("retention.bin", Kind::Length(days(1), days(3650))),
    key("retention.upgrade_copy", Kind::Length(days(1), days(3650))),
    key("retention.audit", Kind::Length(Duration::ZERO, days(36_500))),
    key("log.level", Kind::Choice(&["error", "warn", "info", "debug"])),
    key("log.format", Kind::Choice(&["text", "json"])),
    key("terminal.undo_hold", Kind::Length(Duration::ZERO, minutes(5))),
    key("terminal.idle_lock", Kind::Length(Duration::ZERO, hours(24))),
    key("terminal.glyphs", Kind::Choice(&["auto", "unicode", "ascii"])),
    key("terminal.theme", Kind::Choice(&["auto", "dark", "light", "ansi16", "mono"])),
    key("terminal.mouse", Kind::Flag),
    key("terminal.colours.quiet", Kind::Text(parse::check_colour)),
    key("terminal.colours.key", Kind::Text(parse::check_colour)),
    key("terminal.colours.good", Kind::Text(parse::check_colour)),
    key("terminal.colours.waits", Kind::Text(parse::check_colour)),
    key("terminal.colours.bad", Kind::Text(parse::check_colour)),
];

#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether some setting is in the section of this name.
#[must_use]
pub fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// The setting that a misspelt name most likely means: the fewest letters differ, the last part counting by itself,
/// so that a right name in a wrong section is found too.
#[must_use]
pub fn nearest(name: &str) -> &'static str {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned).unwrap_or_default();
    let likeness = |key: &Key| {
        let whole = strsim::normalized_damerau_levenshtein(name, key.name);
        let part = strsim::normalized_damerau_levenshtein(&last(name), &last(key.name));
        whole + part / 2.0
    };
    KEYS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).map_or("", |key| key.name)
}

/// The environment variable of a setting: `RSVP_DATABASE__URL`.
#[must_use]
pub fn variable(name: &str) -> String {
    format!("RSVP_{}", name.replace('.', "__").to_ascii_uppercase())
}
