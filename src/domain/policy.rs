//! Policy: who may do what to whom, and when. Screens ask it to grey out a key and say why; use cases ask it inside
//! the transaction. Both get the same answer in the same words.

use std::collections::BTreeSet;

use super::action::{Action, Precondition, Reach};
use super::change::Change;
use super::explain::{Explain, Kind};
use super::role::{Membership, Role, WorkspaceId, WorkspaceRole};
use super::scope::Scope;
use super::status::Status;
use super::user::{User, UserId};

/// What an actor may do, read again at each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The actor's own user, if it is one.
    pub user: Option<UserId>,
    /// How far it reaches.
    pub power: Power,
}

/// How far an actor's authority reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    /// Everything: administrators, the operator, the program itself.
    All,
    /// The users of these workspaces.
    Workspaces(BTreeSet<WorkspaceId>),
}

impl Authority {
    /// The operator's and the program's own.
    pub const FULL: Self = Self { user: None, power: Power::All };

    /// What a signed-in user may do; nothing, unless active and an administrator of something.
    #[must_use]
    pub fn of(user: &User) -> Option<Self> {
        Self::from_facts(user.id, user.status, user.is_administrator, &user.memberships)
    }

    /// The same from what decides it.
    #[must_use]
    pub fn from_facts(
        user: UserId,
        status: Status,
        is_administrator: bool,
        memberships: &[Membership],
    ) -> Option<Self> {
        if status != Status::Active {
            return None;
        }
        let power = match Role::of(is_administrator, memberships) {
            Role::Administrator => Power::All,
            Role::WorkspaceAdministrator => Power::Workspaces(
                memberships.iter().filter(|m| m.role == WorkspaceRole::Administrator).map(|m| m.workspace).collect(),
            ),
            Role::Member => return None,
        };
        Some(Self { user: Some(user), power })
    }
}

/// Whom an actor can see.
#[must_use]
pub fn scope(authority: &Authority) -> Scope {
    match &authority.power {
        Power::All => Scope::All,
        Power::Workspaces(mine) => Scope::Workspaces(mine.clone()),
    }
}

/// Why a change is not possible, and what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor is no longer an administrator of anything.
    #[error("you are no longer an administrator, or no longer active")]
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
    /// The target belongs to workspaces of others too.
    #[error("this user also belongs to workspaces that aren't yours")]
    BelongsElsewhere,
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
    /// Suspending somebody once more.
    #[error("this user is already suspended")]
    AlreadySuspended,
    /// Reactivating somebody who is not suspended.
    #[error("this user isn't suspended")]
    NotSuspended,
    /// Something for a user in the bin.
    #[error("this user is deleted")]
    Deleted,
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
            Self::BelongsElsewhere => "belongs_elsewhere",
            Self::OutsideWorkspaces => "outside_workspaces",
            Self::LastWorkspace => "last_workspace",
            Self::Yourself => "yourself",
            Self::LastAdministrator => "last_administrator",
            Self::AlreadyActive => "already_active",
            Self::AlreadyAccepted => "already_accepted",
            Self::NotActiveYet => "not_active_yet",
            Self::Suspended => "suspended",
            Self::AlreadySuspended => "already_suspended",
            Self::NotSuspended => "not_suspended",
            Self::Deleted => "deleted",
            Self::AlreadyDeleted => "already_deleted",
            Self::NotDeleted => "not_deleted",
            Self::NoInvitation => "no_invitation",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::PasswordChanged => "sign in again",
            Self::KeyClosed => "ask an administrator",
            Self::NoAuthority => "ask an administrator to give you the role back",
            Self::AdministratorsOnly | Self::TargetIsAdministrator | Self::BelongsElsewhere => "ask an administrator",
            Self::OutsideWorkspaces => "leave out the other workspaces, or ask an administrator",
            Self::LastWorkspace => "delete the user instead, or ask an administrator",
            Self::Yourself => "ask another administrator",
            Self::LastAdministrator => "make someone else an administrator first",
            Self::AlreadyActive => "send a password reset instead",
            Self::AlreadyAccepted => "send a password reset if they forgot their password",
            Self::NotActiveYet => "resend the invitation instead",
            Self::Suspended => "reactivate the user first",
            Self::AlreadySuspended | Self::AlreadyDeleted => "there is nothing to do",
            Self::NotSuspended => "there is nothing to reactivate",
            Self::Deleted => "restore the user first",
            Self::NotDeleted => "there is nothing to restore",
            Self::NoInvitation => "resend the invitation to send a new link",
        };
        Some(hint.to_owned())
    }
}

/// What an action means for this user: revoking ends the one thing that waits, which for somebody who has a password is
/// a new address.
#[must_use]
pub fn meant(action: Action, user: &User) -> Action {
    let keeps = action == Action::Revoke && user.has_password && user.email_change.is_some();
    if keeps { Action::KeepEmail } else { action }
}

/// Whether an actor may make a change; `target` is missing for what concerns nobody yet, or no user. Whether the last
/// administrator would go is asked of the store inside the transaction, under the guard row.
pub fn allow(authority: &Authority, change: &Change, target: Option<&User>) -> Result<(), Denied> {
    debug_assert!(change.is_whole(), "{change:?} has values that matter, and a variant of its own");
    permission(authority, change, target)?;
    target.map_or(Ok(()), |target| state(change, target))
}

