//! What the terminal sends, byte by byte: keys, pastes and clicks, and among them answers that look like typing to
//! whoever does not know them (`XTerm` Control Sequences; ECMA-48, 5.4 and 8.3). Those are taken out up to their end,
//! whether this program asked or the one before it did, however late they are and in however many pieces.
//!
//! An answer and somebody's Esc begin alike. What settles it is time: a terminal writes an answer at once, so what
//! follows within [`ESCAPE`] belongs together. Whoever presses Esc and then a key that also begins an answer gets both
//! keys, at most [`PAUSE`] later; what is typed into an answer that never ends is lost for some seconds, and only
//! letters are.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::time::Instant;

use super::background::{self, Background};

/// How long after an Esc the rest of a sequence may come.
const ESCAPE: Duration = Duration::from_millis(50);
/// How long a sequence that began may pause between two pieces: over a line that loses packets.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a string may take from its begin to its end, and for each byte of it: a line is faster, a hand is slower.
const LONGEST: (Duration, Duration) = (Duration::from_secs(3), Duration::from_millis(5));
/// How long after an Esc that was pressed an answer is still known, whose Esc came by itself: longer than a line that
/// splits an answer there holds the rest back.
const LATE: Duration = Duration::from_secs(2);
/// Most bytes of an answer that are kept: none that is read is longer.
const KEPT: usize = 64;
/// Most bytes of a paste; what is more is lost.
const PASTE: usize = 4 * 1024 * 1024;
/// Ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";
/// Ctrl-C.
const INTERRUPT: u8 = 0x03;

/// Something that came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The left button was pressed in this column and row, from 0.
    Click(u16, u16),
    /// The wheel was turned: back with -1, on with 1.
    Wheel(i32),
    /// What is behind the letters (OSC 11).
    Background(Background),
    /// The terminal has shown everything that was written before it was asked (DSR 5).
    Shown,
}

/// Turns bytes into what they mean.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// When the last byte came.
    last: Option<Instant>,
    /// When an Esc was handed out that stood alone.
    escaped: Option<Instant>,
    ready: Vec<Input>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// The first bytes of a letter, and how many there must be.
    Letter(Vec<u8>, usize),
    /// After Esc.
    Escape,
    /// After Esc and this letter, which begins a string; `bool` says whether the Esc was handed out as a key already.
    Introduced(u8, bool),
    Text(Text),
    /// After Esc O.
    Single,
    /// After Esc [: the bytes up to the last one.
    Control(Vec<u8>),
    /// A click in the old way, of three bytes.
    OldMouse(Vec<u8>),
    /// A function key of the Linux console: Esc [ [ and a letter.
    Console,
    Paste(Vec<u8>),
}

/// A string that is swallowed.
#[derive(Debug)]
struct Text {
    /// What it begins with: `]`, `P`, `X`, `^` or `_`.
    kind: u8,
    began: Instant,
    kept: Vec<u8>,
    length: u32,
    /// Whether the last byte was an Esc, which ends it together with a backslash.
    escaped: bool,
    /// Whether it began with a single byte above 127 and may end with one.
    wide: bool,
}

/// What begins a string after Esc: OSC, DCS, SOS, PM, APC.
const fn begins_string(byte: u8) -> bool {
    matches!(byte, b']' | b'P' | b'X' | b'^' | b'_')
}

impl Text {
    const fn new(kind: u8, began: Instant, wide: bool) -> Self {
        Self { kind, began, kept: Vec::new(), length: 0, escaped: false, wide }
    }
}

impl Decoder {
    /// Takes bytes in; what they mean is in [`Self::take`]. However late they are read, what waited for them was not
    /// waited for long enough: a busy machine reads late what came in time.
    pub fn feed(&mut self, bytes: &[u8], now: Instant) {
        // A paste whose end got lost would swallow every key from then on: whoever wants to get out of it can.
        let is_silent = self.last.is_some_and(|last| now.duration_since(last) > PAUSE);
        if bytes == [INTERRUPT]
            && is_silent
            && let State::Paste(text) = &mut self.state
        {
            let text = String::from_utf8_lossy(text).into_owned();
            self.state = State::Ground;
            self.ready.push(Input::Paste(text));
        }
        for byte in bytes {
            self.byte(*byte, now);
        }
        self.last = Some(now);
    }

