//! Emails in the outbox: what they are, what state they are in, how a failure is judged and when the next try is due.

use std::fmt;
use std::time::Duration;

use super::email::Email;
use super::link::Purpose;
use super::name::Name;
use super::time::{Timestamp, days, hours, minutes, words};
use super::user::UserId;

/// An email's number, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    Invitation,
    Reset,
    PasswordChanged,
    /// To a new address: whether it is the user's.
    ConfirmEmail,
    /// To the old address: that it will be replaced, and how to stop that.
    KeepEmail,
    Test,
}

impl MailKind {
    pub const ALL: [Self; 6] =
        [Self::Invitation, Self::Reset, Self::PasswordChanged, Self::ConfirmEmail, Self::KeepEmail, Self::Test];
    /// Those that say nothing once their link no longer works: they are cancelled with it. A notice is not.
    pub const LINKS: [Self; 3] = [Self::Invitation, Self::Reset, Self::ConfirmEmail];
    /// Those that carry no link to the portal that has to work.
    pub const LINKLESS: [Self; 2] = [Self::PasswordChanged, Self::Test];

    /// What the link is for that it carries, if it carries one.
    #[must_use]
    pub const fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Invitation => Some(Purpose::Invitation),
            Self::Reset => Some(Purpose::Reset),
            Self::ConfirmEmail => Some(Purpose::ConfirmEmail),
            Self::KeepEmail => Some(Purpose::KeepEmail),
            Self::PasswordChanged | Self::Test => None,
        }
    }

    /// The email that carries a link of this purpose.
    #[must_use]
    pub const fn of(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Invitation => Self::Invitation,
            Purpose::Reset => Self::Reset,
            Purpose::ConfirmEmail => Self::ConfirmEmail,
            Purpose::KeepEmail => Self::KeepEmail,
        }
    }

    /// The word that is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "password reset",
            Self::PasswordChanged => "password changed",
            Self::ConfirmEmail => "confirm email",
            Self::KeepEmail => "email change",
            Self::Test => "test",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailState {
    /// Waits for its time or for a worker.
    Queued,
    /// A worker has it.
    Sending,
    /// The relay accepted it.
    Sent,
    /// Given up: waits for somebody to retry or cancel it.
    Dead,
    /// Withdrawn, or no longer wanted.
    Cancelled,
    /// Its time was over before it could be sent.
    Expired,
}

impl MailState {
    pub const ALL: [Self; 6] = [Self::Queued, Self::Sending, Self::Sent, Self::Dead, Self::Cancelled, Self::Expired];

    /// The word in the database. People and scripts get [`Self::public_name`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The word that `--state` takes and that `--json` writes: a promise to scripts.
    #[must_use]
    pub const fn public_name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "accepted",
            Self::Dead => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    #[must_use]
    pub fn parse_public(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.public_name() == name)
    }

    /// What a screen says of it. A relay's acceptance is no delivery, and is not called one.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "accepted by relay",
            Self::Dead => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for MailState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where in the conversation with the relay something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before any network: building the email.
    Build,
    /// Looking up and reaching the relay.
    Connect,
    /// The TLS handshake, or STARTTLS.
    Tls,
    Greeting,
    /// EHLO.
    Hello,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The final dot.
    Dot,
    /// Writing the file, where emails go into a folder.
    File,
    /// The worker that had the email ended.
    Worker,
}

impl Stage {
    pub const ALL: [Self; 12] = [
        Self::Build,
        Self::Connect,
        Self::Tls,
        Self::Greeting,
        Self::Hello,
        Self::SignIn,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Dot,
        Self::File,
        Self::Worker,
    ];

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// The word that is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Hello => "hello",
            Self::SignIn => "sign-in",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Dot => "final dot",
            Self::File => "file",
            Self::Worker => "worker",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The relay as a whole cannot be used now: says nothing about this email.
    Transport,
    /// This email, not now: it is tried again, later each time.
    Temporary,
    /// This email, never: trying again would change nothing.
    Permanent,
    /// Nobody knows whether the relay took it.
    Ambiguous,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The relay said 250 after the final dot; its words.
    Accepted(String),
    Failed(Failure),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub class: FailureClass,
    pub stage: Stage,
    pub code: Option<u16>,
    /// The relay's words, or what happened; cleaned and cut before it is stored.
    pub text: String,
}

/// An email in the outbox, as screens show it. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub kind: MailKind,
    /// The user it goes to, if it goes to one.
    pub user: Option<UserId>,
    /// Where it goes; a later change of the user's address leaves it.
    pub to: Email,
    /// The user's name when it was enqueued.
    pub to_name: Name,
    pub state: MailState,
    /// How many tries counted; one that failed because of the relay does not.
    pub attempts: i32,
    pub created_at: Timestamp,
    /// When the next try is due, while it waits.
    pub next_at: Option<Timestamp>,
    /// When it was accepted, given up, cancelled or expired.
    pub ended_at: Option<Timestamp>,
    pub last: Option<Answer>,
}

impl Mail {
    /// What its state does not say: that the relay has it all the same.
    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        let accepted = self.last.as_ref().is_some_and(|last| last.stage == Stage::Dot && last.code == Some(250));
        (self.state == MailState::Cancelled && accepted)
            .then_some("The relay accepted this email after it was cancelled.")
    }
}

/// What a relay, or the way to it, said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub stage: Stage,
    pub code: Option<u16>,
    /// The words, cleaned and cut.
    pub text: String,
}

/// How long an email waits that cannot be read or put together because of an unknown word in the database.
pub const UNREADABLE: Duration = hours(1);

/// One try, as an email's history shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    pub accepted: bool,
    pub answer: Answer,
}

