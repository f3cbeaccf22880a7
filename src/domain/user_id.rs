//! The number of a user: apart from the user, because what a user has, such as a link, knows whose it is.

/// A user's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);
