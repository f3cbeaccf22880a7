//! The keys that matter now. What is not possible stays in its place, greyed.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::keymap::{Command, USERS, change};
use super::super::state::State;
use crate::domain::policy::allow;

/// Draws one row, or two: this person's keys, and the screen's.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let rows = area.layout_vec(&Layout::vertical(vec![Constraint::Length(1); usize::from(area.height)]));
    if let [only] = rows.as_slice() {
        frame.render_widget(row(state, |_| true, only.width), *only);
    } else if let [first, second] = rows.as_slice() {
        frame.render_widget(row(state, is_about_a_user, first.width), *first);
        frame.render_widget(row(state, |command| !is_about_a_user(command), second.width), *second);
    }
}

fn is_about_a_user(command: Command) -> bool {
    matches!(command, Command::SuspendOrReactivate)
        || matches!(command, Command::Act(action) if change(action).is_some())
}

fn row(state: &State, wanted: impl Fn(Command) -> bool, width: u16) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for binding in USERS.iter().filter(|b| !b.words.is_empty() && wanted(b.command)) {
        let possible = match binding.command {
            Command::Act(action) => match (change(action), state.user()) {
                (Some(change), Some(target)) => allow(&state.authority, &change, Some(target)).is_ok(),
                (Some(_), None) => false,
                (None, _) => true,
            },
            _ => true,
        };
        let text = format!(" {}  ", binding.words);
        let needs = binding.shown.chars().count() + text.chars().count() + 1;
        if used + needs > usize::from(width) {
            break;
        }
        used += needs;
        let (key, words) = if possible {
            (state.theme.key(), ratatui::style::Style::new())
        } else {
            (state.theme.quiet(), state.theme.quiet())
        };
        spans.push(Span::styled(format!(" {}", binding.shown), key));
        spans.push(Span::styled(text, words));
    }
    Line::from(spans)
}
