//! Links in personal messages: whoever isn't an administrator writes in the organisation's name, so their messages lead
//! nowhere else. Whatever an email program might make a link of is one, with or without `https://`.

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

/// The first link in a text that leads elsewhere. Email programs differ in what they make a link of, so whatever any of them
/// might is one: what begins with a scheme or with two slashes, and every name that could be one of a domain, in an email
/// address too: a reply to a stranger is a way out as well.
#[must_use]
pub fn foreign_link(text: &str, own: &OwnPlaces) -> Option<String> {
    // Letters of full width and the like are letters to an email program too; what nobody sees is not there.
    let plain: String = text.nfkc().filter(|c| !is_unseen(*c)).map(|c| if c == '\u{3002}' { '.' } else { c }).collect();
    let foreign = |host: Option<String>| host.is_none_or(|host| !own.has(&host));
    let with_scheme = addresses(&plain).find(|address| foreign(host(address))).map(str::to_owned);
    with_scheme.or_else(|| names(&plain).find(|name| !own.has(&name.to_lowercase())).map(str::to_owned))
}

/// What programs are opened with, besides pages.
const SCHEMES: [&str; 17] = [
    "http",
    "https",
    "ftp",
    "file",
    "javascript",
    "vbscript",
    "data",
    "tel",
    "sms",
    "skype",
    "callto",
    "facetime",
    "tg",
    "whatsapp",
    "magnet",
    "onenote",
    "geo",
];

/// Joiners, variation selectors, soft hyphens: they make one word look like another.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// What begins with a scheme, or with two slashes, up to a space, a quote or a bracket that closes.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let to_end = |begin: usize| {
        let length = text[begin..].find(|c: char| c.is_whitespace() || "<>\"\u{201c}\u{201d}".contains(c));
        let address = &text[begin..begin + length.unwrap_or(text.len() - begin)];
        address.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '\u{2019}'])
    };
    let of_scheme = move |(colon, _): (usize, &str)| {
        let (before, after) = (&text[..colon], &text[colon + 1..]);
        let begin = before.rfind(|c: char| !c.is_ascii_alphanumeric() && !"+.-".contains(c));
        let begin = begin.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let scheme = before[begin..].to_ascii_lowercase();
        let is_known = SCHEMES.contains(&scheme.as_str()) || scheme.starts_with("ms-");
        let goes_on = after.starts_with(|c: char| !c.is_whitespace());
        (!scheme.is_empty() && goes_on && (is_known || after.starts_with('/'))).then(|| to_end(begin))
    };
    let begins = |sign: &'static str| {
        move |(at, _): (usize, &str)| {
            let is_begin = !text[..at].ends_with(|c: char| c.is_alphanumeric() || ":/\\".contains(c));
            (is_begin && text[at + sign.len()..].starts_with(char::is_alphanumeric)).then(|| to_end(at))
        }
    };
    let schemes = text.match_indices(':').filter_map(of_scheme);
    let slashes = text.match_indices("//").filter_map(begins("//"));
    schemes.chain(slashes).chain(text.match_indices("\\\\").filter_map(begins("\\\\")))
}

/// The host of a link on the web, as a browser reads it; none of any other.
fn host(link: &str) -> Option<String> {
    let url =
        if link.starts_with("//") { Url::parse(&format!("https:{link}")).ok()? } else { Url::parse(link).ok()? };
    let is_web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    url.host_str().filter(|_| is_web).map(str::to_ascii_lowercase)
}

/// Names that end as a domain does, or begin with `www.`, wherever they stand but before the @ of an email address.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let mut rest = 0;
    std::iter::from_fn(move || {
        loop {
            let begin = rest + text[rest..].find(is_part)?;
            let end = text[begin..].find(|c| !is_part(c)).map_or(text.len(), |length| begin + length);
            rest = end;
            let name = text[begin..end].trim_matches(['.', '-']);
            let is_local = text[end..].starts_with('@') && text[end + 1..].starts_with(char::is_alphanumeric);
            let is_domain = name.to_ascii_lowercase().starts_with("www.") || is_top_level(name);
            if is_domain && !is_local {
                return Some(name);
            }
        }
    })
}

/// Whether the last part of a name with a dot is a top-level domain that exists.
fn is_top_level(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let ascii = idna::domain_to_ascii(last).unwrap_or_default();
    let (unicode, _) = idna::domain_to_unicode(&ascii);
    tld::exist(&ascii) || tld::exist(&unicode)
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
            "Write to anna@example.org, or mailto:anna.me@mail.example.org?subject=keys.",
            "z.B. heute, u. a. morgen; d.h. bald",
            "J.R.R. Tolkien, Dr. Anna St.John, Jr. J.P.Morgan, R.K.Narayan, Md.Rahim, Smt.Lakshmi, И.И.Иванов",
            "z.Hd. Frau Maier, n.Chr., inkl.MwSt., ggf.auch, 2.OG, 1.Mai, Node.js, handbook.pdf, p.ej.",
            "Betreff: neu; um 10:30, Raum:4; and/or, 3//4",
            "See (https://example.org/a_(b)), “https://example.org”.",
            "1.5.2026, 10.00 Uhr, 3.14, 192.0.2.1",
            "No link at all",
        ] {
            assert_eq!(foreign_link(message, &own()), None, "{message}");
        }
    }

    #[test]
    fn what_only_looks_like_a_link_is_refused_rather_than_guessed_about() {
        for message in ["M.Sc.", "Hello.World"] {
            assert!(foreign_link(message, &own()).is_some(), "{message}");
        }
    }

    #[test]
    fn every_other_link_is_found_however_it_is_written() {
        for message in [
            "https://evil.example/x",
            "HTTP://EVIL.EXAMPLE",
            "evil.com/x",
            "www.evil.example",
            "evil.com",
            "https://example.org.evil.example",
            "https://evilexample.org",
            "https://example.org@evil.example/",
            "https://example.org:pw@evil.example/",
            "https://user@example.org/",
            "https://other.example.net/",
            "https://below.intranet.example.net/",
            "ｈｔｔｐｓ://ｅｖｉｌ.ｅｘａｍｐｌｅ",
            "evil。com/x",
            "evil。公司",
            "пример.рф",
            "公司.中国",
            "موقع.مصر",
            "https://evil.example\\@example.org/",
            "https://192.0.2.1/",
            "https://xn--80ak6aa92e.example/",
            "ftp://example.org/x",
            "fine: https://example.org, not: https://evil.example",
            "See http://[2001:db8::1]/x",
            "News:/www.evil.example/x",
            "-www.evil.example",
            "-evil.com",
            "http://3232235777",
            "//example.org@evil",
            "HTTP:EVIL",
            "[x](http:evil)",
            "tel:+491234",
            "ms-settings:x",
            "tg:resolve?domain=x",
            "data:text/html,x",
            "\\\\evil\\share",
            "http:/evil.example/x",
            "//evil.example/x",
            "/evil.com",
            "@evil.com",
            "bob@evil.com",
            "mailto:bob@evil.com",
            "bob@evil.com?subject=a",
            "mailto:bob%40evil.com",
            "anna.lee@mail.evil.com",
            "(evil.com)",
            "https://ev%69l.example/",
            "ev\u{ad}il.com",
            "example.org\u{200b}.evil.com",
            "javascript://example.org/%0aalert(1)",
            "ехаmрlе.org",
            "evil.xn--p1ai",
        ] {
            assert!(foreign_link(message, &own()).is_some(), "{message}");
        }
    }
}
