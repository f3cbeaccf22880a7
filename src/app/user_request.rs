//! Whom a change concerns that needs to know nothing else, and what came of it: the request and the answer of most use cases
//! on one user.

use crate::domain::user::{User, UserId};

/// One user, as somebody saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserRequest {
    pub user: UserId,
    /// The version that was seen: a later one is refused. Without one, any is taken.
    pub version: Option<i64>,
}

/// What came of a change to one user.
#[derive(Debug, Clone)]
pub struct Done {
    /// The user as stored now; who it was, where they were erased.
    pub user: User,
    /// How many invitation links were replaced that they were shown and may no longer know.
    pub replaced: u64,
}

impl Done {
    /// What ends no link that anybody was shown.
    #[must_use]
    pub const fn of(user: User) -> Self {
        Self { user, replaced: 0 }
    }
}
