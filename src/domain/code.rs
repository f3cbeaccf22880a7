//! Codes: what a link carries and what proves it.
//!
//! A code is a row's number and a 128-bit MAC over it, in Crockford's base32 (no I, L, O, U), in seven groups of five.
//! The last character is a check over GF(32), so that a mistyped or cut code is distinguished from a wrong one before
//! any look-up. Whether the MAC is right is for `secrets` to say.

use std::fmt;

use zeroize::Zeroize;

use super::link::Purpose;
use super::text::is_hostile;

/// Crockford's alphabet (<https://www.crockford.com/base32.html>).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Bytes of the number: 40 bits, over a trillion rows.
const ID_BYTES: usize = 5;
pub const MAC_BYTES: usize = 16;
/// Characters that carry number and MAC: 168 bits and two zero bits.
const PAYLOAD_CHARS: usize = 34;
/// Characters of a code without its hyphens: payload and check.
pub const CHARS: usize = PAYLOAD_CHARS + 1;
/// Characters between two hyphens.
const GROUP: usize = 5;

/// A code: a row's number and the MAC that proves who made it. Its `Debug` shows neither in full.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// The row's number, 0 to 2⁴⁰ − 1.
    pub id: i64,
    pub mac: [u8; MAC_BYTES],
}

impl Drop for Code {
    fn drop(&mut self) {
        self.mac.zeroize();
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    #[error("the code is incomplete: it has {0} of its {CHARS} letters and digits; copy all of it")]
    Cut(usize),
    #[error("the code is too long: it has {0} letters and digits instead of {CHARS}; copy the code alone")]
    Long(usize),
    #[error("the code contains \u{201c}{}\u{201d}, which no code has; copy it again", super::text::visible(&.0.to_string()))]
    Character(char),
    /// The check does not fit.
    #[error("the code has a typing mistake; compare it with the email, or copy it")]
    Mistyped,
    /// A link that leads somewhere else.
    #[error("the link has no code: it should end with /i/ or /r/ and the code")]
    NoCode,
}

impl Code {
    /// Writes the code: `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`.
    #[must_use]
    pub fn format(&self) -> String {
        let mut symbols = payload(self);
        symbols.push(check(&symbols));
        let mut out = String::with_capacity(CHARS + CHARS / GROUP);
        for (at, symbol) in symbols.iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                out.push('-');
            }
            out.push(char::from(ALPHABET[usize::from(*symbol)]));
        }
        symbols.zeroize();
        out
    }

    /// Reads a code: small letters, spaces and missing hyphens do not matter, nor O for 0 and I or L for 1. What a sentence, an
    /// email program or a chat puts around a link (`*`, `).`, `&gt;`) is no part of it, and only a whole code has an end.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let text = without_before(text);
        let mut symbols = Vec::with_capacity(CHARS);
        for (at, c) in text.char_indices().filter(|(_, c)| !is_between(*c)) {
            match symbol(c) {
                Some(symbol) if symbols.len() < 4 * CHARS => symbols.push(symbol),
                Some(_) => {}
                None if ends(symbols.len(), &text[at..]) => break,
                None => return Err(InvalidCode::Character(c)),
            }
        }
        match symbols.len() {
            n if n < CHARS => return Err(InvalidCode::Cut(n)),
            n if n > CHARS => return Err(InvalidCode::Long(n)),
            _ => {}
        }
        if check(&symbols[..PAYLOAD_CHARS]) != symbols[PAYLOAD_CHARS] {
            return Err(InvalidCode::Mistyped);
        }
        let mut bytes = [0_u8; ID_BYTES + MAC_BYTES];
        for (at, symbol) in symbols[..PAYLOAD_CHARS].iter().enumerate() {
            for bit in 0..5 {
                let place = at * 5 + bit;
                if symbol & (0b1_0000 >> bit) == 0 {
                    continue;
                }
                match bytes.get_mut(place / 8) {
                    Some(byte) => *byte |= 0b1000_0000 >> (place % 8),
                    None => return Err(InvalidCode::Mistyped),
                }
            }
        }
        let id = bytes[..ID_BYTES].iter().fold(0_i64, |id, byte| (id << 8) | i64::from(*byte));
        let mut mac = [0_u8; MAC_BYTES];
        mac.copy_from_slice(&bytes[ID_BYTES..]);
        bytes.zeroize();
        symbols.zeroize();
        Ok(Self { id, mac })
    }
}

