//! Marks, and the same action for all who are marked.

use std::collections::BTreeSet;

use super::update;
use crate::app::users::bulk::Each;
use crate::domain::action::Action;
use crate::domain::selection::Selection;
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::state::State;

/// Marks whoever is under the cursor, or takes the mark away, and goes on to the next.
pub fn mark(state: &mut State) -> Vec<Effect> {
    let Some(id) = state.users.cursor else { return Vec::new() };
    if is_of_another_view(state) {
        return Vec::new();
    }
    let users = &mut state.users;
    let marked = users.marks.has(id, &users.query);
    users.marks.set(id, !marked);
    users.range_from = Some(id);
    update::step(state, 1)
}

/// Whether all of another view are marked, of whom nobody here can be told apart; says so.
fn is_of_another_view(state: &mut State) -> bool {
    let users = &state.users;
    let other = matches!(&users.marks, Selection::Found(query, _) if !query.finds_same(&users.query));
    if other {
        let back = state.key(Command::Back);
        let all = state.user_key(Command::MarkAll);
        state.warn(format!("all of another view are marked; {back} forgets them, {all} marks all here instead"));
    }
    other
}

/// Marks everybody from the row that was marked last to the cursor.
pub fn mark_range(state: &mut State) -> Vec<Effect> {
    let (Some(to), from) = (state.users.index(), state.users.range_from) else { return Vec::new() };
    if is_of_another_view(state) {
        return Vec::new();
    }
    let at = |id| state.users.page.rows.iter().position(|row| Some(row.id) == id);
    let Some(from) = at(from) else {
        let mark = state.user_key(Command::Mark);
        let range = state.user_key(Command::MarkRange);
        state.warn(format!("mark one end with {mark}, go to the other, then {range}"));
        return Vec::new();
    };
    let (first, last) = (from.min(to), from.max(to));
    let users = &mut state.users;
    for row in &users.page.rows[first..=last] {
        users.marks.set(row.id, true);
    }
    users.range_from = users.cursor;
    Vec::new()
}

/// Marks everybody whom the list finds, seen or not; or nobody, if all are marked.
pub fn mark_all(state: &mut State) -> Vec<Effect> {
    let users = &mut state.users;
    let all = matches!(&users.marks, Selection::Found(query, but) if but.is_empty() && query.finds_same(&users.query));
    users.marks = if all { Selection::default() } else { Selection::Found(users.query.clone(), BTreeSet::new()) };
    Vec::new()
}

/// What an action means for all who are marked, if somebody is and it can be done for many.
pub fn for_marked(state: &State, action: Action) -> Option<Each> {
    Each::of(action).filter(|_| !state.users.marks.is_empty())
}

/// Looks whom it would concern, to ask about it.
pub fn ask(state: &State, each: Each) -> Vec<Effect> {
    vec![Effect::Resolve(each, state.users.marks.clone(), state.users.query.clone())]
}
