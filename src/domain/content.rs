//! What a mail has to tell, before it is put into a language.

use super::link::Purpose;
use super::role::WorkspaceRole;
use super::time::Timestamp;

/// What a mail tells. Names are raw: rendering makes them harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A link, and what it is for.
    Link(LinkMail),
    /// That the password was changed.
    PasswordChanged(PasswordChanged),
    /// A test of the relay.
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

    /// The organisation that writes.
    #[must_use]
    pub fn organisation(&self) -> &str {
        match self {
            Self::Link(LinkMail { organisation, .. })
            | Self::PasswordChanged(PasswordChanged { organisation, .. })
            | Self::Test(Test { organisation, .. }) => organisation,
        }
    }
}

/// A mail in words, for reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The subject.
    pub subject: String,
    /// The plain text, in lines.
    pub text: String,
    /// The HTML.
    pub html: String,
}

/// What a mail with a link tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkMail {
    /// What the link is for.
    pub purpose: Purpose,
    /// The organisation's name.
    pub organisation: String,
    /// Who sent it; none when the operator at the shell did, who has no name here, or when it was asked for at the portal.
    pub sender: Option<String>,
    /// The person's name; may be empty.
    pub name: String,
    /// Whether they are, or will be, an administrator of the organisation.
    pub administrator: bool,
    /// The workspaces they belong to, or will, and as what.
    pub workspaces: Vec<(String, WorkspaceRole)>,
    /// A personal message, in lines.
    pub message: Option<String>,
    /// The person's address; where it is about to change, the one until now.
    pub email: String,
    /// The address to be, where it is about to change.
    pub new_email: Option<String>,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// The portal's address, which the link begins with.
    pub public_url: String,
}

/// What the notice of a changed password tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChanged {
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub name: String,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// The portal's address, where a new password can be asked for; none without a portal.
    pub public_url: Option<String>,
}

/// What a test mail tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The organisation's name.
    pub organisation: String,
    /// Who asked for it.
    pub sender: Option<String>,
    /// When it was asked for.
    pub sent_at: Timestamp,
}
