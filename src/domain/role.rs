//! Roles: one flag on the user and one role for each membership are stored, the highest of them is shown.

use std::fmt;

use super::name::{InvalidName, Name};

/// A workspace's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkspaceRole {
    /// Belongs to it, and can do nothing to others there.
    Member,
    /// Looks after its users, as far as they belong to no other workspace.
    Administrator,
}

impl WorkspaceRole {
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

    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        match text.trim() {
            "member" => Ok(Self::Member),
            "admin" | "administrator" | "workspace administrator" => Ok(Self::Administrator),
            _ => Err(UnknownRole(text.to_owned())),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{}\u{201d} isn't a role in a workspace: use member or admin, and put a workspace name that has a comma or a colon in quotes", super::text::visible(.0))]
pub struct UnknownRole(pub String);

/// Why a text names no workspace with a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMembership {
    #[error("a workspace can't have this name: {0}")]
    Name(#[from] InvalidName),
    #[error(transparent)]
    Role(#[from] UnknownRole),
}

/// Reads a workspace and a role in it as people write it: `Research`, `Research:admin`, and `"Talks: West,
/// North":admin` where the name has a comma, a colon or quotes itself (a quote in it is written twice).
pub fn parse_membership(text: &str) -> Result<(Name, WorkspaceRole), InvalidMembership> {
    let (name, role) = parse_workspace(text)?;
    Ok((name, role.unwrap_or(WorkspaceRole::Member)))
}

/// The same, and whether a role is there at all.
pub fn parse_workspace(text: &str) -> Result<(Name, Option<WorkspaceRole>), InvalidMembership> {
    let text = text.trim();
    let (name, role) = match text.strip_prefix('"').and_then(quoted) {
        Some((name, "")) => (name, None),
        Some((name, rest)) => (name, Some(rest.strip_prefix(':').ok_or_else(|| UnknownRole(rest.to_owned()))?)),
        None => match text.rsplit_once(':') {
            Some((name, role)) => (name.to_owned(), Some(role)),
            None => (text.to_owned(), None),
        },
    };
    let role = role.map(WorkspaceRole::parse).transpose()?;
    Ok((Name::parse(&name)?, role))
}

/// The name up to its closing quote, and what comes after that; `None` without one.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, after)),
        }
    }
}

/// Reads several with commas between them: `Research, Library:admin`.
pub fn parse_memberships(text: &str) -> Result<Vec<(Name, WorkspaceRole)>, InvalidMembership> {
    let mut inside = false;
    let parts = text.split(|c| {
        inside ^= c == '"';
        c == ',' && !inside
    });
    parts.filter(|part| !part.trim().is_empty()).map(parse_membership).collect()
}

/// The same the other way round.
pub fn memberships_text<'a>(all: impl Iterator<Item = (&'a str, WorkspaceRole)>) -> String {
    let one = |(name, role): (&str, WorkspaceRole)| {
        let name =
            if name.contains([',', ':', '"']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() };
        match role {
            WorkspaceRole::Member => name,
            WorkspaceRole::Administrator => format!("{name}:{}", role.name()),
        }
    };
    all.map(one).collect::<Vec<_>>().join(", ")
}

/// That a user belongs to a workspace, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub name: Name,
    pub role: WorkspaceRole,
}

/// The highest of a user's roles: what screens show. Never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Belongs to workspaces, or to none.
    Member,
    /// Looks after the users of at least one workspace.
    WorkspaceAdministrator,
    Administrator,
}

impl Role {
    /// The highest role that the flag and the memberships make.
    #[must_use]
    pub fn of(is_administrator: bool, memberships: &[Membership]) -> Self {
        if is_administrator {
            Self::Administrator
        } else if memberships.iter().any(|m| m.role == WorkspaceRole::Administrator) {
            Self::WorkspaceAdministrator
        } else {
            Self::Member
        }
    }

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn roles_of(text: &str) -> Vec<(String, WorkspaceRole)> {
        parse_memberships(text).unwrap().into_iter().map(|(name, role)| (name.to_string(), role)).collect()
    }

    #[test]
    fn workspaces_are_read_with_and_without_a_role() {
        let (research, library) = ("Research".to_owned(), "Library".to_owned());
        let wanted = [(research, WorkspaceRole::Member), (library, WorkspaceRole::Administrator)];
        assert_eq!(roles_of(" Research , Library:admin,,"), wanted);
        assert_eq!(
            roles_of(r#""Talks: West, North":admin, "5"" disks""#),
            [
                ("Talks: West, North".to_owned(), WorkspaceRole::Administrator),
                ("5\" disks".to_owned(), WorkspaceRole::Member),
            ]
        );
        let error = parse_memberships("Library:boss").unwrap_err().to_string();
        assert!(error.contains("boss") && error.contains("quotes"), "{error}");
        assert!(parse_memberships(r#""Research"admin"#).is_err());
    }

    proptest! {
        #[test]
        fn whatever_workspaces_are_called_they_are_read_as_they_were_written(
            all in prop::collection::vec(("[a-z,:\" ]{1,12}", any::<bool>()), 0..4)
        ) {
            let all: Vec<_> = all
                .into_iter()
                .filter_map(|(name, admin)| Some((Name::parse(&name).ok()?, admin)))
                .map(|(name, admin)| (name, if admin { WorkspaceRole::Administrator } else { WorkspaceRole::Member }))
                .collect();
            let text = memberships_text(all.iter().map(|(name, role)| (name.as_str(), *role)));
            prop_assert_eq!(parse_memberships(&text).unwrap(), all);
        }
    }
}
