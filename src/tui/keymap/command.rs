//! Commands: what a key, a line of the palette or a click asks the interface for. Each screen has its own; the rest is
//! the shell's and the dialogs'.

use std::convert::Infallible;

use crate::domain::action::{Action, Object};
use crate::domain::query::{SortKey, View};
use crate::domain::task::Task;
use crate::domain::user::UserId;
use crate::tui::screen::Screen;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// An action on what is under the cursor, on all who are marked, or one that needs nothing there.
    Act(Action),
    Users(UsersCommand),
    Mail(MailCommand),
    Audit(AuditCommand),
    /// Moves the cursor of a list.
    Move(Motion),
    /// Open what is under the cursor.
    Open,
    /// Clear the search or filter, then the workspace, then the marks.
    Back,
    Shell(ShellCommand),
    Dialog(InDialog),
}

/// The same for the screen that it belongs to: what screens have in common, or one of its own commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenCommand<C> {
    Act(Action),
    Move(Motion),
    Open,
    Back,
    Own(C),
}

impl ScreenCommand<Infallible> {
    /// The same for a screen that has commands of its own.
    pub const fn widen<C>(self) -> ScreenCommand<C> {
        match self {
            Self::Act(action) => ScreenCommand::Act(action),
            Self::Move(motion) => ScreenCommand::Move(motion),
            Self::Open => ScreenCommand::Open,
            Self::Back => ScreenCommand::Back,
            Self::Own(never) => match never {},
        }
    }
}

/// What every screen has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellCommand {
    Go(Screen),
    Palette,
    Help,
    /// Draw everything again.
    Redraw,
    /// Suspend to the shell.
    ToShell,
    Quit,
    /// Leave, or close what is open.
    Interrupt,
    /// A key that does nothing on purpose, with the name of the command that was meant.
    Dead(&'static str),
}

/// What is done in a dialog, a form, or the field of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDialog {
    /// Moves the focus, or what is read.
    Move(Motion),
    /// Press what has the focus.
    Press,
    Save,
    Close,
    /// The other side of what is read.
    Switch,
}

/// What only the list of users does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsersCommand {
    SuspendOrReactivate,
    /// Workspaces, and the role in each.
    Workspaces,
    /// Administrator of the organisation, or not.
    Role,
    Search,
    Mark,
    /// Mark from the last mark to the cursor.
    MarkRange,
    /// Mark everybody whom the list finds.
    MarkAll,
    ViewMenu,
    OrderMenu,
    Show(View),
    Sort(SortKey),
    Find(UserId),
}

/// What only the list of emails does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCommand {
    /// Retry every failed email.
    RetryAll,
    /// Correct the address that an email goes to.
    CorrectAddress,
    /// Go to the user whom an email goes to.
    ShowUser,
    Preview,
    /// Copy the link of an email that this process caught.
    CopyCaught,
    ViewMenu,
}

/// What only the audit log does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditCommand {
    Filter,
    /// Go to the user whom an entry is about.
    ShowUser,
    /// Walk the chain over the log.
    Verify,
}

/// A way to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// On by so many rows, fields or buttons; back when negative.
    Step(i32),
    /// On by so many pages.
    Page(i32),
    First,
    Last,
}

impl Command {
    /// Whether it acts on what is under the cursor.
    pub const fn is_about_a_row(self) -> bool {
        match self {
            Self::Act(action) => matches!(action.spec().object, Object::User | Object::Mail | Object::Workspace),
            Self::Users(command) => matches!(command, UsersCommand::SuspendOrReactivate | UsersCommand::Workspaces),
            Self::Mail(command) => match command {
                MailCommand::CorrectAddress
                | MailCommand::ShowUser
                | MailCommand::Preview
                | MailCommand::CopyCaught => true,
                MailCommand::RetryAll | MailCommand::ViewMenu => false,
            },
            Self::Audit(command) => matches!(command, AuditCommand::ShowUser),
            Self::Move(_) | Self::Open | Self::Back | Self::Shell(_) | Self::Dialog(_) => false,
        }
    }

    /// Whether what it does depends on which rows are shown and where the cursor is among them.
    pub const fn needs_rows(self) -> bool {
        self.is_about_a_row()
            || matches!(
                self,
                Self::Move(_)
                    | Self::Open
                    | Self::Users(
                        UsersCommand::Role | UsersCommand::Mark | UsersCommand::MarkRange | UsersCommand::MarkAll
                    )
            )
    }

    /// Whether it can be done to all who are marked as well as to the user under the cursor.
    pub fn is_for_marked(self) -> bool {
        match self {
            Self::Act(action) => Task::of(action).is_some(),
            Self::Users(command) => {
                matches!(command, UsersCommand::SuspendOrReactivate | UsersCommand::Workspaces | UsersCommand::Role)
            }
            Self::Mail(_)
            | Self::Audit(_)
            | Self::Move(_)
            | Self::Open
            | Self::Back
            | Self::Shell(_)
            | Self::Dialog(_) => false,
        }
    }

    /// Whether it only moves about in what is shown.
    pub const fn moves(self) -> bool {
        matches!(self, Self::Move(_))
    }
}
