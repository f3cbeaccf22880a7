//! Marks, and the same action for all who are marked.

use std::collections::BTreeSet;

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::super::bulk::{Asked, Ended, Refusals, Running};
use super::super::message::Effect;
use super::super::state::{ARMED_AFTER, Dialog, State};
use super::{reload, users};
use crate::app::act::Act;
use crate::app::bulk::{Chunk, Each, Place, Resolved};
use crate::domain::action::Action;
use crate::domain::selection::Selection;

/// The word that is typed before many go into the bin.
const DELETE: &str = "delete";

/// Marks whoever is under the cursor, or takes the mark away, and goes on to the next.
pub fn mark(state: &mut State) -> Vec<Effect> {
    let Some(id) = state.cursor else { return Vec::new() };
    if is_of_another_view(state) {
        return Vec::new();
    }
    let marked = state.marks.has(id, &state.query);
    state.marks.set(id, !marked);
    state.range_from = Some(id);
    users::step(state, 1)
}

/// Whether all of another view are marked, of whom nobody here can be told apart; says so.
fn is_of_another_view(state: &mut State) -> bool {
    let other = matches!(&state.marks, Selection::Found(query, _) if !query.finds_same(&state.query));
    if other {
        state.warn("all of another view are marked; Esc forgets them, * marks all here instead");
    }
    other
}

/// Marks everybody from the row that was marked last to the cursor.
pub fn mark_range(state: &mut State) -> Vec<Effect> {
    let (Some(to), from) = (state.index(), state.range_from) else { return Vec::new() };
    if is_of_another_view(state) {
        return Vec::new();
    }
    let at = |id| state.page.rows.iter().position(|row| Some(row.id) == id);
    let Some(from) = at(from) else {
        state.warn("mark one end with Space, go to the other, then V");
        return Vec::new();
    };
    let (first, last) = (from.min(to), from.max(to));
    for id in state.page.rows[first..=last].iter().map(|row| row.id).collect::<Vec<_>>() {
        state.marks.set(id, true);
    }
    state.range_from = state.cursor;
    Vec::new()
}

/// Marks everybody whom the list finds, seen or not; or nobody, if all are marked.
pub fn mark_all(state: &mut State) -> Vec<Effect> {
    let all = matches!(&state.marks, Selection::Found(query, but) if but.is_empty() && query.finds_same(&state.query));
    state.marks = if all { Selection::default() } else { Selection::Found(state.query.clone(), BTreeSet::new()) };
    Vec::new()
}

/// What an action means for all who are marked, if somebody is and it can be done for many.
pub fn for_marked(state: &State, action: Action) -> Option<Each> {
    Each::of(action).filter(|_| !state.marks.is_empty())
}

/// Looks whom it would concern, to ask about it.
pub fn ask(state: &State, each: Each) -> Vec<Effect> {
    vec![Effect::Resolve(each, state.marks.clone(), state.query.clone())]
}

/// It is known whom it would concern.
pub fn on_resolved(state: &mut State, each: Each, selection: Selection, resolved: Resolved) -> Vec<Effect> {
    state.dirty = true;
    if resolved.count == 0 {
        state.marks = Selection::default();
        state.warn("nobody of those is there any more");
        return Vec::new();
    }
    let typed = (each == Each::Act(Act::Delete)).then(|| (DELETE, Input::default()));
    let last_key_at = state.now;
    let asked = Asked { each, selection, resolved, typed, yes: false, last_key_at };
    state.dialogs.push(Dialog::Asked(Box::new(asked)));
    Vec::new()
}

/// A key while it is asked.
pub fn on_asked_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let now = state.now;
    let Some(Dialog::Asked(asked)) = state.dialogs.last_mut() else { return Vec::new() };
    let armed = now.since(asked.last_key_at) >= ARMED_AFTER;
    asked.last_key_at = now;
    match key.code {
        KeyCode::Esc => drop(state.dialogs.pop()),
        KeyCode::Tab | KeyCode::BackTab => asked.yes = !asked.yes,
        KeyCode::Left | KeyCode::Right if asked.typed.is_none() => asked.yes = !asked.yes,
        KeyCode::Enter if !asked.yes => drop(state.dialogs.pop()),
        KeyCode::Enter if armed && asked.is_typed() => return begin(state),
        KeyCode::Enter => {}
        _ => {
            if let Some((_, input)) = &mut asked.typed {
                input.handle_event(&Event::Key(key));
                asked.yes = asked.is_typed();
            }
        }
    }
    Vec::new()
}

fn begin(state: &mut State) -> Vec<Effect> {
    let Some(Dialog::Asked(asked)) = state.dialogs.pop() else { return Vec::new() };
    let Asked { each, selection, resolved, .. } = *asked;
    let effect = Effect::Chunk(each.clone(), selection.clone(), None);
    let total = resolved.count;
    let refused = Refusals::default();
    state.dialogs.push(Dialog::Running(Running { each, selection, total, done: 0, refused, stopping: false }));
    vec![effect]
}

/// A key while it is done: Esc stops it.
pub fn on_running_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if let (Some(Dialog::Running(running)), KeyCode::Esc) = (state.dialogs.last_mut(), key.code) {
        running.stopping = true;
    }
    Vec::new()
}

/// A chunk was done.
pub fn on_chunk(state: &mut State, chunk: Chunk) -> Vec<Effect> {
    state.dirty = true;
    let Some(Dialog::Running(running)) = state.dialogs.iter_mut().find(|dialog| matches!(dialog, Dialog::Running(_)))
    else {
        return reload(state);
    };
    running.done += chunk.done;
    running.refused.add(chunk.refused);
    match chunk.next {
        Some(next) if !running.stopping => return go_on(running, next),
        next => end(state, next.is_some()),
    }
    reload(state)
}

fn go_on(running: &Running, next: Place) -> Vec<Effect> {
    vec![Effect::Chunk(running.each.clone(), running.selection.clone(), Some(next))]
}

/// Something stopped it: what was done is told all the same.
pub fn on_failed(state: &mut State, why: String) -> Vec<Effect> {
    end(state, true);
    state.warn(why);
    reload(state)
}

fn end(state: &mut State, stopped: bool) {
    let at = state.dialogs.iter().position(|dialog| matches!(dialog, Dialog::Running(_)));
    let Some(Dialog::Running(running)) = at.map(|at| state.dialogs.remove(at)) else { return };
    let Running { each, done, refused, .. } = running;
    state.marks = Selection::default();
    state.range_from = None;
    if refused.count() == 0 && !stopped {
        state.say(format!("{} · {}", each.action().past(), super::super::bulk::users(done)));
        return;
    }
    state.dialogs.push(Dialog::Ended(Ended { each, done, refused, stopped, first: 0 }));
}
