//! Commands: what a key, a line of the palette or a click asks the interface for.

use crate::domain::action::Action;
use crate::domain::query::{SortKey, View};
use crate::domain::user::UserId;

use crate::tui::state::Screen;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// An action on what is under the cursor, on all who are marked, or one that needs nothing there.
    Act(Action),
    /// Suspend, or reactivate whoever is suspended.
    SuspendOrReactivate,
    /// Workspaces, and the role in each.
    Workspaces,
    /// Administrator or not.
    Role,
    /// Retry every failed mail.
    RetryAll,
    /// To the user whom a mail goes to.
    ShowUser,
    /// Copy the link of a caught mail.
    CopyCaught,
    /// Which entries of the audit log are shown.
    AuditFilter,
    /// Walk the chain over the audit log.
    VerifyAudit,
    /// Read what a mail says.
    Preview,
    /// Correct the address that a mail goes to.
    CorrectAddress,
    /// To another screen.
    Go(Screen),
    /// To another view of the users.
    Show(View),
    /// Sort the users by this.
    Sort(SortKey),
    /// To this user.
    Find(UserId),
    /// On by so many rows, fields or buttons.
    Move(i32),
    /// A page up or down.
    Page(i32),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Open what is under the cursor.
    Open,
    /// Mark whoever is under the cursor.
    Mark,
    /// Mark from the last mark to the cursor.
    MarkRange,
    /// Mark everybody whom the list finds.
    MarkAll,
    /// Search as you type.
    Search,
    /// The menu of views.
    ViewMenu,
    /// The menu of orders.
    OrderMenu,
    /// All actions.
    Palette,
    /// The keys.
    Help,
    /// Back: clear the search, then the marks.
    Back,
    /// Press what has the focus.
    Press,
    /// Save a form.
    Save,
    /// Leave a dialog.
    Close,
    /// The other side of what is read.
    Switch,
    /// Draw everything again.
    Redraw,
    /// To the shell.
    ToShell,
    /// Leave.
    Quit,
    /// Leave, or close what is open.
    Interrupt,
    /// A key that does nothing on purpose, with the command that was meant and why.
    Dead(&'static str),
}

impl Command {
    /// Whether it only moves about in what is shown.
    pub const fn moves(self) -> bool {
        matches!(self, Self::Move(_) | Self::Page(_) | Self::First | Self::Last)
    }
}
