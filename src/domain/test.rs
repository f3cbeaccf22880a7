//! People for tests of rules and screens, who are in no database.

use super::email::Email;
use super::language::Language;
use super::link::{Link, LinkId, Purpose};
use super::name::Name;
use super::policy::Authority;
use super::role::{Membership, OrganisationRole, WorkspaceId, WorkspaceRole};
use super::status::Status;
use super::time::Timestamp;
use super::user::{User, UserId};

/// Somebody with this status, who belongs to no workspace and whose invitation nobody revoked.
pub fn user(id: i64, status: Status) -> User {
    let email = Email::stored(format!("u{id}@example.org"));
    User {
        id: UserId(id),
        name: Name::stored(format!("User {id}")),
        email: email.clone(),
        organisation_role: OrganisationRole::None,
        language: Language::English,
        status,
        has_password: status == Status::Active,
        created_at: Timestamp(0),
        last_sign_in_at: None,
        asked_at: None,
        mail_failed_at: None,
        suspended_at: None,
        suspended_by: None,
        deleted_at: None,
        deleted_by: None,
        power_rises: 0,
        version: 1,
        ssh: true,
        memberships: Vec::new(),
        elsewhere: 0,
        role_elsewhere: false,
        email_change: None,
        invitation: Some(invitation(UserId(id), email)),
    }
}

/// An invitation that is open until the tenth millisecond.
pub fn invitation(user: UserId, to: Email) -> Link {
    Link {
        id: LinkId(1),
        purpose: Purpose::Invitation,
        user,
        to,
        other: None,
        issued_at: Timestamp(0),
        issued_by: None,
        power_rises: 0,
        expires_at: Timestamp(10),
        ended: None,
        message: None,
    }
}

/// The same user in these workspaces, which are called W and their number.
pub fn in_workspaces(user: User, memberships: &[(WorkspaceId, WorkspaceRole)]) -> User {
    let membership = |(workspace, role): &(WorkspaceId, WorkspaceRole)| Membership {
        workspace: *workspace,
        name: Name::stored(format!("W{}", workspace.0)),
        role: *role,
    };
    User { memberships: memberships.iter().map(membership).collect(), ..user }
}

/// What somebody may do who administers these workspaces.
pub fn administers(workspaces: &[i64]) -> Authority {
    let memberships: Vec<_> = workspaces.iter().map(|id| (WorkspaceId(*id), WorkspaceRole::Administrator)).collect();
    Authority { user: None, ..Authority::of(&in_workspaces(user(50, Status::Active), &memberships)).unwrap() }
}
