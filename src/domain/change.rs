//! Changes: what somebody wants to do to a user, with the values that matter for whether they may.

use super::action::Action;
use super::role::{WorkspaceId, WorkspaceRole};

/// A change that an actor wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Invite somebody new.
    Invite {
        /// As an administrator.
        administrator: bool,
        /// Into these workspaces.
        memberships: Vec<(WorkspaceId, WorkspaceRole)>,
    },
    /// Send the invitation again.
    Resend,
    /// Withdraw the invitation, or the change of an active user's address.
    Revoke,
    /// Show the invitation's link.
    ShowLink,
    /// Change something of what is known of a user.
    Edit {
        /// Name or language change.
        profile: bool,
        /// The address changes.
        email: bool,
        /// Becomes or stops being an administrator.
        administrator: Option<bool>,
        /// All workspaces in sight from now on, if they change.
        memberships: Option<Vec<(WorkspaceId, WorkspaceRole)>>,
    },
    /// Take an invitation back before its mail has left.
    TakeBack,
    /// Block.
    Suspend,
    /// Unblock.
    Reactivate,
    /// Move to the bin.
    Delete,
    /// Bring back from the bin.
    Restore,
    /// Remove all that is known of somebody.
    Erase,
    /// Send a password reset.
    ResetPassword,
    /// Try a mail to this user again.
    RetryMail,
    /// Withdraw a mail to this user.
    CancelMail,
    /// Send a test mail.
    TestMail,
    /// Create a workspace.
    CreateWorkspace,
    /// Rename a workspace.
    RenameWorkspace,
    /// Delete a workspace.
    DeleteWorkspace,
}

impl Change {
    /// The change that an action makes to a user without further values, for asking whether it is possible; none for what
    /// is done to no stored user, or by somebody else than an administrator.
    #[must_use]
    pub const fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Resend => Self::Resend,
            Action::Revoke | Action::KeepEmail => Self::Revoke,
            Action::ShowLink => Self::ShowLink,
            Action::Edit => Self::Edit { profile: true, email: false, administrator: None, memberships: None },
            Action::Suspend => Self::Suspend,
            Action::Reactivate => Self::Reactivate,
            Action::Delete => Self::Delete,
            Action::Restore => Self::Restore,
            Action::Erase => Self::Erase,
            Action::ResetPassword => Self::ResetPassword,
            Action::SetUp
            | Action::SignIn
            | Action::SignInFailed
            | Action::OperatorStart
            | Action::Invite
            | Action::Accept
            | Action::AskLink
            | Action::Reset
            | Action::ConfirmEmail
            | Action::RetryMail
            | Action::CancelMail
            | Action::TestMail
            | Action::Purge
            | Action::Undo
            | Action::CreateWorkspace
            | Action::RenameWorkspace
            | Action::DeleteWorkspace
            | Action::ForgetDetails
            | Action::RotateKey
            | Action::NewKey => return None,
        })
    }

    /// The action that it is.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Invite { .. } => Action::Invite,
            Self::Resend => Action::Resend,
            Self::Revoke => Action::Revoke,
            Self::ShowLink => Action::ShowLink,
            Self::Edit { .. } => Action::Edit,
            Self::TakeBack => Action::Undo,
            Self::Suspend => Action::Suspend,
            Self::Reactivate => Action::Reactivate,
            Self::Delete => Action::Delete,
            Self::Restore => Action::Restore,
            Self::Erase => Action::Erase,
            Self::ResetPassword => Action::ResetPassword,
            Self::RetryMail => Action::RetryMail,
            Self::CancelMail => Action::CancelMail,
            Self::TestMail => Action::TestMail,
            Self::CreateWorkspace => Action::CreateWorkspace,
            Self::RenameWorkspace => Action::RenameWorkspace,
            Self::DeleteWorkspace => Action::DeleteWorkspace,
        }
    }

    /// Whether it could take away somebody's power as an administrator.
    #[must_use]
    pub const fn removes_administrator(&self) -> bool {
        matches!(self, Self::Suspend | Self::Delete | Self::Erase | Self::Edit { administrator: Some(false), .. })
    }
}
