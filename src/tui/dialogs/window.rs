//! A window over lines that are read: the whole detail, a preview, results.

use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::{Touch, frame};
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Command, Context};
use crate::tui::state::State;
use crate::tui::widgets::scroll::scrolled;

/// Where in its lines a window is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// The first line that is shown.
    pub first: usize,
}

/// What a command did to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// It is read on.
    On,
    /// It is closed.
    Closed,
    /// The other side is wanted.
    Switched,
}

impl Window {
    /// Somebody touches it, over so many lines.
    pub fn on(&mut self, state: &State, touch: Touch, lines: usize) -> Read {
        let room = usize::from(state.size.1.saturating_sub(2));
        match touch.command(state, Context::Reading) {
            Some(Command::Close) => return Read::Closed,
            Some(Command::Switch) => return Read::Switched,
            Some(command) => {
                if let Some(first) = scrolled(command, self.first, lines, room) {
                    self.first = first;
                }
            }
            None => {}
        }
        Read::On
    }

    /// Draws the lines from the first on, with the keys in the title.
    pub fn draw(self, state: &State, title: &str, lines: Vec<Line<'static>>, canvas: &mut Canvas) {
        let key = |command| state.keymap.told(Context::Reading, command);
        let (down, up, close) = (key(Command::Move(1)), key(Command::Move(-1)), key(Command::Close));
        let moves = if lines.len() + 2 > usize::from(canvas.area().height) {
            format!(" · {down} {up} move")
        } else {
            String::new()
        };
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = frame(canvas, &format!("{title}{moves} · {close} closes"), canvas.area().width, rows);
        let shown: Vec<_> = lines.into_iter().skip(self.first).collect();
        canvas.render(Paragraph::new(Text::from(shown)), inner);
    }
}

/// The columns inside a window.
pub fn columns(state: &State) -> usize {
    usize::from(state.size.0.saturating_sub(2))
}
