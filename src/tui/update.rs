//! What happens changes the state and asks for effects. No IO, no waiting.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::form::{Answer, Form};
use super::keymap::{Command, change, command, listed};
use super::message::{Done, Effect, Msg, Refused};
use super::state::{ARMED_AFTER, Choice, Confirm, Dialog, Menu, State, Undo};
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::policy::allow;
use crate::domain::query::{Anchor, Order, SortKey, View};
use crate::domain::status::Status;
use crate::domain::time::{Timestamp, words};

/// Something happened.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key, now) => {
            state.now = now;
            state.dirty = true;
            on_key(state, key)
        }
        Msg::Paste(text) => {
            state.dirty = true;
            paste(state, &text)
        }
        Msg::Size(columns, rows) => {
            state.size = (columns, rows);
            state.dirty = true;
            Vec::new()
        }
        Msg::Tick(now) => tick(state, now),
        Msg::Revision(Ok(revision)) => {
            state.looking = false;
            if state.revision.replace(revision) == Some(revision) { Vec::new() } else { reload(state) }
        }
        Msg::Page(query, Ok(page)) => on_page(state, &query, page),
        Msg::Hits(query, Ok(hits)) => {
            if query == state.query && state.hits.replace(hits) != Some(hits) {
                state.dirty = true;
            }
            Vec::new()
        }
        Msg::Counts(Ok(counts)) => {
            state.dirty |= state.counts.replace(counts) != Some(counts);
            Vec::new()
        }
        Msg::Detail(id, Ok(detail)) => {
            if state.cursor != Some(id) {
                return Vec::new();
            }
            state.detail = Some(detail);
            state.dirty = true;
            state.pending.take().map_or_else(Vec::new, |command| on_command(state, command))
        }
        // Somebody who is gone by now has no detail; the list is read again at the next look.
        Msg::Detail(_, Err(_)) => Vec::new(),
        Msg::Changed(action, Ok(done)) => on_done(state, action, &done),
        Msg::Changed(Action::Invite, Err(refused)) if invite_form(state).is_some() => {
            state.dirty = true;
            if let Some(form) = invite_form(state) {
                form.sending = false;
                form.refused = Some(told(&refused));
            }
            Vec::new()
        }
        Msg::Link(Ok((link, user))) => {
            let copied = Effect::Copy(link.clone());
            state.dialogs.push(Dialog::Link { user: Box::new(user), link });
            state.dirty = true;
            vec![copied]
        }
        Msg::Revision(Err(refused))
        | Msg::Page(_, Err(refused))
        | Msg::Hits(_, Err(refused))
        | Msg::Counts(Err(refused))
        | Msg::Changed(_, Err(refused))
        | Msg::Link(Err(refused)) => {
            state.looking = false;
            let text = told(&refused);
            // A look that fails again each second is told once, and stays as long as it fails.
            state.dirty |= state.toast.as_ref().is_none_or(|toast| toast.text != text);
            state.warn(text);
            Vec::new()
        }
    }
}

/// The form whose answer is awaited.
fn invite_form(state: &mut State) -> Option<&mut Form> {
    state.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Invite(form) if form.sending => Some(&mut **form),
        _ => None,
    })
}

fn told(refused: &Refused) -> String {
    refused.hint.as_ref().map_or_else(|| refused.message.clone(), |hint| format!("{}: {hint}", refused.message))
}

/// Reads everything again that somebody's change may have touched.
pub fn reload(state: &State) -> Vec<Effect> {
    let anchor = state.cursor.map_or(Anchor::Start, Anchor::Around);
    let mut effects =
        vec![Effect::Page(state.query.clone(), anchor), Effect::Hits(state.query.clone()), Effect::Counts];
    effects.extend(state.cursor.map(Effect::Detail));
    effects
}

