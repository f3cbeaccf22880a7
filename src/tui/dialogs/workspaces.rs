//! Chooses workspaces and the role in each: for a form, for the user under the cursor, or one for all who are marked.

use crossterm::event::{KeyCode, KeyEvent};

use super::form::{at, workspaces, workspaces_text};
use super::picker::{Entry, Picked, Picker};
use super::{Dialog, frame, stay};
use crate::app::bulk::Each;
use crate::app::edit;
use crate::domain::name::Name;
use crate::domain::role::Standing;
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
    all: Vec<(Name, Option<Standing>)>,
    picker: Picker,
}

/// The names were read.
pub fn on_names(state: &mut State, purpose: Purpose, names: Vec<Name>) -> Vec<Effect> {
    state.dirty = true;
    if names.is_empty() {
        state.warn("there are no workspaces here yet");
        return Vec::new();
    }
    let chosen: Vec<(Name, Standing)> = match &purpose {
        Purpose::Form => match state.dialogs.last() {
            Some(Dialog::Form(form)) => workspaces(&form.fields.value(at::WORKSPACES)).unwrap_or_default(),
            // The form was left meanwhile.
            _ => return Vec::new(),
        },
        Purpose::User(user) => user.memberships.iter().map(|m| (m.name.clone(), m.standing)).collect(),
        Purpose::Marked => Vec::new(),
    };
    let standing = |name: &Name| chosen.iter().find(|(known, _)| known.key() == name.key()).map(|(_, s)| *s);
    let all = names.into_iter().map(|name| (standing(&name), name)).map(|(standing, name)| (name, standing)).collect();
    stay(state, Dialog::Workspaces(Box::new(Workspaces { purpose, all, picker: Picker::default() })))
}

impl Workspaces {
    /// The places of those that fit what is typed.
    fn found(&self) -> Vec<usize> {
        let typed = fold(self.picker.input.value());
        (0..self.all.len()).filter(|at| fold(self.all[*at].0.as_str()).contains(&typed)).collect()
    }

    /// A key.
    pub fn on_key(mut self: Box<Self>, state: &mut State, key: KeyEvent) -> Vec<Effect> {
        let found = self.found();
        let here = found.get(self.picker.at).copied();
        match (key.code, here) {
            (KeyCode::Char(' '), Some(here)) => {
                let chosen = &mut self.all[here].1;
                *chosen = if chosen.is_some() { None } else { Some(Standing::Member) };
            }
            (KeyCode::Left | KeyCode::Right, Some(here)) => {
                let chosen = &mut self.all[here].1;
                *chosen = Some(match chosen {
                    Some(Standing::Member) => Standing::Administrator,
                    _ => Standing::Member,
                });
            }
            _ => match self.picker.on_key(state, key, found.len()) {
                Picked::Closed => return Vec::new(),
                Picked::Taken => return (*self).take(state, here),
                Picked::On | Picked::Typed => {}
            },
        }
        stay(state, Dialog::Workspaces(self))
    }

    /// A click takes in or out.
    pub fn on_click(mut self: Box<Self>, state: &mut State, at: usize) -> Vec<Effect> {
        self.picker.at = at;
        self.on_key(state, KeyEvent::from(KeyCode::Char(' ')))
    }

    fn take(self, state: &mut State, here: Option<usize>) -> Vec<Effect> {
        let Self { purpose, all, .. } = self;
        match purpose {
            Purpose::Marked => match here.map(|here| all[here].clone()) {
                Some((name, standing)) => marks::ask(state, Each::Join(name, standing.unwrap_or(Standing::Member))),
                None => Vec::new(),
            },
            Purpose::Form => {
                if let Some(Dialog::Form(form)) = state.dialogs.last_mut() {
                    let chosen = all.iter().filter_map(|(name, standing)| Some((name.as_str(), (*standing)?)));
                    form.fields.all[at::WORKSPACES].set(workspaces_text(chosen));
                }
                Vec::new()
            }
            Purpose::User(user) => {
                let chosen = all.into_iter().filter_map(|(name, standing)| Some((name, standing?))).collect();
                let request = edit::Request {
                    version: Some(user.version),
                    workspaces: Some(chosen),
                    ..edit::Request::of(user.id)
                };
                vec![Effect::Ask(Request::Edit(Box::new(request)))]
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
                let standing = if one { Some(chosen.unwrap_or(Standing::Member)) } else { *chosen };
                let role = standing.map_or("", Standing::words);
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
