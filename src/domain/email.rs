//! Email addresses: what is accepted, and what makes two of them the same.
//!
//! The checks come before the domain is mapped to its ASCII form, because that mapping quietly drops invisible
//! characters and turns full-width letters into ordinary ones.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::name::describe;
use super::text;

/// Most octets of an address (RFC 5321, 4.5.3.1.3: a path of 256 octets with its two brackets).
pub const MAX_BYTES: usize = 254;
/// Most octets before the `@` (RFC 5321, 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;

/// An address that can be written to: local part as typed, domain in its lower-case ASCII form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Nothing but space.
    #[error("an email address is required")]
    Empty,
    /// A character that hides or acts.
    #[error("the address contains {name}: type it again without it", name = describe(*.0))]
    Hostile(char),
    /// No `@`, or nothing before or after it.
    #[error(
        "\u{201c}{0}\u{201d} isn't an email address: it needs a name, an @ and a domain, for example ada@example.org"
    )]
    Shape(String),
    /// A display name or brackets around it.
    #[error("the address has a name or < > around it: type it alone, for example ada@example.org")]
    DisplayName,
    /// The local part has a character that only quoting could carry.
    #[error("the part before the @ has {name}, which addresses here can't have", name = written(*.0))]
    Local(char),
    /// Dots at the ends or beside each other.
    #[error("the part before the @ begins or ends with a dot, or has two dots in a row")]
    Dots,
    /// Letters outside ASCII before the `@`.
    #[error(
        "the part before the @ has the letter \u{201c}{0}\u{201d}; few relays can send to such an address, so it isn't accepted"
    )]
    NotAscii(char),
    /// The domain is not one.
    #[error("\u{201c}{0}\u{201d} isn't a domain name: write it as in ada@example.org")]
    Domain(String),
    /// No dot in the domain, or a number for an address.
    #[error("\u{201c}{0}\u{201d} has no top-level domain: write the whole domain, for example example.org")]
    NoTopLevel(String),
    /// Over [`MAX_BYTES`] or [`MAX_LOCAL_BYTES`].
    #[error("the address is too long: at most {MAX_LOCAL_BYTES} bytes before the @ and {MAX_BYTES} in all")]
    TooLong,
}

fn written(c: char) -> String {
    if c == ' ' { "a space".to_owned() } else { format!("\u{201c}{c}\u{201d}") }
}

impl Email {
    /// Checks and normalises what somebody typed.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let typed = text.trim();
        if typed.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        if let Some(c) = text::first_hostile(typed) {
            return Err(InvalidEmail::Hostile(c));
        }
        if typed.contains(['<', '>']) {
            return Err(InvalidEmail::DisplayName);
        }
        // Long input is turned away before anything reads it letter by letter; a domain in another script shrinks or
        // grows.
        if typed.len() > 4 * MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let shape = || InvalidEmail::Shape(text::shorten(typed, 60).into_owned());
        let (local, domain) = typed.rsplit_once('@').ok_or_else(shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(shape());
        }
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        if local.len() > MAX_LOCAL_BYTES || local.len() + 1 + domain.len() > MAX_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// An address as the database has it.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes two addresses the same: all of it in lower case. No folding of `+tag` or dots.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }

    /// The part after the `@`, in ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::visible(&self.0))
    }
}

/// A dot-atom of RFC 5321, 4.1.2; quoted local parts are not accepted, no provider gives them out.
fn check_local(local: &str) -> Result<(), InvalidEmail> {
    for c in local.chars() {
        if !c.is_ascii() {
            return Err(InvalidEmail::NotAscii(c));
        }
        if !(c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c)) {
            return Err(InvalidEmail::Local(c));
        }
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(InvalidEmail::Dots);
    }
    Ok(())
}

fn ascii_domain(domain: &str) -> Result<String, InvalidEmail> {
    let wrong = || InvalidEmail::Domain(text::shorten(domain, 60).into_owned());
    let composed: String = domain.nfc().collect();
    // A compatibility form (full width, the Kelvin sign) would become another letter: two addresses that look alike.
    let becomes_another = domain
        .chars()
        .any(|c| std::iter::once(c).nfc().ne(std::iter::once(c)) || std::iter::once(c).nfkc().ne(std::iter::once(c)));
    if becomes_another || composed.starts_with('[') {
        return Err(wrong());
    }
    let ascii = idna::domain_to_ascii_cow(composed.as_bytes(), idna::AsciiDenyList::STD3)
        .map_err(|_| wrong())?
        .to_ascii_lowercase();
    if ascii.is_empty() || ascii.ends_with('.') || ascii.len() > 253 {
        return Err(wrong());
    }
    let labels: Vec<&str> = ascii.split('.').collect();
    if labels.iter().any(|label| label.is_empty() || label.len() > 63 || label.starts_with('-') || label.ends_with('-'))
    {
        return Err(wrong());
    }
    let top = labels.last().copied().unwrap_or_default();
    if labels.len() < 2 || top.chars().all(|c| c.is_ascii_digit()) {
        return Err(InvalidEmail::NoTopLevel(ascii));
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_kept_as_typed_and_compared_in_lower_case() {
        let email = Email::parse("  Ada.L+rsvp@Bücher.Example ").unwrap();
        assert_eq!(email.as_str(), "Ada.L+rsvp@xn--bcher-kva.example");
        assert_eq!(email.key(), "ada.l+rsvp@xn--bcher-kva.example");
    }

    #[test]
    fn what_is_no_address_says_why() {
        for text in [
            "",
            " ",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@[127.0.0.1]",
            "ada@127.0.0.1",
            "Ada <ada@example.org>",
            "a da@example.org",
            ".ada@example.org",
            "a..b@example.org",
            "ada@-x.org",
            "ada@x..org",
            "ada@exam_ple.org",
            "ada@example.org.",
            "a\u{200b}da@example.org",
            "ada@ex\u{200b}ample.org",
            "ada@ｅxample.org",
            "ad\u{131}@example.org",
            "ada@\u{212a}x.org",
            "ada@example.org\r\nBcc: x@example.org",
            "\"a b\"@example.org",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.org", "b.".repeat(130))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_accepted_again_unchanged(text in "[a-zA-Z0-9.+_@é-]{3,40}|\\PC{1,30}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert!(email.as_str().is_ascii() && email.key() == email.key().to_lowercase());
            }
        }
    }
}
