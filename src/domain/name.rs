//! Names of people, workspaces and organisations.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::text;

pub const MAX_CHARS: usize = 200;

/// A name that was checked when it came in: trimmed, NFC, 1 to 200 characters, nothing that acts on a terminal or
/// hides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but space.
    #[error("a name is required")]
    Empty,
    /// Over [`MAX_CHARS`].
    #[error("the name has {0} characters; the limit is {MAX_CHARS}")]
    TooLong(usize),
    /// A control, bidirectional or invisible character, or a pile of marks.
    #[error("the name contains {name}, which is invisible or acts on a terminal: type it again without it", name = describe(*.0))]
    Hostile(char),
}

/// A character as an error names it: its code point, with the ordinary word where it has one.
#[must_use]
pub fn describe(c: char) -> String {
    let word = match c {
        '\n' | '\r' => "a line break",
        '\t' => "a tab",
        '\u{1b}' => "an escape character",
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => "an invisible character",
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            "a character that changes the reading direction"
        }
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => "a control character",
        _ => "an unusable character",
    };
    format!("{word} (U+{:04X})", c as u32)
}

impl Name {
    /// Checks and normalises what somebody typed.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name: String = text.trim().nfc().collect();
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if let Some(c) = text::first_hostile(&name) {
            return Err(InvalidName::Hostile(c));
        }
        match name.chars().count() {
            n if n > MAX_CHARS => Err(InvalidName::TooLong(n)),
            _ => Ok(Self(name)),
        }
    }

    /// A name as the database has it, whatever an older version or another program put there.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name as it was given. Show it through [`text::visible`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is sorted and searched by.
    #[must_use]
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::visible(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_world_are_names() {
        for name in ["Ada", "Nguyễn Thị Ánh", "渡辺 直美", "محمد علي", "O’Connor", "Jean-Luc d'Été"]
        {
            assert!(Name::parse(name).is_ok(), "{name}");
        }
        assert_eq!(Name::parse("  Ada  ").unwrap().as_str(), "Ada");
        assert_eq!(Name::parse("Zoe\u{308}").unwrap().as_str(), "Zoë");
    }

    #[test]
    fn what_hides_or_acts_is_refused_by_name() {
        assert_eq!(Name::parse("  "), Err(InvalidName::Empty));
        assert!(matches!(Name::parse(&"a".repeat(201)), Err(InvalidName::TooLong(201))));
        for (text, c) in
            [("A\u{202e}b", '\u{202e}'), ("A\nb", '\n'), ("A\u{200b}b", '\u{200b}'), ("A\u{9b}b", '\u{9b}')]
        {
            assert_eq!(Name::parse(text), Err(InvalidName::Hostile(c)));
        }
        assert!(Name::parse("A\u{1b}[0m").unwrap_err().to_string().contains("an escape character (U+001B)"));
    }

    #[test]
    fn names_that_are_spelled_with_a_joiner_are_names_and_a_joiner_elsewhere_hides() {
        for name in ["\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}", "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}"] {
            assert_eq!(Name::parse(name).unwrap().as_str(), name);
            assert_eq!(Name::parse(name).unwrap().to_string(), name, "and are shown as they are");
        }
        for name in ["Ada\u{200d}Lovelace", "\u{200c}\u{639}\u{644}", "\u{639}\u{200c}\u{200c}\u{644}"] {
            assert!(matches!(Name::parse(name), Err(InvalidName::Hostile(_))), "{name:?}");
        }
        assert_eq!(Name::stored("O\u{2019}Neil".to_owned()).key(), Name::stored("o'neil".to_owned()).key());
    }
}
