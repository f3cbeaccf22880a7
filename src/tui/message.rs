//! What happens, and what is to be done about it.

use super::canvas::Target;
use super::dialogs::workspaces;
use super::screens::audit::update::Filter as EntryFilter;
use super::screens::mail::update::Filter;
use super::session::Happened;
use crate::app::audit::list_audit;
use crate::app::audit::verify_audit::Verified;
use crate::app::mail::list_mails;
use crate::app::upkeep::health::Health;
use crate::app::upkeep::revision::Revision;
use crate::app::users::act::Act;
use crate::app::users::bulk::{Chunk, Each, Place, Resolved};
use crate::app::users::undo::Undoable;
use crate::app::users::{edit, invite, list, show};
use crate::domain::action::Action;
use crate::domain::content::Words;
use crate::domain::email::Email;
use crate::domain::explain::Explain;
use crate::domain::mail::{Mail, MailId};
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::query::{Anchor, Counts, UserQuery};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::domain::workspace::{Consequences, Workspace};

/// Something that happened.
pub enum Msg {
    /// Something came from outside.
    Happened(Happened),
    /// Something was clicked.
    Clicked(Target, Timestamp),
    /// How far changes have come.
    Revision(Result<Revision, Refused>),
    /// Whether mail flows and links are served.
    Health(Result<Box<Health>, Refused>),
    /// The same, asked by somebody who wants to leave.
    Leaving(Result<Box<Health>, Refused>),
    /// A page was read for a query, there.
    Page(UserQuery, Anchor, Result<list::Page, Refused>),
    /// How many users a query finds.
    Hits(UserQuery, Result<list::Hits, Refused>),
    /// How many users of each kind there are.
    Counts(Result<Counts, Refused>),
    /// The cursor may have come to rest on somebody.
    Rested(UserId),
    /// Everything about a user was read.
    Detail(UserId, Result<Box<show::Detail>, Refused>),
    /// A change was made to a user, or not.
    Changed(Action, Result<Box<Done>, Refused>),
    /// The request with this number was done, or not.
    Answered(u64, Result<Box<Done>, Unsaved>),
    /// Entries of the audit log were read.
    Audit(EntryFilter, Result<list_audit::Page, Refused>),
    /// The chain over the audit log was walked.
    Verified(Result<Verified, Refused>),
    /// The workspaces were read.
    AllWorkspaces(Result<Vec<Workspace>, Refused>),
    /// It is known what deleting a workspace would mean.
    Consequences(Name, Result<Consequences, Refused>),
    /// The names of the workspaces were read.
    Workspaces(workspaces::Purpose, Result<Vec<Name>, Refused>),
    /// Something was taken back, or not.
    Undone(Action, Result<Box<User>, Refused>),
    /// A link was shown.
    Link(Result<(String, Box<User>), Refused>),
    /// Mails were read.
    Mails(Filter, Result<list_mails::Page, Refused>),
    /// Everything about a mail was read, with its link where this process caught it.
    MailDetail(MailId, Result<Box<(list_mails::Detail, Option<String>)>, Refused>),
    /// It is known whom an action for many would concern.
    Resolved(Each, Selection, Result<Resolved, Refused>),
    /// Users were found by what was typed into the palette.
    FoundUsers(String, Result<list::Page, Refused>),
    /// Some of many were changed.
    Chunk(Result<Chunk, Refused>),
    /// What a mail says was read.
    Preview(MailId, Result<Box<Words>, Refused>),
    /// A mail was steered, or not.
    Steered(Action, Result<Box<Mail>, Refused>),
    /// The password was right, or not.
    Unlocked(Result<(), Refused>),
    /// So many mails were retried.
    RetriedAll(Result<u64, Refused>),
}

/// A change that was made.
pub struct Done {
    /// The user as stored now; none for what concerns no user.
    pub user: Option<User>,
    /// What was said about it.
    pub said: Said,
    /// What takes it back.
    pub undo: Option<Undoable>,
}

