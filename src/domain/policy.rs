//! Policy: who may do what to whom, and when. Screens ask it to grey out a key and say why; use cases ask it inside
//! the transaction. Both get the same answer in the same words.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, Precondition, Reach};
use super::change::Change;
pub use super::denied::Denied;
use super::role::{Membership, OrganisationRole, Rank, Role, WorkspaceId, WorkspaceRole};
use super::scope::{LogScope, Scope};
use super::status::Status;
use super::user::{User, UserId};

/// What an actor may do, read again at each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The actor's own user, if it is one.
    pub user: Option<UserId>,
    /// What the actor suspends or deletes, only somebody of this rank or a higher one brings back.
    pub rank: Rank,
    /// An administrator may do all, and so may the operator and the program itself.
    pub organisation: OrganisationRole,
    /// The workspaces in which the actor is more than a member; nothing for who may do all.
    pub workspaces: BTreeMap<WorkspaceId, WorkspaceRole>,
}

impl Authority {
    /// The operator's and the program's own.
    pub const FULL: Self = Self {
        user: None,
        rank: Rank::Operator,
        organisation: OrganisationRole::Administrator,
        workspaces: BTreeMap::new(),
    };

    /// Of somebody who has no role, or no longer one: sees nobody.
    #[must_use]
    pub const fn none(user: UserId) -> Self {
        Self { user: Some(user), rank: Rank::Member, organisation: OrganisationRole::None, workspaces: BTreeMap::new() }
    }

    /// What a signed-in user may do; nothing, unless active and with a role somewhere.
    #[must_use]
    pub fn of(user: &User) -> Option<Self> {
        Self::from_facts(user.id, user.status, user.organisation_role, &user.memberships)
    }

    /// The same from what decides it.
    #[must_use]
    pub fn from_facts(
        user: UserId,
        status: Status,
        organisation: OrganisationRole,
        memberships: &[Membership],
    ) -> Option<Self> {
        let role = Role::of(organisation, memberships);
        if status != Status::Active || role == Role::Member {
            return None;
        }
        let mut workspaces = BTreeMap::new();
        if organisation != OrganisationRole::Administrator {
            let with_role = memberships.iter().filter(|m| m.role != WorkspaceRole::Member);
            workspaces.extend(with_role.map(|m| (m.workspace, m.role)));
        }
        Some(Self { user: Some(user), rank: role.into(), organisation, workspaces })
    }

    /// Whether nothing but the last administrator and the actor's own self is out of reach.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.organisation == OrganisationRole::Administrator
    }

    /// Whether what concerns the whole organisation may be read: its log is no secret from who looks for mistakes.
    #[must_use]
    pub const fn audits(&self) -> bool {
        match self.organisation {
            OrganisationRole::Auditor | OrganisationRole::Administrator => true,
            OrganisationRole::None | OrganisationRole::Helpdesk => false,
        }
    }

    /// The workspaces whose users the actor looks after.
    fn administered(&self) -> BTreeSet<WorkspaceId> {
        let mine = self.workspaces.iter().filter(|(_, role)| **role == WorkspaceRole::Administrator);
        mine.map(|(workspace, _)| *workspace).collect()
    }
}

