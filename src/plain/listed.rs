//! The last list, whose numbers name users.

use crate::domain::query::{Cursor, UserQuery};
use crate::domain::user::UserId;

#[derive(Default)]
pub struct LastList {
    pub query: UserQuery,
    pub users: Vec<UserId>,
    pub next: Option<Cursor>,
}

impl LastList {
    /// The user with this number in the list.
    pub fn user(&self, number: usize) -> Option<UserId> {
        self.users.get(number.checked_sub(1)?).copied()
    }
}
