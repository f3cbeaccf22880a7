//! The list of users: moving, searching, and acting on whom is under the cursor.

use super::super::keymap::change;
use super::super::message::Effect;
use super::super::state::{Choice, Confirm, Dialog, Menu, Screen, State};
use super::{Form, bulk, mail};
use crate::app::act::Act;
use crate::app::list::Page;
use crate::domain::action::Action;
use crate::domain::explain::Explain as _;
use crate::domain::policy::allow;
use crate::domain::query::{Anchor, Order, SortKey, UserQuery, View};
use crate::domain::user::User;

/// A page was read. After the first of all comes what takes counting.
pub fn on_page(state: &mut State, query: &UserQuery, page: Page) -> Vec<Effect> {
    let mut effects = take_page(state, query, page);
    if !std::mem::replace(&mut state.begun, true) {
        effects.extend([Effect::Counts, Effect::Hits(state.query.clone()), Effect::Health]);
    }
    effects
}

fn take_page(state: &mut State, query: &UserQuery, page: Page) -> Vec<Effect> {
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

/// The menu of views, or of the mails' views.
pub fn view_menu(state: &State) -> Menu {
    if state.screen == Screen::Mail {
        let at = mail::Filter::ALL.iter().position(|filter| *filter == state.mail.filter).unwrap_or(0);
        return Menu { choice: Choice::Mails, at };
    }
    Menu { choice: Choice::View, at: View::ALL.iter().position(|view| *view == state.query.view).unwrap_or(0) }
}

/// The menu of orders.
pub fn order_menu(state: &State) -> Menu {
    let at = SortKey::ALL.iter().position(|key| *key == state.query.order.key).unwrap_or(0);
    Menu { choice: Choice::Order, at }
}

/// Shows another view.
pub fn choose_view(state: &mut State, view: View) -> Vec<Effect> {
    if state.query.view == view {
        return Vec::new();
    }
    state.query.view = view;
    first_page(state)
}

/// Sorts by another key. The order that is there already is turned round.
pub fn choose_order(state: &mut State, key: SortKey) -> Vec<Effect> {
    let order = &mut state.query.order;
    if order.key == key {
        order.descending = !order.descending;
    } else {
        *order = Order::natural(key);
    }
    let anchor = state.cursor.map_or(Anchor::Start, Anchor::Around);
    vec![Effect::Page(state.query.clone(), anchor)]
}

/// Searches for a text.
pub fn search(state: &mut State, text: String) -> Vec<Effect> {
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

/// An action on all who are marked, or on the user under the cursor.
pub fn act_or_ask(state: &mut State, action: Action) -> Vec<Effect> {
    match bulk::for_marked(state, action) {
        Some(each) => bulk::ask(state, each),
        None => act(state, action),
    }
}

/// An action on the user under the cursor: refused at once with the reason, asked about, or done.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(user) = state.user().cloned() else { return Vec::new() };
    if let Some(change) = change(action)
        && let Err(denied) = allow(&state.me.authority, &change, Some(&user))
    {
        let hint = denied.hint().unwrap_or_default();
        state.warn(format!("{}: {} is {denied}; {hint}", action.words(), user.name));
        return Vec::new();
    }
    if let Some(change) = user.moving(state.now).filter(|_| action == Action::ResetPassword) {
        let text = format!("{} waits to be confirmed as the new address; x keeps the old one", change.to);
        state.warn(format!("no password reset for {} now: {text}", user.name));
        return Vec::new();
    }
    match action {
        Action::Resend => vec![Effect::Change(Act::Resend, user.id, Some(user.version))],
        Action::Restore => vec![Effect::Change(Act::Restore, user.id, Some(user.version))],
        Action::ShowLink => vec![Effect::Link(user.id)],
        Action::Edit => {
            state.dialogs.push(Dialog::Form(Box::new(Form::edit(&user))));
            Vec::new()
        }
        _ => {
            let Some(act) = Act::of(action) else { return Vec::new() };
            let dialog = confirm(state, act, &user);
            state.dialogs.push(Dialog::Confirm(dialog));
            Vec::new()
        }
    }
}

/// Opens the form of the user under the cursor at the address.
pub fn correct_address(state: &mut State) -> Vec<Effect> {
    let effects = act(state, Action::Edit);
    if let Some(Dialog::Form(form)) = state.dialogs.last_mut() {
        form.at_address();
    }
    effects
}

fn confirm(state: &State, act: Act, user: &User) -> Confirm {
    let action = act.action();
    let words = action.words();
    let title = match action {
        Action::Revoke if user.has_password => format!("Keep the old address of {}?", user.name.as_str()),
        Action::Revoke => format!("Revoke the invitation of {}?", user.name.as_str()),
        Action::ResetPassword => format!("Send {} a password reset?", user.name.as_str()),
        _ => format!("{} {}?", capital(words.split(' ').next().unwrap_or(words)), user.name.as_str()),
    };
    let mut about = vec![user.email.as_str().to_owned(), user.status.name().to_owned(), user.role().name().to_owned()];
    about.extend(user.memberships.iter().map(|m| m.name.as_str().to_owned()));
    Confirm {
        title,
        about: about.join(" · "),
        what: match &user.email_change {
            Some(change) if action == Action::Revoke => {
                format!("{} cannot be confirmed any more; {} stays the address.", change.to, user.email)
            }
            _ => what_happens(action).to_owned(),
        },
        button: if action == Action::Revoke && user.has_password {
            capital(Action::KeepEmail.words())
        } else {
            capital(words)
        },
        effect: Effect::Change(act, user.id, Some(user.version)),
        yes: false,
        last_key_at: state.now,
    }
}

const fn what_happens(action: Action) -> &'static str {
    match action {
        Action::Delete => {
            "Open links stop working and unsent mail is cancelled. The user goes to the bin; u undoes this, b restores later."
        }
        Action::Suspend => {
            "Signing in is refused, open links stop working and unsent mail is cancelled. s reactivates; u undoes this."
        }
        Action::Reactivate => "The user can sign in again, or is invited again.",
        Action::Revoke => {
            "The link stops working and unsent mail is cancelled. The user stays invited; r sends a new link."
        }
        Action::ResetPassword => {
            "A mail with a link goes out; it works for an hour. The password stays as it is until a new one is chosen. Nobody but the user learns the link."
        }
        _ => "",
    }
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// To the first or the last user.
pub fn jump(state: &mut State, anchor: Anchor) -> Vec<Effect> {
    let rows = &state.page.rows;
    let (there, row) = match anchor {
        Anchor::End => (!state.page.after, rows.last()),
        _ => (!state.page.before, rows.first()),
    };
    if there {
        state.cursor = row.map(|row| row.id);
        return state.cursor.map(Effect::Rest).into_iter().collect();
    }
    // The page that comes decides where the cursor is: its first row, or its last one.
    state.cursor = None;
    vec![Effect::Page(state.query.clone(), anchor)]
}

/// Moves the cursor by so many rows.
pub fn step(state: &mut State, by: i32) -> Vec<Effect> {
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
    let mut effects = vec![Effect::Rest(id)];
    let near_an_end = (to < 50 && state.page.before) || (to + 50 > last && state.page.after);
    if near_an_end {
        effects.push(Effect::Page(state.query.clone(), Anchor::Around(id)));
    }
    effects
}
