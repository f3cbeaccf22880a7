//! Texts with a shape: addresses, URLs, networks. Messages about a URL never repeat it, since it can hold a password.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::problem::Wrong;
use super::redact::{holds_password, quoted};
use super::secret::Secret;
use crate::domain::email::Email;
use crate::domain::name::Name;
use crate::domain::text::first_hostile;

/// Where the portal listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port.
    Network(SocketAddr),
    /// A socket of this machine.
    Socket(PathBuf),
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Network(address) => write!(f, "{address}"),
            Self::Socket(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A sender: an address, and the name that a reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// What a reader's program shows instead of the address.
    pub name: Option<Name>,
    pub email: Email,
}

/// Addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address belongs to it; an IPv4 address inside IPv6 counts as the IPv4 one.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix.min(32))).unwrap_or(0);
                mine.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(mine), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(128))).unwrap_or(0);
                mine.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// How the connection to a relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (`smtps://`).
    Implicit,
    /// After STARTTLS, which the relay must offer.
    Starttls,
    /// Not at all.
    None,
}

impl Tls {
    /// The port that relays usually have for it (RFC 8314, 3.3; RFC 6409, 3.1; RFC 5321, 4.5.4.2).
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::Starttls => 587,
            Self::None => 25,
        }
    }
}

pub enum DatabaseUrl {
    /// A file, as written.
    Sqlite(String),
    /// A PostgreSQL server; its URL is checked by the library that reads it.
    Postgres,
}

/// A relay as one URL has it.
pub struct SmtpUrl {
    /// A name, or an address without brackets.
    pub host: String,
    /// Port, if it names one.
    pub port: Option<u16>,
    /// `smtps` is TLS at once, `smtp` STARTTLS, unless `?tls=` says otherwise.
    pub tls: Tls,
    /// The name to sign in with.
    pub user: Option<String>,
    /// Decoded from `%40` and the like; only together with a name.
    pub password: Option<Secret>,
}

const DATABASE_HINT: &str = "write sqlite:///path/to/rsvp.db or postgres://user@host/name";
const SMTP_HINT: &str = "write smtps://user@host (TLS at once) or smtp://user@host (STARTTLS)";

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, Wrong> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(Wrong::new("isn't a database URL", DATABASE_HINT));
    };
    match scheme {
        "sqlite" if rest.is_empty() || rest.ends_with('/') => Err(Wrong::new("names no database file", DATABASE_HINT)),
        "sqlite" if rest.contains('?') => {
            Err(Wrong::new("has parameters after a ?, which an embedded database doesn't accept", DATABASE_HINT))
        }
        "sqlite" if rest.contains('\0') => Err(Wrong::new("contains a NUL character", DATABASE_HINT)),
        "sqlite" => Ok(DatabaseUrl::Sqlite(rest.to_owned())),
        "postgres" | "postgresql" => match Url::parse(text) {
            Ok(_) => Ok(DatabaseUrl::Postgres),
            Err(error) => Err(Wrong::new(format!("isn't a database URL: {error}"), DATABASE_HINT)),
        },
        other => Err(Wrong::new(
            format!("names the kind of database {}, which rsvp doesn't support", quoted(other)),
            DATABASE_HINT,
        )),
    }
}

pub(super) fn check_database_url(text: &str) -> Result<(), Wrong> {
    database_url(text).map(drop)
}

pub(super) fn smtp_url(text: &str) -> Result<SmtpUrl, Wrong> {
    let url = Url::parse(text).map_err(|error| Wrong::new(format!("isn't a relay's URL: {error}"), SMTP_HINT))?;
    let mut tls = match url.scheme() {
        "smtps" => Tls::Implicit,
        "smtp" => Tls::Starttls,
        other => {
            return Err(Wrong::new(
                format!("begins with {}, which isn't a way to reach a relay", quoted(other)),
                SMTP_HINT,
            ));
        }
    };
    for (name, value) in url.query_pairs() {
        // What begins with TLS cannot be asked to go without.
        let from_plain = tls == Tls::Starttls;
        tls = match (&*name, &*value) {
            ("tls", "none") if from_plain => Tls::None,
            ("tls", "starttls" | "required") if from_plain => Tls::Starttls,
            ("tls", "implicit") => Tls::Implicit,
            _ => {
                return Err(Wrong::new(
                    format!("has an unknown parameter ({})", quoted(&name)),
                    "leave it out; smtp://host?tls=none sends without TLS",
                ));
            }
        };
    }
    let host = match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        _ => return Err(Wrong::new("names no relay", SMTP_HINT)),
    };
    check_host(&host)?;
    if !matches!(url.path(), "" | "/") {
        return Err(Wrong::new("has something after the relay's name", SMTP_HINT));
    }
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| Wrong::new("has a name or password that isn't UTF-8", "write special characters as %40"))
    };
    let user = Some(decoded(url.username())?).filter(|user| !user.is_empty());
    let password = url.password().map(decoded).transpose()?.map(Secret::new);
    if password.is_some() && user.is_none() {
        return Err(Wrong::new("has a password without a name", SMTP_HINT));
    }
    Ok(SmtpUrl { host, port: url.port(), tls, user, password })
}

pub(super) fn check_smtp_url(text: &str) -> Result<(), Wrong> {
    smtp_url(text).map(drop)
}

/// Whether a name or address is this machine's loopback.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

pub(super) fn check_host(text: &str) -> Result<(), Wrong> {
    let is_name = text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        });
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    Err(Wrong::new(
        format!("is {}, which isn't a host name", quoted(text)),
        "write a name or an address alone, for example mail.example.org, and set the port with its own setting",
    ))
}