/// Longest text of an answer that is kept.
pub const ANSWER_BYTES: usize = 512;
/// How long a worker may hold an email before another takes over.
pub const LEASE: Duration = minutes(3);
/// After how many ends of its worker an email is sent alone: any other of the same batch may have been the reason.
pub const SUSPECT: i32 = 2;
/// After how many an email is set aside: [`SUSPECT`] in company and eight alone, so that a machine that is switched off
/// now and then condemns none. Between two of them lies a [`LEASE`].
pub const CRASHES: i32 = 10;
/// How far ahead of its turn an email is claimed where the relay counts emails a minute.
pub const PACE_AHEAD: Duration = Duration::from_secs(5);
/// How long the text of an accepted email is stored: as long as a user is in the bin.
pub const TEXT_KEPT: Duration = days(30);
/// When the sender gives up on an email that nothing else ends.
pub const GIVE_UP: Duration = hours(72);
/// The least pause after a try of which nobody knows whether the relay took the email.
pub const AMBIGUOUS_PAUSE: Duration = minutes(10);
/// The first pause of a relay that cannot be used, and the longest.
pub const RELAY_PAUSE: (Duration, Duration) = (Duration::from_secs(5), minutes(5));
/// The longest that a relay is left alone, spread included.
pub const LONGEST_RELAY_PAUSE: Duration = minutes(6);
/// The longest that an email which was never tried can be held back, so that it can be undone.
pub const LONGEST_HOLD: Duration = minutes(5);

/// When a temporarily failed email is due again, `attempts` counting the failed one; `jitter` (0 to 255) spreads it by
/// a fifth either way, so that a thousand emails do not come back in one second.
#[must_use]
pub fn next_try(now: Timestamp, attempts: i32, class: FailureClass, jitter: u8) -> Timestamp {
    let pause = pause(attempts);
    let spread = pause.mul_f64(0.8 + 0.4 * f64::from(jitter) / 255.0);
    now.plus(if class == FailureClass::Ambiguous { spread.max(AMBIGUOUS_PAUSE) } else { spread })
}

/// After so many tries the pauses grow no more.
pub const PAUSES: i32 = 6;

const fn pause(attempts: i32) -> Duration {
    match attempts {
        ..=1 => Duration::from_secs(30),
        2 => minutes(2),
        3 => minutes(6),
        4 => minutes(15),
        5 => minutes(30),
        PAUSES.. => hours(1),
    }
}

/// The longest that an email waits for what comes next after so many counted tries.
#[must_use]
pub fn longest_wait(attempts: i32) -> Duration {
    if attempts == 0 { LONGEST_HOLD } else { pause(attempts).max(AMBIGUOUS_PAUSE).mul_f64(1.2) }
}

/// How long so many emails take at a limit of emails a minute; nothing to say without one, or for a single email.
#[must_use]
pub fn takes(mails: u64, per_minute: Option<u32>) -> Option<String> {
    let per_minute = u64::from(per_minute.filter(|_| mails > 1)?.max(1));
    let length = Duration::from_secs((mails * 60).div_ceil(per_minute));
    Some(format!("{per_minute} emails a minute: done in about {}", words(length)))
}

/// How long a relay that failed `failures` times in a row is left alone.
#[must_use]
pub fn relay_pause(failures: u32, jitter: u8) -> Duration {
    let (first, longest) = RELAY_PAUSE;
    let pause = first.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(longest);
    pause.mul_f64(0.8 + 0.4 * f64::from(jitter) / 255.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_link_has_its_mail_and_every_word_is_read_back() {
        for purpose in Purpose::ALL {
            assert_eq!(MailKind::of(purpose).purpose(), Some(purpose));
        }
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.name()), Some(kind));
            assert_eq!(MailKind::LINKLESS.contains(&kind), kind.purpose().is_none(), "{kind:?}");
            // The notice to an old address is sent whatever became of its link.
            let dies = kind.purpose().is_some_and(|purpose| purpose != Purpose::KeepEmail);
            assert_eq!(MailKind::LINKS.contains(&kind), dies, "{kind:?}");
        }
        for state in MailState::ALL {
            assert_eq!(MailState::parse(state.name()), Some(state));
            assert_eq!(MailState::parse_public(state.public_name()), Some(state));
        }
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.name()), Some(stage));
        }
    }

    #[test]
    fn what_a_limit_makes_of_many_mails_is_said_beforehand() {
        assert_eq!(takes(200, Some(30)).unwrap(), "30 emails a minute: done in about 6 min");
        assert_eq!((takes(200, None), takes(1, Some(30))), (None, None));
    }

    proptest! {
        #[test]
        fn the_next_try_is_never_sooner_than_24_seconds_nor_later_than_72_minutes(attempts in -1_i32..1000, jitter: u8) {
            let now = Timestamp(0);
            let wait = next_try(now, attempts, FailureClass::Temporary, jitter).since(now);
            prop_assert!(wait >= Duration::from_secs(24) && wait <= minutes(72));
            let ambiguous = next_try(now, attempts, FailureClass::Ambiguous, jitter).since(now);
            prop_assert!(ambiguous >= AMBIGUOUS_PAUSE && ambiguous.max(wait) <= longest_wait(attempts.max(1)));
            prop_assert!(relay_pause(attempts.unsigned_abs(), jitter) <= LONGEST_RELAY_PAUSE);
        }

        #[test]
        fn a_relay_is_asked_again_within_six_minutes(failures: u32, jitter: u8) {
            let pause = relay_pause(failures, jitter);
            prop_assert!(pause >= Duration::from_secs(4) && pause <= minutes(6));
        }
    }
}
