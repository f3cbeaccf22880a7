//! Links: what an email carries, so that the person who gets it can do one thing. A link has a purpose and a validity;
//! its code (see `code`) proves that it was issued here.

use std::fmt;
use std::time::Duration;

use super::email::Email;
use super::status::Status;
use super::time::{Timestamp, days, hours, minutes};
use super::user_id::UserId;

/// A link's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub i64);

/// How soon after one email "forgotten password" sends the next to the same address. Each further email in [`ASK_WINDOW`]
/// doubles that, up to [`ASK_LONGEST`].
pub const ASK_PAUSE: Duration = minutes(10);
/// A reset that was sent so long ago works for another ten minutes; so whoever asks for an address, and however often, its
/// owner has a link that works or gets one.
pub const ASK_LONGEST: Duration = minutes(50);
/// How many emails one asker gets sent to one address in [`ASK_WINDOW`] before the longest pause applies to them.
pub const ASK_MOST: u64 = 3;
/// See [`ASK_MOST`].
pub const ASK_WINDOW: Duration = days(1);

/// How many emails with an invitation an invited address gets in [`ASK_WINDOW`] before it is left with those: the link in
/// each is the same, and works for days.
pub const ASK_INVITATIONS: usize = 3;

/// How long after the last of `sent` emails to an address the next one is sent, of which `for_asker` were for whoever asks.
#[must_use]
pub fn ask_pause(sent: usize, for_asker: u64) -> Duration {
    if for_asker >= ASK_MOST {
        return ASK_LONGEST;
    }
    let doublings = u32::try_from(sent.saturating_sub(1)).unwrap_or(u32::MAX);
    ASK_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(ASK_LONGEST)
}

/// What a link is for. A code of one purpose is worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    Invitation,
    Reset,
    /// Confirming a new address: goes to that address.
    ConfirmEmail,
    /// Stopping the change of an address: goes to the address until now.
    KeepEmail,
}

impl Purpose {
    pub const ALL: [Self; 4] = [Self::Invitation, Self::Reset, Self::ConfirmEmail, Self::KeepEmail];
    /// The two links of a change of address: issued together, and whatever ends one ends the other.
    pub const EMAIL_CHANGE: [Self; 2] = [Self::ConfirmEmail, Self::KeepEmail];

    /// The word that is stored and that its code is bound to.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            Self::ConfirmEmail => "confirm-email",
            Self::KeepEmail => "keep-email",
        }
    }

    /// What its links have before the code, between two slashes: one letter, so that few other paths of a web server are like
    /// it, and what hides codes in a log needs one expression.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Invitation => "i",
            Self::Reset => "r",
            Self::ConfirmEmail => "c",
            Self::KeepEmail => "k",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    /// How long a link works, unless the inviter chooses otherwise. No password is reset while an address waits to be
    /// confirmed, so that is not long.
    #[must_use]
    pub const fn validity(self) -> Duration {
        match self {
            Self::Invitation => days(7),
            Self::Reset => hours(1),
            Self::ConfirmEmail | Self::KeepEmail => days(1),
        }
    }

    /// How soon after one link the next may be sent to the same user without being forced; zero for at once.
    #[must_use]
    pub const fn pause(self) -> Duration {
        match self {
            Self::Invitation | Self::Reset => minutes(1),
            Self::ConfirmEmail | Self::KeepEmail => Duration::ZERO,
        }
    }

    /// The status of the users for whom a link works.
    #[must_use]
    pub const fn works_for(self) -> Status {
        match self {
            Self::Invitation => Status::Invited,
            Self::Reset | Self::ConfirmEmail | Self::KeepEmail => Status::Active,
        }
    }

    /// Whether a new password is chosen with it.
    #[must_use]
    pub const fn chooses_password(self) -> bool {
        match self {
            Self::Invitation | Self::Reset => true,
            Self::ConfirmEmail | Self::KeepEmail => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// It works.
    Pending,
    Expired,
    /// A newer one was sent.
    Superseded,
    /// Somebody withdrew it, or its user may not use it any more.
    Revoked,
    /// It was used.
    Accepted,
}

impl LinkState {
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

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a link ended, other than by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A newer one replaced it.
    Superseded,
    Revoked,
    Accepted,
}

impl Ending {
    pub const ALL: [Self; 3] = [Self::Superseded, Self::Revoked, Self::Accepted];

    /// The state that it leaves a link in.
    #[must_use]
    pub const fn state(self) -> LinkState {
        match self {
            Self::Superseded => LinkState::Superseded,
            Self::Revoked => LinkState::Revoked,
            Self::Accepted => LinkState::Accepted,
        }
    }

    /// The word that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.state().name()
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.name() == name)
    }
}

/// A link as it is stored, without what makes its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub id: LinkId,
    pub purpose: Purpose,
    pub user: UserId,
    /// The address that its email goes to.
    pub to: Email,
    /// Where the email of the link goes that was issued together with it: of a change of address, the other one.
    pub other: Option<Email>,
    pub issued_at: Timestamp,
    /// Who issued it; nobody at the shell or at the portal has a number.
    pub issued_by: Option<UserId>,
    /// How often its user had been given more power when it was issued; after another time it no longer works.
    pub power_rises: i64,
    /// When it stops working: its last millisecond is the one before.
    pub expires_at: Timestamp,
    /// How and when it ended, if it did.
    pub ended: Option<(Ending, Timestamp)>,
    pub message: Option<String>,
}

