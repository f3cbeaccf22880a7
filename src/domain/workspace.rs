//! A workspace: a named group of users inside the organisation.

use super::name::Name;
use super::role::WorkspaceId;
use super::time::Timestamp;

/// A workspace as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The number.
    pub id: WorkspaceId,
    /// The name, which no other one has, whatever its case and accents.
    pub name: Name,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many users belong to it, whoever is in the bin left out.
    pub users: u64,
    /// How many of them look after it.
    pub administrators: u64,
}

/// What deleting a workspace would mean for its users; none of them is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consequences {
    /// How many belong to it.
    pub users: u64,
    /// How many look after it, and lose that.
    pub administrators: u64,
    /// How many belong to no other workspace: only administrators see them afterwards.
    pub only_here: u64,
}
