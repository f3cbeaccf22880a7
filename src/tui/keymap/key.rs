//! A key: as an event brings it, as a settings file writes it, and as a screen shows it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::text::visible;

/// A key, with or without Ctrl. Shift is in the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl.
    pub ctrl: bool,
}

/// Keys with a name: as the settings write them, and as screens show them.
const NAMED: [(&str, &str, KeyCode); 15] = [
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("space", "Space", KeyCode::Char(' ')),
    ("tab", "Tab", KeyCode::Tab),
    ("shift-tab", "Shift-Tab", KeyCode::BackTab),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("insert", "Insert", KeyCode::Insert),
];

/// Keys that terminals, multiplexers or SSH keep for themselves or send as another key, and why.
const KEPT: [(&str, &str); 12] = [
    ("ctrl-b", "tmux begins its commands with it"),
    ("ctrl-q", "terminals resume stopped output with it"),
    ("ctrl-s", "terminals stop their output with it"),
    ("ctrl-h", "it is the same byte as Backspace"),
    ("ctrl-i", "it is the same byte as Tab"),
    ("ctrl-j", "it is the same byte as Enter"),
    ("ctrl-m", "it is the same byte as Enter"),
    ("ctrl-\\", "terminals end programs with it"),
    ("ctrl-]", "telnet begins its commands with it"),
    ("ctrl-space", "many terminals send nothing for it"),
    ("delete", "some terminals send Backspace for it"),
    ("~", "SSH begins its commands with it"),
];

/// A text that names no key that can be bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongKey {
    /// Nothing is called so.
    #[error("\u{201c}{}\u{201d} isn't a key", visible(.0))]
    Unknown(String),
    /// Somebody else has it.
    #[error("{0} can't be bound: {1}")]
    Kept(String, &'static str),
    /// With Alt or Meta.
    #[error("keys with Alt can't be bound: on a slow line they arrive as Esc and a letter")]
    Alt,
}

impl Key {
    /// The key of an event.
    pub fn of(event: KeyEvent) -> Self {
        Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) }
    }

    /// Whether it types something in a text field.
    pub const fn types(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl
    }

    /// Whether it moves or deletes where something is typed; in a question the arrows choose a button.
    pub const fn edits(self, in_question: bool) -> bool {
        let sideways = matches!(self.code, KeyCode::Left | KeyCode::Right);
        sideways && !in_question || matches!(self.code, KeyCode::Backspace | KeyCode::Home | KeyCode::End)
    }

    /// Reads `r`, `D`, `ctrl-d`, `space`, `f1`.
    pub fn parse(text: &str) -> Result<Self, WrongKey> {
        let low = text.to_lowercase();
        let lone = text.chars().count() == 1;
        if let Some((_, why)) = KEPT.iter().find(|(kept, _)| if lone { *kept == text } else { *kept == low }) {
            return Err(WrongKey::Kept(text.to_owned(), why));
        }
        if ["alt-", "meta-", "option-"].iter().any(|alt| low.starts_with(alt)) {
            return Err(WrongKey::Alt);
        }
        Self::read(text).ok_or_else(|| WrongKey::Unknown(text.to_owned()))
    }

    /// The same for the table of this program, which may bind beside another key what should not be the only one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return (!c.is_control() && c != ' ').then_some(Self { code: KeyCode::Char(c), ctrl: false });
        }
        let low = text.to_lowercase();
        if let Some(rest) = low.strip_prefix("ctrl-") {
            let mut chars = rest.chars();
            let only = chars.next().filter(|_| chars.next().is_none())?;
            return only.is_ascii_alphabetic().then_some(Self { code: KeyCode::Char(only), ctrl: true });
        }
        if let Some(number) = low.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n)) {
            return Some(Self { code: KeyCode::F(number), ctrl: false });
        }
        NAMED.iter().find(|(name, ..)| *name == low).map(|(_, _, code)| Self { code: *code, ctrl: false })
    }

    /// As the settings write it.
    pub fn setting(self) -> String {
        match (self.ctrl, self.code) {
            (true, KeyCode::Char(c)) => format!("ctrl-{c}"),
            (_, KeyCode::F(number)) => format!("f{number}"),
            (_, code) => match (NAMED.iter().find(|(.., named)| *named == code), code) {
                (Some((name, ..)), _) => (*name).to_owned(),
                (None, KeyCode::Char(c)) => c.to_string(),
                (None, _) => String::new(),
            },
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ctrl, self.code) {
            (true, KeyCode::Char(c)) => write!(f, "Ctrl-{}", c.to_ascii_uppercase()),
            (_, KeyCode::F(number)) => write!(f, "F{number}"),
            (_, code) => match (NAMED.iter().find(|(.., named)| *named == code), code) {
                (Some((_, shown, _)), _) => f.write_str(shown),
                (None, KeyCode::Char(c)) => write!(f, "{c}"),
                (None, _) => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written_and_shown() {
        for (text, shown) in
            [("r", "r"), ("D", "D"), ("ctrl-d", "Ctrl-D"), ("Space", "Space"), ("f1", "F1"), ("down", "↓"), (":", ":")]
        {
            let key = Key::parse(text).unwrap();
            assert_eq!(key.to_string(), shown);
            assert_eq!(Key::parse(&key.setting()), Ok(key));
        }
    }

    #[test]
    fn keys_that_others_need_are_refused_with_the_reason() {
        assert!(Key::parse("ctrl-b").unwrap_err().to_string().contains("tmux"));
        assert!(Key::parse("Ctrl-M").unwrap_err().to_string().contains("Enter"));
        assert_eq!(Key::parse("alt-x"), Err(WrongKey::Alt));
        for text in ["", "hyper-x", "f13", "ctrl-", "ctrl-xx", "ctrl-[", "ctrl-1", "\u{1b}", " "] {
            assert!(matches!(Key::parse(text), Err(WrongKey::Unknown(_))), "{text:?}");
        }
    }
}
