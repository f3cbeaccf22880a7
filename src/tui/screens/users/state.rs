//! The list of users as it is.

use std::sync::Arc;

use tui_input::Input;

use super::refusals::Refusals;
use crate::app::users::bulk::{Resolved, Seen};
use crate::app::users::list::Hits;
use crate::app::users::show::Detail;
use crate::domain::action::Action;
use crate::domain::query::UserQuery;
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::user::{User, UserId, UserRow};
use crate::tui::ctx::Number;
use crate::tui::keymap::{ScreenCommand, UsersCommand};
use crate::tui::widgets::cursor_list::{CursorList, Row};

impl Row for UserRow {
    fn number(&self) -> i64 {
        self.id.0
    }
}

/// The screen as it is.
#[derive(Default)]
pub struct Users {
    /// What the list shows.
    pub query: UserQuery,
    /// The search while it is typed.
    pub search: Option<Input>,
    pub list: CursorList<UserRow>,
    /// How many rows there are in all.
    pub hits: Option<Hits>,
    pub marks: Selection,
    /// The row that was marked last, where a range begins.
    pub range_from: Option<UserId>,
    /// Everything about the user that was read last; mostly the one under the cursor.
    pub detail: Option<Box<Detail>>,
    /// A key for the user under the cursor that came before it could be done: it is done as soon as that user was read,
    /// or an earlier change to them was answered.
    pub pending: Option<(UserId, ScreenCommand<UsersCommand>)>,
    /// Whose form is to be opened at the address as soon as they were read.
    pub correcting: Option<UserId>,
    /// Changes to one user that are not answered yet.
    pub in_flight: Vec<(UserId, Action)>,
    /// Whether it is being looked up whom a task would concern.
    pub resolving: bool,
    /// The task that a question is about.
    pub asked: Option<Asked>,
    /// The task that is under way.
    pub running: Option<Running>,
}

/// A task that was asked about.
pub struct Asked {
    /// The question's number.
    pub number: Number,
    pub task: Task,
    pub selection: Selection,
    pub resolved: Resolved,
}

/// A task under way.
pub struct Running {
    /// The number of the dialog that shows it.
    pub number: Number,
    pub task: Task,
    pub selection: Selection,
    pub people: Arc<[Seen]>,
    /// How many of them were taken.
    pub taken: usize,
    pub done: u64,
    pub refused: Refusals,
    /// Who may have been changed or not.
    pub unknown: Refusals,
    /// Whether it stops after the chunk that is under way.
    pub stopping: bool,
}

impl Running {
    /// How many are done with, one way or the other.
    pub fn through(&self) -> u64 {
        self.done + self.refused.count() + self.unknown.count()
    }
}

impl Users {
    /// The number of the user under the cursor.
    pub fn cursor(&self) -> Option<UserId> {
        self.list.cursor().map(UserId)
    }

    /// The user under the cursor, once everything about it was read; not what was read before a change that the row
    /// shows already.
    pub fn user(&self) -> Option<&User> {
        let seen = self.list.current().map_or(0, |row| row.version);
        let user = self.detail.as_ref().map(|detail| &detail.user)?;
        (Some(user.id) == self.cursor() && user.version >= seen).then_some(user)
    }

    /// How many links of others that work still the user of the detail was shown.
    pub fn views(&self) -> u64 {
        self.detail.as_ref().map_or(0, |detail| detail.views)
    }

    /// The user whom the detail shows: while the cursor moves on, the one before.
    pub fn shown_user(&self) -> Option<&User> {
        self.detail.as_ref().map(|detail| &detail.user).filter(|_| self.list.cursor().is_some())
    }

    /// A change to a user was answered.
    pub fn landed(&mut self, id: UserId, action: Action) {
        if let Some(at) = self.in_flight.iter().position(|one| *one == (id, action)) {
            self.in_flight.remove(at);
        }
    }

    /// Whether the task of a question is being looked up, or one is under way: there is one at a time.
    pub const fn has_task(&self) -> bool {
        self.resolving || self.running.is_some()
    }

    /// Takes what a change made of a user, so that the next key acts on that and not on what was there before.
    pub fn learn(&mut self, user: &User) {
        self.list.learn(UserRow::from(user));
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.user.id == user.id) {
            detail.user = user.clone();
        }
    }
}
