//! An email that a worker has claimed: what it says, what shows that it is this worker's, and its result.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::content::Content;
use crate::domain::language::Language;
use crate::domain::mail::{Mail, MailId, MailState, Outcome, SUSPECT};
use crate::domain::time::Timestamp;
use crate::store::{Held, StoreError};

#[cfg_attr(test, derive(Clone))]
pub struct Job {
    pub mail: Mail,
    /// What shows that it is ours.
    pub held: Held,
    /// After this it is not sent any more.
    pub(super) not_after: Timestamp,
    /// How many workers ended while they had it.
    pub(super) crashes: i64,
    /// Not before this moment, because the relay counts emails a minute.
    pub starts_at: Timestamp,
    /// The Message-ID without its brackets, fixed when the email was enqueued.
    pub message_id: String,
    /// The code that goes where the rendered email has its placeholder, if it has one. A secret.
    pub code: Option<Zeroizing<String>>,
    /// What the email says.
    pub content: JobContent,
}

impl Job {
    /// Whether it may be the reason why workers ended. Such an email is sent alone.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.crashes >= i64::from(SUSPECT)
    }
}

#[cfg_attr(test, derive(Clone))]
pub enum JobContent {
    /// Rendered at an earlier try and kept: to be sent again as it was.
    Stored(String),
    /// To be rendered now, in this language.
    Unrendered(Box<Content>, Language),
}

/// What came of a claim.
#[derive(Default)]
pub(super) struct Claims {
    pub jobs: Vec<Job>,
    /// Emails that ended because nobody should get them any more.
    pub unwanted: Vec<(MailId, MailState)>,
    /// Why others could not be read or put together.
    pub unreadable: Vec<StoreError>,
}

/// What became of the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayChange {
    /// It could not be used so many times in a row, and is left alone for so long.
    Paused { failures: u32, length: Duration },
    /// It works again.
    Resumed,
}

/// What came of an email that was claimed.
#[derive(Debug)]
pub enum JobResult {
    Tried(Outcome),
    /// It goes back untried, for a worker that stops or a relay that failed at another email.
    Untried,
}
