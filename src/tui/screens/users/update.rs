//! The list of users: moving, searching, and acting on whom is under the cursor.

use std::collections::BTreeSet;

use super::marks;
use crate::app::users::act::Act;
use crate::app::users::bulk::Each;
use crate::app::users::list::Page;
use crate::domain::action::Action;
use crate::domain::query::{Anchor, Order, SortKey, UserQuery, View};
use crate::domain::selection::Selection;
use crate::domain::user::{User, UserId};
use crate::tui::commands::refuse;
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::form::{Form, at};
use crate::tui::dialogs::workspaces::Purpose;
use crate::tui::dialogs::{Dialog, capital, open};
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::possible::{change, on, possible};
use crate::tui::state::{Screen, State};

/// A page was read. After the first of all comes what takes counting.
pub fn on_page(state: &mut State, query: &UserQuery, anchor: &Anchor, page: Page) -> Vec<Effect> {
    let mut effects = take_page(state, query, anchor, page);
    if !std::mem::replace(&mut state.begun, true) {
        effects.extend([Effect::Counts, Effect::Hits(state.users.query.clone()), Effect::Health]);
    }
    effects
}

/// A page could not be read: nobody waits for it any more.
pub fn on_no_page(state: &mut State, query: &UserQuery, anchor: &Anchor) {
    if *query == state.users.query {
        state.users.awaited.take_if(|awaited| awaited == anchor);
    }
}

fn take_page(state: &mut State, query: &UserQuery, anchor: &Anchor, page: Page) -> Vec<Effect> {
    // Only a changed query makes an answer stale; and one that was asked for before the cursor was sent elsewhere.
    if *query != state.users.query || state.users.awaited.as_ref().is_some_and(|awaited| awaited != anchor) {
        return Vec::new();
    }
    let was_awaited = state.users.awaited.take().is_some();
    let before = state.users.index();
    if state.users.page != page {
        state.users.page = page;
        state.dirty = true;
    }
    if state.users.row().is_some() {
        return Vec::new();
    }
    if let (true, Anchor::Around(sought)) = (was_awaited, anchor) {
        return miss(state, *sought);
    }
    // Whoever was under the cursor is not in the list any more: the row that took the place.
    let rows = &state.users.page.rows;
    let last = rows.len().saturating_sub(1);
    let at = before.unwrap_or(if *anchor == Anchor::End { last } else { 0 }).min(last);
    state.users.cursor = rows.get(at).map(|row| row.id);
    state.users.detail = None;
    state.users.cursor.map(Effect::Detail).into_iter().collect()
}

/// Somebody is not in the list of all: in the bin, or gone.
fn miss(state: &mut State, sought: UserId) -> Vec<Effect> {
    if state.users.query.view == View::Deleted {
        state.users.pending = None;
        state.users.query.view = View::All;
        state.warn("this user is gone for good, or is not yours to see");
        return first_page(state);
    }
    state.users.query.view = View::Deleted;
    await_around(state, sought)
}

fn await_around(state: &mut State, user: UserId) -> Vec<Effect> {
    let users = &mut state.users;
    users.hits = None;
    users.cursor = Some(user);
    users.awaited = Some(Anchor::Around(user));
    vec![
        Effect::Page(users.query.clone(), Anchor::Around(user)),
        Effect::Hits(users.query.clone()),
        Effect::Detail(user),
    ]
}

/// Shows another view.
pub fn choose_view(state: &mut State, view: View) -> Vec<Effect> {
    if state.users.query.view == view {
        return Vec::new();
    }
    state.users.query.view = view;
    first_page(state)
}

/// Shows only the users of a workspace, or of all again.
pub fn choose_workspace(state: &mut State, name: Option<String>) -> Vec<Effect> {
    if state.users.query.workspace == name {
        return Vec::new();
    }
    state.users.query.workspace = name;
    first_page(state)
}

