//! Chooses workspaces and the role in each: for a form, for the user under the cursor, or one for all who are marked.

use crossterm::event::{KeyCode, KeyEvent};

use super::form::{Purpose as Filled, at};
use super::picker::{Entry, Picked, Picker};
use super::{Dialog, Touch, frame, stay};
use crate::app::users::bulk::Each;
use crate::app::users::edit;
use crate::domain::name::Name;
use crate::domain::role::{WorkspaceRole, memberships_text, parse_memberships};
use crate::domain::text::fold;
use crate::domain::user::User;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Command, Context};
use crate::tui::message::{Effect, Request};
use crate::tui::screens::users::marks;
use crate::tui::state::State;

/// What the choice is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// The form below.
    Form,
    /// This user.
    User(Box<User>),
    /// All who are marked: one workspace that they belong to besides.
    Marked,
}

/// The choice as it stands.
pub struct Workspaces {
    purpose: Purpose,
    /// Each with what was chosen in it, if something was.
    all: Vec<(Name, Option<WorkspaceRole>)>,
    picker: Picker,
}

/// What can be chosen in a workspace, and what in one that everybody marked comes to.
const ROLES: [Option<WorkspaceRole>; 3] = [None, Some(WorkspaceRole::Member), Some(WorkspaceRole::Administrator)];

/// The names were read.
pub fn on_names(state: &mut State, purpose: Purpose, names: Vec<Name>) -> Vec<Effect> {
    state.dirty = true;
    if names.is_empty() {
        state.warn("there are no workspaces here yet");
        return Vec::new();
    }
    let chosen: Vec<(Name, WorkspaceRole)> = match &purpose {
        Purpose::Form => match state.dialogs.last().and_then(written) {
            Some(text) => parse_memberships(&text).unwrap_or_default(),
            // The form was left or sent meanwhile.
            None => return Vec::new(),
        },
        Purpose::User(user) => user.memberships.iter().map(|m| (m.name.clone(), m.role)).collect(),
        Purpose::Marked => Vec::new(),
    };
    let usual = matches!(purpose, Purpose::Marked).then_some(WorkspaceRole::Member);
    let mut all: Vec<_> = names.into_iter().map(|name| (name, usual)).collect();
    // Only so many names are read: what was chosen stays chosen, whether it is among them or not.
    for (name, role) in chosen {
        match all.iter_mut().find(|(known, _)| known.key() == name.key()) {
            Some((_, chosen)) => *chosen = Some(role),
            None => all.push((name, Some(role))),
        }
    }
    stay(state, Dialog::Workspaces(Box::new(Workspaces { purpose, all, picker: Picker::default() })))
}

/// What a form that can be written in says of workspaces.
fn written(dialog: &Dialog) -> Option<String> {
    match dialog {
        Dialog::Form(form) if !form.fields.sending && matches!(form.purpose, Filled::Invite | Filled::Edit(_)) => {
            Some(form.fields.value(at::WORKSPACES))
        }
        _ => None,
    }
}

impl Workspaces {
    /// The places of those that fit what is typed.
    fn found(&self) -> Vec<usize> {
        let typed = fold(self.picker.input.value());
        (0..self.all.len()).filter(|at| fold(self.all[*at].0.as_str()).contains(&typed)).collect()
    }

    /// What can be chosen in each.
    const fn roles(&self) -> &'static [Option<WorkspaceRole>] {
        if matches!(self.purpose, Purpose::Marked) { ROLES.split_at(1).1 } else { &ROLES }
    }

    /// The next of what can be chosen in a workspace, or the one before.
    fn turn(&mut self, here: usize, back: bool) {
        let roles = self.roles();
        let at = roles.iter().position(|role| *role == self.all[here].1).unwrap_or(0);
        let by = if back { roles.len() - 1 } else { 1 };
        self.all[here].1 = roles[(at + by) % roles.len()];
    }

    /// In or out.
    fn switch(&mut self, here: usize) {
        let chosen = &mut self.all[here].1;
        *chosen = if chosen.is_some() { None } else { Some(WorkspaceRole::Member) };
    }

    /// Somebody touches it. A space is part of a name once one is typed.
    pub fn on(mut self: Box<Self>, state: &mut State, touch: Touch) -> Vec<Effect> {
        let found = self.found();
        let here = found.get(self.picker.at).copied();
        let one = matches!(self.purpose, Purpose::Marked);
        let nothing_typed = self.picker.input.value().is_empty();
        match (touch, here) {
            (Touch::Key(KeyEvent { code: KeyCode::Char(' '), .. }), Some(here)) if nothing_typed && !one => {
                self.switch(here);
            }
            (Touch::Key(KeyEvent { code: code @ (KeyCode::Left | KeyCode::Right), .. }), Some(here)) => {
                self.turn(here, code == KeyCode::Left);
            }
            (Touch::Click(at), _) if !one => {
                self.picker.at = at;
                if let Some(here) = found.get(at) {
                    self.switch(*here);
                }
            }
            _ => match self.picker.on(state, touch, found.len()) {
                Picked::Closed => return Vec::new(),
                Picked::Taken => {
                    let here = found.get(self.picker.at).copied();
                    return (*self).take(state, here);
                }
                Picked::On | Picked::Typed => {}
            },
        }
        stay(state, Dialog::Workspaces(self))
    }

    fn take(self, state: &mut State, here: Option<usize>) -> Vec<Effect> {
        let Self { purpose, all, .. } = self;
        match purpose {
            Purpose::Marked => match here.map(|here| all[here].clone()) {
                Some((name, role)) => marks::ask(state, Each::Join(name, role.unwrap_or(WorkspaceRole::Member))),
                None => Vec::new(),
            },
            Purpose::Form => {
                if let Some(Dialog::Form(form)) = state.dialogs.last_mut() {
                    let chosen = all.iter().filter_map(|(name, role)| Some((name.as_str(), (*role)?)));
                    form.fields.all[at::WORKSPACES].set(memberships_text(chosen));
                }
                Vec::new()
            }
            Purpose::User(user) => {
                let chosen = all.into_iter().filter_map(|(name, role)| Some((name, role?))).collect();
                let request = edit::Request {
                    version: Some(user.version),
                    workspaces: Some(chosen),
                    ..edit::Request::of(user.id)
                };
                vec![state.ask(Request::Edit(Box::new(request)))]
            }
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let one = matches!(self.purpose, Purpose::Marked);
        let entries: Vec<_> = self
            .found()
            .into_iter()
            .map(|at| {
                let (name, chosen) = &self.all[at];
                let mark = match (chosen, one) {
                    (_, true) => "",
                    (Some(_), false) => "[x] ",
                    (None, false) => "[ ] ",
                };
                let role = chosen.map_or("", WorkspaceRole::words);
                let words = format!("{mark}{name}");
                Entry { words, key: String::new(), note: role.to_owned(), possible: true }
            })
            .collect();
        let done = state.keymap.told(Context::Picker, Command::Press);
        let title = match &self.purpose {
            Purpose::Marked => format!("Add all who are marked to · ← → role · {done} asks"),
            Purpose::Form => format!("Workspaces · Space in or out · ← → role · {done} done"),
            Purpose::User(user) => format!("Space in or out · ← → role · {done} saves · {}", user.name),
        };
        let rows = u16::try_from(self.all.len() + 1).unwrap_or(40).min(canvas.area().height.saturating_sub(4));
        let inner = frame(canvas, &title, 84, rows);
        self.picker.draw(state, &entries, "No workspace is called so.", canvas, inner);
    }
}
