//! The audit log: one entry for each thing that somebody did.

use serde_json::{Value, json};

use super::action::Action;
use super::time::Timestamp;
use super::user::UserId;

/// Where the entry of an erasure lists the entries about nobody whose detail it erased. Entries from before there was
/// such a list lack it.
pub const ALSO_ERASED: &str = "also_erased";
/// Where the entry that tells of forgetting says how old what was forgotten is at least.
pub const OLDER_THAN: &str = "older_than";

/// What an entry keeps beside who and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub action: Action,
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

    /// An entry that says that a user was erased, and of which other entries the detail went with them, by number:
    /// verifying the log reads [`ALSO_ERASED`] again.
    #[must_use]
    pub fn erased(subject: UserId, also: &[i64]) -> Self {
        Self::about(Action::Erase, subject).with(json!({ ALSO_ERASED: also }))
    }

    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// A part of an entry that can be erased: its keyed hash stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it says, as JSON.
    pub text: String,
    /// Random bits, so that nobody can guess the text from its hash.
    pub salt: [u8; 16],
    /// The keyed hash of the text under the salt.
    pub hash: Vec<u8>,
}

/// The parts of an entry that can be erased, each by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    pub origin: Part,
    pub detail: Part,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: i64,
    /// The moment of the transaction that wrote it.
    pub at: Timestamp,
    /// Who, as a name: a user's, `operator`, `an administrator`, `rsvp`.
    pub actor: String,
    /// The number of the user who it was, if it was one.
    pub actor_id: Option<UserId>,
    pub action: String,
    pub subject: Option<UserId>,
    /// That user's name, unless they are gone for good.
    pub subject_name: Option<String>,
    /// The detail, unless it was erased.
    pub detail: Value,
}

/// The part of an entry that is never erased, as the chain proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The entry's number; 0 before it has one.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub action: String,
    pub subject_id: Option<i64>,
    /// The keyed hash of the detail; empty before there is one.
    pub detail_hash: Vec<u8>,
    /// The keyed hash of the origin; empty before there is one, and in entries whose detail holds the origin too.
    pub origin_hash: Vec<u8>,
}

impl Facts {
    /// All of it in bytes that no other facts have: texts with their lengths before them.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend(self.id.to_be_bytes());
        out.extend(self.at.to_be_bytes());
        for number in [self.actor_id, self.subject_id] {
            out.push(u8::from(number.is_some()));
            out.extend(number.unwrap_or(0).to_be_bytes());
        }
        let mut add = |text: &[u8]| {
            out.extend((text.len() as u64).to_be_bytes());
            out.extend(text);
        };
        [self.actor_kind.as_bytes(), self.action.as_bytes(), &self.detail_hash].into_iter().for_each(&mut add);
        if !self.origin_hash.is_empty() {
            add(&self.origin_hash);
        }
        out
    }

    /// What the hash of the detail is bound to: all but the hashes and the number.
    #[must_use]
    pub fn bound_to_detail(&self) -> Vec<u8> {
        Self { id: 0, detail_hash: Vec::new(), origin_hash: Vec::new(), ..self.clone() }.bytes()
    }

    /// The same for the hash of the origin, so that neither part can take the other's place.
    #[must_use]
    pub fn bound_to_origin(&self) -> Vec<u8> {
        [&b"origin"[..], &self.bound_to_detail()].concat()
    }
}

/// A link of the chain over the log: its place, and the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Its place, from 1 on without a gap.
    pub seq: i64,
    /// The number of the entry that it seals.
    pub entry: i64,
    /// The keyed proof of the link before and of the entry.
    pub proof: Vec<u8>,
    /// Which key made it: its fingerprint.
    pub key_id: String,
}