/// Sorts by another key. The order that is there already is turned round.
pub fn choose_order(state: &mut State, key: SortKey) -> Vec<Effect> {
    let order = &mut state.users.query.order;
    if order.key == key {
        order.descending = !order.descending;
    } else {
        *order = Order::natural(key);
    }
    state.users.awaited = None;
    let anchor = state.users.cursor.map_or(Anchor::Start, Anchor::Around);
    vec![Effect::Page(state.users.query.clone(), anchor)]
}

/// Searches for a text.
pub fn search(state: &mut State, text: String) -> Vec<Effect> {
    if state.users.query.search == text {
        return Vec::new();
    }
    state.users.query.search = text;
    first_page(state)
}

fn first_page(state: &mut State) -> Vec<Effect> {
    state.users.hits = None;
    state.users.awaited = None;
    vec![Effect::Page(state.users.query.clone(), Anchor::Start), Effect::Hits(state.users.query.clone())]
}

/// An action on all who are marked, or on the user under the cursor.
pub fn act_or_ask(state: &mut State, action: Action) -> Vec<Effect> {
    match marks::for_marked(state, action) {
        Some(each) => marks::ask(state, each),
        None => act(state, action),
    }
}

/// An action on the user under the cursor: refused at once with the reason, asked about, or done.
fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(user) = state.users.user().cloned() else { return refuse(state, Command::Act(action)) };
    if is_refused(state, action, &user) {
        return Vec::new();
    }
    match action {
        Action::Resend => vec![Effect::Change(Act::Resend, user.id, Some(user.version))],
        Action::Restore => vec![Effect::Change(Act::Restore, user.id, Some(user.version))],
        Action::ShowLink => vec![Effect::Link(user.id)],
        Action::Edit => edit(state, &user, at::NAME),
        // The same question as for many: a word is typed.
        Action::Erase => {
            let only = Selection::Users(BTreeSet::from([user.id]));
            vec![Effect::Resolve(Each::Act(Act::Erase), only, state.users.query.clone())]
        }
        _ => {
            let Some(act) = Act::of(action) else { return Vec::new() };
            let dialog = confirm(state, act, &user);
            open(state, Dialog::Confirm(dialog))
        }
    }
}

/// Chooses workspaces: of the user under the cursor, or one for all who are marked.
pub fn workspaces(state: &mut State) -> Vec<Effect> {
    if !state.users.marks.is_empty() {
        return vec![Effect::Workspaces(Purpose::Marked)];
    }
    match (possible(state, Command::Workspaces), state.users.user()) {
        (Ok(()), Some(user)) => vec![Effect::Workspaces(Purpose::User(Box::new(user.clone())))],
        _ => refuse(state, Command::Workspaces),
    }
}

/// Says why an action on a user is not possible, if it is not.
fn is_refused(state: &mut State, action: Action, user: &User) -> bool {
    let why = change(action).and_then(|change| on(state, action, &change, user).err());
    let refused = why.is_some();
    if let Some(why) = why {
        state.warn(format!("{}: {why}", action.words()));
    }
    refused
}

/// Opens the form of the user under the cursor at a field.
pub fn edit_at(state: &mut State, field: usize) -> Vec<Effect> {
    match state.users.user().cloned() {
        Some(user) => edit(state, &user, field),
        None => refuse(state, Command::Act(Action::Edit)),
    }
}

/// Opens the form of a user at a field.
pub fn edit(state: &mut State, user: &User, field: usize) -> Vec<Effect> {
    if is_refused(state, Action::Edit, user) {
        return Vec::new();
    }
    let mut form = Form::edit(user);
    form.fields.focus = field;
    open(state, Dialog::Form(Box::new(form)))
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
    let what = match &user.email_change {
        Some(change) if action == Action::Revoke => {
            format!("{} cannot be confirmed any more; {} stays the address.", change.to, user.email)
        }
        _ => what_happens(state, action),
    };
    let keeps = action == Action::Revoke && user.has_password;
    let button = capital(if keeps { Action::KeepEmail.words() } else { words });
    let effect = Effect::Change(act, user.id, Some(user.version));
    Confirm::new(state, title, about.join(" · "), what, button, effect)
}