fn tick(state: &mut State, now: Timestamp) -> Vec<Effect> {
    // Lengths of time on the screen are in minutes, so it changes by itself once a minute.
    state.dirty |= state.now.0 / 60_000 != now.0 / 60_000;
    state.now = now;
    if state.toast.as_ref().is_some_and(|toast| toast.until <= now) {
        state.toast = None;
        state.dirty = true;
    }
    if state.looking {
        return Vec::new();
    }
    state.looking = true;
    vec![Effect::Revision]
}

fn on_page(state: &mut State, query: &crate::domain::query::UserQuery, page: crate::app::list::Page) -> Vec<Effect> {
    // Only a changed query makes an answer stale.
    if *query != state.query {
        return Vec::new();
    }
    let before = state.index();
    if state.page != page {
        state.page = page;
        state.dirty = true;
    }
    if state.row().is_some() {
        return Vec::new();
    }
    // Whoever was under the cursor is not in the list any more: the row that took the place.
    let rows = &state.page.rows;
    let last = rows.len().saturating_sub(1);
    // Without a cursor the page was asked for at the start or at the end; one at the end has rows before it.
    let at = before.unwrap_or(if state.page.before { last } else { 0 }).min(last);
    state.cursor = rows.get(at).map(|row| row.id);
    state.detail = None;
    state.cursor.map(Effect::Detail).into_iter().collect()
}

fn on_done(state: &mut State, action: Action, done: &Done) -> Vec<Effect> {
    state.dirty = true;
    let user = &done.user;
    let by = match action {
        Action::Delete => Some(Action::Restore),
        Action::Suspend => Some(Action::Reactivate),
        _ => None,
    };
    let undo = if by.is_some() { " · u undoes this" } else { "" };
    // An action that cannot be taken back leaves the one before it as what `u` means; its version tells whether it still fits.
    if let Some(by) = by {
        state.undo = Some(Undo { by, user: user.id, version: user.version });
    }
    let said = match (action, done.held_until) {
        (Action::Invite, Some(until)) => {
            let wait = words(until.since(state.now));
            format!(
                "{} invited; the mail waits {wait} before it leaves · rsvp invite {}",
                user.name,
                shell(&user.email)
            )
        }
        _ => format!("{}: {}{undo} · rsvp {} {}", user.name, action.past(), action.name(), shell(&user.email)),
    };
    state.say(said);
    if action == Action::Invite {
        state.dialogs.retain(|dialog| !matches!(dialog, Dialog::Invite(form) if form.sending));
        state.cursor = Some(user.id);
    }
    reload(state)
}

/// An address as a shell reads it: quoted where it has more than letters, digits and the signs that mean nothing there.
fn shell(email: &Email) -> String {
    let text = email.as_str();
    if text.chars().all(|c| c.is_alphanumeric() || "@.-_+".contains(c)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if let Some(Dialog::Invite(form)) = state.dialogs.last_mut() {
        form.paste(text);
    }
    Vec::new()
}

fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if ctrl && state.dialogs.pop().is_some() => return Vec::new(),
        KeyCode::Char('c') if ctrl => return vec![Effect::Quit],
        KeyCode::Char('l') if ctrl => return vec![Effect::Redraw],
        _ => {}
    }
    match state.dialogs.last_mut() {
        Some(Dialog::Invite(form)) => match form.key(key) {
            Answer::Stays => Vec::new(),
            Answer::Leaves => {
                state.dialogs.pop();
                Vec::new()
            }
            Answer::Saves(request) => vec![Effect::Invite(request)],
        },
        Some(Dialog::Confirm(confirm)) => {
            let armed = state.now.since(confirm.last_key_at) >= ARMED_AFTER;
            confirm.last_key_at = state.now;
            match key.code {
                KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => confirm.yes = !confirm.yes,
                KeyCode::Enter if confirm.yes && !armed => {}
                KeyCode::Enter => {
                    let effect = Effect::Change(confirm.action, confirm.user.id, Some(confirm.user.version));
                    let yes = confirm.yes;
                    state.dialogs.pop();
                    return if yes { vec![effect] } else { Vec::new() };
                }
                KeyCode::Esc => {
                    state.dialogs.pop();
                }
                _ => {}
            }
            Vec::new()
        }
        Some(Dialog::Menu(_)) => on_menu_key(state, key),
        Some(Dialog::Link { .. }) => {
            if matches!(key.code, KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q')) {
                state.dialogs.pop();
            }
            Vec::new()
        }
        Some(Dialog::Help(first)) => {
            let last = listed().count().saturating_sub(usize::from(state.size.1.saturating_sub(2)));
            match key.code {
                KeyCode::Char('j') | KeyCode::Down => *first = (*first + 1).min(last),
                KeyCode::Char('k') | KeyCode::Up => *first = first.saturating_sub(1),
                KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => {
                    state.dialogs.pop();
                }
                _ => {}
            }
            Vec::new()
        }
        None if state.search.is_some() => on_search_key(state, key),
        None => command(key).map_or_else(Vec::new, |command| on_command(state, command)),
    }
}

