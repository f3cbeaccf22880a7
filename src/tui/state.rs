//! What the screen shows, and nothing else.

use std::time::Duration;

use jiff::tz::TimeZone;
use tui_input::Input;

use super::form::Form;
use super::keymap::Command;
use super::theme::Theme;
use crate::app::list::{Hits, Page};
use crate::app::revision::Revision;
use crate::app::show::Detail;
use crate::domain::action::Action;
use crate::domain::policy::Authority;
use crate::domain::query::{Counts, SortKey, UserQuery, View};
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId, UserRow};

/// How long a message stays, and an error longer.
pub const TOAST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10));
/// How long a dialog waits after the last key before Enter counts.
pub const ARMED_AFTER: Duration = Duration::from_millis(250);

/// Everything that is shown.
pub struct State {
    /// The organisation's name.
    pub organisation: String,
    /// Who acts, as the head says it.
    pub who: String,
    /// What the actor may do, to grey out what is not possible; use cases decide again.
    pub authority: Authority,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The present moment, as far as the screen knows.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: TimeZone,
    /// Whether glyphs must be ASCII, because the terminal shows no others.
    pub ascii: bool,
    /// Styles.
    pub theme: Theme,
    /// How long links work unless said otherwise.
    pub valid_for: Duration,
    /// What the list shows.
    pub query: UserQuery,
    /// The search while it is typed.
    pub search: Option<Input>,
    /// The rows that were read.
    pub page: Page,
    /// How many rows there are in all.
    pub hits: Option<Hits>,
    /// How many users of each kind there are.
    pub counts: Option<Counts>,
    /// The user under the cursor.
    pub cursor: Option<UserId>,
    /// Everything about the user under the cursor, once it was read.
    pub detail: Option<Box<Detail>>,
    /// A key that came before the user under the cursor was read: it counts as soon as that is there.
    pub pending: Option<Command>,
    /// The dialogs; the last one gets the key.
    pub dialogs: Vec<Dialog>,
    /// A message.
    pub toast: Option<Toast>,
    /// What `u` takes back.
    pub undo: Option<Undo>,
    /// How far changes had come at the last look.
    pub revision: Option<Revision>,
    /// Whether a look is under way.
    pub looking: bool,
    /// Whether the screen must be drawn.
    pub dirty: bool,
}

/// A dialog.
pub enum Dialog {
    /// Asks before something is done to somebody.
    Confirm(Confirm),
    /// Invites somebody.
    Invite(Box<Form>),
    /// Shows a link.
    Link {
        /// Whose.
        user: Box<User>,
        /// The link.
        link: String,
    },
    /// Chooses a view or an order.
    Menu(Menu),
    /// The keys, from this line on.
    Help(usize),
}

/// What a menu chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The view.
    View,
    /// The order.
    Order,
}

/// A menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    /// What it chooses.
    pub choice: Choice,
    /// The line with the focus.
    pub at: usize,
}

impl Menu {
    /// The words of its lines.
    pub fn items(self) -> Vec<&'static str> {
        match self.choice {
            Choice::View => View::ALL.iter().map(|view| view.words()).collect(),
            Choice::Order => SortKey::ALL.iter().map(|key| key.words()).collect(),
        }
    }
}

/// Asks before something is done to somebody.
pub struct Confirm {
    /// What would be done.
    pub action: Action,
    /// To whom, as resolved when the dialog opened.
    pub user: Box<User>,
    /// Whether the focus is on doing it; at first it is on Cancel.
    pub yes: bool,
    /// When the last key came.
    pub last_key_at: Timestamp,
}

/// A message at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// Whether something is wrong.
    pub bad: bool,
    /// Until when.
    pub until: Timestamp,
}

/// What `u` takes back.
#[derive(Debug, Clone)]
pub struct Undo {
    /// What does it.
    pub by: Action,
    /// For whom.
    pub user: UserId,
    /// The version that the action left behind.
    pub version: i64,
}

impl State {
    /// The row under the cursor.
    pub fn row(&self) -> Option<&UserRow> {
        self.page.rows.iter().find(|row| Some(row.id) == self.cursor)
    }

    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.page.rows.iter().position(|row| Some(row.id) == self.cursor)
    }

    /// The user under the cursor, once everything about it was read.
    pub fn user(&self) -> Option<&User> {
        self.detail.as_ref().map(|detail| &detail.user).filter(|user| Some(user.id) == self.cursor)
    }

    /// How many rows of the list fit on the screen.
    pub fn list_rows(&self) -> usize {
        usize::from(self.size.1.saturating_sub(10)).max(1)
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: false, until: self.now.plus(TOAST.0) });
    }

    /// Says that something is wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: true, until: self.now.plus(TOAST.1) });
    }
}
