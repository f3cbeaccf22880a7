//! One row an action: everything that the rest of the program says or asks about it. Hints, menus, dialogs, line mode, the
//! command line's help, the audit log and the documentation read this row, so that they cannot disagree.
//!
//! Texts name no key and no command: whoever shows them adds those, because keys can be bound anew.

use super::Action;

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A user who is stored already.
    User,
    /// A mail in the outbox.
    Mail,
    /// A workspace.
    Workspace,
    /// The organisation as a whole, its log or its key.
    Organisation,
    /// Nothing that is stored already.
    None,
}

/// What is asked before an action is done to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: it is done at once, or fills in a form first.
    Nothing,
    /// Whether it is meant.
    Yes,
    /// This word, typed.
    Word(&'static str),
}

/// Everything that is known of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The name in the audit log, in `--json` and on the command line.
    pub name: &'static str,
    /// Verb and object, as keys and menus write it.
    pub words: &'static str,
    /// What happened, as a history line says it.
    pub past: &'static str,
    /// What it is done to.
    pub object: Object,
    /// What is asked before it is done to one.
    pub asks: Asks,
    /// How that is asked, with `{}` for the name of its object; empty where nothing is asked.
    pub question: &'static str,
    /// What it means for one, in whole sentences; empty where nothing needs to be said.
    pub consequence: &'static str,
    /// What it means for many at once; none if it is for one at a time. For many it is always asked.
    pub for_many: Option<&'static str>,
    /// Whether the person who did it can undo it while nobody changed its object since.
    pub undoable: bool,
}

/// An action that people cause outside lists, or that the program does by itself: nobody chooses it from a menu.
const fn recorded(name: &'static str, words: &'static str, past: &'static str, object: Object) -> Spec {
    Spec {
        name,
        words,
        past,
        object,
        asks: Asks::Nothing,
        question: "",
        consequence: "",
        for_many: None,
        undoable: false,
    }
}

/// An action on one user.
const fn on_user(name: &'static str, words: &'static str, past: &'static str, consequence: &'static str) -> Spec {
    Spec { consequence, asks: Asks::Yes, ..recorded(name, words, past, Object::User) }
}

