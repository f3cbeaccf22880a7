//! A person with a past.

use std::time::Duration;

use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::mail::Answer;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};

/// A person with a past. Every length of time is counted back from the moment of filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: Name,
    /// The address, different from everybody else's.
    pub email: Email,
    /// The language of emails and pages.
    pub language: Language,
    /// The role in the organisation.
    pub role: OrganisationRole,
    /// The workspaces by name; those that are not there are created.
    pub workspaces: Vec<(Name, WorkspaceRole)>,
    pub message: Option<String>,
    /// The first invitation.
    pub invited: Sending,
    /// The later ones, the oldest first.
    pub again: Vec<Sending>,
    pub fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    pub ago: Duration,
    pub valid_for: Duration,
    /// Whether the relay wanted the email a second time before it took it.
    pub deferred: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Active(Arrival),
    /// Nothing yet. When the link has expired, the person may have asked for a new one, that long ago.
    Invited(Option<Duration>),
    /// The relay refused the email for good, in these words.
    Refused(Answer),
    /// It was withdrawn that long ago.
    Withdrawn(Duration),
    /// The person was active, and was blocked that long ago.
    Suspended(Arrival, Duration),
    /// The user went into the bin that long ago, active before or only invited.
    Deleted(Option<Arrival>, Duration),
}

/// How somebody became active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// How long ago the person chose a password.
    pub accepted: Duration,
    /// How long ago the person last signed in, if ever.
    pub last_sign_in: Option<Duration>,
}

impl Person {
    pub(super) fn sendings(&self) -> impl Iterator<Item = &Sending> {
        std::iter::once(&self.invited).chain(&self.again)
    }

    pub(super) fn last(&self) -> &Sending {
        self.again.last().unwrap_or(&self.invited)
    }

    pub(super) fn arrival(&self) -> Option<Arrival> {
        match self.fate {
            Fate::Active(arrival) | Fate::Suspended(arrival, _) => Some(arrival),
            Fate::Deleted(arrival, _) => arrival,
            Fate::Invited(_) | Fate::Refused(_) | Fate::Withdrawn(_) => None,
        }
    }

    /// Whether the last invitation is still open, expired or not.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.fate, Fate::Invited(_) | Fate::Refused(_))
    }
}
