//! Whom a change concerns that needs to know nothing else: the request of most use cases on one user.

use crate::domain::user::UserId;

/// One user, as somebody saw them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserRequest {
    pub user: UserId,
    /// The version that was seen: a later one is refused. Without one, any is taken.
    pub version: Option<i64>,
}
