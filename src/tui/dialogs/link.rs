//! Shows a link that was made.

use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{Dialog, Touch, frame, stay};
use crate::domain::user::User;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::state::State;
use crate::tui::widgets::text::{cell, wrapped};

/// A link.
pub struct Link {
    /// Whose.
    pub user: Box<User>,
    /// The link.
    pub link: String,
}

impl Link {
    /// Somebody touches it.
    pub fn on(self, state: &mut State, touch: Touch) -> Vec<Effect> {
        match touch.command(state, Context::Reading) {
            Some(Command::Close) => Vec::new(),
            _ => stay(state, Dialog::Link(self)),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let width = usize::from(100.min(canvas.area().width)).saturating_sub(2).max(1);
        let text: Vec<char> = self.link.chars().collect();
        let mut lines: Vec<Line> =
            text.chunks(width).map(|part| Line::raw(cell(&part.iter().collect::<String>(), width))).collect();
        lines.push(Line::raw(""));
        let close = state.keymap.told(Context::Reading, Command::Close);
        let told = format!(
            "Sent to your terminal's clipboard, if it allows that. Whoever has the link can become this user; that it \
             was shown is in the audit log. {close} closes."
        );
        lines.extend(wrapped(&told, width).into_iter().map(|line| Line::styled(line, state.theme.quiet())));
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = frame(canvas, &format!("Link of {}", self.user.name.as_str()), 100, rows);
        canvas.render(Paragraph::new(lines), inner);
    }
}
