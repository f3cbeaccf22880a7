//! Roles: one flag on the user and one standing for each membership are stored, the highest of them is shown.

use std::fmt;

use super::name::{InvalidName, Name};

/// A workspace's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceId(pub i64);

/// What a user is inside one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Belongs to it.
    Member,
    /// Looks after its users.
    Administrator,
}

impl Standing {
    /// The word that is stored and that `--workspace NAME:ROLE` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "admin",
        }
    }

    /// What a screen calls it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        match text.trim() {
            "member" => Ok(Self::Member),
            "admin" | "administrator" | "workspace administrator" => Ok(Self::Administrator),
            _ => Err(UnknownRole(text.to_owned())),
        }
    }
}

/// A word that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no role \u{201c}{}\u{201d} in a workspace: use member or admin", super::text::visible(.0))]
pub struct UnknownRole(pub String);

/// Why a text names no workspace with a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMembership {
    /// The workspace.
    #[error("no workspace can be called so: {0}")]
    Name(#[from] InvalidName),
    /// The role.
    #[error(transparent)]
    Role(#[from] UnknownRole),
}

/// Reads a workspace and a role in it as people write it: `Research`, `Research:admin`.
pub fn parse_membership(text: &str) -> Result<(Name, Standing), InvalidMembership> {
    let (name, standing) = match text.rsplit_once(':') {
        Some((name, role)) => (name, Standing::parse(role)?),
        None => (text, Standing::Member),
    };
    Ok((Name::parse(name)?, standing))
}

/// That a user belongs to a workspace, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name, for showing.
    pub name: Name,
    /// What the user is there.
    pub standing: Standing,
}

/// The highest of a user's roles: what screens show. Never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Belongs to workspaces, or to none.
    Member,
    /// Looks after the users of at least one workspace.
    WorkspaceAdministrator,
    /// Looks after everything.
    Administrator,
}

impl Role {
    /// The highest role that the flag and the memberships make.
    #[must_use]
    pub fn of(is_administrator: bool, memberships: &[Membership]) -> Self {
        if is_administrator {
            Self::Administrator
        } else if memberships.iter().any(|m| m.standing == Standing::Administrator) {
            Self::WorkspaceAdministrator
        } else {
            Self::Member
        }
    }

    /// The role's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::WorkspaceAdministrator => "workspace administrator",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
