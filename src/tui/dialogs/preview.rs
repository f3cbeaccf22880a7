//! What a mail says, as it was written or would be.

use ratatui::style::Style;
use ratatui::text::Line;

use super::window::{Read, Window, columns};
use super::{Dialog, Touch, stay};
use crate::domain::content::Words;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::state::State;
use crate::tui::widgets::text::{cell, wrapped};

/// What a mail says.
pub struct Preview {
    /// Its number.
    pub mail: i64,
    /// Its words.
    pub words: Box<Words>,
    /// Whether the HTML is shown instead of the plain text.
    pub html: bool,
    /// Where in them.
    pub window: Window,
}

impl Preview {
    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        let lines = self.lines(columns(state)).len();
        match self.window.on(state, touch, lines) {
            Read::Closed => return Vec::new(),
            Read::Switched => {
                self.html = !self.html;
                self.window = Window::default();
            }
            Read::On => {}
        }
        stay(state, Dialog::Preview(self))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let switch = state.keymap.told(Context::Reading, Command::Switch);
        let (this, other) = if self.html { ("HTML", "plain text") } else { ("plain text", "HTML") };
        let width = columns(state);
        let style = |at: usize| if at == 0 { state.theme.strong() } else { Style::new() };
        let lines = self.lines(width);
        let lines = lines.iter().enumerate().map(|(at, text)| Line::styled(cell(text, width), style(at))).collect();
        self.window.draw(state, &format!("Mail {} · {this} · {switch} {other}", self.mail), lines, canvas);
    }

    /// Its lines: the subject first.
    fn lines(&self, width: usize) -> Vec<String> {
        let room = width.saturating_sub(1);
        let body = if self.html { &self.words.html } else { &self.words.text };
        let subject = format!("Subject: {}", self.words.subject);
        let all = std::iter::once(subject.as_str()).chain(std::iter::once("")).chain(body.lines());
        all.flat_map(|line| if line.is_empty() { vec![String::new()] } else { wrapped(line, room) })
            .map(|line| format!(" {line}"))
            .collect()
    }
}