/// What a change has to say beside its name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Said {
    /// Nothing.
    #[default]
    Plain,
    /// Somebody was invited; the mail may leave then.
    Invited {
        /// When.
        held_until: Option<Timestamp>,
        /// The equal command line.
        command: String,
    },
    /// These fields changed.
    Edited {
        /// In words of the form.
        changed: Vec<&'static str>,
        /// Whether a new invitation went out because the address changed.
        invited_anew: bool,
        /// The address that has to confirm itself first.
        asked: Option<String>,
    },
    /// A test mail to this address waits for its turn.
    TestMail(String),
    /// A workspace was created, renamed or deleted; what became of it, and the equal command line.
    Workspace(Action, String, String),
}

impl Said {
    /// What was done, where that is known from it.
    pub const fn action(&self) -> Action {
        match self {
            Self::Invited { .. } => Action::Invite,
            Self::TestMail(_) => Action::TestMail,
            Self::Workspace(action, ..) => *action,
            Self::Plain | Self::Edited { .. } => Action::Edit,
        }
    }
}

/// Why something was not done, in words, with what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// A stable word for it.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Refused {
    /// Both in one sentence.
    pub fn told(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.message.clone(), |hint| format!("{}: {hint}", self.message))
    }
}

/// Why a form was not saved.
#[derive(Debug, Clone)]
pub struct Unsaved {
    /// Why, in words.
    pub refused: Refused,
    /// What somebody else made of the user meanwhile, where that is why.
    pub theirs: Option<Box<User>>,
}

impl From<Refused> for Unsaved {
    fn from(refused: Refused) -> Self {
        Self { refused, theirs: None }
    }
}

impl<E: Explain> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { code: error.code(), message: error.to_string(), hint: error.hint() }
    }
}

/// What a filled-in form asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// To invite.
    Invite(Box<invite::Request>),
    /// To change.
    Edit(Box<edit::Request>),
    /// To send a test mail there.
    TestMail(Email),
    /// To create a workspace.
    CreateWorkspace(Name),
    /// To give a workspace another name.
    RenameWorkspace(Name, Name),
    /// To delete a workspace.
    DeleteWorkspace(Name),
}

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask how far changes have come.
    Revision,
    /// Ask whether mail flows.
    Health,
    /// Read a page.
    Page(UserQuery, Anchor),
    /// Count what a query finds.
    Hits(UserQuery),
    /// Count users.
    Counts,
    /// Say so when the cursor has rested on somebody for a moment.
    Rest(UserId),
    /// Read everything about a user.
    Detail(UserId),
    /// Make a change to the version that was seen.
    Change(Act, UserId, Option<i64>),
    /// Do what is asked for under this number.
    Ask(u64, Request),
    /// Take something back.
    Undo(Undoable),
    /// Make a link.
    Link(UserId),
    /// Read entries of the audit log, so many.
    Audit(EntryFilter, u16),
    /// Walk the chain over the audit log.
    VerifyAudit,
    /// Read the workspaces with how many users belong to each.
    AllWorkspaces,
    /// Look what deleting a workspace would mean.
    Consequences(Name),
    /// Read the names of the workspaces.
    Workspaces(workspaces::Purpose),
    /// Read mails, so many.
    Mails(Filter, u16),
    /// Read everything about a mail.
    MailDetail(MailId),
    /// Look whom an action for many would concern, and how many of them a query hides.
    Resolve(Each, Selection, UserQuery),
    /// Change the next of many.
    Chunk(Each, Selection, Option<Place>),
    /// Find some users by name or address.
    FindUsers(String),
    /// Read what a mail says.
    Preview(MailId),
    /// Retry or cancel a mail.
    Steer(Action, MailId),
    /// Retry every failed mail.
    RetryAll,
    /// Check the password of whoever sits here.
    Unlock(Password),
    /// Put a text into the reader's clipboard.
    Copy(String),
    /// Draw everything again.
    Redraw,
    /// To the shell.
    ToShell,
    /// Ask whether mails wait that nobody else would send, to leave if there are none.
    Leave,
    /// Leave.
    Quit,
    /// Leave, because the actor may not be here any more; says why.
    Expel(String),
}
