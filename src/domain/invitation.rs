//! An invitation: one issue of a link with which an invited user becomes active.

use std::fmt;
use std::time::Duration;

use super::time::{Timestamp, compact, days, hours};
use super::user::UserId;

/// An invitation's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvitationId(pub i64);

/// The shortest time a link may work.
pub const SHORTEST: Duration = hours(1);
/// The longest time a link may work.
pub const LONGEST: Duration = days(30);
/// How long a link works when nobody says otherwise.
pub const DEFAULT_VALIDITY: Duration = days(7);
/// How soon after one mail the next may be sent to the same user without being forced.
pub const RESEND_PAUSE: Duration = Duration::from_mins(1);
/// Most characters of a personal message.
pub const MESSAGE_CHARS: usize = 2000;

/// What an invitation is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The link works.
    Pending,
    /// Its time is over.
    Expired,
    /// A newer one was sent.
    Superseded,
    /// Somebody withdrew it.
    Revoked,
    /// The person chose a password with it.
    Accepted,
}

impl State {
    /// What a link is at this moment. The last millisecond of its validity is the one before `expires_at`.
    #[must_use]
    pub fn of(ended: Option<(Ending, Timestamp)>, expires_at: Timestamp, now: Timestamp) -> Self {
        match ended {
            Some((Ending::Superseded, _)) => Self::Superseded,
            Some((Ending::Revoked, _)) => Self::Revoked,
            Some((Ending::Accepted, _)) => Self::Accepted,
            None if expires_at <= now => Self::Expired,
            None => Self::Pending,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
            Self::Accepted => "accepted",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How an invitation ended, other than by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A newer one replaced it.
    Superseded,
    /// Withdrawn.
    Revoked,
    /// Used.
    Accepted,
}

/// One invitation as it is stored, without what makes its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its number.
    pub id: InvitationId,
    /// Whom it invites.
    pub user: UserId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// How and when it ended, if it did.
    pub ended: Option<(Ending, Timestamp)>,
    /// The personal message, if there is one.
    pub message: Option<String>,
}

impl Invitation {
    /// What it is at this moment.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        State::of(self.ended, self.expires_at, now)
    }

    /// How long it was made to work.
    #[must_use]
    pub fn validity(&self) -> Duration {
        self.expires_at.since(self.issued_at)
    }
}

/// Why a validity or a personal message is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInvitation {
    /// Outside [`SHORTEST`] to [`LONGEST`].
    #[error("a link can work from {short} to {long}, not {0}", short = compact(SHORTEST), long = compact(LONGEST))]
    Validity(String),
    /// Over [`MESSAGE_CHARS`].
    #[error("the personal message has {0} characters; at most {MESSAGE_CHARS} are possible")]
    MessageTooLong(usize),
    /// Something in it acts on a terminal or hides.
    #[error("the personal message holds {}: type it again without it", super::name::describe(*.0))]
    MessageHostile(char),
}

/// Checks how long a link is to work.
pub fn check_validity(length: Duration) -> Result<Duration, InvalidInvitation> {
    if (SHORTEST..=LONGEST).contains(&length) { Ok(length) } else { Err(InvalidInvitation::Validity(compact(length))) }
}

/// Checks and trims a personal message; one without any letter is none. Line ends are kept as `\n`.
pub fn check_message(text: &str) -> Result<Option<String>, InvalidInvitation> {
    let message = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let message = message.trim();
    if let Some(c) = message.lines().find_map(super::text::first_hostile) {
        return Err(InvalidInvitation::MessageHostile(c));
    }
    match message.chars().count() {
        0 => Ok(None),
        n if n > MESSAGE_CHARS => Err(InvalidInvitation::MessageTooLong(n)),
        _ => Ok(Some(message.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn issued_for(validity: Duration) -> Invitation {
        let issued_at = Timestamp(1_000_000);
        Invitation {
            id: InvitationId(1),
            user: UserId(1),
            issued_at,
            expires_at: issued_at.plus(validity),
            ended: None,
            message: None,
        }
    }

    proptest! {
        #[test]
        fn a_clock_that_crosses_the_expiry_turns_pending_to_expired_once(validity in 3_600_000_u64..2_592_000_000, step in 1_u64..600_000) {
            let invitation = issued_for(Duration::from_millis(validity));
            let just_before = invitation.expires_at.minus(Duration::from_millis(1));
            prop_assert_eq!(invitation.state(just_before), State::Pending);
            prop_assert_eq!(invitation.state(invitation.expires_at), State::Expired);
            prop_assert_eq!(invitation.state(invitation.expires_at.plus(Duration::from_millis(step))), State::Expired);
        }
    }

    #[test]
    fn an_ending_counts_more_than_the_clock() {
        let mut invitation = issued_for(days(7));
        invitation.ended = Some((Ending::Accepted, Timestamp(1_000_001)));
        assert_eq!(invitation.state(invitation.expires_at.plus(days(1))), State::Accepted);
    }

    #[test]
    fn validity_has_bounds() {
        assert!(check_validity(hours(1)).is_ok() && check_validity(days(30)).is_ok());
        assert!(check_validity(Duration::from_secs(3599)).is_err());
        assert_eq!(check_validity(days(31)).unwrap_err().to_string(), "a link can work from 1h to 30d, not 31d");
    }

    #[test]
    fn a_message_keeps_its_lines_and_nothing_hostile() {
        assert_eq!(check_message(" Hi\r\nthere ").unwrap().unwrap(), "Hi\nthere");
        assert_eq!(check_message(" \n "), Ok(None));
        assert!(check_message("a\u{1b}b").is_err());
        assert!(check_message(&"a".repeat(2001)).is_err());
    }
}
