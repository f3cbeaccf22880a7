//! Actions: one thing an actor can do, with one name in code, key help, command line and audit log.

use std::fmt;

/// Everything that an actor can do and that is worth a line in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Create the organisation and its first administrator.
    SetUp,
    /// Begin a session with e-mail and password.
    SignIn,
    /// Fail to.
    SignInFailed,
    /// Begin a session as the operator at the shell.
    OperatorStart,
    /// Invite a user.
    Invite,
    /// Send an invitation again.
    Resend,
    /// Withdraw an invitation, or the change of an active user's address.
    Revoke,
    /// Become active with an invitation.
    Accept,
    /// Show an invitation's link.
    ShowLink,
    /// Ask for a new link with an expired one.
    AskLink,
    /// Change a user.
    Edit,
    /// Block a user.
    Suspend,
    /// Unblock a user.
    Reactivate,
    /// Move a user to the bin.
    Delete,
    /// Bring a user back from the bin.
    Restore,
    /// Send a password reset.
    ResetPassword,
    /// Choose a new password with a reset's link.
    Reset,
    /// Confirm a new address with the link that went there.
    ConfirmEmail,
    /// Stop the change of an address: an administrator, or whoever has the link that went to the old one.
    KeepEmail,
    /// Try a mail again.
    RetryMail,
    /// Withdraw a mail.
    CancelMail,
    /// Send a test mail.
    TestMail,
    /// Remove a user from the bin for good when its time is over.
    Purge,
    /// Take back one's latest action.
    Undo,
    /// Create a workspace.
    CreateWorkspace,
    /// Give a workspace another name.
    RenameWorkspace,
    /// Delete a workspace; its users stay.
    DeleteWorkspace,
    /// Remove all that is known of a user, everywhere.
    Erase,
    /// Erase the details of entries of the audit log that are older than they are kept.
    ForgetDetails,
    /// Exchange the key.
    RotateKey,
    /// Make a new key after the old one was lost.
    NewKey,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 31] = [
        Self::SetUp,
        Self::SignIn,
        Self::SignInFailed,
        Self::OperatorStart,
        Self::Invite,
        Self::Resend,
        Self::Revoke,
        Self::Accept,
        Self::ShowLink,
        Self::AskLink,
        Self::Edit,
        Self::Suspend,
        Self::Reactivate,
        Self::Delete,
        Self::Restore,
        Self::ResetPassword,
        Self::Reset,
        Self::ConfirmEmail,
        Self::KeepEmail,
        Self::RetryMail,
        Self::CancelMail,
        Self::TestMail,
        Self::Purge,
        Self::Undo,
        Self::CreateWorkspace,
        Self::RenameWorkspace,
        Self::DeleteWorkspace,
        Self::Erase,
        Self::ForgetDetails,
        Self::RotateKey,
        Self::NewKey,
    ];

    /// The name in the audit log, in `--json` and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SetUp => "setup",
            Self::SignIn => "sign-in",
            Self::SignInFailed => "sign-in-failed",
            Self::OperatorStart => "operator-start",
            Self::Invite => "invite",
            Self::Resend => "resend",
            Self::Revoke => "revoke",
            Self::Accept => "accept",
            Self::ShowLink => "link",
            Self::AskLink => "ask-link",
            Self::Edit => "edit",
            Self::Suspend => "suspend",
            Self::Reactivate => "reactivate",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::ResetPassword => "reset-password",
            Self::Reset => "reset",
            Self::ConfirmEmail => "confirm-email",
            Self::KeepEmail => "keep-email",
            Self::RetryMail => "mail-retry",
            Self::CancelMail => "mail-cancel",
            Self::TestMail => "mail-test",
            Self::Purge => "purge",
            Self::Undo => "undo",
            Self::CreateWorkspace => "workspace-create",
            Self::RenameWorkspace => "workspace-rename",
            Self::DeleteWorkspace => "workspace-delete",
            Self::Erase => "erase",
            Self::ForgetDetails => "audit-forget",
            Self::RotateKey => "key-rotate",
            Self::NewKey => "key-new",
        }
    }

    /// Verb and object, as keys and menus write it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SetUp => "set up organisation",
            Self::SignIn => "sign in",
            Self::SignInFailed => "fail to sign in",
            Self::OperatorStart => "start as operator",
            Self::Invite => "invite user",
            Self::Resend => "resend invitation",
            Self::Revoke => "revoke invitation",
            Self::Accept => "accept invitation",
            Self::ShowLink => "copy link",
            Self::AskLink => "ask for a new link",
            Self::Edit => "edit user",
            Self::Suspend => "suspend user",
            Self::Reactivate => "reactivate user",
            Self::Delete => "delete user",
            Self::Restore => "restore user",
            Self::ResetPassword => "send password reset",
            Self::Reset => "choose a new password",
            Self::ConfirmEmail => "confirm the new address",
            Self::KeepEmail => "keep the old address",
            Self::RetryMail => "retry mail",
            Self::CancelMail => "cancel mail",
            Self::TestMail => "send test mail",
            Self::Purge => "remove from the bin",
            Self::Undo => "undo",
            Self::CreateWorkspace => "create workspace",
            Self::RenameWorkspace => "rename workspace",
            Self::DeleteWorkspace => "delete workspace",
            Self::Erase => "erase user",
            Self::ForgetDetails => "forget old details",
            Self::RotateKey => "exchange the key",
            Self::NewKey => "make a new key",
        }
    }

    /// What happened, as a history line says it after the actor's name: `Ada invited`, `suspended`.
    #[must_use]
    pub const fn past(self) -> &'static str {
        match self {
            Self::SetUp => "set up the organisation",
            Self::SignIn => "signed in",
            Self::SignInFailed => "sign-in failed",
            Self::OperatorStart => "operator started",
            Self::Invite => "invited",
            Self::Resend => "invitation sent again",
            Self::Revoke => "invitation revoked",
            Self::Accept => "accepted, now active",
            Self::ShowLink => "link shown",
            Self::AskLink => "asked for a new link",
            Self::Edit => "edited",
            Self::Suspend => "suspended",
            Self::Reactivate => "reactivated",
            Self::Delete => "deleted",
            Self::Restore => "restored",
            Self::ResetPassword => "password reset sent",
            Self::Reset => "chose a new password",
            Self::ConfirmEmail => "confirmed the new address",
            Self::KeepEmail => "kept the old address",
            Self::RetryMail => "mail retried",
            Self::CancelMail => "mail cancelled",
            Self::TestMail => "test mail sent",
            Self::Purge => "removed from the bin",
            Self::Undo => "undone",
            Self::CreateWorkspace => "workspace created",
            Self::RenameWorkspace => "workspace renamed",
            Self::DeleteWorkspace => "workspace deleted",
            Self::Erase => "erased",
            Self::ForgetDetails => "old details of the log erased",
            Self::RotateKey => "key exchanged",
            Self::NewKey => "new key made, the old one was lost",
        }
    }

    /// Reads the name back.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Some(action));
        }
        assert_eq!(Action::parse("frobnicate"), None);
    }
}
