//! A password being typed: kept in one place of memory that is wiped when it goes. What looks at it on its way, such as
//! the estimator of its strength and the terminal itself, makes copies that nobody wipes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::password::MAX_BYTES;

/// What is typed, and where the caret is.
pub struct Secret {
    /// Made once with room for everything, because a text that grows leaves its old place behind.
    text: Zeroizing<String>,
    /// The caret, in characters.
    at: usize,
}

impl Default for Secret {
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(MAX_BYTES)), at: 0 }
    }
}

impl Secret {
    /// What is typed.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// How many characters.
    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }

    /// Where the caret is, in characters.
    pub const fn caret(&self) -> usize {
        self.at
    }

    /// Forgets all of it.
    pub fn clear(&mut self) {
        self.text.zeroize();
        self.at = 0;
    }

    /// Puts text at the caret, as far as there is room for it.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| *c != '\n' && *c != '\r') {
            if self.text.len() + c.len_utf8() > MAX_BYTES {
                return;
            }
            let place = self.place(self.at);
            self.text.insert(place, c);
            self.at += 1;
        }
    }

    /// A key: the ones of every line that is edited.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what keys there are is the library's to say")]
    pub fn key(&mut self, key: KeyEvent) {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if ctrl => self.at = 0,
            KeyCode::Char('e') if ctrl => self.at = self.chars(),
            KeyCode::Char('u') if ctrl => self.cut(0, self.at),
            KeyCode::Char('k') if ctrl => self.cut(self.at, self.chars()),
            // Words cannot be seen in dots, so a word is all of it.
            KeyCode::Char('w') if ctrl => self.clear(),
            KeyCode::Char(c) if !ctrl => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace if self.at > 0 => self.cut(self.at - 1, self.at),
            KeyCode::Delete => self.cut(self.at, (self.at + 1).min(self.chars())),
            KeyCode::Left => self.at = self.at.saturating_sub(1),
            KeyCode::Right => self.at = (self.at + 1).min(self.chars()),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.chars(),
            _ => {}
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        let (first, last) = (self.place(from), self.place(to));
        self.text.replace_range(first..last, "");
        self.at = from;
    }

    /// Where a character begins.
    fn place(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[KeyCode]) -> Secret {
        let mut secret = Secret::default();
        for code in keys {
            secret.key(KeyEvent::from(*code));
        }
        secret
    }

    #[test]
    fn it_is_edited_like_any_other_line() {
        use KeyCode::{Backspace, Char, Delete, End, Home, Left};
        let secret = typed(&[Char('a'), Char('ö'), Char('c'), Left, Left, Char('x'), Home, Delete, End, Backspace]);
        assert_eq!((secret.expose(), secret.caret()), ("xö", 2));
        let mut secret = typed(&[Char('a'), Char('b'), Left]);
        secret.key(KeyEvent::new(Char('u'), KeyModifiers::CONTROL));
        assert_eq!((secret.expose(), secret.caret()), ("b", 0));
        secret.key(KeyEvent::new(Char('k'), KeyModifiers::CONTROL));
        assert_eq!(secret.expose(), "");
    }

    #[test]
    fn whatever_is_pasted_it_never_moves_in_memory() {
        let mut secret = Secret::default();
        let place = secret.expose().as_ptr();
        secret.insert(&"ö\n".repeat(MAX_BYTES));
        assert_eq!((secret.expose().len(), secret.expose().as_ptr()), (MAX_BYTES, place));
        assert!(!secret.expose().contains('\n'));
        secret.clear();
        assert_eq!((secret.expose(), secret.expose().as_ptr()), ("", place));
    }
}
