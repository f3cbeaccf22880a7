//! Whether the terminal's background is dark or light, asked without anybody waiting for the answer: the first screen is
//! drawn at once in the terminal's own colours. The answer (OSC 11) comes as if it were typed, at some time or never; it
//! is taken out of the keys, however late it is and in however many pieces.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::time::Instant;

/// The question: OSC 11 with a question mark (`XTerm` Control Sequences, "Operating System Commands").
pub const QUESTION: &str = "\u{1b}]11;?\u{1b}\\";
/// How the answer begins.
const BEGINS: &str = "11;rgb";
/// Most letters of an answer.
const MOST: usize = 40;
/// How long an answer that began may pause between two pieces.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer may take to begin: over the slowest line, with other things before it.
const EXPECTED: Duration = Duration::from_mins(1);

/// A background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light letters on it.
    Dark,
    /// Dark letters on it.
    Light,
}

/// The answer while it comes.
#[derive(Debug, Default)]
pub struct Reply {
    /// Until when one is expected.
    expected: Option<Instant>,
    /// Whether the last key was a lone Esc: a line may deliver the first letter of the answer by itself.
    escaped: bool,
    /// What of it is there, and when the last piece came.
    begun: Option<(String, Instant)>,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Somebody's key.
    Key,
    /// A piece of the answer.
    Piece,
    /// The end of the answer.
    Answer(Background),
}

impl Reply {
    /// From now on an answer may come.
    pub fn expect(&mut self, now: Instant) {
        self.expected = Some(now + EXPECTED);
    }

    /// Looks at a key before anybody else does.
    pub fn take(&mut self, key: KeyEvent, now: Instant) -> Taken {
        if self.expected.is_none_or(|until| self.begun.is_none() && until < now) {
            return Taken::Key;
        }
        let (code, alt) = (key.code, key.modifiers.contains(KeyModifiers::ALT));
        let escaped = std::mem::replace(&mut self.escaped, code == KeyCode::Esc);
        let Some((mut text, last)) = self.begun.take() else {
            if code == KeyCode::Char(']') && (alt || escaped) {
                self.begun = Some((String::new(), now));
                return Taken::Piece;
            }
            return Taken::Key;
        };
        if now.duration_since(last) > PATIENCE {
            return Taken::Key;
        }
        let ends = (code == KeyCode::Char('\\') && (alt || escaped))
            || (code == KeyCode::Char('g') && key.modifiers.contains(KeyModifiers::CONTROL));
        if ends {
            self.expected = None;
            return read(&text).map_or(Taken::Piece, Taken::Answer);
        }
        match code {
            // The end may come in two pieces as well; before that an Esc is somebody's.
            KeyCode::Esc if text.len() > BEGINS.len() => {}
            KeyCode::Char(c) if text.len() < MOST && fits(&text, c) => text.push(c),
            _ => return Taken::Key,
        }
        self.begun = Some((text, now));
        Taken::Piece
    }
}

/// Whether a letter can come next in an answer.
fn fits(text: &str, c: char) -> bool {
    match BEGINS.chars().nth(text.len()) {
        Some(wanted) => wanted == c,
        None => c.is_ascii_hexdigit() || matches!(c, ':' | '/'),
    }
}

/// Reads `11;rgb:1e1e/1e1e/1e1e`, or with another count of digits, or with an alpha part.
fn read(text: &str) -> Option<Background> {
    let parts = text.strip_prefix(BEGINS)?.trim_start_matches('a').strip_prefix(':')?;
    let mut shares = parts.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        u32::from_str_radix(part, 16).ok().map(|value| f64::from(value) / f64::from(most))
    });
    let (red, green, blue) = (shares.next()??, shares.next()??, shares.next()??);
    // The luma of ITU-R BT.601: how bright the eye finds it.
    let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    Some(if bright < 0.5 { Background::Dark } else { Background::Light })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char) -> KeyEvent {
        KeyEvent::from(KeyCode::Char(c))
    }

    fn alt(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT)
    }

    fn asked() -> Reply {
        let mut reply = Reply::default();
        reply.expect(Instant::now());
        reply
    }

    fn all(reply: &mut Reply, keys: impl IntoIterator<Item = KeyEvent>) -> Vec<Taken> {
        let now = Instant::now();
        keys.into_iter().map(|key| reply.take(key, now)).collect()
    }

    #[test]
    fn an_answer_is_taken_out_of_the_keys_and_read() {
        for (text, wanted) in [
            ("11;rgb:1e1e/1e1e/2e2e", Background::Dark),
            ("11;rgb:ff/fa/f0", Background::Light),
            ("11;rgb:0/0/0", Background::Dark),
        ] {
            let keys = || [alt(']')].into_iter().chain(text.chars().map(key));
            let taken = all(&mut asked(), keys().chain([alt('\\')]));
            assert_eq!(taken.last(), Some(&Taken::Answer(wanted)), "{text}");
            assert!(!taken.contains(&Taken::Key));
            let bell = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL);
            assert_eq!(all(&mut asked(), keys().chain([bell])).last(), Some(&Taken::Answer(wanted)));
        }
    }

    #[test]
    fn an_answer_whose_escape_came_alone_presses_no_letter_either() {
        let escape = KeyEvent::from(KeyCode::Esc);
        let text = "]11;rgb:0000/0000/0000".chars().map(key);
        let taken = all(&mut asked(), [escape].into_iter().chain(text).chain([escape, key('\\')]));
        assert_eq!(taken.iter().filter(|taken| **taken == Taken::Key).count(), 1, "the first Esc: {taken:?}");
        assert_eq!(taken.last(), Some(&Taken::Answer(Background::Dark)));
    }

    #[test]
    fn whoever_types_loses_no_key_but_what_looks_like_an_answer() {
        let mut reply = asked();
        assert_eq!(all(&mut reply, [alt(']'), key('q')]), [Taken::Piece, Taken::Key]);
        assert_eq!(all(&mut reply, [key(']'), key('1')]), [Taken::Key, Taken::Key]);
        let escape = KeyEvent::from(KeyCode::Esc);
        assert_eq!(all(&mut asked(), [alt(']'), escape, key('q')]), [Taken::Piece, Taken::Key, Taken::Key]);
        assert_eq!(all(&mut Reply::default(), [alt(']')]), [Taken::Key], "nothing was asked");
    }

    #[test]
    fn an_answer_may_pause_and_one_that_never_came_is_waited_for_no_longer() {
        let (mut reply, begin) = (asked(), Instant::now());
        let text = [alt(']')].into_iter().chain("11;rgb:ff/ff/ff".chars().map(key)).chain([alt('\\')]);
        let taken: Vec<_> =
            text.enumerate().map(|(at, key)| reply.take(key, begin + PATIENCE * u32::try_from(at).unwrap())).collect();
        assert_eq!(taken.last(), Some(&Taken::Answer(Background::Light)), "{taken:?}");
        assert_eq!(asked().take(alt(']'), begin + EXPECTED * 2), Taken::Key);
    }
}