fn what_happens(state: &State, action: Action) -> String {
    let key = |action| state.user_key(Command::Act(action));
    let undo = state.key(Command::Act(Action::Undo));
    match action {
        Action::Delete => format!(
            "Open links stop working and unsent mail is cancelled. The user goes to the bin; {undo} undoes this, {} restores later.",
            key(Action::Restore)
        ),
        Action::Suspend => format!(
            "Signing in is refused, open links stop working and unsent mail is cancelled. {} reactivates; {undo} undoes this.",
            state.user_key(Command::SuspendOrReactivate)
        ),
        Action::Reactivate => "The user can sign in again, or is invited again.".to_owned(),
        Action::Revoke => format!(
            "The link stops working and unsent mail is cancelled. The user stays invited; {} sends a new link.",
            key(Action::Resend)
        ),
        Action::ResetPassword => "A mail with a link goes out; it works for an hour. The password stays as it is until a new one is chosen. Nobody but the user learns the link.".to_owned(),
        _ => String::new(),
    }
}

/// Goes to a user, wherever they are in the list of all.
pub fn find(state: &mut State, user: UserId) -> Vec<Effect> {
    state.screen = Screen::Users;
    let users = &mut state.users;
    let order = users.query.order;
    users.query = UserQuery { order, ..UserQuery::default() };
    users.search = None;
    await_around(state, user)
}

/// To the first or the last user.
pub fn jump(state: &mut State, anchor: Anchor) -> Vec<Effect> {
    let rows = &state.users.page.rows;
    let (there, row) = match anchor {
        Anchor::End => (!state.users.page.after, rows.last().map(|row| row.id)),
        _ => (!state.users.page.before, rows.first().map(|row| row.id)),
    };
    let to = if matches!(anchor, Anchor::End) { usize::MAX } else { 0 };
    let room = state.list_rows();
    state.users.viewport.went(usize::MAX - to, to, room);
    if there {
        state.users.cursor = row;
        return state.users.cursor.map(Effect::Rest).into_iter().collect();
    }
    // The page that comes decides where the cursor is: its first row, or its last one.
    state.users.cursor = None;
    state.users.awaited = Some(anchor.clone());
    vec![Effect::Page(state.users.query.clone(), anchor)]
}

/// Moves the cursor to a row that was read.
pub fn go_to(state: &mut State, user: UserId) -> Vec<Effect> {
    let Some(to) = state.users.page.rows.iter().position(|row| row.id == user) else { return Vec::new() };
    move_to(state, to)
}

/// Moves the cursor by so many rows.
pub fn step(state: &mut State, by: i32) -> Vec<Effect> {
    let last = state.users.page.rows.len().saturating_sub(1);
    let from = state.users.index().unwrap_or(0);
    let by_rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    let to = if by < 0 { from.saturating_sub(by_rows) } else { from.saturating_add(by_rows).min(last) };
    move_to(state, to)
}

fn move_to(state: &mut State, to: usize) -> Vec<Effect> {
    let last = state.users.page.rows.len().saturating_sub(1);
    let Some(row) = state.users.page.rows.get(to) else { return Vec::new() };
    let id = row.id;
    if state.users.cursor == Some(id) {
        return Vec::new();
    }
    let room = state.list_rows();
    state.users.viewport.went(state.users.index().unwrap_or(0), to, room);
    state.users.cursor = Some(id);
    state.users.awaited = None;
    let mut effects = vec![Effect::Rest(id)];
    let near_an_end = (to < 50 && state.users.page.before) || (to + 50 > last && state.users.page.after);
    if near_an_end {
        effects.push(Effect::Page(state.users.query.clone(), Anchor::Around(id)));
    }
    effects
}
