//! What happens, and what is to be done about it.

use crossterm::event::KeyEvent;

use crate::app::revision::Revision;
use crate::app::{invite, list, show};
use crate::domain::action::Action;
use crate::domain::explain::Explain;
use crate::domain::query::{Anchor, Counts, UserQuery};
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

/// Something that happened.
pub enum Msg {
    /// A key, and when.
    Key(KeyEvent, Timestamp),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now.
    Size(u16, u16),
    /// A second passed.
    Tick(Timestamp),
    /// How far changes have come.
    Revision(Result<Revision, Refused>),
    /// A page was read for a query.
    Page(UserQuery, Result<list::Page, Refused>),
    /// How many users a query finds.
    Hits(UserQuery, Result<list::Hits, Refused>),
    /// How many users of each kind there are.
    Counts(Result<Counts, Refused>),
    /// Everything about a user was read.
    Detail(UserId, Result<Box<show::Detail>, Refused>),
    /// A change was made, or not.
    Changed(Action, Result<Box<Done>, Refused>),
    /// A link was shown.
    Link(Result<(String, User), Refused>),
}

/// A change that was made.
pub struct Done {
    /// The user as stored now.
    pub user: User,
    /// When the mail may leave, if one is held.
    pub held_until: Option<Timestamp>,
}

/// Why something was not done, in words, with what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl<E: Explain> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }
}

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask how far changes have come.
    Revision,
    /// Read a page.
    Page(UserQuery, Anchor),
    /// Count what a query finds.
    Hits(UserQuery),
    /// Count users.
    Counts,
    /// Read everything about a user.
    Detail(UserId),
    /// Make a change to the version that was seen.
    Change(Action, UserId, Option<i64>),
    /// Invite somebody.
    Invite(Box<invite::Request>),
    /// Make a link.
    Link(UserId),
    /// Put a text into the reader's clipboard.
    Copy(String),
    /// Draw everything again.
    Redraw,
    /// Leave.
    Quit,
}
