//! What a mail has to tell, before it is put into a language.

use super::role::WorkspaceRole;
use super::time::Timestamp;

/// What a mail tells. Names are raw: rendering makes them harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An invitation with its link.
    Invitation(Invitation),
    /// A password reset with its link.
    Reset(Reset),
    /// That the password was changed.
    PasswordChanged(PasswordChanged),
    /// To a new address: the link that confirms it.
    ConfirmEmail(EmailChange),
    /// To the old address: that it will be replaced, and the link that stops it.
    KeepEmail(EmailChange),
    /// A test of the relay.
    Test(Test),
}

impl Content {
    /// Leaves out who sent it, and every workspace but these, for readers who may not know of others.
    pub fn narrow(&mut self, workspaces: &[&str]) {
        match self {
            Self::Invitation(invitation) => {
                invitation.inviter = None;
                invitation.workspaces.retain(|(name, _)| workspaces.contains(&name.as_str()));
            }
            Self::Reset(reset) => reset.requester = None,
            Self::ConfirmEmail(change) | Self::KeepEmail(change) => change.requester = None,
            Self::Test(test) => test.sender = None,
            Self::PasswordChanged(_) => {}
        }
    }

    /// The organisation that writes.
    #[must_use]
    pub fn organisation(&self) -> &str {
        match self {
            Self::Invitation(Invitation { organisation, .. })
            | Self::Reset(Reset { organisation, .. })
            | Self::PasswordChanged(PasswordChanged { organisation, .. })
            | Self::ConfirmEmail(EmailChange { organisation, .. })
            | Self::KeepEmail(EmailChange { organisation, .. })
            | Self::Test(Test { organisation, .. }) => organisation,
        }
    }
}

/// A mail in words, for reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub text: String,
    pub html: String,
    pub source: WordsSource,
}

/// Where the words of a mail come from: whether anybody got to read exactly these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsSource {
    /// Stored when the mail was first handed to the relay, or about to be: every try says the same.
    Stored,
    /// Written now, because the mail was never accepted: a try from here on would say this.
    NotSent,
    /// Written now, although the mail was accepted: what it said is forgotten after a while.
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

/// What an invitation tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The organisation's name.
    pub organisation: String,
    /// Who invited; none when the operator at the shell did, who has no name here.
    pub inviter: Option<String>,
    /// The invited person's name; may be empty.
    pub name: String,
    /// Whether they will be an administrator of the organisation.
    pub administrator: bool,
    /// The workspaces they will belong to, and as what.
    pub workspaces: Vec<(String, WorkspaceRole)>,
    /// A personal message, in lines.
    pub message: Option<String>,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// The portal's address, which the link begins with.
    pub public_url: String,
}

/// What a password reset tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// The organisation's name.
    pub organisation: String,
    /// The administrator who sent it; none when it was asked for at the portal.
    pub requester: Option<String>,
    /// The person's name.
    pub name: String,
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

/// What the two mails about a change of address tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailChange {
    /// The organisation's name.
    pub organisation: String,
    /// The administrator who asked for it; none when the operator at the shell did.
    pub requester: Option<String>,
    /// The person's name.
    pub name: String,
    /// The address now.
    pub from: String,
    /// The address to be.
    pub to: String,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
    /// The portal's address, which the link begins with.
    pub public_url: String,
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
