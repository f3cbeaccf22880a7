//! Links in personal messages: whoever isn't an administrator writes in the organisation's name, so their messages lead
//! nowhere else. Whatever an email program would make a link of is one, with or without `https://`.

use linkify::{LinkFinder, LinkKind};
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

/// The places that every message may link to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnPlaces {
    /// Domains, with everything below them.
    pub domains: Vec<String>,
    /// Hosts, without what is below them.
    pub hosts: Vec<String>,
}

impl OwnPlaces {
    fn has(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let below = |domain: &String| host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        self.hosts.iter().any(|own| own == host) || self.domains.iter().any(|own| own == host || below(own))
    }
}

/// The first link in a message that leads elsewhere.
#[must_use]
pub fn foreign_link(message: &str, own: &OwnPlaces) -> Option<String> {
    // Letters of full width and the like are letters to an email program too.
    let plain: String = message.nfkc().map(|c| if c == '\u{3002}' { '.' } else { c }).collect();
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    let foreign = |link: &str| !host(link).is_some_and(|host| own.has(&host));
    finder.links(&plain).map(|link| link.as_str()).find(|link| foreign(link)).map(str::to_owned)
}

/// The host of a link on the web, as a browser reads it; none of any other.
fn host(link: &str) -> Option<String> {
    let url = Url::parse(link).ok().filter(Url::has_host);
    let url = url.or_else(|| Url::parse(&format!("https://{link}")).ok())?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    url.host_str().filter(|_| is_web).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnPlaces {
        OwnPlaces { domains: vec!["example.org".to_owned()], hosts: vec!["intranet.example.net".to_owned()] }
    }

    #[test]
    fn the_organisations_own_places_can_be_linked_to() {
        for message in [
            "Welcome! See https://example.org/start, or ask me.",
            "https://www.example.org:8443/a?b=c#d",
            "Look at wiki.example.org/new.",
            "Sign in at (https://intranet.example.net/).",
            "Grüße, Anna. Until Monday 9.30, room 4.12; version 2.0",
            "Write to anna@elsewhere.example",
            "No link at all",
        ] {
            assert_eq!(foreign_link(message, &own()), None, "{message}");
        }
    }

    #[test]
    fn every_other_link_is_found_however_it_is_written() {
        for message in [
            "https://evil.example/x",
            "HTTP://EVIL.EXAMPLE",
            "evil.example/x",
            "www.evil.example",
            "https://example.org.evil.example",
            "https://evilexample.org",
            "https://example.org@evil.example/",
            "https://example.org:pw@evil.example/",
            "https://user@example.org/",
            "https://other.example.net/",
            "https://below.intranet.example.net/",
            "ｈｔｔｐｓ://ｅｖｉｌ.ｅｘａｍｐｌｅ",
            "evil。example/x",
            "https://evil.example\\@example.org/",
            "https://192.0.2.1/",
            "https://xn--80ak6aa92e.example/",
            "ftp://example.org/x",
            "fine: https://example.org, not: https://evil.example",
        ] {
            assert!(foreign_link(message, &own()).is_some(), "{message}");
        }
    }
}
