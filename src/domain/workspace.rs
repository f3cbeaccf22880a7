//! A workspace: a named group of users inside the organisation.

use std::fmt;

use super::name::Name;
use super::role::WorkspaceId;
use super::text::{counted, thousands};
use super::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// The name, which no other one has, whatever its case and accents.
    pub name: Name,
    pub created_at: Timestamp,
    /// How many users belong to it, without those in the bin.
    pub users: u64,
    pub administrators: u64,
}

/// What deleting a workspace would mean for its users; none of them is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Consequences {
    pub users: u64,
    /// How many administrators it has, who lose that role.
    pub administrators: u64,
    /// How many belong to no other workspace: only administrators see them afterwards.
    pub only_here: u64,
    /// How many links that work still those were shown who lose a role: their users are sent new ones.
    pub views: u64,
}

impl fmt::Display for Consequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.users == 0 {
            return f.write_str("nobody belongs to it");
        }
        let one = self.users == 1;
        write!(f, "{} {} without it", counted(self.users, "user"), if one { "stays" } else { "stay" })?;
        if self.administrators > 0 {
            write!(f, ", {} of them no longer managing it", thousands(self.administrators))?;
        }
        if self.only_here > 0 {
            let belongs = if self.only_here == 1 { "belongs" } else { "belong" };
            write!(
                f,
                "; {} {belongs} to no other workspace, so only administrators will see them",
                thousands(self.only_here)
            )?;
        }
        if self.views > 0 {
            let links = counted(self.views, "invitation link");
            let ends = if self.views == 1 { "is replaced by a new one" } else { "are replaced by new ones" };
            write!(f, "; {links} that its managers were shown {ends}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deleting_means_is_said_in_a_sentence() {
        let told =
            |users, administrators, only_here| Consequences { users, administrators, only_here, views: 0 }.to_string();
        let seen = Consequences { users: 1, administrators: 1, only_here: 0, views: 2 }.to_string();
        assert!(seen.ends_with("; 2 invitation links that its managers were shown are replaced by new ones"), "{seen}");
        assert_eq!(told(0, 0, 0), "nobody belongs to it");
        assert_eq!(told(1, 0, 0), "1 user stays without it");
        assert_eq!(
            told(12, 2, 3),
            "12 users stay without it, 2 of them no longer managing it; 3 belong to no other workspace, so only administrators will see them"
        );
    }
}
