//! Reads Rust source just far enough to see which modules it names.
//!
//! It knows comments, literals, paths, use-groups and inline modules, and nothing of what the code means. What stands
//! in a comment is never a token, and a literal is one that begins with its quote, so a rule can be broken only by
//! code.

use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

/// A word, a mark (`::` is one) or a text of the source, and the line it stands on, from 1.
#[derive(Debug, Clone)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// What a token of a text literal begins with; what stands in it follows, as it is written.
pub const QUOTE: char = '"';

/// The tokens of `source`, without comments.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut reader = Reader { rest: source.chars().peekable(), line: 1 };
    let mut found = Vec::new();
    while let Some(c) = reader.next() {
        let line = reader.line;
        let text = match c {
            '/' if reader.rest.peek() == Some(&'/') => {
                reader.skip_line();
                continue;
            }
            '/' if reader.rest.peek() == Some(&'*') => {
                reader.skip_block_comment();
                continue;
            }
            QUOTE => reader.literal(),
            '\'' => match reader.character_or_lifetime() {
                Some(character) => character,
                None => continue,
            },
            ':' if reader.rest.peek() == Some(&':') => {
                reader.next();
                "::".to_owned()
            }
            c if c.is_alphanumeric() || c == '_' => reader.word(c),
            c if c.is_whitespace() => continue,
            c => c.to_string(),
        };
        found.push(Token { text, line });
    }
    found
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }

    /// Skips to the end of a block comment, whose `/` was read; they may be nested.
    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        let mut last = '/';
        while let Some(c) = self.next() {
            match (last, c) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    last = c;
                    continue;
                }
            }
            if depth == 0 {
                return;
            }
            // A mark counts once: `/*/` opens and does not close.
            last = ' ';
        }
    }

    /// A text literal whose opening quote was read.
    fn literal(&mut self) -> String {
        let mut text = String::from(QUOTE);
        while let Some(c) = self.next() {
            match c {
                '\\' => text.extend([Some(c), self.next()].into_iter().flatten()),
                QUOTE => break,
                c => text.push(c),
            }
        }
        text
    }

    /// A raw text literal from its marks on; nothing if it was a raw identifier, whose mark is then read.
    fn raw_literal(&mut self) -> Option<String> {
        let mut marks = 0_usize;
        while self.rest.peek() == Some(&'#') {
            self.next();
            marks += 1;
        }
        if self.rest.peek() != Some(&QUOTE) {
            return None;
        }
        let mut text = String::new();
        let mut closing = None;
        while let Some(c) = self.next() {
            closing = match (c, closing) {
                // The first one opens it.
                (QUOTE, _) if !text.is_empty() => Some(0),
                ('#', Some(seen)) => Some(seen + 1),
                _ => None,
            };
            text.push(c);
            if closing == Some(marks) {
                break;
            }
        }
        Some(text)
    }

    /// `'x'` or `'\n'`, whose quote was read; nothing for a `'lifetime`, which is passed over.
    fn character_or_lifetime(&mut self) -> Option<String> {
        match self.next() {
            Some('\\') => {
                self.next();
                while self.next().is_some_and(|c| c != '\'') {}
            }
            Some(_) if self.rest.peek() == Some(&'\'') => _ = self.next(),
            _ => {
                while self.rest.peek().is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    self.next();
                }
                return None;
            }
        }
        Some(QUOTE.to_string())
    }

    /// Reads on a word that begins with `first`, or the literal that it is the prefix of.
    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(c) = self.rest.peek().filter(|c| c.is_alphanumeric() || **c == '_') {
            word.push(*c);
            self.next();
        }
        if !matches!((word.as_str(), self.rest.peek()), ("r" | "br" | "cr", Some(&QUOTE | '#'))) {
            return word;
        }
        if let Some(text) = self.raw_literal() {
            return text;
        }
        let first = self.next().unwrap_or_default();
        self.word(first)
    }
}

/// The module path of a file below `src`: `tui/screens/users.rs` is `tui`, `screens`, `users`.
pub fn file_modules(path: &Path) -> Vec<String> {
    let mut modules: Vec<String> = path.with_extension("").iter().map(|m| m.to_string_lossy().into_owned()).collect();
    if modules.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        modules.pop();
    }
    modules
}

/// Each name that stands directly below the root of the crate in a path of `tokens`, with its line. `modules` is
/// where the file stands, so that a path that climbs by `super` is followed.
pub fn names_of_ours(tokens: &[Token], modules: &[String]) -> Vec<(usize, String)> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut found = Vec::new();
    let mut depth = 0_usize;
    // The depths at which an inline module was opened.
    let mut inline = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match text(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "mod" if text(at + 2) == "{" => inline.push(depth),
            "crate" | "rsvp" if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                found.extend(heads(tokens, at + 2));
            }
            "super" if at == 0 || text(at - 1) != "::" => {
                let mut climbed = 1;
                while text(at + 1) == "::" && text(at + 2) == "super" {
                    climbed += 1;
                    at += 2;
                }
                if climbed == modules.len() + inline.len() && text(at + 1) == "::" {
                    found.extend(heads(tokens, at + 2));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The first name of each path that starts at `at`: several if a use-group stands there.
fn heads(tokens: &[Token], at: usize) -> Vec<(usize, String)> {
    let Some(first) = tokens.get(at) else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.line, first.text.clone())];
    }
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (before, token) in tokens[at..].iter().zip(&tokens[at + 1..]) {
        match before.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(before.text.as_str(), "{" | ",") && token.text != "}" {
            found.push((token.line, token.text.clone()));
        }
    }
    found
}
