//! Chooses workspaces and the role in each: all that somebody has, or one that many are added to.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};

use super::frame::frame;
use super::picker::{Entry, Picked, Picker};
use super::touch::{Touch, Touched};
use crate::domain::name::Name;
use crate::domain::role::WorkspaceRole;
use crate::domain::text::fold;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;

/// Makes what is sent: everything chosen, or the one under the focus.
pub type Choose<M> = Arc<dyn Fn(Vec<(Name, WorkspaceRole)>) -> M + Send + Sync>;

/// What can be chosen in a workspace, and what in one that many are added to.
const ROLES: [Option<WorkspaceRole>; 4] =
    [None, Some(WorkspaceRole::Member), Some(WorkspaceRole::Helpdesk), Some(WorkspaceRole::Administrator)];

/// The choice as it is.
pub struct Memberships<M> {
    title: String,
    /// Each with what was chosen in it, if something was.
    all: Vec<(Name, Option<WorkspaceRole>)>,
    /// Whether one is chosen for many, instead of all for one.
    is_one: bool,
    choose: Choose<M>,
    picker: Picker,
}

impl<M> Memberships<M> {
    /// All of somebody's: these can be chosen, and those are.
    pub fn of_one(title: String, names: Vec<Name>, chosen: Vec<(Name, WorkspaceRole)>, choose: Choose<M>) -> Self {
        let mut all: Vec<_> = names.into_iter().map(|name| (name, None)).collect();
        // Only so many names are read: what was chosen stays chosen, whether it is among them or not.
        for (name, role) in chosen {
            match all.iter_mut().find(|(known, _)| known.key() == name.key()) {
                Some((_, chosen)) => *chosen = Some(role),
                None => all.push((name, Some(role))),
            }
        }
        Self { title, all, is_one: false, choose, picker: Picker::default() }
    }

    /// One that many are added to.
    pub fn for_many(title: String, names: Vec<Name>, choose: Choose<M>) -> Self {
        let all = names.into_iter().map(|name| (name, Some(WorkspaceRole::Member))).collect();
        Self { title, all, is_one: true, choose, picker: Picker::default() }
    }

    /// The places of those that fit what is typed.
    fn fitting(&self) -> Vec<usize> {
        let typed = fold(self.picker.input.value());
        (0..self.all.len()).filter(|at| fold(self.all[*at].0.as_str()).contains(&typed)).collect()
    }

    /// What can be chosen in each.
    const fn roles(&self) -> &'static [Option<WorkspaceRole>] {
        if self.is_one { ROLES.split_at(1).1 } else { &ROLES }
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
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        let fitting = self.fitting();
        let here = fitting.get(self.picker.at).copied();
        let nothing_typed = self.picker.input.value().is_empty();
        match (touch, here) {
            (Touch::Key(KeyEvent { code: KeyCode::Char(' '), .. }), Some(here)) if nothing_typed && !self.is_one => {
                self.switch(here);
            }
            (Touch::Key(KeyEvent { code: code @ (KeyCode::Left | KeyCode::Right), .. }), Some(here)) => {
                self.turn(here, code == KeyCode::Left);
            }
            (Touch::Click(at), Some(_) | None) if !self.is_one => {
                self.picker.at = at;
                if let Some(here) = fitting.get(at) {
                    self.switch(*here);
                }
            }
            (Touch::Key(_) | Touch::Click(_), Some(_) | None) => match self.picker.touch(ctx, touch, fitting.len()) {
                Picked::Closed => return Touched::Closed,
                Picked::Taken => return self.take(),
                Picked::On | Picked::Typed => {}
            },
        }
        Touched::Stays
    }

    fn take(&self) -> Touched<M> {
        let chosen = |at: usize| self.all[at].1.map(|role| (self.all[at].0.clone(), role));
        if !self.is_one {
            return Touched::Sent((self.choose)((0..self.all.len()).filter_map(chosen).collect()));
        }
        let here = self.fitting().get(self.picker.at).copied().and_then(chosen);
        here.map_or(Touched::Closed, |one| Touched::Sent((self.choose)(vec![one])))
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let entry = |at: usize| {
            let (name, chosen) = &self.all[at];
            let mark = match (chosen.is_some(), self.is_one) {
                (_, true) => "",
                (true, false) => "[x] ",
                (false, false) => "[ ] ",
            };
            let note = chosen.map_or("", WorkspaceRole::words).to_owned();
            Entry { words: format!("{mark}{name}"), note, possible: true, ..Entry::default() }
        };
        let entries: Vec<_> = self.fitting().into_iter().map(entry).collect();
        let rows = u16::try_from(self.all.len() + 1).unwrap_or(40).min(canvas.area().height.saturating_sub(4));
        let inner = frame(canvas, &self.title, 84, rows);
        self.picker.draw(ctx, &entries.iter().collect::<Vec<_>>(), "No workspace has this name.", canvas, inner);
    }
}

impl<M: 'static> Memberships<M> {
    /// The same, with messages of another kind.
    pub fn map<N: 'static>(self, message: fn(M) -> N) -> Memberships<N> {
        let Self { title, all, is_one, choose, picker } = self;
        let choose: Choose<N> = Arc::new(move |chosen| message(choose(chosen)));
        Memberships { title, all, is_one, choose, picker }
    }
}
