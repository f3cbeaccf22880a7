//! What came of an action for many: each refusal with its reason.

use ratatui::style::Style;
use ratatui::text::Line;

use super::asked::{past, words};
use super::refusals::{Refusals, users};
use super::window::{Read, Window, columns};
use super::{Dialog, Touch, capital, stay};
use crate::app::users::bulk::Each;
use crate::tui::canvas::Canvas;
use crate::tui::message::Effect;
use crate::tui::state::State;
use crate::tui::widgets::text::{cell, wrapped};

/// What came of it.
pub struct Ended {
    each: Each,
    /// How many were changed.
    done: u64,
    refused: Refusals,
    /// Whether it was stopped before its end.
    stopped: bool,
    window: Window,
}

impl Ended {
    /// With the window at its beginning.
    pub fn new(each: Each, done: u64, refused: Refusals, stopped: bool) -> Self {
        Self { each, done, refused, stopped, window: Window::default() }
    }

    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        let lines = self.lines(columns(state)).len();
        match self.window.on(state, touch, lines) {
            Read::Closed => Vec::new(),
            Read::On | Read::Switched => stay(state, Dialog::Ended(self)),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let style = |at: usize| if at == 0 { state.theme.strong() } else { Style::new() };
        let lines = self.lines(columns(state));
        let lines = lines.into_iter().enumerate().map(|(at, text)| Line::styled(text, style(at))).collect();
        self.window.draw(state, &capital(&words(&self.each)), lines, canvas);
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let stopped = if self.stopped { ", then stopped" } else { "" };
        let refused = self.refused.count();
        let first = format!("{}: {}{stopped}; {refused} refused", past(&self.each), users(self.done));
        let mut lines = Vec::new();
        let mut add = |begin: &str, text: &str| {
            for (at, line) in wrapped(text, width.saturating_sub(6)).into_iter().enumerate() {
                let begin = if at == 0 { begin.to_owned() } else { " ".repeat(begin.chars().count()) };
                lines.push(cell(&format!("{begin}{line}"), width));
            }
        };
        add(" ", &first);
        for reason in self.refused.reasons() {
            add(" ✗ ", &format!("{} · {}", reason.why, users(reason.count)));
            for who in &reason.who {
                add("     ", who);
            }
            let others = reason.count - reason.who.len() as u64;
            if others > 0 {
                add("     ", &format!("and {others} others"));
            }
        }
        lines
    }
}
