//! Where the list is, and what it shows: the cursor, the view, the order, the search and the workspace.

use crossterm::event::{Event, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::msg::{Effect, Read};
use super::state::Users;
use crate::domain::action::Action;
use crate::domain::query::{Order, SortKey, UserQuery, View};
use crate::domain::selection::Selection;
use crate::domain::user::{User, UserId};
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog, Motion};
use crate::tui::widgets::cursor_list::{Moved, Window};

/// Most letters of a search.
const SEARCH_CHARS: usize = 200;

/// What is read first of all.
pub fn begin(users: &Users) -> (UserQuery, Window) {
    (users.query.clone(), Window::Start)
}

/// Reads everything again that a change may have touched.
pub fn reload(users: &Users) -> Vec<Effect> {
    let mut effects = vec![
        Effect::Read(Read::Page(users.query.clone(), users.list.reload())),
        Effect::Read(Read::Hits(users.query.clone())),
    ];
    effects.extend(users.cursor().map(|id| Effect::Read(Read::Detail(id))));
    effects
}

/// Counts what the list finds: after the first page, because it may have to look at many rows.
pub fn count(users: &Users) -> Vec<Effect> {
    vec![Effect::Read(Read::Hits(users.query.clone()))]
}

/// Whether a search is being typed.
pub const fn is_searching(users: &Users) -> bool {
    users.search.is_some()
}

/// The search is typed no longer; what it found stays.
pub fn leave_search(users: &mut Users) {
    users.search = None;
}

/// Shows another view.
pub fn choose_view(users: &mut Users, view: View) -> Vec<Effect> {
    if users.query.view == view {
        return Vec::new();
    }
    users.query.view = view;
    renewed(users)
}

/// Shows only the users of a workspace, or of all again.
pub fn show_workspace(users: &mut Users, name: Option<String>) -> Vec<Effect> {
    if users.query.workspace == name {
        return Vec::new();
    }
    // Whoever opens a workspace sees everybody in it.
    if name.is_some() {
        (users.query.view, users.query.search, users.search) = (View::All, String::new(), None);
    }
    users.query.workspace = name;
    renewed(users)
}

/// Another list: the cursor stays on its user where they are in it, and otherwise is on the first.
fn renewed(users: &mut Users) -> Vec<Effect> {
    users.hits = None;
    let window = users.list.renew();
    vec![Effect::Read(Read::Page(users.query.clone(), window)), Effect::Read(Read::Hits(users.query.clone()))]
}

/// Sorts by another key. The order that is there already is turned round.
pub fn choose_order(users: &mut Users, key: SortKey) -> Vec<Effect> {
    let order = &mut users.query.order;
    if order.key == key {
        order.descending = !order.descending;
    } else {
        *order = Order::natural(key);
    }
    let window = users.list.renew();
    vec![Effect::Read(Read::Page(users.query.clone(), window))]
}

/// Searches for a text; the best place to look at what it finds is its beginning.
pub fn search(users: &mut Users, text: String) -> Vec<Effect> {
    if users.query.search == text {
        return Vec::new();
    }
    users.query.search = text;
    users.hits = None;
    let window = users.list.restart();
    vec![Effect::Read(Read::Page(users.query.clone(), window)), Effect::Read(Read::Hits(users.query.clone()))]
}

/// A key while a search is typed.
pub fn search_key(users: &mut Users, ctx: &Ctx, key: KeyEvent) -> Vec<Effect> {
    let command = ctx.keymap.in_dialog(Context::Search, key);
    let Some(input) = &mut users.search else { return Vec::new() };
    match command {
        Some(InDialog::Close) => {
            users.search = None;
            return search(users, String::new());
        }
        Some(InDialog::Press | InDialog::Save | InDialog::Switch | InDialog::Move(_)) => {
            users.search = None;
            return Vec::new();
        }
        None => drop(input.handle_event(&Event::Key(key))),
    }
    let text = input.value().to_owned();
    search(users, text)
}

/// Text was pasted while a search is typed.
pub fn paste(users: &mut Users, text: &str) -> Vec<Effect> {
    let Some(input) = &mut users.search else { return Vec::new() };
    let typed: String = text.chars().filter(|c| !c.is_control()).collect();
    let text: String = format!("{}{typed}", input.value()).chars().take(SEARCH_CHARS).collect();
    *input = Input::new(text.clone());
    search(users, text)
}

/// Clears the search, then the workspace, then the marks.
pub fn back(users: &mut Users) -> Vec<Effect> {
    if !users.query.search.is_empty() {
        return search(users, String::new());
    }
    if users.query.workspace.is_some() {
        return show_workspace(users, None);
    }
    users.marks = Selection::default();
    users.range_from = None;
    Vec::new()
}

/// Goes to a user, wherever they are in the list of all.
pub fn find(users: &mut Users, user: UserId) -> Vec<Effect> {
    let order = users.query.order;
    users.query = UserQuery { order, ..UserQuery::default() };
    users.search = None;
    await_user(users, user)
}

/// Goes to a user in the list as it is chosen now.
pub fn await_user(users: &mut Users, user: UserId) -> Vec<Effect> {
    users.hits = None;
    let window = users.list.go_to(user.0, true);
    vec![
        Effect::Read(Read::Page(users.query.clone(), window)),
        Effect::Read(Read::Hits(users.query.clone())),
        Effect::Read(Read::Detail(user)),
    ]
}

/// Moves the cursor.
pub fn motion(users: &mut Users, ctx: &Ctx, motion: Motion) -> Vec<Effect> {
    let room = rows(users, ctx);
    let moved = users.list.motion(motion, room);
    after_moving(users, moved)
}

/// Something that was done to a user is being taken back: another key for them waits.
pub fn undoes(users: &mut Users, user: UserId) {
    users.in_flight.push((user, Action::Undo));
}

/// It was taken back, or not.
pub fn undone(users: &mut Users, id: UserId, user: Option<&User>) {
    users.landed(id, Action::Undo);
    if let Some(user) = user {
        users.learn(user);
    }
}

/// Whoever came back by undo is gone to, where the list can show them.
pub fn returned(users: &mut Users, user: UserId) {
    if users.query.view != View::Deleted {
        users.list.go_to(user.0, false);
    }
}

/// Rows that the list has room for, below the search where there is one.
pub fn rows(users: &Users, ctx: &Ctx) -> usize {
    let searched = users.search.is_some() || !users.query.search.is_empty();
    ctx.rows.saturating_sub(usize::from(searched)).max(1)
}

/// The cursor is on another row: its detail follows when it rests there.
pub fn after_moving(users: &mut Users, moved: Moved) -> Vec<Effect> {
    if !moved.moved {
        return Vec::new();
    }
    users.pending = None;
    let mut effects: Vec<Effect> = users.cursor().map(|id| Effect::Read(Read::Rest(id))).into_iter().collect();
    effects.extend(moved.wants.map(|window| Effect::Read(Read::Page(users.query.clone(), window))));
    effects
}
