//! Actors: who acts, and how they came here.

use super::user::UserId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// A signed-in administrator or workspace administrator.
    User(UserId),
    /// Anyone with the shell, the database and the key.
    Operator,
    /// The person whom a code was sent to.
    Invitee(UserId),
    /// The program itself.
    System,
}

impl Who {
    /// The word that the audit log stores.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Operator => "operator",
            Self::Invitee(_) => "invitee",
            Self::System => "system",
        }
    }

    /// Reads back what the audit log stores of it: the word, and the user's number where there is one.
    #[must_use]
    pub fn parse(kind: &str, user: Option<UserId>) -> Option<Self> {
        let all = [Some(Self::Operator), Some(Self::System), user.map(Self::User), user.map(Self::Invitee)];
        all.into_iter().flatten().find(|who| who.kind() == kind)
    }

    /// The user's number, where there is one.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::Invitee(id) => Some(id),
            Self::Operator | Self::System => None,
        }
    }
}

/// How an actor came here: what the audit log keeps beside who it was. Claims are kept as claims.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The Unix login name, as the environment claims it.
    pub login: Option<String>,
    /// The Unix user number, as the system knows it.
    pub uid: Option<u32>,
    /// The address that sshd says the session comes from.
    pub ssh_source: Option<String>,
    /// The fingerprint of the SSH key, where sshd tells it.
    pub ssh_key: Option<String>,
    /// Whether an SSH key stands for the user (`--as`): the session has no files, no settings and no shell beside it.
    pub by_key: bool,
    /// How many resets of their password were used when the session began, for somebody who signed in: after another one they
    /// must sign in again. No clock is asked, because one that was wrong would let a session outlive a reset.
    pub resets: Option<u64>,
    /// The front door: `terminal`, `command`, `portal`, `worker`.
    pub door: &'static str,
}

/// Who acts, and how they came here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub who: Who,
    pub origin: Origin,
}

impl Actor {
    /// The program itself, at work in the background.
    #[must_use]
    pub fn system() -> Self {
        Self { who: Who::System, origin: Origin { door: "worker", ..Origin::default() } }
    }

    /// Somebody who opened the link that was sent to this user.
    #[must_use]
    pub fn invitee(user: UserId) -> Self {
        Self { who: Who::Invitee(user), origin: Origin { door: "portal", ..Origin::default() } }
    }

    #[must_use]
    pub fn operator(origin: Origin) -> Self {
        Self { who: Who::Operator, origin }
    }
}
