//! The audit log: one entry for each thing that somebody did.

use serde_json::Value;

use super::action::Action;
use super::time::Timestamp;
use super::user::UserId;

/// What an entry keeps beside who and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What was done.
    pub action: Action,
    /// To whom, if to somebody.
    pub subject: Option<UserId>,
    /// Personal detail: the values before and after. Never a secret.
    pub detail: Value,
}

impl Record {
    /// An entry about a user, without detail.
    #[must_use]
    pub const fn about(action: Action, subject: UserId) -> Self {
        Self { action, subject: Some(subject), detail: Value::Null }
    }

    /// The same with detail.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// An entry as a history shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The entry's number.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who, as a name: a user's, `operator root`, `the person`, `rsvp`.
    pub actor: String,
    /// The number of the user who it was, if it was one.
    pub actor_id: Option<UserId>,
    /// What.
    pub action: String,
    /// The detail, unless it was erased.
    pub detail: Value,
}