/// A text without what stands before its first letter or digit.
fn without_before(text: &str) -> &str {
    text.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a character may stand between those of a code: programs break long words with spaces that can be seen and such that
/// can't, and set other hyphens.
fn is_between(c: char) -> bool {
    let is_hyphen = matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}');
    is_hyphen || c.is_whitespace() || is_hostile(c)
}

/// Whether a code of so many symbols ends before this rest: never in the middle of a word, and where more words follow only if
/// it is whole.
fn ends(symbols: usize, rest: &str) -> bool {
    !rest.starts_with(char::is_alphanumeric) && (symbols == CHARS || !rest.contains(char::is_alphanumeric))
}

fn symbol(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|a| char::from(*a) == c).and_then(|at| u8::try_from(at).ok())
}

fn payload(code: &Code) -> Vec<u8> {
    let mut bytes = [0_u8; ID_BYTES + MAC_BYTES];
    bytes[..ID_BYTES].copy_from_slice(&code.id.to_be_bytes()[8 - ID_BYTES..]);
    bytes[ID_BYTES..].copy_from_slice(&code.mac);
    let symbols = (0..PAYLOAD_CHARS)
        .map(|at| {
            (0..5).fold(0, |symbol, bit| {
                let place = at * 5 + bit;
                let set = bytes.get(place / 8).is_some_and(|byte| byte & (0b1000_0000 >> (place % 8)) != 0);
                (symbol << 1) | u8::from(set)
            })
        })
        .collect();
    bytes.zeroize();
    symbols
}

/// Horner's rule over GF(32): every single wrong character and every swap of neighbours changes the result.
fn check(symbols: &[u8]) -> u8 {
    symbols.iter().fold(0, |sum, symbol| double(sum ^ symbol))
}

/// Multiplication by x in GF(2⁵) with the primitive polynomial x⁵ + x² + 1.
const fn double(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
}

/// A code with what was found around it: a whole link names its portal and its purpose, a bare code neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeOrLink {
    pub code: Code,
    /// The portal's address before the path, such as `https://rsvp.example.org`, and what the link is for.
    pub link: Option<(String, Purpose)>,
}

