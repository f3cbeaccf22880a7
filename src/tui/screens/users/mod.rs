//! The list of users and everything about the one under the cursor.

pub mod detail;
pub mod list;
pub mod marks;
pub mod update;

use tui_input::Input;

use crate::app::users::list::{Hits, Page};
use crate::app::users::show::Detail;
use crate::domain::query::{Anchor, UserQuery};
use crate::domain::selection::Selection;
use crate::domain::user::{User, UserId, UserRow};
use crate::tui::keymap::Command;
use crate::tui::widgets::scroll::Viewport;

/// The screen as it stands.
#[derive(Default)]
pub struct Users {
    /// What the list shows.
    pub query: UserQuery,
    /// The search while it is typed.
    pub search: Option<Input>,
    /// The rows that were read.
    pub page: Page,
    /// How many rows there are in all.
    pub hits: Option<Hits>,
    /// The user under the cursor.
    pub cursor: Option<UserId>,
    /// Where the cursor is on the screen.
    pub viewport: Viewport,
    /// Who is marked.
    pub marks: Selection,
    /// The row that was marked last, where a range begins.
    pub range_from: Option<UserId>,
    /// Everything about the user that was read last; mostly the one under the cursor.
    pub detail: Option<Box<Detail>>,
    /// A key that came before this user, who was under the cursor, was read: it counts as soon as that is there.
    pub pending: Option<(UserId, Command)>,
    /// The page that the cursor waits for, to be on its first row, its last one, or on somebody: no other one counts until
    /// it is there.
    pub awaited: Option<Anchor>,
}

impl Users {
    /// The row under the cursor.
    pub fn row(&self) -> Option<&UserRow> {
        self.page.rows.iter().find(|row| Some(row.id) == self.cursor)
    }

    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.page.rows.iter().position(|row| Some(row.id) == self.cursor)
    }

    /// The user under the cursor, once everything about it was read; not what was read before a change that the row
    /// shows already.
    pub fn user(&self) -> Option<&User> {
        let seen = self.row().map_or(0, |row| row.version);
        let user = self.detail.as_ref().map(|detail| &detail.user)?;
        (Some(user.id) == self.cursor && user.version >= seen).then_some(user)
    }

    /// The user whom the detail shows: while the cursor moves on, the one before.
    pub fn shown_user(&self) -> Option<&User> {
        self.detail.as_ref().map(|detail| &detail.user).filter(|_| self.cursor.is_some())
    }
}
