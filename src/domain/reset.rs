//! A password reset: one issue of a link with which an active user chooses a new password.

use std::time::Duration;

use super::invitation::{Ending, State};
use super::time::{Timestamp, days, hours, minutes};
use super::user::UserId;

/// A reset's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResetId(pub i64);

/// How long a reset's link works.
pub const VALIDITY: Duration = hours(1);
/// How soon after one reset an administrator may send the next to the same user.
pub const SEND_PAUSE: Duration = minutes(1);
/// How soon after one mail "forgotten password" sends the next to the same address.
pub const ASK_PAUSE: Duration = minutes(10);
/// How many mails "forgotten password" sends to one address in [`ASK_WINDOW`].
pub const ASK_MOST: u64 = 3;
/// See [`ASK_MOST`].
pub const ASK_WINDOW: Duration = days(1);

/// One reset as it is stored, without what makes its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// Its number.
    pub id: ResetId,
    /// Whose password.
    pub user: UserId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// How and when it ended, if it did.
    pub ended: Option<(Ending, Timestamp)>,
}

impl Reset {
    /// What it is at this moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        State::of(self.ended, self.expires_at, now)
    }
}