impl Action {
    /// Its row.
    #[expect(clippy::too_many_lines, reason = "a table: one row an action, and none can be forgotten")]
    #[must_use]
    pub const fn spec(self) -> Spec {
        match self {
            Self::SetUp => recorded("setup", "set up organisation", "set up the organisation", Object::Organisation),
            Self::SignIn => recorded("sign-in", "sign in", "signed in", Object::None),
            Self::SignInFailed => recorded("sign-in-failed", "fail to sign in", "sign-in failed", Object::None),
            Self::OperatorStart => recorded("operator-start", "start as operator", "operator started", Object::None),
            Self::Invite => Spec {
                undoable: true,
                consequence: "They get an email with a link to choose a password.",
                ..recorded("invite", "invite user", "invited", Object::None)
            },
            Self::Resend => Spec {
                asks: Asks::Nothing,
                for_many: Some(
                    "They each get a new email with a new link. Earlier links stop working. Anyone who is active, or was \
                     sent an invitation within the last minute, is skipped and listed.",
                ),
                ..on_user(
                    "resend",
                    "resend invitation",
                    "invitation resent",
                    "They get a new email with a new link. The earlier link stops working.",
                )
            },
            Self::Revoke => Spec {
                question: "Revoke the invitation of {}?",
                for_many: Some("Their links stop working and unsent email is cancelled. They stay invited."),
                ..on_user(
                    "revoke",
                    "revoke invitation",
                    "invitation revoked",
                    "The link stops working and unsent email is cancelled. They stay invited.",
                )
            },
            Self::Accept => recorded("accept", "accept invitation", "accepted and became active", Object::User),
            Self::ShowLink => Spec {
                asks: Asks::Nothing,
                ..on_user(
                    "link",
                    "copy link",
                    "link shown",
                    "Anyone who has the link can become this user. The audit log records that you saw it.",
                )
            },
            Self::AskLink => recorded("ask-link", "ask for a new link", "asked for a new link", Object::User),
            Self::Edit => Spec { asks: Asks::Nothing, undoable: true, ..on_user("edit", "edit user", "edited", "") },
            Self::Suspend => Spec {
                question: "Suspend {}?",
                for_many: Some("They can't sign in, open links stop working, and unsent email is cancelled."),
                undoable: true,
                ..on_user(
                    "suspend",
                    "suspend user",
                    "suspended",
                    "They can't sign in, open links stop working, and unsent email is cancelled.",
                )
            },
            Self::Reactivate => Spec {
                question: "Reactivate {}?",
                for_many: Some("They can sign in again. Anyone without a password is invited again."),
                ..on_user(
                    "reactivate",
                    "reactivate user",
                    "reactivated",
                    "They can sign in again, or are invited again if they have no password yet.",
                )
            },
            Self::Delete => Spec {
                question: "Delete {}?",
                for_many: Some(
                    "They move to the bin, open links stop working, and unsent email is cancelled. They can be restored \
                     until the bin is emptied.",
                ),
                undoable: true,
                ..on_user(
                    "delete",
                    "delete user",
                    "deleted",
                    "They move to the bin, open links stop working, and unsent email is cancelled. They can be restored \
                     until the bin is emptied.",
                )
            },
            Self::Restore => Spec {
                asks: Asks::Nothing,
                for_many: Some("They come back as they were. Anyone whose address is taken is skipped and listed."),
                ..on_user(
                    "restore",
                    "restore user",
                    "restored",
                    "They come back as they were, unless their address is taken.",
                )
            },
            Self::ResetPassword => Spec {
                question: "Send {} a password reset?",
                ..on_user(
                    "reset-password",
                    "send password reset",
                    "password reset sent",
                    "They get an email with a link that works for one hour. Their password stays as it is until they \
                     choose a new one. Nobody else sees the link.",
                )
            },
            Self::Reset => recorded("reset", "choose a new password", "chose a new password", Object::User),
            Self::ConfirmEmail => {
                recorded("confirm-email", "confirm the new address", "confirmed the new address", Object::User)
            }
            Self::KeepEmail => Spec {
                question: "Keep the current address of {}?",
                ..on_user(
                    "keep-email",
                    "keep the current address",
                    "kept the current address",
                    "The new address can no longer be confirmed. The current one stays.",
                )
            },
            Self::RetryMail => Spec {
                for_many: Some("Every email whose link still works is sent again. The others stay as they are."),
                ..recorded("mail-retry", "retry email", "email retried", Object::Mail)
            },
            Self::CancelMail => Spec {
                question: "Cancel email {}?",
                asks: Asks::Yes,
                consequence: "The email isn't sent. Its link keeps working until the invitation is revoked.",
                ..recorded("mail-cancel", "cancel email", "email cancelled", Object::Mail)
            },
            Self::TestMail => recorded("mail-test", "send test email", "test email sent", Object::None),
            Self::Purge => recorded("purge", "remove from the bin", "removed from the bin", Object::User),
            Self::Undo => recorded("undo", "undo", "undone", Object::None),
            Self::CreateWorkspace => {
                recorded("workspace-create", "create workspace", "workspace created", Object::None)
            }
            Self::RenameWorkspace => {
                recorded("workspace-rename", "rename workspace", "workspace renamed", Object::Workspace)
            }
            Self::DeleteWorkspace => Spec {
                question: "Delete workspace {}?",
                asks: Asks::Yes,
                consequence: "Nobody is deleted. A deleted workspace can't be restored.",
                ..recorded("workspace-delete", "delete workspace", "workspace deleted", Object::Workspace)
            },
            Self::Erase => Spec {
                question: "Erase {}?",
                asks: Asks::Word("erase"),
                for_many: Some(
                    "Everything that says who they are is removed for good: the users, their emails and messages, and \
                     their details in the audit log. What was done, by whom and when, stays. This can't be undone.",
                ),
                ..on_user(
                    "erase",
                    "erase user",
                    "erased",
                    "Everything that says who they are is removed for good: the user, their emails and messages, and \
                     their details in the audit log. What was done, by whom and when, stays. This can't be undone.",
                )
            },
            Self::ForgetDetails => {
                recorded("audit-forget", "erase old details", "old audit details erased", Object::Organisation)
            }
            Self::RotateKey => recorded("key-rotate", "rotate the key", "key rotated", Object::Organisation),
            Self::NewKey => {
                recorded("key-new", "make a new key", "new key made after the old one was lost", Object::Organisation)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_asks_says_what_it_means_in_whole_sentences_without_keys_or_commands() {
        for action in Action::ALL {
            let spec = action.spec();
            let asks = spec.asks != Asks::Nothing;
            assert!(!asks || !spec.consequence.is_empty(), "{action}");
            assert_eq!(asks, spec.question.contains("{}"), "{action}");
            for text in [spec.consequence, spec.for_many.unwrap_or_default()] {
                assert!(text.is_empty() || text.ends_with('.'), "{action}: {text}");
                assert!(!text.contains("rsvp ") && !text.contains('`'), "{action}: {text}");
            }
            assert!(!spec.words.ends_with('.') && !spec.past.ends_with('.'), "{action}");
        }
    }

    #[test]
    fn what_is_for_many_is_done_to_something_stored() {
        for action in Action::ALL.into_iter().filter(|action| action.is_for_many()) {
            assert!(matches!(action.spec().object, Object::User | Object::Mail), "{action}");
        }
    }
}
