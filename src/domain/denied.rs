//! Refusals: why the policy does not allow a change, in words that fit into every frame, and what to do instead.

use super::explain::{Explain, Kind};
use super::role::Rank;

/// Why a change is not possible, and what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor has no role any more.
    #[error("you no longer have a role here, or are no longer active")]
    NoAuthority,
    /// The password was reset since the session began: somebody else may have had the old one.
    #[error("your password was changed since you signed in")]
    PasswordChanged,
    /// The way in by SSH key was closed for this user.
    #[error("you can no longer sign in with an SSH key")]
    KeyClosed,
    /// Only an administrator may.
    #[error("only an administrator can do this")]
    AdministratorsOnly,
    /// The target is an administrator.
    #[error("this user is an administrator, and only an administrator can change one")]
    TargetIsAdministrator,
    /// A role in the organisation is given, and so looked after, by administrators.
    #[error("this user has a role in the organisation, and only an administrator can change them")]
    TargetHasOrganisationRole,
    /// The help desk acts on people who could do nothing to it.
    #[error("this user has a role, and the help desk only helps people who have none")]
    TargetHasRole,
    /// More than the help desk does.
    #[error(
        "the help desk can only resend invitations, send password resets and correct the address of an invited user"
    )]
    BeyondHelpdesk,
    /// Auditors read.
    #[error("an auditor can see everything and change nothing")]
    AuditorsOnlyRead,
    /// Only somebody as high as whoever suspended them.
    #[error("this user was suspended by {}, and only {} can undo that", .0.words(), .0.words())]
    SuspendedBy(Rank),
    /// Only somebody as high as whoever deleted them.
    #[error("this user was deleted by {}, and only {} can undo that", .0.words(), .0.words())]
    DeletedBy(Rank),
    /// The target belongs to workspaces of others too.
    #[error("this user also belongs to workspaces that aren't yours")]
    BelongsElsewhere,
    /// Inviting somebody into no workspace, where only administrators would see them.
    #[error("this user needs a workspace that you manage")]
    NoWorkspace,
    /// Outside the actor's workspaces.
    #[error("you can only give roles in workspaces that you manage")]
    OutsideWorkspaces,
    /// Taking somebody out of the only workspace that they belong to.
    #[error("this is the user's only workspace")]
    LastWorkspace,
    /// Suspending, deleting or demoting oneself.
    #[error("you can't do this to yourself")]
    Yourself,
    /// Nobody could administer any more.
    #[error("this is the last active administrator")]
    LastAdministrator,
    /// Resending or revoking for an active user.
    #[error("this user is already active")]
    AlreadyActive,
    /// Withdrawing or showing what an active user has used up.
    #[error("this user has accepted the invitation")]
    AlreadyAccepted,
    /// A reset for an invited user.
    #[error("this user isn't active yet")]
    NotActiveYet,
    /// Something for a suspended user.
    #[error("this user is suspended")]
    Suspended,
    /// Something for a suspended user, by somebody who may not reactivate them.
    #[error("this user is suspended")]
    SuspendedForOthers,
    /// Suspending somebody once more.
    #[error("this user is already suspended")]
    AlreadySuspended,
    /// Reactivating somebody who is not suspended.
    #[error("this user isn't suspended")]
    NotSuspended,
    /// Something for a user in the bin.
    #[error("this user is deleted")]
    Deleted,
    /// Something for a user in the bin, by somebody who may not restore them.
    #[error("this user is deleted")]
    DeletedForOthers,
    /// Deleting somebody once more.
    #[error("this user is already deleted")]
    AlreadyDeleted,
    /// Restoring somebody who is not in the bin.
    #[error("this user isn't deleted")]
    NotDeleted,
    /// Revoking, or showing the link of, an invitation when none is open.
    #[error("this user has no open invitation")]
    NoInvitation,
}

impl Explain for Denied {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoAuthority => "no_authority",
            Self::PasswordChanged => "password_changed",
            Self::KeyClosed => "key_closed",
            Self::AdministratorsOnly => "administrators_only",
            Self::TargetIsAdministrator => "target_is_administrator",
            Self::TargetHasOrganisationRole => "target_has_organisation_role",
            Self::TargetHasRole => "target_has_role",
            Self::BeyondHelpdesk => "beyond_helpdesk",
            Self::AuditorsOnlyRead => "auditors_only_read",
            Self::SuspendedBy(_) => "suspended_by_higher_rank",
            Self::DeletedBy(_) => "deleted_by_higher_rank",
            Self::BelongsElsewhere => "belongs_elsewhere",
            Self::NoWorkspace => "no_workspace",
            Self::OutsideWorkspaces => "outside_workspaces",
            Self::LastWorkspace => "last_workspace",
            Self::Yourself => "yourself",
            Self::LastAdministrator => "last_administrator",
            Self::AlreadyActive => "already_active",
            Self::AlreadyAccepted => "already_accepted",
            Self::NotActiveYet => "not_active_yet",
            Self::Suspended | Self::SuspendedForOthers => "suspended",
            Self::AlreadySuspended => "already_suspended",
            Self::NotSuspended => "not_suspended",
            Self::Deleted | Self::DeletedForOthers => "deleted",
            Self::AlreadyDeleted => "already_deleted",
            Self::NotDeleted => "not_deleted",
            Self::NoInvitation => "no_invitation",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::PasswordChanged => "sign in again",
            Self::NoAuthority => "ask an administrator to give you the role back",
            Self::KeyClosed
            | Self::AdministratorsOnly
            | Self::TargetIsAdministrator
            | Self::TargetHasOrganisationRole
            | Self::TargetHasRole
            | Self::BeyondHelpdesk
            | Self::AuditorsOnlyRead
            | Self::BelongsElsewhere => "ask an administrator",
            Self::SuspendedBy(rank) | Self::DeletedBy(rank) => match rank {
                Rank::Operator => "ask whoever runs this server",
                Rank::Member | Rank::Helpdesk | Rank::WorkspaceAdministrator | Rank::Administrator => {
                    "ask an administrator"
                }
            },
            Self::NoWorkspace => "choose one of your workspaces",
            Self::OutsideWorkspaces => "leave out the other workspaces, or ask an administrator",
            Self::LastWorkspace => "delete the user instead, or ask an administrator",
            Self::Yourself => "ask another administrator",
            Self::LastAdministrator => "make someone else an administrator first",
            Self::AlreadyActive => "send a password reset instead",
            Self::AlreadyAccepted => "send a password reset if they forgot their password",
            Self::NotActiveYet => "resend the invitation instead",
            Self::Suspended => "reactivate the user first",
            Self::SuspendedForOthers => "ask an administrator to reactivate the user first",
            Self::AlreadySuspended | Self::AlreadyDeleted => "there is nothing to do",
            Self::NotSuspended => "there is nothing to reactivate",
            Self::Deleted => "restore the user first",
            Self::DeletedForOthers => "ask an administrator to restore the user first",
            Self::NotDeleted => "there is nothing to restore",
            Self::NoInvitation => "resend the invitation to send a new link",
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
#[path = "denied_words.rs"]
mod words;
