//! The table of keys: what each takes, and within what bounds.

use std::time::Duration;

use crate::domain::invitation::{LONGEST, SHORTEST};
use crate::domain::time::{compact, parse_length};

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Any text.
    Text,
    /// A path or nothing.
    Path,
    /// An address and a port.
    Socket,
    /// The portal's address.
    PublicUrl,
    /// Any http or https address, or nothing.
    Url,
    /// A whole number from and to, both included.
    Number(i64, i64),
    /// A length of time from and to, both included.
    Length(Duration, Duration),
}

/// Every key there is.
pub const KEYS: &[(&str, Takes)] = &[
    ("database.url", Takes::Text),
    ("secrets.key_file", Takes::Path),
    ("portal.listen", Takes::Socket),
    ("portal.public_url", Takes::PublicUrl),
    ("portal.continue_url", Takes::Url),
    ("invitation.valid_for", Takes::Length(SHORTEST, LONGEST)),
    ("password.min_length", Takes::Number(8, 64)),
    ("password.argon2.memory_kib", Takes::Number(7168, 262_144)),
    ("password.argon2.iterations", Takes::Number(1, 10)),
    ("password.argon2.parallelism", Takes::Number(1, 4)),
    ("terminal.undo_hold", Takes::Length(Duration::ZERO, Duration::from_mins(1))),
];

/// What a key takes, if there is such a key.
pub fn takes(key: &str) -> Option<Takes> {
    KEYS.iter().find(|(known, _)| *known == key).map(|(_, takes)| *takes)
}

/// The key most like a wrong one, if any is like it.
pub fn nearest(wrong: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|(key, _)| (strsim::jaro_winkler(key, wrong), *key))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

impl Takes {
    /// Says what is wrong with a value, if something is.
    pub fn check(self, value: &str) -> Result<(), String> {
        match self {
            Self::Text | Self::Path => Ok(()),
            Self::Socket => value
                .parse::<std::net::SocketAddr>()
                .map(drop)
                .map_err(|_| format!("\u{201c}{value}\u{201d} is not an address and a port, such as 127.0.0.1:8400")),
            Self::Url if value.is_empty() || scheme_and_host(value).is_some() => Ok(()),
            Self::Url => Err(format!("\u{201c}{value}\u{201d} is not a web address, such as https://www.example.org")),
            Self::PublicUrl => check_public_url(value),
            Self::Number(from, to) => match value.parse::<i64>() {
                Ok(number) if (from..=to).contains(&number) => Ok(()),
                _ => Err(format!("\u{201c}{value}\u{201d} is not a whole number from {from} to {to}")),
            },
            Self::Length(from, to) => match parse_length(value) {
                Ok(length) if (from..=to).contains(&length) => Ok(()),
                Ok(_) => Err(format!("{value} is not between {} and {}", compact(from), compact(to))),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

fn scheme_and_host(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('@')).then_some((scheme, host))
}

/// Links carry what opens an account, so they travel encrypted unless they stay on this machine.
fn check_public_url(url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Ok(());
    }
    let (scheme, host) = scheme_and_host(url).ok_or_else(|| {
        format!("\u{201c}{url}\u{201d} is not the portal's whole address: write it with https://, such as https://rsvp.example.org")
    })?;
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let loopback = name == "localhost" || name == "[::1]" || name.starts_with("127.");
    if scheme == "http" && !loopback {
        return Err(format!("{url} is not encrypted: links open accounts, so the address must begin with https://"));
    }
    if url.ends_with('/') || url.contains(['?', '#']) {
        return Err(format!("{url} must end with its host or path, without a slash, ? or # at its end"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_encrypted_or_stays_here() {
        for good in
            ["", "https://rsvp.example.org", "https://example.org/rsvp", "http://127.0.0.1:8400", "http://localhost"]
        {
            assert_eq!(Takes::PublicUrl.check(good), Ok(()), "{good}");
        }
        for bad in [
            "rsvp.example.org",
            "http://rsvp.example.org",
            "https://",
            "ftp://x.org",
            "https://x.org/",
            "https://a@x.org",
        ] {
            assert!(Takes::PublicUrl.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_key_finds_its_neighbour() {
        assert_eq!(nearest("portal.publik_url"), Some("portal.public_url"));
        assert_eq!(nearest("zzz"), None);
    }
}