impl Link {
    #[must_use]
    pub fn state(&self, now: Timestamp) -> LinkState {
        match self.ended {
            Some((ending, _)) => ending.state(),
            None if self.expires_at <= now => LinkState::Expired,
            None => LinkState::Pending,
        }
    }

    /// What it is for a user with this status who was given more power so often: somebody suspended or deleted can use none,
    /// somebody who was never active only an invitation, and nobody one that would open more than when it was issued.
    #[must_use]
    pub fn state_for(&self, status: Status, power_rises: i64, now: Timestamp) -> LinkState {
        let (state, works_for) = (self.state(now), self.purpose.works_for());
        if !self.is_open() {
            return state;
        }
        match status {
            Status::Suspended | Status::Deleted => LinkState::Revoked,
            Status::Invited if works_for == Status::Active => LinkState::Revoked,
            Status::Active if works_for == Status::Invited && state == LinkState::Pending => LinkState::Accepted,
            Status::Invited | Status::Active if state == LinkState::Pending && self.power_rises != power_rises => {
                LinkState::Revoked
            }
            Status::Invited | Status::Active => state,
        }
    }

    /// Whether nothing but time has ended it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// How long it was made to work.
    #[must_use]
    pub fn validity(&self) -> Duration {
        self.expires_at.since(self.issued_at)
    }

    /// Of a change of address, the address until now and the one to be; of any other link its own address, and none.
    #[must_use]
    pub const fn addresses(&self) -> (&Email, Option<&Email>) {
        match (self.purpose, &self.other) {
            (Purpose::ConfirmEmail, Some(from)) => (from, Some(&self.to)),
            (Purpose::KeepEmail, Some(to)) => (&self.to, Some(to)),
            (Purpose::Invitation | Purpose::Reset, _) | (Purpose::ConfirmEmail | Purpose::KeepEmail, None) => {
                (&self.to, None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn issued_for(purpose: Purpose, validity: Duration) -> Link {
        let issued_at = Timestamp(1_000_000);
        Link {
            id: LinkId(1),
            purpose,
            user: UserId(1),
            to: Email::stored("grace@navy.example".to_owned()),
            other: None,
            issued_at,
            issued_by: None,
            power_rises: 0,
            expires_at: issued_at.plus(validity),
            ended: None,
            message: None,
        }
    }

    proptest! {
        #[test]
        fn a_clock_that_crosses_the_expiry_turns_pending_to_expired_once(validity in 3_600_000_u64..2_592_000_000, step in 1_u64..600_000) {
            let link = issued_for(Purpose::Invitation, Duration::from_millis(validity));
            let just_before = link.expires_at.minus(Duration::from_millis(1));
            prop_assert_eq!(link.state(just_before), LinkState::Pending);
            prop_assert_eq!(link.state(link.expires_at), LinkState::Expired);
            prop_assert_eq!(link.state(link.expires_at.plus(Duration::from_millis(step))), LinkState::Expired);
        }
    }

    #[test]
    fn an_ending_applies_whatever_the_clock_says() {
        let mut link = issued_for(Purpose::Invitation, days(7));
        link.ended = Some((Ending::Accepted, Timestamp(1_000_001)));
        assert_eq!(link.state(link.expires_at.plus(days(1))), LinkState::Accepted);
    }

    #[test]
    fn a_link_works_for_users_of_one_status_and_the_others_see_why_not() {
        let at = |purpose: Purpose, status, late| {
            let link = issued_for(purpose, hours(1));
            link.state_for(status, 0, if late { link.expires_at } else { link.issued_at })
        };
        for purpose in Purpose::ALL {
            assert_eq!(at(purpose, purpose.works_for(), false), LinkState::Pending, "{purpose:?}");
            assert_eq!(at(purpose, purpose.works_for(), true), LinkState::Expired, "{purpose:?}");
            for (status, late) in [Status::Suspended, Status::Deleted].iter().flat_map(|s| [(*s, false), (*s, true)]) {
                assert_eq!(at(purpose, status, late), LinkState::Revoked, "{purpose:?} {status}");
            }
        }
        assert_eq!(at(Purpose::Invitation, Status::Active, false), LinkState::Accepted);
        assert_eq!(at(Purpose::Invitation, Status::Active, true), LinkState::Expired);
        for purpose in [Purpose::Reset, Purpose::ConfirmEmail, Purpose::KeepEmail] {
            assert_eq!(at(purpose, Status::Invited, true), LinkState::Revoked, "{purpose:?}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.name()), Some(purpose));
        }
        for ending in Ending::ALL {
            assert_eq!(Ending::parse(ending.name()), Some(ending));
        }
        assert_eq!((Purpose::parse("none"), Ending::parse("expired")), (None, None));
    }
}