fn on_menu_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(Dialog::Menu(menu)) = state.dialogs.last_mut() else { return Vec::new() };
    match key.code {
        KeyCode::Char('j') | KeyCode::Down | KeyCode::Tab => menu.at = (menu.at + 1).min(menu.items().len() - 1),
        KeyCode::Char('k') | KeyCode::Up | KeyCode::BackTab => menu.at = menu.at.saturating_sub(1),
        KeyCode::Esc | KeyCode::Char('q') => {
            state.dialogs.pop();
        }
        KeyCode::Enter => {
            let Menu { choice, at } = *menu;
            state.dialogs.pop();
            return match choice {
                Choice::View => choose_view(state, View::ALL[at]),
                Choice::Order => choose_order(state, SortKey::ALL[at]),
            };
        }
        _ => {}
    }
    Vec::new()
}

fn choose_view(state: &mut State, view: View) -> Vec<Effect> {
    if state.query.view == view {
        return Vec::new();
    }
    state.query.view = view;
    first_page(state)
}

/// The order that is there already is turned round.
fn choose_order(state: &mut State, key: SortKey) -> Vec<Effect> {
    let order = &mut state.query.order;
    if order.key == key {
        order.descending = !order.descending;
    } else {
        *order = Order::natural(key);
    }
    let anchor = state.cursor.map_or(Anchor::Start, Anchor::Around);
    vec![Effect::Page(state.query.clone(), anchor)]
}

fn on_search_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(input) = &mut state.search else { return Vec::new() };
    match key.code {
        KeyCode::Esc => {
            state.search = None;
            return search(state, String::new());
        }
        KeyCode::Enter | KeyCode::Down => {
            state.search = None;
            return Vec::new();
        }
        _ => {
            input.handle_event(&Event::Key(key));
        }
    }
    let text = input.value().to_owned();
    search(state, text)
}

fn search(state: &mut State, text: String) -> Vec<Effect> {
    if state.query.search == text {
        return Vec::new();
    }
    state.query.search = text;
    first_page(state)
}

fn first_page(state: &mut State) -> Vec<Effect> {
    state.hits = None;
    vec![Effect::Page(state.query.clone(), Anchor::Start), Effect::Hits(state.query.clone())]
}

