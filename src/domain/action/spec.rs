//! One row an action: everything that the rest of the program says or asks about it. Policy, hints, menus, dialogs,
//! line mode, the command line, the audit log and the documentation read this row, so that they cannot disagree, and a
//! new action is one row more.
//!
//! Texts name no key and no command: whoever shows them adds those, because keys can be bound anew.

use super::row::{Object, Precondition, Spec};

/// Makes the actions, the list of all of them, and the row of each out of one table.
macro_rules! actions {
    ($($(#[$about:meta])* $action:ident => $row:expr;)*) => {
        /// Everything that an actor can do and that is worth a line in the audit log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$about])* $action,)*
        }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: [Self; [$(stringify!($action)),*].len()] = [$(Self::$action),*];

            /// Its row.
            #[must_use]
            pub const fn spec(self) -> Spec {
                match self {
                    $(Self::$action => $row,)*
                }
            }
        }
    };
}

const SUSPEND: &str = "They can't sign in, open links stop working, and unsent email is cancelled.";
const DELETE: &str = "They move to the bin, open links stop working, and unsent email is cancelled. They can be restored \
until the bin is emptied.";

actions! {
    /// Create the organisation and its first administrator.
    SetUp => Spec::recorded("setup", "set up organisation", "set up the organisation", Object::Organisation);
    /// Begin a session with email and password.
    SignIn => Spec::recorded("sign-in", "sign in", "signed in", Object::None);
    SignInFailed => Spec::recorded("sign-in-failed", "fail to sign in", "sign-in failed", Object::None);
    /// Begin a session as the operator at the shell.
    OperatorStart => Spec::recorded("operator-start", "start as operator", "operator started", Object::None);
    Invite => Spec::chosen("invite", "invite user", "invited", Object::None)
        .within_workspaces()
        .means("They get an email with a link to choose a password.")
        .undoable();
    Resend => Spec::on_user("resend", "resend invitation", "invitation resent", Precondition::Invited)
        .for_helpdesk()
        .means("They get a new email with a new link. The earlier link stops working.")
        .for_many(
            "They each get a new email with a new link. Earlier links stop working. Anyone who is active, or was sent an \
             invitation within the last minute, is skipped and listed.",
        );
    /// Withdraw an invitation, or the change of an active user's address.
    Revoke => Spec::on_user("revoke", "revoke invitation", "invitation revoked", Precondition::Waiting)
        .asks("Revoke the invitation of {}?")
        .means("The link stops working and unsent email is cancelled. They stay invited.")
        .for_many("Their links stop working and unsent email is cancelled. They stay invited.");
    /// Become active with an invitation.
    Accept => Spec::recorded("accept", "accept invitation", "accepted and became active", Object::User);
    ShowLink => Spec::on_user("link", "copy link", "link shown", Precondition::InvitationOpen)
        .means("Anyone who has the link can become this user. The audit log records that you saw it.");
    /// Ask for a new link with an expired one.
    AskLink => Spec::recorded("ask-link", "ask for a new link", "asked for a new link", Object::User);
    Edit => Spec::on_user("edit", "edit user", "edited", Precondition::NotDeleted).undoable();
    Suspend => Spec::on_user("suspend", "suspend user", "suspended", Precondition::NotSuspended)
        .asks("Suspend {}?")
        .means(SUSPEND)
        .for_many(SUSPEND)
        .undoable()
        .removes();
    Reactivate => Spec::on_user("reactivate", "reactivate user", "reactivated", Precondition::Suspended)
        .asks("Reactivate {}?")
        .means("They can sign in again, or are invited again if they have no password yet.")
        .for_many("They can sign in again. Anyone without a password is invited again.");
    /// Move a user to the bin.
    Delete => Spec::on_user("delete", "delete user", "deleted", Precondition::NotYetDeleted)
        .asks("Delete {}?")
        .asks_by_name()
        .means(DELETE)
        .for_many(DELETE)
        .undoable()
        .removes();
    /// Bring a user back from the bin.
    Restore => Spec::on_user("restore", "restore user", "restored", Precondition::Deleted)
        .means("They come back as they were, unless their address is taken.")
        .for_many("They come back as they were. Anyone whose address is taken is skipped and listed.");
    ResetPassword => Spec::on_user("reset-password", "send password reset", "password reset sent", Precondition::Active)
        .for_helpdesk()
        .asks("Send {} a password reset?")
        .means(
            "They get an email with a link that works for one hour. Their password stays as it is until they choose a new \
             one. Nobody else sees the link.",
        );
    /// Choose a new password with a reset's link.
    Reset => Spec::recorded("reset", "choose a new password", "chose a new password", Object::User);
    /// Confirm a new address with the link that went there.
    ConfirmEmail =>
        Spec::recorded("confirm-email", "confirm the new address", "confirmed the new address", Object::User);
    /// Stop the change of an address: an administrator, or whoever has the link that went to the old one.
    KeepEmail => Spec::on_user("keep-email", "keep the current address", "kept the current address", Precondition::Waiting)
        .asks("Keep the current address of {}?")
        .means("The new address can no longer be confirmed. The current one stays.");
    RetryMail => Spec::chosen("mail-retry", "retry email", "email retried", Object::Mail)
        .for_helpdesk()
        .given(Precondition::NotDeleted)
        .for_many("Every email whose link still works is sent again. The others stay as they are.");
    CancelMail => Spec::chosen("mail-cancel", "cancel email", "email cancelled", Object::Mail)
        .within_workspaces()
        .given(Precondition::NotDeleted)
        .asks("Cancel email {}?")
        .means("The email isn't sent. Its link keeps working until the invitation is revoked.");
    TestMail => Spec::chosen("mail-test", "send test email", "test email sent", Object::None);
    /// Remove a user from the bin for good when its time is over.
    Purge => Spec::recorded("purge", "remove from the bin", "removed from the bin", Object::User);
    /// Take back one's latest action.
    Undo => Spec::chosen("undo", "undo", "undone", Object::None).within_workspaces();
    CreateWorkspace => Spec::chosen("workspace-create", "create workspace", "workspace created", Object::None);
    RenameWorkspace => Spec::chosen("workspace-rename", "rename workspace", "workspace renamed", Object::Workspace);
    /// Delete a workspace; its users stay.
    DeleteWorkspace => Spec::chosen("workspace-delete", "delete workspace", "workspace deleted", Object::Workspace)
        .asks("Delete workspace {}?")
        .means("Nobody is deleted. A deleted workspace can't be restored.");
    /// Remove all that is known of a user, everywhere.
    Erase => Spec::chosen("erase", "erase user", "erased", Object::User)
        .asks_for_word("erase", "Erase {}?")
        .means(
            "Everything that says who they are is removed for good: the user, their emails and messages, and their details in \
             the audit log. What was done, by whom and when, stays. This can't be undone.",
        )
        .for_many(
            "Everything that says who they are is removed for good: the users, their emails and messages, and their details \
             in the audit log. What was done, by whom and when, stays. This can't be undone.",
        )
        .removes();
    /// Erase the details of entries of the audit log that are older than they are kept.
    ForgetDetails =>
        Spec::recorded("audit-forget", "erase old details", "old audit details erased", Object::Organisation);
    /// Delete again what is over, after the clock had jumped.
    ReleasePurge => Spec::chosen(
        "release-purge",
        "resume deleting what has expired",
        "resumed deleting what has expired",
        Object::Organisation,
    );
    /// Let email leave again, after a backup was restored.
    ReleaseMail =>
        Spec::chosen("release-mail", "resume sending email", "resumed sending email", Object::Organisation);
    /// Copy the whole database into a file.
    BackUp => Spec::chosen("backup", "back up the database", "database backed up", Object::Organisation);
    RestoreBackup => Spec::recorded("restore-backup", "restore a backup", "backup restored", Object::Organisation);
    /// Go on in another database.
    MoveDatabase =>
        Spec::recorded("migrate", "move to another database", "moved to another database", Object::Organisation);
    ExportKey => Spec::chosen("key-export", "export the key", "key exported", Object::Organisation);
    RotateKey => Spec::recorded("key-rotate", "rotate the key", "key rotated", Object::Organisation);
    /// Make a new key after the old one was lost.
    NewKey => Spec::recorded("key-new", "make a new key", "new key made after the old one was lost", Object::Organisation);
}
