//! Roles: one for the organisation on the user, and one for each membership, are stored; the highest of them is shown.

use std::fmt;

use super::name::{InvalidName, Name};

/// A workspace's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceId(pub i64);

/// What somebody is in the whole organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OrganisationRole {
    /// No role here; perhaps one in a workspace.
    #[default]
    None,
    /// Sees everything, and changes nothing.
    Auditor,
    /// Sees everybody, and helps those without a role: sends their emails again, and corrects an invited person's
    /// address.
    Helpdesk,
    Administrator,
}

impl OrganisationRole {
    pub const ALL: [Self; 4] = [Self::None, Self::Auditor, Self::Helpdesk, Self::Administrator];

    /// The word that is stored and that `--role` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Auditor => "auditor",
            Self::Helpdesk => "helpdesk",
            Self::Administrator => "administrator",
        }
    }

    /// What a screen calls somebody who has it and no role in a workspace.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "member",
            Self::Helpdesk => "help desk",
            Self::Auditor | Self::Administrator => self.name(),
        }
    }

    /// Whether somebody with this role may do anything that another one does not allow.
    #[must_use]
    pub const fn exceeds(self, other: Self) -> bool {
        match (self, other) {
            // The help desk acts, and an auditor reads what concerns the whole organisation.
            (Self::Helpdesk, Self::Auditor) | (Self::Auditor, Self::Helpdesk) => true,
            (of, over) => of as u8 > over as u8,
        }
    }

    pub fn parse(text: &str) -> Result<Self, UnknownOrganisationRole> {
        let word = text.trim();
        let known = Self::ALL.into_iter().find(|role| role.name() == word || role.words() == word);
        known.ok_or_else(|| UnknownOrganisationRole(text.to_owned()))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{}\u{201d} isn't a role in the organisation: use administrator, helpdesk, auditor or none", super::text::visible(.0))]
pub struct UnknownOrganisationRole(pub String);

/// What somebody is in a workspace. One that comes later may do all that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WorkspaceRole {
    /// Belongs to it, and can do nothing to others there.
    Member,
    /// Sees its users, and helps those without a role, as [`OrganisationRole::Helpdesk`] does for everybody.
    Helpdesk,
    /// Looks after its users, as far as they belong to no other workspace.
    Administrator,
}

impl WorkspaceRole {
    pub const ALL: [Self; 3] = [Self::Member, Self::Helpdesk, Self::Administrator];

    /// The word that is stored and that `--workspace NAME:ROLE` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Helpdesk => "helpdesk",
            Self::Administrator => "admin",
        }
    }

    /// What a screen calls it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Helpdesk => "help desk",
            Self::Administrator => "administrator",
        }
    }

    pub fn parse(text: &str) -> Result<Self, UnknownRole> {
        match text.trim() {
            "member" => Ok(Self::Member),
            "helpdesk" | "help desk" => Ok(Self::Helpdesk),
            "admin" | "administrator" | "workspace administrator" => Ok(Self::Administrator),
            _ => Err(UnknownRole(text.to_owned())),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{}\u{201d} isn't a role in a workspace: use member, helpdesk or admin, and put a workspace name that has a comma or a colon in quotes", super::text::visible(.0))]
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
            WorkspaceRole::Helpdesk | WorkspaceRole::Administrator => format!("{name}:{}", role.name()),
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
    /// Sees everything, and changes nothing.
    Auditor,
    /// Helps everybody, or the users of at least one workspace.
    Helpdesk,
    /// Looks after the users of at least one workspace.
    WorkspaceAdministrator,
    Administrator,
}

impl Role {
    /// The highest role that these make.
    #[must_use]
    pub fn of(organisation: OrganisationRole, memberships: &[Membership]) -> Self {
        let here = match organisation {
            OrganisationRole::None => Self::Member,
            OrganisationRole::Auditor => Self::Auditor,
            OrganisationRole::Helpdesk => Self::Helpdesk,
            OrganisationRole::Administrator => Self::Administrator,
        };
        let there = |membership: &Membership| match membership.role {
            WorkspaceRole::Member => Self::Member,
            WorkspaceRole::Helpdesk => Self::Helpdesk,
            WorkspaceRole::Administrator => Self::WorkspaceAdministrator,
        };
        memberships.iter().map(there).fold(here, Self::max)
    }

    /// The word in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Helpdesk => "helpdesk",
            Self::Member | Self::Auditor | Self::WorkspaceAdministrator | Self::Administrator => self.words(),
        }
    }

    /// What people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Auditor => "auditor",
            Self::Helpdesk => "help desk",
            Self::WorkspaceAdministrator => "workspace administrator",
            Self::Administrator => "administrator",
        }
    }
}

/// How high somebody stands who suspends or deletes: only somebody who stands as high takes it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// An auditor as well, who changes nothing.
    Member,
    Helpdesk,
    WorkspaceAdministrator,
    Administrator,
    /// Anyone with the shell, the database and the key.
    Operator,
}

impl Rank {
    pub const ALL: [Self; 5] =
        [Self::Member, Self::Helpdesk, Self::WorkspaceAdministrator, Self::Administrator, Self::Operator];

    /// The word that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Helpdesk => "helpdesk",
            Self::WorkspaceAdministrator => "workspace administrator",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        }
    }

    /// Somebody of this rank, in a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Member => "a member",
            Self::Helpdesk => "the help desk",
            Self::WorkspaceAdministrator => "a workspace administrator",
            Self::Administrator => "an administrator",
            Self::Operator => "the operator",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rank| rank.name() == name)
    }
}

impl From<Role> for Rank {
    fn from(role: Role) -> Self {
        match role {
            Role::Member | Role::Auditor => Self::Member,
            Role::Helpdesk => Self::Helpdesk,
            Role::WorkspaceAdministrator => Self::WorkspaceAdministrator,
            Role::Administrator => Self::Administrator,
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

    #[test]
    fn every_word_is_read_back() {
        for role in OrganisationRole::ALL {
            assert_eq!(OrganisationRole::parse(role.name()), Ok(role));
            assert_eq!(OrganisationRole::parse(role.words()), Ok(role));
        }
        for role in WorkspaceRole::ALL {
            assert_eq!(WorkspaceRole::parse(role.name()), Ok(role));
            assert_eq!(WorkspaceRole::parse(role.words()), Ok(role));
        }
        for rank in Rank::ALL {
            assert_eq!(Rank::parse(rank.name()), Some(rank));
        }
        assert!(OrganisationRole::parse("admin").is_err() && Rank::parse("auditor").is_none());
    }

    proptest! {
        #[test]
        fn whatever_workspaces_are_called_they_are_read_as_they_were_written(
            all in prop::collection::vec(("[a-z,:\" ]{1,12}", prop::sample::select(&WorkspaceRole::ALL[..])), 0..4)
        ) {
            let all: Vec<_> = all.into_iter().filter_map(|(name, role)| Some((Name::parse(&name).ok()?, role))).collect();
            let text = memberships_text(all.iter().map(|(name, role)| (name.as_str(), *role)));
            prop_assert_eq!(parse_memberships(&text).unwrap(), all);
        }
    }
}
