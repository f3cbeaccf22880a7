//! The keys that matter now. What is not possible stays in its place, greyed.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::keymap::{Binding, Command, change, listed};
use super::super::state::State;
use crate::app::bulk::Each;
use crate::domain::action::Action;
use crate::domain::mail::{Mail, MailState};
use crate::domain::policy::allow;
use crate::domain::status::Status;

/// Draws one row, or two: this person's keys, and the screen's.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let rows = area.layout_vec(&Layout::vertical(vec![Constraint::Length(1); usize::from(area.height)]));
    if let [only] = rows.as_slice() {
        frame.render_widget(short(state, only.width), *only);
    } else if let [first, second] = rows.as_slice() {
        frame.render_widget(row(state, is_about_a_row, first.width), *first);
        frame.render_widget(row(state, |command| !is_about_a_row(command), second.width), *second);
    }
}

/// Whether a key acts on what is under the cursor.
fn is_about_a_row(command: Command) -> bool {
    matches!(command, Command::SuspendOrReactivate | Command::ShowUser | Command::CopyCaught | Command::Preview)
        || command == Command::CorrectAddress
        || matches!(command, Command::Act(Action::RetryMail | Action::CancelMail))
        || matches!(command, Command::Act(action) if change(action).is_some())
}

/// What `s` would do to this user.
fn suspends(state: &State) -> Action {
    let suspended = state.shown_user().is_some_and(|user| user.status == Status::Suspended);
    if suspended { Action::Reactivate } else { Action::Suspend }
}

/// The words of a key, as they fit whom it would concern.
pub fn words_of(state: &State, binding: &Binding) -> &'static str {
    if binding.command == Command::SuspendOrReactivate { suspends(state).words() } else { binding.words }
}

/// Whether a key would do something now.
pub fn is_possible(state: &State, command: Command) -> bool {
    let action = match command {
        Command::Act(action) => action,
        Command::SuspendOrReactivate => suspends(state),
        Command::RetryAll => return state.health.as_ref().is_some_and(|health| health.dead > 0),
        Command::ShowUser | Command::CorrectAddress => {
            return state.mail.mail().is_some_and(|mail| mail.user.is_some());
        }
        Command::CopyCaught => return state.mail.caught.is_some(),
        Command::Preview => return state.mail.mail().is_some(),
        _ => return true,
    };
    if matches!(action, Action::RetryMail | Action::CancelMail) {
        let steerable = |mail: &Mail| matches!(mail.state, MailState::Queued | MailState::Dead);
        return state.mail.mail().is_some_and(steerable);
    }
    if !state.marks.is_empty() && Each::of(action).is_some() {
        return true;
    }
    match (change(action), state.shown_user()) {
        (Some(change), Some(user)) => allow(&state.me.authority, &change, Some(user)).is_ok(),
        (Some(_), None) => false,
        (None, _) => action != Action::Undo || state.undo.is_some(),
    }
}

/// One row for narrow windows: what is possible now, each in one word, and always how to see the rest.
fn short(state: &State, width: u16) -> Line<'static> {
    let help = 7;
    let mut spans = Vec::new();
    let mut used = help;
    for binding in listed(state.screen)
        .filter(|b| !matches!(b.command, Command::Help | Command::Go(_)) && is_possible(state, b.command))
    {
        let word = brief(binding, words_of(state, binding));
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

/// One row of keys. Where they do not all fit in verb and object, the verbs alone have to do.
fn row(state: &State, wanted: impl Fn(Command) -> bool, width: u16) -> Line<'static> {
    let seldom =
        |command: Command| matches!(command, Command::Go(_)) || (command == Command::CopyCaught && !state.here.demo);
    let all: Vec<_> = listed(state.screen).filter(|b| wanted(b.command) && !seldom(b.command)).collect();
    let width = usize::from(width);
    let needs = |binding: &Binding, words: &str| binding.shown.chars().count() + words.chars().count() + 4;
    let main: Vec<_> = all.iter().filter(|b| !is_moving(b.command)).collect();
    let whole = main.iter().map(|b| needs(b, words_of(state, b))).sum::<usize>() <= width;
    let mut spans = Vec::new();
    let mut used = 0;
    for binding in all {
        let words = words_of(state, binding);
        let words = if whole { words } else { brief(binding, words) };
        if used + needs(binding, words) > width {
            break;
        }
        used += needs(binding, words);
        let (key, style) = if is_possible(state, binding.command) {
            (state.theme.key(), ratatui::style::Style::new())
        } else {
            (state.theme.quiet(), state.theme.quiet())
        };
        spans.push(Span::styled(format!(" {}", binding.shown), key));
        spans.push(Span::styled(format!(" {words}  "), style));
    }
    Line::from(spans)
}

/// The verb alone, but for those that it does not tell apart.
fn brief(binding: &Binding, words: &'static str) -> &'static str {
    match binding.command {
        Command::Act(Action::ShowLink) => "link",
        Command::Act(Action::ResetPassword) => "reset password",
        Command::Open => "detail",
        Command::Palette => "all actions",
        _ => words.split(' ').next().unwrap_or_default(),
    }
}

/// Whether a key only moves about: everybody finds those.
const fn is_moving(command: Command) -> bool {
    matches!(
        command,
        Command::Move(_)
            | Command::Page(_)
            | Command::First
            | Command::Last
            | Command::Escape
            | Command::Redraw
            | Command::ToShell
    )
}
