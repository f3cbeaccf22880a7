//! What a relay answers, and what can go wrong in place of an answer.

use std::time::Duration;

/// One answer: its code and its words, lines joined by a space (RFC 5321, 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code, 200 to 599.
    pub code: u16,
    pub lines: Vec<String>,
}

impl Reply {
    #[must_use]
    pub fn words(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }

    #[must_use]
    pub const fn refuses(&self) -> bool {
        self.code >= 400
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Three digits; the first says yes (2, 3) or no (4, 5).
    pub code: u16,
    pub more: bool,
    pub words: &'a str,
}

impl<'a> Line<'a> {
    /// Reads a line without its end. Some relays send a code alone; RFC 5321, 4.2.1 asks clients to take it.
    pub fn parse(line: &'a str) -> Option<Self> {
        let code = line.get(..3).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
        let (more, words) = match line.as_bytes().get(3) {
            None => (false, ""),
            Some(b' ') => (false, &line[4..]),
            Some(b'-') => (true, &line[4..]),
            Some(_) => return None,
        };
        (200..600).contains(&code).then_some(Self { code, more, words })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageError {
    /// Nothing came in this time.
    Silent(Duration),
    /// The connection broke, or could not be made.
    Lost(String),
    /// What came is no answer, or comes at the wrong moment.
    Garbled(&'static str),
    Refused(Reply),
    /// The relay says something that is no answer to this question.
    Unexpected(Reply),
    /// It is not even tried, or cannot succeed, for a reason given in full.
    Stopped(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_code_and_words() {
        assert_eq!(Line::parse("250-SIZE 10"), Some(Line { code: 250, more: true, words: "SIZE 10" }));
        assert_eq!(Line::parse("354 go"), Some(Line { code: 354, more: false, words: "go" }));
        assert_eq!(Line::parse("250"), Some(Line { code: 250, more: false, words: "" }));
        for line in ["", "25", "2500", "abc d", "199 x", "600 x", "250_x", "٢٥٠ x", "+25 x", "HTTP/1.1 400 Bad Request"]
        {
            assert_eq!(Line::parse(line), None, "{line}");
        }
    }
}
