//! The keys that matter now. What is not possible stays in its place, greyed.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::keymap::{Binding, Command, change, listed};
use super::super::state::State;
use crate::domain::action::Action;
use crate::domain::policy::allow;
use crate::domain::status::Status;

/// Draws one row, or two: this person's keys, and the screen's.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let rows = area.layout_vec(&Layout::vertical(vec![Constraint::Length(1); usize::from(area.height)]));
    if let [only] = rows.as_slice() {
        frame.render_widget(short(state, only.width), *only);
    } else if let [first, second] = rows.as_slice() {
        frame.render_widget(row(state, is_about_a_user, first.width), *first);
        frame.render_widget(row(state, |command| !is_about_a_user(command), second.width), *second);
    }
}

fn is_about_a_user(command: Command) -> bool {
    matches!(command, Command::SuspendOrReactivate)
        || matches!(command, Command::Act(action) if change(action).is_some())
}

/// What `s` would do to this user.
fn suspends(state: &State) -> Action {
    let suspended = state.user().is_some_and(|user| user.status == Status::Suspended);
    if suspended { Action::Reactivate } else { Action::Suspend }
}

fn words_of(state: &State, binding: &Binding) -> &'static str {
    if binding.command == Command::SuspendOrReactivate { suspends(state).words() } else { binding.words }
}

fn is_possible(state: &State, command: Command) -> bool {
    let action = match command {
        Command::Act(action) => action,
        Command::SuspendOrReactivate => suspends(state),
        _ => return true,
    };
    match (change(action), state.user()) {
        (Some(change), Some(user)) => allow(&state.authority, &change, Some(user)).is_ok(),
        (Some(_), None) => false,
        (None, _) => action != Action::Undo || state.undo.is_some(),
    }
}

/// One row for narrow windows: what is possible now, each in one word, and always how to see the rest.
fn short(state: &State, width: u16) -> Line<'static> {
    let help = 7;
    let mut spans = Vec::new();
    let mut used = help;
    for binding in listed().filter(|b| !matches!(b.command, Command::Help) && is_possible(state, b.command)) {
        let word = words_of(state, binding).split(' ').next().unwrap_or_default();
        let needs = binding.shown.chars().count() + word.chars().count() + 4;
        if used + needs > usize::from(width) {
            break;
        }
        used += needs;
        spans.push(Span::styled(format!(" {}", binding.shown), state.theme.key()));
        spans.push(Span::raw(format!(" {word}  ")));
    }
    spans.push(Span::styled(" ?", state.theme.key()));
    spans.push(Span::raw(" help"));
    Line::from(spans)
}

fn row(state: &State, wanted: impl Fn(Command) -> bool, width: u16) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for binding in listed().filter(|b| wanted(b.command)) {
        let possible = is_possible(state, binding.command);
        let text = format!(" {}  ", words_of(state, binding));
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