/// Whom an actor can see.
#[must_use]
pub fn scope(authority: &Authority) -> Scope {
    match authority.organisation {
        OrganisationRole::None => Scope::Workspaces(authority.workspaces.keys().copied().collect()),
        OrganisationRole::Auditor | OrganisationRole::Helpdesk | OrganisationRole::Administrator => Scope::All,
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
    let Some(target) = target else { return Ok(()) };
    if takes_over(authority, change, target) {
        return Ok(());
    }
    state(change, target).map_err(|denied| for_whom(authority, denied, target))?;
    imposed(authority, change, target)
}

/// The refusal for somebody who may not change that state either: they are told whom to ask.
fn for_whom(authority: &Authority, denied: Denied, target: &User) -> Denied {
    let may = |action| {
        let change = Change::Act(action);
        permission(authority, &change, Some(target)).and_then(|()| imposed(authority, &change, target)).is_ok()
    };
    if denied == Denied::Suspended && !may(Action::Reactivate) {
        Denied::SuspendedForOthers
    } else if denied == Denied::Deleted && !may(Action::Restore) {
        Denied::DeletedForOthers
    } else {
        denied
    }
}

/// Whether an actor may invite anybody at all; into which workspaces is asked when it is known.
pub fn invites(authority: &Authority) -> Result<(), Denied> {
    let somewhere = authority.administered().into_iter().next().map(|workspace| (workspace, WorkspaceRole::Member));
    let memberships = somewhere.into_iter().collect();
    allow(authority, &Change::Invite { role: OrganisationRole::None, memberships }, None)
}

/// Whether there could be anybody to whom an actor may do this: what a role never does is not offered, and not asked about.
pub fn reaches(authority: &Authority, reach: Reach) -> Result<(), Denied> {
    let may = match reach {
        _ if authority.is_administrator() => return Ok(()),
        Reach::NotAsked | Reach::Administrators => return Err(Denied::AdministratorsOnly),
        Reach::WorkspaceAdministrators => !authority.administered().is_empty(),
        Reach::Helpdesk => authority.organisation == OrganisationRole::Helpdesk || !authority.workspaces.is_empty(),
    };
    if may { Ok(()) } else { Err(beyond(authority)) }
}

/// What of a user an actor may edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says it of one part of the form")]
pub struct Editable {
    /// Name and language.
    pub profile: bool,
    pub email: bool,
    /// The role in the organisation.
    pub role: bool,
    pub workspaces: bool,
    /// Whether an SSH key may stand for them.
    pub ssh: bool,
}

/// Whether an actor may let an SSH key stand for somebody, or end that: what answers a compromise.
pub fn decides_ssh(authority: &Authority) -> Result<(), Denied> {
    if authority.is_administrator() { Ok(()) } else { Err(Denied::AdministratorsOnly) }
}

/// What of a user an actor may edit; why not, if it is nothing.
pub fn editable(authority: &Authority, target: &User) -> Result<Editable, Denied> {
    let unchanged = || target.memberships.iter().map(|m| (m.workspace, m.role)).collect();
    let edit = Change::Edit { profile: false, email: false, role: None, memberships: None };
    let ask = |change: Change| allow(authority, &change, Some(target));
    let profile = ask(Change::Edit { profile: true, email: false, role: None, memberships: None });
    let email = ask(Change::Edit { profile: false, email: true, role: None, memberships: None });
    let workspaces = ask(Change::Edit { profile: false, email: false, role: None, memberships: Some(unchanged()) });
    let role = match authority.organisation {
        // Only of oneself the own role stays.
        OrganisationRole::Administrator => Ok(()),
        OrganisationRole::None | OrganisationRole::Auditor | OrganisationRole::Helpdesk => {
            Err(Denied::AdministratorsOnly)
        }
    };
    let role = role.and_then(|()| ask(edit));
    match (profile, email, role, workspaces) {
        // What the help desk might do says best why it may not do it here.
        (Err(Denied::BeyondHelpdesk), Err(why), Err(_), Err(_)) | (Err(why), Err(_), Err(_), Err(_)) => Err(why),
        (profile, email, role, workspaces) => Ok(Editable {
            profile: profile.is_ok(),
            email: email.is_ok(),
            role: role.is_ok() && authority.user != Some(target.id),
            workspaces: workspaces.is_ok(),
            ssh: profile.is_ok() && decides_ssh(authority).is_ok(),
        }),
    }
}

/// Whether the actor's role reaches this far.
fn permission(authority: &Authority, change: &Change, target: Option<&User>) -> Result<(), Denied> {
    if let Some(target) = target
        && authority.user == Some(target.id)
        && change.removes_administrator()
    {
        return Err(Denied::Yourself);
    }
    if authority.is_administrator() {
        return Ok(());
    }
    let mine = authority.administered();
    match change {
        Change::Invite { role, .. } if *role != OrganisationRole::None => return Err(Denied::AdministratorsOnly),
        Change::Edit { role: Some(_), .. } => return Err(Denied::AdministratorsOnly),
        Change::Invite { .. } if mine.is_empty() => return Err(beyond(authority)),
        Change::Invite { memberships, .. } => {
            if memberships.is_empty() {
                return Err(Denied::NoWorkspace);
            }
            let inside = memberships.iter().all(|(workspace, _)| mine.contains(workspace));
            return if inside { Ok(()) } else { Err(Denied::OutsideWorkspaces) };
        }
        Change::Act(action) => match action.spec().reach {
            Reach::NotAsked | Reach::Administrators => return Err(Denied::AdministratorsOnly),
            Reach::WorkspaceAdministrators | Reach::Helpdesk => {}
        },
        Change::Edit { role: None, .. } | Change::TakeBack => {}
    }
    // What concerns no user concerns the whole organisation.
    let Some(target) = target else { return Err(Denied::AdministratorsOnly) };
    if target.organisation_role == OrganisationRole::Administrator {
        return Err(Denied::TargetIsAdministrator);
    }
    // Use cases find nobody who is out of sight; if one ever did, nothing could be done to them.
    if !scope(authority).sees(&target.memberships) {
        return Err(Denied::BelongsElsewhere);
    }
    if !target.memberships.iter().any(|m| mine.contains(&m.workspace)) {
        return helps(authority, change, target);
    }
    looks_after(authority, &mine, change, target).or_else(|why| helps(authority, change, target).map_err(|_| why))
}

/// What of the audit log an actor can see: the help desk sees everybody, but not what concerns the organisation.
#[must_use]
pub fn log_scope(authority: &Authority) -> LogScope {
    if authority.audits() { LogScope::Whole } else { LogScope::About(scope(authority)) }
}

/// Why somebody who looks after no workspace may not do more.
const fn beyond(authority: &Authority) -> Denied {
    match authority.organisation {
        OrganisationRole::Auditor => Denied::AuditorsOnlyRead,
        OrganisationRole::None | OrganisationRole::Helpdesk | OrganisationRole::Administrator => Denied::BeyondHelpdesk,
    }
}

/// Whether somebody who looks after these workspaces may make a change to a user who belongs to one of them.
fn looks_after(
    authority: &Authority,
    mine: &BTreeSet<WorkspaceId>,
    change: &Change,
    target: &User,
) -> Result<(), Denied> {
    if target.organisation_role != OrganisationRole::None {
        return Err(Denied::TargetHasOrganisationRole);
    }
    let elsewhere = target.elsewhere > 0 || target.memberships.iter().any(|m| !mine.contains(&m.workspace));
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
    let in_sight = scope(authority);
    let others = target.memberships.iter().filter(|m| in_sight.has(m.workspace)).map(|m| (m.workspace, m.role));
    let not_mine = |(workspace, _): &(WorkspaceId, WorkspaceRole)| !mine.contains(workspace);
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (others.filter(not_mine).collect(), all.iter().copied().filter(not_mine).collect());
    if before != after {
        return Err(Denied::OutsideWorkspaces);
    }
    if all.is_empty() && !elsewhere {
        return Err(Denied::LastWorkspace);
    }
    let stays = |m: &Membership| {
        m.role != WorkspaceRole::Administrator || all.contains(&(m.workspace, WorkspaceRole::Administrator))
    };
    let own = |m: &&Membership| mine.contains(&m.workspace);
    let steps_down = authority.user == Some(target.id) && !target.memberships.iter().filter(own).all(stays);
    if steps_down { Err(Denied::Yourself) } else { Ok(()) }
}

/// Whether the help desk, of everybody or of workspaces, may make a change to a user.
fn helps(authority: &Authority, change: &Change, target: &User) -> Result<(), Denied> {
    let everybody = authority.organisation == OrganisationRole::Helpdesk;
    let here = |m: &Membership| authority.workspaces.contains_key(&m.workspace);
    if !everybody && !target.memberships.iter().any(here) {
        return Err(beyond(authority));
    }
    let corrects = match change {
        Change::Act(action) if action.spec().reach == Reach::Helpdesk => false,
        Change::Edit { profile: false, email: true, role: None, memberships: None }
            if target.status == Status::Invited =>
        {
            true
        }
        Change::Act(_) | Change::Invite { .. } | Change::Edit { .. } | Change::TakeBack => {
            return Err(beyond(authority));
        }
    };
    if target.role() != Role::Member || target.role_elsewhere {
        return Err(Denied::TargetHasRole);
    }
    let elsewhere = target.elsewhere > 0 || !target.memberships.iter().all(here);
    if corrects && elsewhere && !everybody { Err(Denied::BelongsElsewhere) } else { Ok(()) }
}

/// Whether somebody higher suspends or deletes again what somebody lower did: from then on only they take it back.
fn takes_over(authority: &Authority, change: &Change, target: &User) -> bool {
    let by = match change {
        Change::Act(Action::Suspend) => target.suspended_by.filter(|_| target.status == Status::Suspended),
        Change::Act(Action::Delete) => target.deleted_by.filter(|_| target.status == Status::Deleted),
        Change::Act(_) | Change::Invite { .. } | Change::Edit { .. } | Change::TakeBack => None,
    };
    by.is_some_and(|by| by < authority.rank)
}

/// Whether the actor stands as high as whoever suspended or deleted the target, for what would take that back: a user who
/// is deleted or has another address leaves the one that was blocked to whoever is invited there next.
fn imposed(authority: &Authority, change: &Change, target: &User) -> Result<(), Denied> {
    let above = |by: Option<Rank>| by.filter(|by| *by > authority.rank);
    let unblocks = match change {
        Change::Act(action) => matches!(action, Action::Reactivate | Action::Delete | Action::Erase),
        Change::Edit { email, .. } => *email,
        Change::Invite { .. } | Change::TakeBack => false,
    };
    match target.status {
        Status::Suspended if unblocks => above(target.suspended_by).map_or(Ok(()), |by| Err(Denied::SuspendedBy(by))),
        Status::Deleted if *change == Change::Act(Action::Restore) => {
            above(target.deleted_by).map_or(Ok(()), |by| Err(Denied::DeletedBy(by)))
        }
        Status::Suspended | Status::Deleted | Status::Invited | Status::Active => Ok(()),
    }
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
#[path = "policy_tests.rs"]
mod tests;
