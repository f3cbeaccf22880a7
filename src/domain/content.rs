//! What an email has to tell, before it is put into a language.

use super::link::Purpose;
use super::role::{OrganisationRole, WorkspaceRole};
use super::time::Timestamp;

/// What an email tells. Names are raw: rendering makes them harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Link(LinkMail),
    PasswordChanged(PasswordChanged),
    Test(Test),
}

impl Content {
    /// Leaves out who sent it, and every workspace but these, for readers who may not know of others.
    pub fn narrow(&mut self, workspaces: &[&str]) {
        match self {
            Self::Link(mail) => {
                mail.sender = None;
                mail.workspaces.retain(|(name, _)| workspaces.contains(&name.as_str()));
            }
            Self::Test(test) => test.sender = None,
            Self::PasswordChanged(_) => {}
        }
    }

    #[must_use]
    pub fn organisation(&self) -> &str {
        match self {
            Self::Link(LinkMail { organisation, .. })
            | Self::PasswordChanged(PasswordChanged { organisation, .. })
            | Self::Test(Test { organisation, .. }) => organisation,
        }
    }
}

/// An email in words, for reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub source: WordsSource,
}

/// Where the words of an email come from: whether anybody got to read exactly these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsSource {
    /// Stored when the email was first handed to the relay, or about to be: every try says the same.
    Stored,
    /// Written now, because the email was never accepted: a try from here on would say this.
    NotSent,
    /// Written now, although the email was accepted: what it said is forgotten after a while.
    Forgotten,
    /// Written now and without what the reader cannot see, which the stored words may name.
    Narrowed,
}

impl WordsSource {
    /// The name for scripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::NotSent => "not_sent",
            Self::Forgotten => "forgotten",
            Self::Narrowed => "narrowed",
        }
    }

    /// What a reader has to know before taking the words for what was sent; nothing if they are.
    #[must_use]
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::Stored => None,
            Self::NotSent => Some("This email hasn't been sent. This is what it would say now."),
            Self::Forgotten => Some("The text that was sent is no longer stored. This is what it would say now."),
            Self::Narrowed => Some("Shown as it would be written now, without names you can't see."),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkMail {
    pub purpose: Purpose,
    pub organisation: String,
    /// Who sent it; none when the operator at the shell did, who has no name here, or when it was asked for at the
    /// portal.
    pub sender: Option<String>,
    /// The person's name; may be empty.
    pub name: String,
    /// Whether they are, or will be, an administrator of the organisation.
    pub role: OrganisationRole,
    /// The workspaces they belong to, or will, and as what.
    pub workspaces: Vec<(String, WorkspaceRole)>,
    /// A personal message, in lines.
    pub message: Option<String>,
    /// The person's address; where it is about to change, the one until now.
    pub email: String,
    /// The address to be, where it is about to change.
    pub new_email: Option<String>,
    pub expires_at: Timestamp,
    /// The portal's address, which the link begins with.
    pub public_url: String,
}

/// What the notice of a changed password tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChanged {
    pub organisation: String,
    pub name: String,
    pub changed_at: Timestamp,
    /// The portal's address, where a new password can be asked for; none without a portal.
    pub public_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub organisation: String,
    pub sender: Option<String>,
    pub sent_at: Timestamp,
}
