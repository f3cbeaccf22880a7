//! What dialogs that ask have in common: buttons of which the one that does no harm has the focus, keys that were on their
//! way before the dialog could be read, and how it looks.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr as _;

use super::{Touch, frame};
use crate::domain::text::visible;
use crate::domain::time::Timestamp;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Command, Context};
use crate::tui::state::State;
use crate::tui::widgets::text::{cell, wrapped};

/// How long after the last key a button can be pressed.
const ARMED_AFTER: Duration = Duration::from_millis(250);
/// A key that comes so soon after the dialog opened was pressed before anybody could see it: slow lines deliver late, and
/// then all at once.
const ON_ITS_WAY: Duration = Duration::from_millis(30);

/// The buttons of a question, and when it was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buttons {
    /// The button with the focus; the first does no harm.
    pub at: usize,
    count: usize,
    opened_at: Timestamp,
    last_key_at: Timestamp,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing that decides.
    Nothing,
    /// It is closed.
    Closed,
    /// This button was pressed.
    Button(usize),
    /// It is none of the question's keys.
    Other,
}

impl Buttons {
    /// So many, with the focus on the first.
    pub const fn new(count: usize, now: Timestamp) -> Self {
        Self { at: 0, count, opened_at: now, last_key_at: now }
    }

    /// Somebody touches the question.
    pub fn on(&mut self, state: &State, touch: Touch) -> Pressed {
        match touch {
            Touch::Key(key) => self.on_key(state, key),
            Touch::Click(at) => self.on_click(state, at),
        }
    }

    fn on_key(&mut self, state: &State, key: KeyEvent) -> Pressed {
        let now = state.now;
        if now.since(self.opened_at) < ON_ITS_WAY {
            return Pressed::Nothing;
        }
        let armed = now.since(self.last_key_at) >= ARMED_AFTER;
        self.last_key_at = now;
        match state.keymap.command(&[Context::Question], key) {
            Some(Command::Move(by)) => {
                let by = if by < 0 { self.count - 1 } else { 1 };
                self.at = (self.at + by) % self.count;
                Pressed::Nothing
            }
            // What does no harm may be pressed at any time.
            Some(Command::Press) if armed || self.at == 0 => Pressed::Button(self.at),
            Some(Command::Press) => Pressed::Nothing,
            Some(Command::Close) => Pressed::Closed,
            _ => Pressed::Other,
        }
    }

    /// A click on a button: whoever clicks it saw it.
    fn on_click(&mut self, state: &State, at: usize) -> Pressed {
        self.at = at.min(self.count - 1);
        let armed = state.now.since(self.opened_at) >= ARMED_AFTER;
        if armed { Pressed::Button(self.at) } else { Pressed::Nothing }
    }
}

/// How a question looks.
pub struct Question<'a> {
    /// The question.
    pub title: String,
    /// To what or whom.
    pub about: String,
    /// What stands out below that.
    pub stands_out: String,
    /// What happens.
    pub what: String,
    /// What is typed before it can be done.
    pub typed: Option<String>,
    /// What the buttons say.
    pub buttons: &'a [String],
    /// Columns of the box.
    pub columns: u16,
}

impl Question<'_> {
    /// Draws it. Where there are too few rows, the empty ones go, then words, but never what decides.
    pub fn draw(&self, state: &State, at: usize, canvas: &mut Canvas) {
        let theme = state.theme;
        let columns = self.columns.min(canvas.area().width);
        let room = usize::from(columns).saturating_sub(3);
        let mut parts: Vec<Vec<Line>> = Vec::new();
        let mut add = |text: &str, style| {
            if !text.is_empty() {
                parts.push(
                    wrapped(text, room).into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect(),
                );
            }
        };
        add(&self.about, theme.quiet());
        add(&self.stands_out, theme.waits());
        add(&self.what, ratatui::style::Style::new());
        // Names stand in buttons, and anything can be typed or pasted.
        let buttons: Vec<String> = self.buttons.iter().map(|words| visible(words).into_owned()).collect();
        let rows: Vec<Vec<usize>> = button_rows(&buttons, room);
        let mut decides: Vec<Line> = Vec::new();
        decides.extend(self.typed.iter().map(|typed| Line::styled(cell(&format!(" {typed}"), room), theme.strong())));
        let words: usize = parts.iter().map(Vec::len).sum();
        let wanted = words + decides.len() + rows.len() + parts.len() + decides.len();
        let inner = frame(canvas, &self.title, columns, u16::try_from(wanted).unwrap_or(u16::MAX));
        let height = usize::from(inner.height);
        let space = height >= wanted;
        let mut lines = Vec::new();
        for part in parts {
            lines.extend(part);
            lines.extend(space.then(|| Line::raw("")));
        }
        let most = height.saturating_sub(decides.len() + rows.len());
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = Line::styled(cell(&format!("{last} and more than fits"), room), last.style);
            }
        }
        for line in decides {
            lines.push(line);
            lines.extend(space.then(|| Line::raw("")));
        }
        let top = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.render(Paragraph::new(lines), inner);
        for (row, in_row) in rows.iter().enumerate() {
            let row = Rect { y: top + u16::try_from(row).unwrap_or(0), height: 1, ..inner };
            draw_buttons(state, &buttons, at, in_row, row.intersection(inner), canvas);
        }
    }
}

/// Draws some of the buttons in a row, in its middle.
pub fn draw_buttons(state: &State, words: &[String], focus: usize, buttons: &[usize], row: Rect, canvas: &mut Canvas) {
    let shown = |at: usize| format!("[ {} ]", words[at]);
    let width: usize = buttons.iter().map(|at| shown(*at).width()).sum::<usize>() + GAP * (buttons.len() - 1);
    let mut x = usize::from(row.width).saturating_sub(width) / 2;
    for button in buttons {
        let words = shown(*button);
        let style = if *button == focus { state.theme.focus() } else { state.theme.quiet() };
        let (left, wide) = (u16::try_from(x).unwrap_or(u16::MAX), u16::try_from(words.width()).unwrap_or(0));
        let place = Rect { x: row.x.saturating_add(left), width: wide, ..row }.intersection(row);
        canvas.offer(place, Target::Item(*button));
        x += words.width() + GAP;
        canvas.render(Line::styled(words, style), place);
    }
}

/// Columns between two buttons.
const GAP: usize = 3;

/// The buttons by rows: as many in one as fit.
pub fn button_rows(buttons: &[String], room: usize) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for (at, words) in buttons.iter().enumerate() {
        let needs = words.width() + 4;
        match rows.last_mut() {
            Some(row) if used + GAP + needs <= room => {
                row.push(at);
                used += GAP + needs;
            }
            _ => {
                rows.push(vec![at]);
                used = needs;
            }
        }
    }
    rows
}