fn on_command(state: &mut State, command: Command) -> Vec<Effect> {
    let about_a_user = match command {
        Command::SuspendOrReactivate => true,
        Command::Act(action) => change(action).is_some(),
        _ => false,
    };
    state.pending = (about_a_user && state.cursor.is_some() && state.user().is_none()).then_some(command);
    if state.pending.is_some() {
        return Vec::new();
    }
    match command {
        Command::Act(Action::Invite) => {
            state.dialogs.push(Dialog::Invite(Box::new(Form::new(state.valid_for))));
            Vec::new()
        }
        Command::Act(Action::Undo) => {
            if let Some(undo) = state.undo.take() {
                return vec![Effect::Change(undo.by, undo.user, Some(undo.version))];
            }
            state.warn("nothing to undo: only a deletion or suspension of this session can be taken back");
            Vec::new()
        }
        Command::Act(action) => act(state, action),
        Command::SuspendOrReactivate => {
            let suspended = state.user().is_some_and(|user| user.status == Status::Suspended);
            act(state, if suspended { Action::Reactivate } else { Action::Suspend })
        }
        Command::Move(by) => step(state, by),
        Command::Page(by) => {
            let rows = i32::try_from(state.list_rows()).unwrap_or(1);
            step(state, by * rows)
        }
        Command::First => jump(state, Anchor::Start),
        Command::Last => jump(state, Anchor::End),
        Command::Search => {
            state.search = Some(Input::new(state.query.search.clone()));
            Vec::new()
        }
        Command::ViewMenu => {
            let at = View::ALL.iter().position(|view| *view == state.query.view).unwrap_or(0);
            state.dialogs.push(Dialog::Menu(Menu { choice: Choice::View, at }));
            Vec::new()
        }
        Command::OrderMenu => {
            let at = SortKey::ALL.iter().position(|key| *key == state.query.order.key).unwrap_or(0);
            state.dialogs.push(Dialog::Menu(Menu { choice: Choice::Order, at }));
            Vec::new()
        }
        Command::Help => {
            state.dialogs.push(Dialog::Help(0));
            Vec::new()
        }
        Command::Escape => search(state, String::new()),
        Command::Redraw => vec![Effect::Redraw],
        Command::Quit => vec![Effect::Quit],
        Command::Dead(instead) => {
            state.warn(instead);
            Vec::new()
        }
    }
}

/// An action on the user under the cursor: refused at once with the reason, asked about, or done.
fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(user) = state.user().cloned() else { return Vec::new() };
    if let Some(change) = change(action)
        && let Err(denied) = allow(&state.authority, &change, Some(&user))
    {
        let hint = denied.hint().unwrap_or_default();
        state.warn(format!("{}: {} is {denied}; {hint}", action.words(), user.name));
        return Vec::new();
    }
    match action {
        Action::Resend | Action::Restore => vec![Effect::Change(action, user.id, Some(user.version))],
        Action::ShowLink => vec![Effect::Link(user.id)],
        _ => {
            let last_key_at = state.now;
            state.dialogs.push(Dialog::Confirm(Confirm { action, user: Box::new(user), yes: false, last_key_at }));
            Vec::new()
        }
    }
}

fn jump(state: &mut State, anchor: Anchor) -> Vec<Effect> {
    let rows = &state.page.rows;
    let (there, row) = match anchor {
        Anchor::End => (!state.page.after, rows.last()),
        _ => (!state.page.before, rows.first()),
    };
    if there {
        state.cursor = row.map(|row| row.id);
        return state.cursor.map(Effect::Detail).into_iter().collect();
    }
    // The page that comes decides where the cursor is: its first row, or its last one.
    state.cursor = None;
    vec![Effect::Page(state.query.clone(), anchor)]
}

fn step(state: &mut State, by: i32) -> Vec<Effect> {
    let last = state.page.rows.len().saturating_sub(1);
    let from = state.index().unwrap_or(0);
    let by_rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    let to = if by < 0 { from.saturating_sub(by_rows) } else { from.saturating_add(by_rows).min(last) };
    let Some(row) = state.page.rows.get(to) else { return Vec::new() };
    let id = row.id;
    if state.cursor == Some(id) {
        return Vec::new();
    }
    state.cursor = Some(id);
    let mut effects = vec![Effect::Detail(id)];
    let near_an_end = (to < 50 && state.page.before) || (to + 50 > last && state.page.after);
    if near_an_end {
        effects.push(Effect::Page(state.query.clone(), Anchor::Around(id)));
    }
    effects
}
