//! What a list of users is asked for: a view, an order, a search, and a place to begin.

use super::role::{OrganisationRole, WorkspaceRole};
use super::user::UserId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// Everybody but the deleted.
    #[default]
    All,
    /// Needs attention: expired or withdrawn link, failed email, or a request for a new link.
    Attention,
    /// Has not chosen a password.
    Invited,
    /// Invited, and the link stopped working.
    Expired,
    /// Can sign in.
    Active,
    Suspended,
    /// The bin: deleted, and not emptied yet.
    Deleted,
}

impl View {
    /// Every view, as the menu lists them.
    pub const ALL: [Self; 7] =
        [Self::All, Self::Attention, Self::Invited, Self::Expired, Self::Active, Self::Suspended, Self::Deleted];

    /// The word for it, which `--view` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Attention => "attention",
            Self::Invited => "invited",
            Self::Expired => "expired",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }

    /// What a screen calls it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Attention => "needs attention",
            Self::All | Self::Invited | Self::Expired | Self::Active | Self::Suspended | Self::Deleted => self.name(),
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortKey {
    /// The name, folded.
    #[default]
    Name,
    Email,
    /// Invited, active, suspended, deleted; by name within each.
    Status,
    Invited,
    LastSignIn,
}

impl SortKey {
    /// Every key, as the menu lists them.
    pub const ALL: [Self; 5] = [Self::Name, Self::Email, Self::Status, Self::Invited, Self::LastSignIn];

    /// The word for it, which `--sort` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Status => "status",
            Self::Invited => "invited",
            Self::LastSignIn => "last-sign-in",
        }
    }

    /// What a screen calls it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LastSignIn => "last sign-in",
            Self::Name | Self::Email | Self::Status | Self::Invited => self.name(),
        }
    }

    /// Whether the natural order is the newest first.
    #[must_use]
    pub const fn newest_first(self) -> bool {
        matches!(self, Self::Invited | Self::LastSignIn)
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// An order: a key and a direction. Rows that are equal in it follow each other by their number, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Order {
    pub key: SortKey,
    /// From the largest to the smallest.
    pub descending: bool,
}

impl Order {
    /// The key in its natural direction.
    #[must_use]
    pub const fn natural(key: SortKey) -> Self {
        Self { key, descending: key.newest_first() }
    }
}

/// Who has which role: in the organisation, or in the workspace of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleFilter {
    Organisation(OrganisationRole),
    InWorkspace(WorkspaceRole),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserQuery {
    pub view: View,
    /// Only those whose name or address holds every word of this, without case or accents.
    pub search: String,
    /// Only those of the workspace with this name.
    pub workspace: Option<String>,
    /// Only those with this role.
    pub role: Option<RoleFilter>,
    pub order: Order,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    Start,
    /// With the last row at its end.
    End,
    After(Cursor),
    /// With this user in the middle; from the start if the user is not in the list.
    Around(UserId),
}

/// Which rows of a list that has the newest, those with the largest numbers, first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewestFirst {
    /// From the newest on.
    Start,
    /// Down to the oldest.
    End,
    /// Those before and behind the one with this number.
    Around(i64),
}

/// Rows of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestRows<T> {
    pub rows: Vec<T>,
    pub before: bool,
    pub after: bool,
}

/// A part of a list that is read in one direction from a number on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Only numbers beyond this one, in the direction of reading.
    pub beyond: Option<i64>,
    /// From the old to the new.
    pub oldest_first: bool,
    pub limit: u64,
}

impl NewestFirst {
    /// The parts to read for a window of so many rows: the newer one, then the older one.
    #[must_use]
    pub const fn parts(self, limit: u64) -> [Option<Part>; 2] {
        match self {
            Self::Start => [None, Some(Part { beyond: None, oldest_first: false, limit })],
            Self::End => [Some(Part { beyond: None, oldest_first: true, limit }), None],
            Self::Around(number) => [
                Some(Part { beyond: Some(number - 1), oldest_first: true, limit: limit / 2 }),
                Some(Part { beyond: Some(number), oldest_first: false, limit: limit / 2 }),
            ],
        }
    }
}

impl<T> NewestRows<T> {
    /// Puts together what was read of [`NewestFirst::parts`], each with one row more than its limit where there is one.
    #[must_use]
    pub fn of_parts(newer: Option<(Vec<T>, u64)>, older: Option<(Vec<T>, u64)>) -> Self {
        let cut = |part: Option<(Vec<T>, u64)>| {
            let Some((mut rows, limit)) = part else { return (Vec::new(), false) };
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = rows.len() > limit;
            rows.truncate(limit);
            (rows, more)
        };
        let ((mut rows, before), (older, after)) = (cut(newer), cut(older));
        rows.reverse();
        rows.extend(older);
        Self { rows, before, after }
    }
}

/// A row's place in an order: its sort key as the database has it, and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub key: CursorKey,
    pub id: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CursorKey {
    /// A folded text.
    Text(String),
    /// A time or a rank.
    Number(i64),
}

/// How many users there are of each kind, as the head of the screen shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub active: u64,
    /// Who has not chosen a password, the expired ones included.
    pub invited: u64,
    /// Invited, and the link stopped working.
    pub expired: u64,
    pub suspended: u64,
    pub deleted: u64,
    pub attention: u64,
}
