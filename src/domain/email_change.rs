//! A change of an active user's address: it takes effect when the new address confirms it, and the old one can stop it
//! until then.

use std::time::Duration;

use super::email::Email;
use super::invitation::{Ending, State};
use super::time::{Timestamp, days};
use super::user::UserId;

/// A change's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailChangeId(pub i64);

/// How long the new address has to confirm. No password is reset meanwhile, so it is not long.
pub const VALIDITY: Duration = days(1);

/// One change as it is stored, without what makes its codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    /// Its number.
    pub id: EmailChangeId,
    /// Whose address.
    pub user: UserId,
    /// The address that the user had when it was asked for.
    pub from: Email,
    /// The address that the user will have.
    pub to: Email,
    /// When it was asked for.
    pub issued_at: Timestamp,
    /// When it can no longer be confirmed.
    pub expires_at: Timestamp,
    /// How and when it ended, if it did.
    pub ended: Option<(Ending, Timestamp)>,
}

impl EmailChange {
    /// What it is at this moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        State::of(self.ended, self.expires_at, now)
    }
}