impl CodeOrLink {
    /// Reads what somebody copied out of an email.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let text = without_before(text);
        // What follows the path is no part of the address: a link may be quoted there.
        let link = &text[..text.find(['?', '#']).unwrap_or(text.len())];
        if !link.contains("://") {
            return Code::parse(text).map(|code| Self { code, link: None });
        }
        // The last of these counts: the portal's own address may have another in its path.
        let marked = |purpose: Purpose| {
            let marker = format!("/{}/", purpose.path());
            link.rfind(&marker).map(|at| (at, at + marker.len(), purpose))
        };
        let (end, begin, purpose) =
            Purpose::ALL.into_iter().filter_map(marked).max_by_key(|(at, ..)| *at).ok_or(InvalidCode::NoCode)?;
        let code = Code::parse(&link[begin..])?;
        Ok(Self { code, link: Some((link[..end].to_owned(), purpose)) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_may_type_it_their_way() {
        let code = Code { id: 1234, mac: [0xab; 16] };
        let text = code.format();
        assert_eq!(text.len(), 41);
        let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(Code::parse(&typed), Ok(code));
    }

    #[test]
    fn a_link_names_portal_and_purpose() {
        let code = Code { id: 7, mac: [3; 16] };
        let link = format!("https://rsvp.example.org/in/i/{}?x=1", code.format());
        let found = CodeOrLink::parse(&link).unwrap();
        assert_eq!(found.link, Some(("https://rsvp.example.org/in".to_owned(), Purpose::Invitation)));
        assert_eq!(found.code, code);
        assert_eq!(CodeOrLink::parse("https://example.org/"), Err(InvalidCode::NoCode));
    }

    #[test]
    fn a_portal_may_be_found_below_a_letter_that_links_have() {
        let code = Code { id: 7, mac: [3; 16] };
        for word in ["i", "r", "k"] {
            let portal = format!("https://example.org/{word}");
            let found = CodeOrLink::parse(&format!("{portal}/r/{}", code.format())).unwrap();
            assert_eq!(found.link, Some((portal, Purpose::Reset)));
        }
    }

    #[test]
    fn what_stands_around_a_code_is_no_part_of_it() {
        let code = Code { id: 7, mac: [3; 16] };
        let text = code.format();
        for (before, after) in
            [("", "/"), ("", "."), ("<", ">"), ("(", ")"), ("\u{201c}", "\u{201d},"), ("", ">."), (" '", "';\n")]
        {
            assert_eq!(Code::parse(&format!("{before}{text}{after}")).as_ref(), Ok(&code), "{before} {after}");
            let link = format!("{before}https://rsvp.example.org/r/{text}{after}");
            let portal = "https://rsvp.example.org".to_owned();
            let found = CodeOrLink { code: code.clone(), link: Some((portal, Purpose::Reset)) };
            assert_eq!(CodeOrLink::parse(&link).as_ref(), Ok(&found), "{link}");
        }
    }

    #[test]
    fn what_programs_put_behind_a_code_is_no_part_of_it_and_a_part_is_no_code() {
        let code = Code { id: 7, mac: [3; 16] };
        let text = code.format();
        let behind = [
            "*", "**", "_", "~", "'", "\"", ">", ")", "]", "}", "|", "\\", ",", ";", ":", "!", "?", ".", "...",
            "\u{2026}",
        ];
        let invisible =
            ["\u{200b}", "\u{a0}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{200e}", "\u{3000}", "\r\n", "\u{fe0f}"];
        let words = [
            "&gt;",
            "%3E",
            "%252A",
            "?utm=1",
            "#x",
            "/ask",
            ") and reply",
            "\u{ff0c}\u{8bf7}",
            "\u{3002}",
            "\u{203a}",
            "\u{1f642}",
        ];
        for behind in behind.into_iter().chain(invisible).chain(words) {
            assert_eq!(Code::parse(&format!("{text}{behind}")).as_ref(), Ok(&code), "{behind:?}");
            let cut = &text[..text.len() - 1];
            assert!(Code::parse(&format!("{cut}{behind}")).is_err(), "{behind:?}");
            assert!(Code::parse(&format!("{text}X{behind}")).is_err(), "{behind:?}");
        }
        for inside in invisible.into_iter().chain(["\u{2011}", "\u{2013}", "\u{2212}"]) {
            assert_eq!(Code::parse(&text.replace('-', inside)).as_ref(), Ok(&code), "{inside:?}");
        }
        assert_eq!(Code::parse(&format!("{text} and")), Err(InvalidCode::Long(CHARS + 3)));
        assert_eq!(Code::parse(&format!("{text}U")), Err(InvalidCode::Character('U')));
        assert_eq!(Code::parse("ABCDE-FGH)."), Err(InvalidCode::Cut(8)));
        assert_eq!(Code::parse("ABCDE.FGH"), Err(InvalidCode::Character('.')));
    }

    #[test]
    fn a_link_begins_like_one() {
        let text = format!("rsvp.example.org/r/{}?from=https://example.org", Code { id: 7, mac: [3; 16] }.format());
        assert_eq!(CodeOrLink::parse(&text), Err(InvalidCode::Character('.')));
    }

    #[test]
    fn a_code_does_not_show_itself_in_logs() {
        assert!(!format!("{:?}", Code { id: 1, mac: [0x5a; 16] }).contains("5a"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in 0_i64..1 << 40, mac: [u8; 16]) {
            let code = Code { id, mac };
            prop_assert_eq!(Code::parse(&code.format()), Ok(code));
        }

        #[test]
        fn one_wrong_character_is_found(id in 0_i64..1 << 40, mac: [u8; 16], at in 0_usize..35, by in 1_usize..32) {
            let mut letters: Vec<u8> = Code { id, mac }.format().bytes().filter(|b| *b != b'-').collect();
            let old = ALPHABET.iter().position(|a| *a == letters[at]).unwrap();
            letters[at] = ALPHABET[(old + by) % 32];
            prop_assert_eq!(Code::parse(std::str::from_utf8(&letters).unwrap()), Err(InvalidCode::Mistyped));
        }

        #[test]
        fn swapped_neighbours_are_found(id in 0_i64..1 << 40, mac: [u8; 16], at in 0_usize..34) {
            let mut letters: Vec<u8> = Code { id, mac }.format().bytes().filter(|b| *b != b'-').collect();
            prop_assume!(letters[at] != letters[at + 1]);
            letters.swap(at, at + 1);
            prop_assert_eq!(Code::parse(std::str::from_utf8(&letters).unwrap()), Err(InvalidCode::Mistyped));
        }

        #[test]
        fn a_cut_code_says_how_much_is_there(keep in 0_usize..35) {
            let letters: String = Code { id: 99, mac: [7; 16] }.format().chars().filter(|c| *c != '-').take(keep).collect();
            prop_assert_eq!(Code::parse(&letters), Err(InvalidCode::Cut(keep)));
        }

        #[test]
        fn nothing_typed_panics(text in "\\PC{0,80}|.{0,80}") {
            let _ = CodeOrLink::parse(&text);
        }
    }
}