    /// What is complete by now.
    pub fn take(&mut self) -> Vec<Input> {
        std::mem::take(&mut self.ready)
    }

    /// When something is to be decided if nothing more comes.
    pub fn deadline(&self) -> Option<Instant> {
        let last = self.last?;
        match &self.state {
            // The end of a paste is waited for: what follows of it must not be typed.
            State::Ground | State::Paste(_) => None,
            State::Escape | State::Single | State::Introduced(_, true) => Some(last + ESCAPE),
            State::Text(text) => Some((last + PAUSE).min(text.began + LONGEST.0 + LONGEST.1 * text.length)),
            State::Letter(..)
            | State::Introduced(_, false)
            | State::Control(_)
            | State::OldMouse(_)
            | State::Console => Some(last + PAUSE),
        }
    }

    /// Decides what was waited for long enough.
    pub fn expire(&mut self, now: Instant) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        match std::mem::take(&mut self.state) {
            State::Escape => {
                self.key(KeyCode::Esc);
                self.escaped = Some(now);
            }
            State::Single => self.typed(b"\x1bO"),
            State::Introduced(kind, true) => self.typed(&[kind]),
            // Nothing followed: it was somebody.
            State::Introduced(kind, false) => self.typed(&[0x1b, kind]),
            State::Control(bytes) if bytes.is_empty() => self.typed(b"\x1b["),
            State::Text(text) if text.escaped => self.key(KeyCode::Esc),
            State::Ground
            | State::Letter(..)
            | State::Text(_)
            | State::Control(_)
            | State::OldMouse(_)
            | State::Console
            | State::Paste(_) => {}
        }
    }

    fn byte(&mut self, byte: u8, now: Instant) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, now),
            State::Letter(bytes, length) => self.letter(bytes, length, byte, now),
            State::Escape => self.after_escape(byte, now),
            State::Introduced(kind, late) => {
                if matches!(byte, 0x00..b' ' | 0x7f) {
                    self.typed(if late { &[][..] } else { &[0x1b] });
                    self.typed(&[kind]);
                    self.ground(byte, now);
                } else {
                    self.text(Text::new(kind, now, false), byte, now);
                }
            }
            State::Text(text) => self.text(text, byte, now),
            State::Single => self.after_single(byte, now),
            State::Control(bytes) => self.control(bytes, byte, now),
            State::OldMouse(mut bytes) => {
                bytes.push(byte);
                match *bytes {
                    [button, column, row] => {
                        let place = |byte: u8| u16::from(byte.saturating_sub(33));
                        self.mouse(u16::from(button.saturating_sub(32)), place(column), place(row));
                    }
                    _ => self.state = State::OldMouse(bytes),
                }
            }
            State::Console => {
                if let b'A'..=b'E' = byte {
                    self.key(KeyCode::F(byte - b'A' + 1));
                }
            }
            State::Paste(mut text) => {
                text.push(byte);
                if let Some(text) = text.strip_suffix(PASTE_END) {
                    return self.ready.push(Input::Paste(String::from_utf8_lossy(text).into_owned()));
                }
                if text.len() >= PASTE + PASTE_END.len() {
                    text.remove(PASTE);
                }
                self.state = State::Paste(text);
            }
        }
    }

    fn ground(&mut self, byte: u8, now: Instant) {
        let late = self.escaped.take().is_some_and(|at| now.duration_since(at) < LATE);
        match byte {
            0x1b => self.state = State::Escape,
            _ if late && begins_string(byte) => self.state = State::Introduced(byte, true),
            0x80..=0x9f => self.wide(byte, now),
            0xc2..=0xdf => self.state = State::Letter(vec![byte], 2),
            0xe0..=0xef => self.state = State::Letter(vec![byte], 3),
            0xf0..=0xf4 => self.state = State::Letter(vec![byte], 4),
            _ => self.typed(&[byte]),
        }
    }

    /// Esc and a letter in one byte, which no letter begins with (ECMA-48, 5.3: C1).
    fn wide(&mut self, byte: u8, now: Instant) {
        match byte - 0x40 {
            b'[' => self.state = State::Control(Vec::new()),
            kind if begins_string(kind) => self.state = State::Text(Text::new(kind, now, true)),
            _ => {}
        }
    }

    fn letter(&mut self, mut bytes: Vec<u8>, length: usize, byte: u8, now: Instant) {
        if !(0x80..=0xbf).contains(&byte) {
            // It was none; what interrupted it may be one.
            self.ground(byte, now);
            return;
        }
        bytes.push(byte);
        if bytes.len() < length {
            self.state = State::Letter(bytes, length);
            return;
        }
        let letter = std::str::from_utf8(&bytes).ok().and_then(|letter| letter.chars().next());
        match letter.map(|c| (c, u8::try_from(u32::from(c)))) {
            Some((_, Ok(byte @ 0x80..=0x9f))) => self.wide(byte, now),
            Some((c, _)) => self.ready.push(Input::Key(pressed(c))),
            None => {}
        }
    }

    fn after_escape(&mut self, byte: u8, now: Instant) {
        match byte {
            b'[' => self.state = State::Control(Vec::new()),
            b'O' => self.state = State::Single,
            _ if begins_string(byte) => self.state = State::Introduced(byte, false),
            // An answer's end whose begin was given up, or somebody's.
            _ => {
                self.key(KeyCode::Esc);
                self.ground(byte, now);
            }
        }
    }

    fn after_single(&mut self, byte: u8, now: Instant) {
        let code = if let b'P'..=b'S' = byte { Some(KeyCode::F(byte - b'P' + 1)) } else { arrow(byte) };
        let Some(code) = code else {
            self.typed(b"\x1bO");
            return self.ground(byte, now);
        };
        self.key(code);
    }

    fn text(&mut self, mut text: Text, byte: u8, now: Instant) {
        let ended = byte == 0x07 || (text.escaped && byte == b'\\') || (text.wide && byte == 0x9c);
        if ended {
            if text.kind == b']'
                && let Some(background) = background::read(&text.kept)
            {
                self.ready.push(Input::Background(background));
            }
            return;
        }
        if text.escaped {
            // Another sequence begins: this one was broken off.
            return self.after_escape(byte, now);
        }
        match byte {
            0x1b => text.escaped = true,
            // No answer holds these; somebody who typed into one that never ends gets out with them.
            0x00..=0x1f | 0x7f => return self.ground(byte, now),
            _ => {
                text.length = text.length.saturating_add(1);
                if text.kept.len() < KEPT {
                    text.kept.push(byte);
                }
            }
        }
        self.state = State::Text(text);
    }

    fn control(&mut self, mut bytes: Vec<u8>, byte: u8, now: Instant) {
        match byte {
            b'[' if bytes.is_empty() => self.state = State::Console,
            b'M' if bytes.is_empty() => self.state = State::OldMouse(Vec::new()),
            b'@'..=b'~' => self.sequence(&bytes, byte),
            b' '..=b'?' => {
                if bytes.len() < KEPT {
                    bytes.push(byte);
                }
                self.state = State::Control(bytes);
            }
            _ => self.ground(byte, now),
        }
    }

    /// A control sequence with its last byte. What is not known here is no key, so nobody typed it.
    fn sequence(&mut self, bytes: &[u8], last: u8) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Some(place) = text.strip_prefix('<') {
            if let ([button, column, row], b'M') = (&*numbers(place), last) {
                self.mouse(*button, column.saturating_sub(1), row.saturating_sub(1));
            }
            return;
        }
        if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, ';' | ':')) {
            return;
        }
        // The release of a key (kitty's protocol, event type 3), which a program before left switched on.
        if text.split(';').nth(1).is_some_and(|second| second.split(':').nth(1) == Some("3")) {
            return;
        }
        let parameters = numbers(text);
        let parameter = |at: usize| parameters.get(at).copied();
        let modifiers = modifiers(parameter(1).unwrap_or(1));
        let code = match (last, parameter(0).unwrap_or(0)) {
            (b'n', 0) if text == "0" => return self.ready.push(Input::Shown),
            (b'~', 200) => {
                self.state = State::Paste(Vec::new());
                return;
            }
            (b'~', number) => numbered(number),
            (b'u', number) => char::from_u32(number.into()).map(|c| match c {
                '\r' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{1b}' => KeyCode::Esc,
                '\u{8}' | '\u{7f}' => KeyCode::Backspace,
                c => KeyCode::Char(c),
            }),
            (b'Z', _) => Some(KeyCode::BackTab),
            (b'P' | b'Q' | b'S', _) => Some(KeyCode::F(last - b'P' + 1)),
            _ => arrow(last),
        };
        let modifiers = if code == Some(KeyCode::BackTab) { KeyModifiers::SHIFT } else { modifiers };
        self.ready.extend(code.map(|code| Input::Key(KeyEvent::new(code, modifiers))));
    }

    fn mouse(&mut self, button: u16, column: u16, row: u16) {
        // Shift, Alt and Ctrl are bits of their own; bit 5 says that the mouse was moved.
        match button & !0b1_1100 {
            0 => self.ready.push(Input::Click(column, row)),
            64 => self.ready.push(Input::Wheel(-1)),
            65 => self.ready.push(Input::Wheel(1)),
            _ => {}
        }
    }

    fn key(&mut self, code: KeyCode) {
        self.ready.push(Input::Key(KeyEvent::from(code)));
    }

    /// Bytes that are keys of their own.
    fn typed(&mut self, bytes: &[u8]) {
        let control = |c: u8| KeyEvent::new(KeyCode::Char(c.into()), KeyModifiers::CONTROL);
        self.ready.extend(bytes.iter().filter_map(|byte| {
            Some(Input::Key(match byte {
                0x00 => control(b' '),
                b'\r' => KeyCode::Enter.into(),
                b'\t' => KeyCode::Tab.into(),
                0x1b => KeyCode::Esc.into(),
                0x01..=0x1a => control(byte - 1 + b'a'),
                0x1c..=0x1f => control(byte - 0x1c + b'4'),
                0x7f => KeyCode::Backspace.into(),
                b' '..=b'~' => pressed((*byte).into()),
                0x80..=0xff => return None,
            }))
        }));
    }
}

/// A letter as a key; a capital one is pressed with Shift.
fn pressed(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE })
}

const fn arrow(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        _ => return None,
    })
}

/// A key by its number (VT220 and `XTerm`).
fn numbered(number: u16) -> Option<KeyCode> {
    let function = |less: u16| u8::try_from(number - less).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(10),
        17..=21 => function(11),
        23 | 24 => function(12),
        _ => None,
    }
}

/// The numbers between semicolons; what is left out is 0, and what follows a colon belongs to the number before it.
fn numbers(text: &str) -> Vec<u16> {
    let number = |part: &str| part.split(':').next().and_then(|part| part.parse().ok()).unwrap_or(0);
    text.split(';').map(number).collect()
}

/// Modifiers as `XTerm` counts them: one more than the sum of their bits.
fn modifiers(number: u16) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    [(1, KeyModifiers::SHIFT), (2, KeyModifiers::ALT), (4, KeyModifiers::CONTROL)]
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .fold(KeyModifiers::NONE, |all, (_, one)| all | one)
}

#[cfg(test)]
mod tests;
