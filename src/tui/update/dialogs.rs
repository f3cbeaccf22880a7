//! Keys in dialogs: the top one gets them. No letter presses a button.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::backend::crossterm::EventHandler as _;

use super::super::fields::Answer;
use super::super::mail::{self, Filter};
use super::super::message::Effect;
use super::super::state::{ARMED_AFTER, Choice, Dialog, Leave, Menu, State};
use super::super::view::{detail_lines, ended_lines, help_lines, preview_lines};
use super::{bulk, on_command, users};
use crate::domain::query::{SortKey, View};

/// A key, for the top dialog.
pub fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) => match form.fields.key(key) {
            Answer::Stays => Vec::new(),
            Answer::Leaves => close(state),
            Answer::Saves => form.request().map(Effect::Ask).into_iter().collect(),
        },
        Some(Dialog::Confirm(_)) => on_confirm_key(state, key),
        Some(Dialog::Menu(_)) => on_menu_key(state, key),
        Some(Dialog::Palette(_)) => on_palette_key(state, key),
        Some(Dialog::Preview(_)) => on_preview_key(state, key),
        Some(Dialog::Leave(_)) => on_leave_key(state, key),
        Some(Dialog::Asked(_)) => bulk::on_asked_key(state, key),
        Some(Dialog::Running(_)) => bulk::on_running_key(state, key),
        Some(Dialog::Ended(_)) => on_ended_key(state, key),
        Some(Dialog::Detail(_) | Dialog::Help(_)) => on_scroll_key(state, key),
        Some(Dialog::Link { .. }) => match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => close(state),
            _ => Vec::new(),
        },
        None => Vec::new(),
    }
}

fn close(state: &mut State) -> Vec<Effect> {
    state.dialogs.pop();
    Vec::new()
}

fn on_confirm_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let now = state.now;
    let Some(Dialog::Confirm(confirm)) = state.dialogs.last_mut() else { return Vec::new() };
    let armed = now.since(confirm.last_key_at) >= ARMED_AFTER;
    confirm.last_key_at = now;
    match key.code {
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => confirm.yes = !confirm.yes,
        KeyCode::Enter if confirm.yes && !armed => {}
        KeyCode::Enter => {
            let (yes, effect) = (confirm.yes, confirm.effect.clone());
            state.dialogs.pop();
            return if yes { vec![effect] } else { Vec::new() };
        }
        KeyCode::Esc => return close(state),
        _ => {}
    }
    Vec::new()
}

fn on_menu_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(Dialog::Menu(menu)) = state.dialogs.last_mut() else { return Vec::new() };
    match key.code {
        KeyCode::Char('j') | KeyCode::Down | KeyCode::Tab => menu.at = (menu.at + 1).min(menu.items().len() - 1),
        KeyCode::Char('k') | KeyCode::Up | KeyCode::BackTab => menu.at = menu.at.saturating_sub(1),
        KeyCode::Esc | KeyCode::Char('q') => return close(state),
        KeyCode::Enter => {
            let Menu { choice, at } = *menu;
            state.dialogs.pop();
            return match choice {
                Choice::View => users::choose_view(state, View::ALL[at]),
                Choice::Order => users::choose_order(state, SortKey::ALL[at]),
                Choice::Mails => mail::choose(state, Filter::ALL[at]),
            };
        }
        _ => {}
    }
    Vec::new()
}

fn on_palette_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let screen = state.screen;
    let Some(Dialog::Palette(palette)) = state.dialogs.last_mut() else { return Vec::new() };
    let found = palette.found(screen);
    match key.code {
        KeyCode::Esc => return close(state),
        KeyCode::Down | KeyCode::Tab => palette.at = (palette.at + 1).min(found.len().saturating_sub(1)),
        KeyCode::Up | KeyCode::BackTab => palette.at = palette.at.saturating_sub(1),
        KeyCode::Enter => {
            let chosen = found.get(palette.at).map(|binding| binding.command);
            state.dialogs.pop();
            return chosen.map_or_else(Vec::new, |command| on_command(state, command));
        }
        _ => {
            palette.input.handle_event(&Event::Key(key));
            palette.at = 0;
        }
    }
    Vec::new()
}

fn on_preview_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let lines = preview_lines(state);
    let room = usize::from(state.size.1.saturating_sub(2));
    let Some(Dialog::Preview(preview)) = state.dialogs.last_mut() else { return Vec::new() };
    if matches!(key.code, KeyCode::Char('v') | KeyCode::Tab) {
        preview.html = !preview.html;
        preview.first = 0;
        return Vec::new();
    }
    match scrolled(key.code, preview.first, lines.saturating_sub(room), room) {
        Some(first) => preview.first = first,
        None => return close(state),
    }
    Vec::new()
}

fn on_ended_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let (lines, room) = (ended_lines(state), usize::from(state.size.1.saturating_sub(2)));
    let Some(Dialog::Ended(ended)) = state.dialogs.last_mut() else { return Vec::new() };
    match scrolled(key.code, ended.first, lines.saturating_sub(room), room) {
        Some(first) => ended.first = first,
        None => return close(state),
    }
    Vec::new()
}

fn on_leave_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let now = state.now;
    let Some(Dialog::Leave(leave)) = state.dialogs.last_mut() else { return Vec::new() };
    let armed = now.since(leave.last_key_at) >= ARMED_AFTER;
    leave.last_key_at = now;
    let count = Leave::BUTTONS.len();
    match key.code {
        KeyCode::Tab | KeyCode::Right => leave.at = (leave.at + 1) % count,
        KeyCode::BackTab | KeyCode::Left => leave.at = (leave.at + count - 1) % count,
        KeyCode::Esc => return close(state),
        KeyCode::Enter if armed => match leave.at {
            0 => {
                leave.waits = true;
                leave.at = 1;
            }
            1 => return vec![Effect::Quit],
            _ => return close(state),
        },
        _ => {}
    }
    Vec::new()
}

/// Where a key scrolls to, from `first` and no further than `last`; `None` for a key that scrolls nowhere.
fn scrolled(key: KeyCode, first: usize, last: usize, page: usize) -> Option<usize> {
    Some(match key {
        KeyCode::Char('j') | KeyCode::Down => (first + 1).min(last),
        KeyCode::Char('k') | KeyCode::Up => first.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => (first + page).min(last),
        KeyCode::PageUp => first.saturating_sub(page),
        KeyCode::Home | KeyCode::Char('g') => 0,
        KeyCode::End | KeyCode::Char('G') => last,
        _ => return None,
    })
}

fn on_scroll_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let lines = match state.dialogs.last() {
        Some(Dialog::Help(_)) => help_lines(state),
        _ => detail_lines(state),
    };
    let Some(Dialog::Help(first) | Dialog::Detail(first)) = state.dialogs.last_mut() else { return Vec::new() };
    let room = usize::from(state.size.1.saturating_sub(2));
    match scrolled(key.code, *first, lines.saturating_sub(room), room) {
        Some(to) => *first = to,
        None => return close(state),
    }
    Vec::new()
}
