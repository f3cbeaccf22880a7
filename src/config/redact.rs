//! What may be shown of a text that somebody wrote into the settings: never the password of a URL.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::domain::text::{shorten, visible};

/// Whether a URL of a database or a relay holds a password, by its look or for the library that reads it.
pub(super) fn holds_password(text: &str) -> bool {
    let text = as_read(text);
    let (place, query) = text.split_once('?').unwrap_or((&text, ""));
    let user = place.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map_or("", |(user, _)| user);
    let given = user.contains(':') || password_as_read(&text).is_some();
    !text.starts_with("sqlite:") && given || query.split('&').any(is_password)
}

/// A URL as it may be shown: with dots for its password, or for all of it where the password cannot be separated from
/// the rest.
pub(super) fn without_password(text: &str) -> String {
    if !holds_password(text) {
        return text.to_owned();
    }
    let text = as_read(text);
    let (place, query) = text.split_once('?').map_or((&*text, None), |(place, query)| (place, Some(query)));
    let Some((scheme, place)) = place.split_once("://") else { return DOTS.to_owned() };
    let place = match place.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{DOTS}@{host}"),
            None => format!("{user}@{host}"),
        },
        None => place.to_owned(),
    };
    let dotted = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if is_password(pair) => format!("{}={DOTS}", percent_decode_str(name).decode_utf8_lossy()),
        Some(_) | None => pair.to_owned(),
    };
    let query: Vec<String> = query.into_iter().flat_map(|query| query.split('&')).map(dotted).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let shown = format!("{scheme}://{place}{mark}{}", query.join("&"));
    if password_as_read(&shown).is_none_or(|password| password == DOTS) { shown } else { DOTS.to_owned() }
}

/// What is shown instead of a password.
const DOTS: &str = "…";

/// A URL without what the library that reads it passes over.
fn as_read(text: &str) -> String {
    text.trim_matches(|c| c <= ' ').replace(['\t', '\n', '\r'], "")
}

fn password_as_read(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    url.password().map(|password| percent_decode_str(password).decode_utf8_lossy().into_owned())
}

fn is_password(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(name, _)| percent_decode_str(name).decode_utf8_lossy().ends_with("password"))
}

/// What somebody wrote, short and harmless, as a message repeats it. A URL can be where none belongs, so its password
/// is left out.
pub(super) fn quoted(text: &str) -> String {
    format!("\u{201c}{}\u{201d}", shorten(&visible(&without_password(text)), 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_however_its_url_is_written() {
        for (text, shown) in [
            ("postgres://ada:hunter2@db/rsvp", "postgres://ada:…@db/rsvp"),
            ("postgres://db/rsvp?a=b&password=hunter2", "postgres://db/rsvp?a=b&password=…"),
            ("postgres://db/rsvp?pass%77ord=hunter2", "postgres://db/rsvp?password=…"),
            ("postgres://db/rsvp?user=u&sslpassword=hunter2", "postgres://db/rsvp?user=u&sslpassword=…"),
            (" smtps:\t//ada:hunter2@relay", "smtps://ada:…@relay"),
            ("https:ada:hunter2@example.org", "…"),
            ("postgres:/db/rsvp?password=hunter2", "…"),
            ("https:ada:hunter2@example.org/?://x:y@z", "…"),
        ] {
            assert!(holds_password(text), "{text}");
            assert_eq!(without_password(text), shown);
        }
        for text in ["postgres://ada@db:5432/rsvp?user=a:b", "sqlite:///a:b@c.db", "smtps://relay", "hunter2", ""] {
            assert!(!holds_password(text), "{text}");
            assert_eq!(without_password(text), text);
        }
    }
}