/// Whether the actor's role reaches this far.
fn permission(authority: &Authority, change: &Change, target: Option<&User>) -> Result<(), Denied> {
    if let Some(target) = target
        && authority.user == Some(target.id)
        && change.removes_administrator()
    {
        return Err(Denied::Yourself);
    }
    let Power::Workspaces(mine) = &authority.power else { return Ok(()) };
    match change {
        Change::Invite { administrator: true, .. } | Change::Edit { administrator: Some(_), .. } => {
            return Err(Denied::AdministratorsOnly);
        }
        Change::Invite { memberships, .. } => {
            let inside = !memberships.is_empty() && memberships.iter().all(|(workspace, _)| mine.contains(workspace));
            return if inside { Ok(()) } else { Err(Denied::OutsideWorkspaces) };
        }
        Change::Act(action) => match action.spec().reach {
            Reach::NotAsked | Reach::Administrators => return Err(Denied::AdministratorsOnly),
            Reach::WorkspaceAdministrators => {}
        },
        Change::Edit { administrator: None, .. } | Change::TakeBack => {}
    }
    // What concerns no user concerns the whole organisation.
    let Some(target) = target else { return Err(Denied::AdministratorsOnly) };
    if target.is_administrator {
        return Err(Denied::TargetIsAdministrator);
    }
    let elsewhere = target.elsewhere > 0 || target.memberships.iter().any(|m| !mine.contains(&m.workspace));
    // Use cases find nobody who is out of sight; if one ever did, nothing could be done to them.
    if !scope(authority).sees(&target.memberships) {
        return Err(Denied::BelongsElsewhere);
    }
    let only_memberships = matches!(change, Change::Edit { profile: false, email: false, memberships: Some(_), .. });
    if elsewhere && !only_memberships {
        return Err(Denied::BelongsElsewhere);
    }
    let changes_address = matches!(change, Change::Edit { email: true, .. });
    let confirms = target.email_change.is_some();
    if changes_address && (confirms || target.has_password)
        || change.precondition() == Precondition::Waiting && confirms
    {
        return Err(Denied::AdministratorsOnly);
    }
    if let Change::Edit { memberships: Some(all), .. } = change {
        return moves(authority, mine, target, all, elsewhere);
    }
    Ok(())
}

/// Whether a workspace administrator may give a user these memberships of the workspaces in sight.
fn moves(
    authority: &Authority,
    mine: &BTreeSet<WorkspaceId>,
    target: &User,
    all: &[(WorkspaceId, WorkspaceRole)],
    elsewhere: bool,
) -> Result<(), Denied> {
    if all.iter().any(|(workspace, _)| !mine.contains(workspace)) {
        return Err(Denied::OutsideWorkspaces);
    }
    if all.is_empty() && !elsewhere {
        return Err(Denied::LastWorkspace);
    }
    let stays =
        |m: &Membership| m.role == WorkspaceRole::Member || all.contains(&(m.workspace, WorkspaceRole::Administrator));
    let steps_down = authority.user == Some(target.id) && !target.memberships.iter().all(stays);
    if steps_down { Err(Denied::Yourself) } else { Ok(()) }
}

/// Whether the target is in a state in which the change makes sense.
fn state(change: &Change, target: &User) -> Result<(), Denied> {
    let (status, precondition) = (target.status, change.precondition());
    let possible_if = |possible: bool, denied: Denied| if possible { Ok(()) } else { Err(denied) };
    let open = target.invitation.as_ref().is_some_and(|invitation| invitation.ended.is_none());
    match (precondition, status) {
        (Precondition::Always, _)
        | (Precondition::Deleted, Status::Deleted)
        | (
            Precondition::NotDeleted | Precondition::NotYetDeleted,
            Status::Invited | Status::Active | Status::Suspended,
        )
        | (Precondition::Invited, Status::Invited)
        | (Precondition::Active, Status::Active)
        | (Precondition::NotSuspended, Status::Invited | Status::Active)
        | (Precondition::Suspended, Status::Suspended) => Ok(()),
        (Precondition::Deleted, Status::Invited | Status::Active | Status::Suspended) => Err(Denied::NotDeleted),
        (Precondition::NotYetDeleted, Status::Deleted) => Err(Denied::AlreadyDeleted),
        (
            Precondition::NotDeleted
            | Precondition::Invited
            | Precondition::InvitationOpen
            | Precondition::Waiting
            | Precondition::Active
            | Precondition::NotSuspended
            | Precondition::Suspended,
            Status::Deleted,
        ) => Err(Denied::Deleted),
        (Precondition::InvitationOpen | Precondition::Waiting, Status::Invited) => {
            possible_if(open, Denied::NoInvitation)
        }
        // What is withdrawn then is the change of the address.
        (Precondition::Waiting, Status::Active) => possible_if(target.email_change.is_some(), Denied::AlreadyAccepted),
        (Precondition::Invited, Status::Active) => Err(Denied::AlreadyActive),
        (Precondition::InvitationOpen, Status::Active) => Err(Denied::AlreadyAccepted),
        (Precondition::NotSuspended, Status::Suspended) => Err(Denied::AlreadySuspended),
        (Precondition::Active, Status::Invited) => Err(Denied::NotActiveYet),
        (Precondition::Suspended, Status::Invited | Status::Active) => Err(Denied::NotSuspended),
        (
            Precondition::Invited | Precondition::InvitationOpen | Precondition::Waiting | Precondition::Active,
            Status::Suspended,
        ) => Err(Denied::Suspended),
    }
}

#[cfg(test)]
#[path = "policy_words.rs"]
mod words;

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
