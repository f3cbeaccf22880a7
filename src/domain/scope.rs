//! Scope: whom an actor can see. Every read takes one, so that no list, count or message shows more.

use std::collections::BTreeSet;

use super::role::{Membership, WorkspaceId, WorkspaceRole};
use super::user::User;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Workspaces(BTreeSet<WorkspaceId>),
}

/// What of the audit log an actor can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogScope {
    /// All of it, with where everybody came from.
    Whole,
    /// What happened to the users inside a scope, without what shows anything beyond.
    About(Scope),
}

impl Scope {
    #[must_use]
    pub fn has(&self, workspace: WorkspaceId) -> bool {
        match self {
            Self::All => true,
            Self::Workspaces(mine) => mine.contains(&workspace),
        }
    }

    /// Whether a user with these memberships is inside.
    #[must_use]
    pub fn sees(&self, memberships: &[Membership]) -> bool {
        match self {
            Self::All => true,
            Self::Workspaces(_) => memberships.iter().any(|m| self.has(m.workspace)),
        }
    }

    /// The user as seen with this scope: of workspaces outside it only how many they are, and whether
    /// they have a role there.
    #[must_use]
    pub fn narrow(&self, mut user: User) -> User {
        let out_of_sight: Vec<_> = user.memberships.extract_if(.., |m| !self.has(m.workspace)).collect();
        user.elsewhere += out_of_sight.len();
        user.role_elsewhere |= out_of_sight.iter().any(|m| m.role != WorkspaceRole::Member);
        user
    }
}