pub(super) fn listen(text: &str) -> Result<Listen, Wrong> {
    const HINT: &str = "write it like 127.0.0.1:8400, [::1]:8400 or unix:/run/rsvp/portal.sock";
    if let Some(path) = text.strip_prefix("unix:") {
        let path = PathBuf::from(path);
        // What the system allows for the name of a socket (unix(7)), its end included.
        if !path.is_absolute() || path.as_os_str().len() > 107 {
            let what = format!("is {}, which isn't a whole path of at most 107 bytes", quoted(text));
            return Err(Wrong::new(what, HINT));
        }
        return Ok(Listen::Socket(path));
    }
    let wrong = || Wrong::new(format!("is {}, which isn't an address with a port", quoted(text)), HINT);
    text.parse().map(Listen::Network).map_err(|_| wrong())
}

pub(super) fn check_listen(text: &str) -> Result<(), Wrong> {
    listen(text).map(drop)
}

pub(super) fn check_public_url(text: &str) -> Result<(), Wrong> {
    const HINT: &str = "write the portal's public address, for example https://rsvp.example.org";
    let url = web_url(text, HINT)?;
    if url.scheme() == "http" && !url.host_str().is_some_and(is_loopback) {
        return Err(Wrong::new(
            "begins with http://, so passwords would cross the network unencrypted",
            "put the portal behind a proxy with TLS and write https://; http:// is only for this machine (127.0.0.1)",
        ));
    }
    if text.contains(['?', '#']) {
        return Err(Wrong::new("has a ? or # in it", HINT));
    }
    if text.ends_with('/') {
        return Err(Wrong::new("ends with a slash", format!("write {}", quoted(text.trim_end_matches('/')))));
    }
    Ok(())
}

pub(super) fn check_continue_url(text: &str) -> Result<(), Wrong> {
    web_url(text, "write the page to continue to, for example https://example.org/sign-in").map(drop)
}

fn web_url(text: &str, hint: &str) -> Result<Url, Wrong> {
    if !text.starts_with("https://") && !text.starts_with("http://") {
        return Err(Wrong::new("doesn't begin with https://", hint));
    }
    // The parser drops tabs and line ends, and what is stored is put into emails as it was written.
    if first_hostile(text).is_some() || text.contains([' ', '"', '<', '>', '\\']) {
        return Err(Wrong::new("contains a character that no web address has", hint));
    }
    let url = Url::parse(text).map_err(|error| Wrong::new(format!("isn't a web address: {error}"), hint))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("has a user name in it", hint));
    }
    Ok(url)
}

pub(super) fn network(text: &str) -> Result<Network, Wrong> {
    let wrong = || {
        Wrong::new(
            format!("contains {}, which isn't an address or a network", quoted(text)),
            "write it like 127.0.0.1 or 10.0.0.0/8",
        )
    };
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| wrong()))?;
    if prefix > most { Err(wrong()) } else { Ok(Network { address, prefix }) }
}

pub(super) fn check_network(text: &str) -> Result<(), Wrong> {
    network(text).map(drop)
}

pub(super) fn email(text: &str) -> Result<Email, Wrong> {
    Email::parse(text).map_err(|error| {
        // The error may repeat what was written.
        let what = if holds_password(text) {
            format!("is {}, which isn't an address", quoted(text))
        } else {
            format!("isn't an address: {error}")
        };
        Wrong::new(what, "write it like rsvp@example.org")
    })
}

pub(super) fn check_email(text: &str) -> Result<(), Wrong> {
    email(text).map(drop)
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, Wrong> {
    let Some((name, rest)) = text.trim().split_once('<') else {
        return email(text).map(|email| Mailbox { name: None, email });
    };
    let hint = "write it like Example <rsvp@example.org>";
    let address = rest.strip_suffix('>').ok_or_else(|| Wrong::new("has a < without a > at its end", hint))?;
    let name = name.trim().trim_matches('"').trim();
    let name = match name {
        "" => None,
        name => Some(Name::parse(name).map_err(|error| Wrong::new(format!("has no usable name: {error}"), hint))?),
    };
    Ok(Mailbox { name, email: email(address)? })
}

pub(super) fn check_mailbox(text: &str) -> Result<(), Wrong> {
    mailbox(text).map(drop)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// One of the terminal's own sixteen, 0 to 15, or of the fixed ones, 16 to 255.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// The names of a terminal's own sixteen colours, in their order.
const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];

pub(super) fn colour(text: &str) -> Result<Colour, Wrong> {
    let text = text.trim().to_lowercase();
    let number = |at: Option<usize>| at.and_then(|at| u8::try_from(at).ok());
    if let Some(index) = number(ANSI.iter().position(|name| *name == text)).or_else(|| text.parse().ok()) {
        return Ok(Colour::Indexed(index));
    }
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii());
    let part = |from: usize| u8::from_str_radix(hex?.get(from..from + 2)?, 16).ok();
    match (part(0), part(2), part(4)) {
        (Some(red), Some(green), Some(blue)) => Ok(Colour::Rgb(red, green, blue)),
        _ => Err(Wrong::new(
            "isn't a colour",
            "write #rrggbb, a number from 0 to 255, or one of the sixteen names, for example light-blue",
        )),
    }
}

pub(super) fn check_colour(text: &str) -> Result<(), Wrong> {
    colour(text).map(drop)
}

pub(super) fn check_line(text: &str) -> Result<(), Wrong> {
    match first_hostile(text) {
        Some(_) => Err(Wrong::new("contains an invisible character", "type it again without it")),
        None => Ok(()),
    }
}
