//! The list of workspaces: what keys do to it.

use super::super::users;
use crate::domain::action::Action;
use crate::domain::name::Name;
use crate::domain::query::Anchor;
use crate::domain::role::WorkspaceId;
use crate::domain::workspace::{Consequences, Workspace};
use crate::tui::commands::refuse;
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::form::Form;
use crate::tui::dialogs::{Dialog, open};
use crate::tui::keymap::Command;
use crate::tui::message::{Effect, Request};
use crate::tui::possible::possible;
use crate::tui::state::{Screen, State};

/// The workspaces were read.
pub fn on_all(state: &mut State, all: Vec<Workspace>) -> Vec<Effect> {
    let screen = &mut state.workspaces;
    let before = screen.index().unwrap_or(0);
    if screen.all.as_ref() != Some(&all) {
        screen.all = Some(all);
        state.dirty = true;
    }
    let screen = &mut state.workspaces;
    if screen.index().is_none() {
        let rows = screen.rows();
        screen.cursor = rows.get(before.min(rows.len().saturating_sub(1))).map(|one| one.id);
    }
    Vec::new()
}

/// Moves the cursor to a row.
fn go(state: &mut State, to: usize) -> Vec<Effect> {
    let last = state.workspaces.rows().len().saturating_sub(1);
    let to = to.min(last);
    let Some(id) = state.workspaces.rows().get(to).map(|one| one.id) else { return Vec::new() };
    let room = state.list_rows();
    let from = state.workspaces.index().unwrap_or(0);
    state.workspaces.viewport.went(from, to, room);
    state.workspaces.cursor = Some(id);
    Vec::new()
}

/// Moves the cursor to a workspace that was read.
pub fn go_to(state: &mut State, id: WorkspaceId) -> Vec<Effect> {
    let at = state.workspaces.rows().iter().position(|one| one.id == id);
    at.map_or_else(Vec::new, |at| go(state, at))
}

/// Moves the cursor by so many rows.
pub fn step(state: &mut State, by: i32) -> Vec<Effect> {
    let from = state.workspaces.index().unwrap_or(0);
    let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    go(state, if by < 0 { from.saturating_sub(rows) } else { from.saturating_add(rows) })
}

/// Moves the cursor to the first or the last row.
pub fn jump(state: &mut State, anchor: &Anchor) -> Vec<Effect> {
    go(state, if matches!(anchor, Anchor::End) { usize::MAX } else { 0 })
}

/// Shows the users of the workspace under the cursor.
pub fn show_users(state: &mut State) -> Vec<Effect> {
    let Some(name) = state.workspaces.workspace().map(|one| one.name.as_str().to_owned()) else {
        return refuse(state, Command::Open);
    };
    state.screen = Screen::Users;
    users::update::choose_workspace(state, Some(name))
}

/// Creates, renames or deletes a workspace, after what has to be asked.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if possible(state, Command::Act(action)).is_err() {
        return refuse(state, Command::Act(action));
    }
    match (action, state.workspaces.workspace().map(|one| one.name.clone())) {
        (Action::RenameWorkspace, Some(name)) => open(state, Dialog::Form(Box::new(Form::rename_workspace(&name)))),
        (Action::DeleteWorkspace, Some(name)) => vec![Effect::Consequences(name)],
        _ => open(state, Dialog::Form(Box::new(Form::create_workspace()))),
    }
}

/// It is known what deleting a workspace would mean: asks.
pub fn on_consequences(state: &mut State, name: Name, means: Consequences) -> Vec<Effect> {
    state.dirty = true;
    let title = format!("Delete workspace {name}?");
    let about = if means.users == 1 { "1 user".to_owned() } else { format!("{} users", means.users) };
    let what = format!("Nobody is deleted: {means}. A workspace does not come back; undo does not take this back.");
    let effect = state.ask(Request::DeleteWorkspace(name));
    let dialog = Confirm::new(state, title, about, what, "Delete workspace".to_owned(), effect);
    open(state, Dialog::Confirm(dialog))
}
