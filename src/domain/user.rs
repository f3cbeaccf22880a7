//! A user: a person with an email address.

use super::email::Email;
use super::language::Language;
use super::link::{Link, LinkState, Purpose};
use super::name::Name;
use super::role::{Membership, OrganisationRole, Rank, Role};
use super::status::Status;
use super::time::{Timestamp, minutes, words_short};
pub use super::user_id::UserId;

/// A user as use cases read one: everything but the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: Name,
    /// The address, also of a deleted user.
    pub email: Email,
    pub organisation_role: OrganisationRole,
    /// The language emails and pages are written in.
    pub language: Language,
    /// The status, derived when read.
    pub status: Status,
    /// Whether a password is stored; a suspended or deleted user may have one.
    pub has_password: bool,
    /// When the user was first invited or set up.
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
    /// When an expired link's owner last asked for a new one.
    pub asked_at: Option<Timestamp>,
    /// When the last email to this user failed, if no later one was accepted.
    pub mail_failed_at: Option<Timestamp>,
    pub suspended_at: Option<Timestamp>,
    /// How high whoever suspended them stands; unknown before that was noted.
    pub suspended_by: Option<Rank>,
    pub deleted_at: Option<Timestamp>,
    /// The same for whoever deleted them.
    pub deleted_by: Option<Rank>,
    /// How often the user was given more power than just before: it never falls, and a link works only while it is what it
    /// was when the link was issued.
    pub power_rises: i64,
    /// Counts changes, so that an editor notices somebody else's.
    pub version: i64,
    /// Whether an SSH key may stand for the user.
    pub ssh: bool,
    /// Only the workspaces that the reader can see.
    pub memberships: Vec<Membership>,
    /// How many more the user belongs to that are out of sight.
    pub elsewhere: usize,
    /// Whether the user is more than a member in one of those.
    pub role_elsewhere: bool,
    /// The latest invitation, whatever became of it.
    pub invitation: Option<Link>,
    /// The open link to a new address, which confirms it; its time may be over.
    pub email_change: Option<Link>,
}

impl User {
    /// The highest role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::of(self.organisation_role, &self.memberships)
    }

    /// The open invitation; its time may be over.
    #[must_use]
    pub fn open_invitation(&self) -> Option<&Link> {
        self.invitation.as_ref().filter(|invitation| invitation.is_open())
    }

    /// The link to a new address that can still confirm it.
    #[must_use]
    pub fn moving(&self, now: Timestamp) -> Option<&Link> {
        // Clocks of several machines differ a little, and here the longer wait is the safe one.
        let longest = Purpose::ConfirmEmail.validity() + minutes(5);
        let waits =
            |change: &&Link| change.state(now) == LinkState::Pending && !change.expires_at.wait(now, longest).is_zero();
        self.email_change.as_ref().filter(waits)
    }

    #[must_use]
    pub fn link(&self, now: Timestamp) -> LinkColumn {
        let open_expires_at = self.open_invitation().map(|invitation| invitation.expires_at);
        LinkColumn::of(self.status, open_expires_at, self.mail_failed_at.is_some(), self.asked_at.is_some(), now)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub name: Name,
    pub email: Email,
    pub organisation_role: OrganisationRole,
    /// The status, derived when read.
    pub status: Status,
    /// When the open invitation's link stops working, if one is open.
    pub open_expires_at: Option<Timestamp>,
    /// Whether the last email failed.
    pub mail_failed: bool,
    /// Whether the person asked for a new link.
    pub asked: bool,
    pub invited_at: Option<Timestamp>,
    pub last_sign_in_at: Option<Timestamp>,
    /// Grows by one with each change, so that a later save of two is refused.
    pub version: i64,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        let open = user.invitation.as_ref().filter(|invitation| invitation.ended.is_none());
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            organisation_role: user.organisation_role,
            status: user.status,
            open_expires_at: open.map(|invitation| invitation.expires_at),
            mail_failed: user.mail_failed_at.is_some(),
            asked: user.asked_at.is_some(),
            invited_at: user.invitation.as_ref().map(|invitation| invitation.issued_at),
            last_sign_in_at: user.last_sign_in_at,
            version: user.version,
        }
    }
}

impl UserRow {
    #[must_use]
    pub fn link(&self, now: Timestamp) -> LinkColumn {
        LinkColumn::of(self.status, self.open_expires_at, self.mail_failed, self.asked, now)
    }
}

/// What became of a user's link, as the list's last column says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkColumn {
    /// The user needs none.
    None,
    /// Works until then.
    Works(Timestamp),
    /// Stopped working then.
    Expired(Timestamp),
    /// Stopped working then, and the person asks for a new one.
    Asked(Timestamp),
    /// Its email could not be sent.
    MailFailed,
    /// There is none: withdrawn.
    Withdrawn,
}

impl LinkColumn {
    /// What became of it, as lists say it; nothing for a user who needs none.
    #[must_use]
    pub fn words(self, now: Timestamp) -> String {
        match self {
            Self::None => String::new(),
            Self::Works(until) => format!("{} left", words_short(until.since(now))),
            Self::Expired(at) => format!("expired {} ago", words_short(now.since(at))),
            Self::Asked(at) => format!("expired {} ago, asks for a new one", words_short(now.since(at))),
            Self::MailFailed => "email failed".to_owned(),
            Self::Withdrawn => "withdrawn".to_owned(),
        }
    }

    fn of(status: Status, open_expires_at: Option<Timestamp>, mail_failed: bool, asked: bool, now: Timestamp) -> Self {
        match (status, open_expires_at) {
            (Status::Invited, Some(at)) if at <= now && asked => Self::Asked(at),
            (Status::Invited, Some(at)) if at <= now => Self::Expired(at),
            (Status::Invited, Some(_)) if mail_failed => Self::MailFailed,
            (Status::Invited, Some(at)) => Self::Works(at),
            (Status::Invited, None) => Self::Withdrawn,
            (Status::Active | Status::Suspended | Status::Deleted, _) => Self::None,
        }
    }
}
