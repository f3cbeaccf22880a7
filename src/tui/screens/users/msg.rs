//! What the list of users reads and changes, and what comes back.

use std::sync::Arc;

use crate::app::users::bulk::{Chunk, Resolved, Seen};
use crate::app::users::edit::{self, Edited};
use crate::app::users::invite::{self, Invited};
use crate::app::users::list::{Hits, Page};
use crate::app::users::show::Detail;
use crate::domain::action::Action;
use crate::domain::name::Name;
use crate::domain::query::{SortKey, UserQuery, View};
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::user::{User, UserId};
use crate::tui::ctx::Number;
use crate::tui::effect;
use crate::tui::refused::{Refused, Unsaved};
use crate::tui::widgets::cursor_list::Window;

/// What the screen asks for.
pub type Effect = effect::Effect<Read, Change, Msg>;

/// What the names of workspaces are read for.
#[derive(Debug, Clone)]
pub enum NamesFor {
    /// The form with this number, whose field says this.
    Form(Number, String),
    User(Box<User>),
    /// All who are marked: one workspace that they are added to.
    Marked,
}

/// Something to be read.
#[derive(Debug, Clone)]
pub enum Read {
    Page(UserQuery, Window),
    Hits(UserQuery),
    /// Answers when the cursor has rested on somebody for a moment.
    Rest(UserId),
    Detail(UserId),
    /// Makes the link of somebody's invitation; that it was shown is written down.
    Link(UserId),
    Names(NamesFor),
    /// Fixes whom a task is about, and how many of them a query hides.
    Resolve(Task, Selection, UserQuery),
    /// How many a selection means now who were not among these.
    CameLater(Selection, Arc<[Seen]>),
}

/// Something to be changed, under a number where an answer is waited for.
#[derive(Debug, Clone)]
pub enum Change {
    /// An action on the version of a user that was seen.
    Act(Action, UserId, i64),
    Invite(Number, Box<invite::Request>),
    Edit(Number, Box<edit::Request>),
    /// The next users of a task.
    Chunk(Task, Vec<Seen>),
}

/// What comes to the screen.
#[derive(Debug, Clone)]
pub enum Msg {
    // answers to reads
    Page(UserQuery, Window, Result<Page, Refused>),
    Hits(UserQuery, Result<Hits, Refused>),
    Rested(UserId),
    Detail(UserId, Result<Box<Detail>, Refused>),
    Link(Result<(String, Box<User>), Refused>),
    Names(NamesFor, Result<Vec<Name>, Refused>),
    Resolved(Task, Selection, Result<Resolved, Refused>),
    CameLater(Result<u64, Refused>),
    // answers to changes
    Acted(Action, UserId, Result<Box<User>, Refused>),
    Invited(Number, Box<invite::Request>, Result<Box<Invited>, Refused>),
    Edited(Number, Box<edit::Request>, Result<Box<Edited>, Unsaved>),
    Chunk(Result<Chunk, Refused>),
    // what dialogs send
    Act(Action, UserId, i64),
    Invite(Number, Box<invite::Request>),
    Edit(Number, Box<edit::Request>),
    /// The list of workspaces is wanted.
    Choose(NamesFor),
    /// Memberships were chosen: of a form's user, or of a user.
    Chosen(NamesFor, Vec<(Name, WorkspaceRole)>),
    /// The role of everybody who is marked.
    Role(OrganisationRole),
    Show(View),
    Sort(SortKey),
    /// The task that this question was about is meant.
    Begin(Number),
    Stop,
}
