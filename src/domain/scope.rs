//! Scope: whom an actor can see. Every read takes one, so that no list, count or message shows more.

use std::collections::BTreeSet;

use super::role::{Membership, WorkspaceId};

/// Whom an actor can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody.
    All,
    /// The users of these workspaces.
    Workspaces(BTreeSet<WorkspaceId>),
}

impl Scope {
    /// Whether a user with these memberships is inside.
    #[must_use]
    pub fn sees(&self, memberships: &[Membership]) -> bool {
        match self {
            Self::All => true,
            Self::Workspaces(mine) => memberships.iter().any(|m| mine.contains(&m.workspace)),
        }
    }
}
