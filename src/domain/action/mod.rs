//! Actions: one thing an actor can do, with one name in code, key help, command line and audit log.

mod spec;

use std::fmt;

pub use spec::{Asks, Object};

/// Everything that an actor can do and that is worth a line in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Create the organisation and its first administrator.
    SetUp,
    /// Begin a session with email and password.
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
        self.spec().name
    }

    /// Verb and object, as keys and menus write it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        self.spec().words
    }

    /// What happened, as a history line says it after the actor's name: `Ada invited`, `suspended`.
    #[must_use]
    pub const fn past(self) -> &'static str {
        self.spec().past
    }

    /// Whether it is done to one user, who is all that it needs to know.
    #[must_use]
    pub const fn is_for_many(self) -> bool {
        self.spec().for_many.is_some()
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
