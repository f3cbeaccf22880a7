//! Look at what a code stands for. Changes nothing, however often: mail scanners open links.

use crate::app::{App, Failure};
use crate::domain::code::{Code, Purpose};
use crate::domain::email_change::{EmailChange, EmailChangeId};
use crate::domain::invitation::{InvitationId, State};
use crate::domain::language::Language;
use crate::domain::reset::ResetId;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::secrets::Proof;
use crate::store::{StoreError, StoredEmailChange, StoredLink, StoredReset, Tx};

/// What a code with a right proof stands for: whoever has it received the mail, so the page may say what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Whether the link works, and if not why.
    pub standing: LinkState,
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The address that they asked for, where the link is about one.
    pub new_email: Option<String>,
    /// The person's language.
    pub language: Language,
    /// Who sent it, if that was a person.
    pub sender: Option<String>,
    /// As what: the role's words and the workspaces' names.
    pub role: String,
    /// The workspaces' names.
    pub workspaces: Vec<String>,
    /// Whether the person asked for a new link already.
    pub asked: bool,
    /// The personal message.
    pub message: Option<String>,
    /// When the link stops, or stopped, working.
    pub expires_at: Timestamp,
}

/// Whether a link works, and if not why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It works.
    Works,
    /// Its time is over.
    Expired,
    /// A newer mail was sent.
    Superseded,
    /// Withdrawn, or the user was suspended or deleted.
    Withdrawn,
    /// Used: the person can sign in.
    Used,
}

impl From<State> for LinkState {
    fn from(state: State) -> Self {
        match state {
            State::Pending => Self::Works,
            State::Expired => Self::Expired,
            State::Superseded => Self::Superseded,
            State::Revoked => Self::Withdrawn,
            State::Accepted => Self::Used,
        }
    }
}

/// Looks at a code; `None` for every one whose proof is wrong, for whatever reason.
pub async fn run(app: &App, purpose: Purpose, code: &Code) -> Result<Option<Looked>, Failure> {
    app.store
        .read(|tx| async move {
            app.check_key(&tx).await?;
            let found = match purpose {
                Purpose::Invitation => proved_invitation(app, &tx, code).await?.map(Found::Invitation),
                Purpose::Reset => proved_reset(app, &tx, code).await?.map(Found::Reset),
                Purpose::ConfirmEmail | Purpose::KeepEmail => {
                    proved_email_change(app, &tx, purpose, code).await?.map(Found::EmailChange)
                }
            };
            let Some(found) = found else { return Ok(None) };
            let Some(user) = tx.user(found.user()).await? else { return Ok(None) };
            let sender = match found.issued_by() {
                Some(id) => tx.user(id).await?.map(|sender| sender.name.to_string()),
                None => None,
            };
            Ok(Some(found.looked(app, &user, sender)))
        })
        .await
}

/// What a code stands for.
enum Found {
    Invitation(StoredLink),
    Reset(StoredReset),
    EmailChange(StoredEmailChange),
}

impl Found {
    const fn user(&self) -> UserId {
        match self {
            Self::Invitation(stored) => stored.invitation.user,
            Self::Reset(stored) => stored.reset.user,
            Self::EmailChange(stored) => stored.change.user,
        }
    }

    const fn issued_by(&self) -> Option<UserId> {
        match self {
            Self::Invitation(stored) => stored.issued_by,
            Self::Reset(stored) => stored.issued_by,
            Self::EmailChange(stored) => stored.issued_by,
        }
    }

    fn looked(self, app: &App, user: &User, sender: Option<String>) -> Looked {
        let (now, mut message, mut addresses) = (app.now(), None, (user.email.clone(), None));
        let (standing, expires_at) = match self {
            Self::Invitation(stored) => {
                let standing = standing(&stored, user.status, now);
                message = stored.invitation.message;
                (standing, stored.invitation.expires_at)
            }
            Self::Reset(stored) => (standing_of_active(stored.reset.state(now), user.status), stored.reset.expires_at),
            Self::EmailChange(StoredEmailChange { change, .. }) => {
                let standing = standing_of_active(change.state(now), user.status);
                addresses = (change.from, Some(change.to));
                (standing, change.expires_at)
            }
        };
        Looked {
            standing,
            organisation: app.organisation().to_owned(),
            role: user.role().name().to_owned(),
            workspaces: user.memberships.iter().map(|m| m.name.as_str().to_owned()).collect(),
            name: user.name.as_str().to_owned(),
            email: addresses.0.as_str().to_owned(),
            new_email: addresses.1.map(|email| email.as_str().to_owned()),
            language: user.language,
            asked: user.asked_at.is_some(),
            sender,
            message,
            expires_at,
        }
    }
}

/// What an invitation's code is proved against.
fn invitation_proof<'a>(app: &'a App, stored: &'a StoredLink) -> Proof<'a> {
    proof(app, &stored.key_id, Purpose::Invitation, &stored.nonce, &stored.address)
}

/// What a reset's code is proved against.
fn reset_proof<'a>(app: &'a App, stored: &'a StoredReset) -> Proof<'a> {
    proof(app, &stored.key_id, Purpose::Reset, &stored.nonce, &stored.address)
}

fn proof<'a>(app: &'a App, key: &'a str, purpose: Purpose, nonce: &'a [u8], address: &'a str) -> Proof<'a> {
    Proof { key, purpose, nonce, epoch: app.installation.epoch.as_bytes(), address }
}

/// The code of an invitation's link, unless the key that made it proves nothing any more.
pub(in crate::app) fn invitation_code(app: &App, stored: &StoredLink) -> Option<Code> {
    app.keys.code(stored.invitation.id.0, invitation_proof(app, stored))
}

/// The same for an invitation that is being stored.
pub(in crate::app) fn new_code(app: &App, id: InvitationId, nonce: &[u8], address: &str) -> Code {
    let key = app.keys.current();
    key.code(id.0, proof(app, key.id(), Purpose::Invitation, nonce, address))
}

/// The code of a reset's link, as [`invitation_code`].
pub(in crate::app) fn reset_code(app: &App, stored: &StoredReset) -> Option<Code> {
    app.keys.code(stored.reset.id.0, reset_proof(app, stored))
}

/// The code of one of the two links of a change of address, as [`invitation_code`].
pub(in crate::app) fn email_change_code(app: &App, purpose: Purpose, stored: &StoredEmailChange) -> Option<Code> {
    let address = address_of(purpose, &stored.change);
    app.keys.code(stored.change.id.0, proof(app, &stored.key_id, purpose, &stored.nonce, &address))
}

/// The address that the mail with this link goes to, as it is compared.
fn address_of(purpose: Purpose, change: &EmailChange) -> String {
    if purpose == Purpose::ConfirmEmail { change.to.key() } else { change.from.key() }
}

/// The invitation that a code proves, if it proves one. A code of no row is compared as long as one of a row.
pub(in crate::app) async fn proved_invitation(
    app: &App,
    tx: &Tx,
    code: &Code,
) -> Result<Option<StoredLink>, StoreError> {
    let stored = tx.stored_invitation(InvitationId(code.id)).await?;
    let nothing = proof(app, app.keys.fingerprint(), Purpose::Invitation, &[0; 16], "");
    let proves = app.keys.proves(code, stored.as_ref().map_or(nothing, |stored| invitation_proof(app, stored)));
    Ok(stored.filter(|_| proves))
}

/// The reset that a code proves, as [`proved_invitation`].
pub(in crate::app) async fn proved_reset(app: &App, tx: &Tx, code: &Code) -> Result<Option<StoredReset>, StoreError> {
    let stored = tx.stored_reset(ResetId(code.id)).await?;
    let nothing = proof(app, app.keys.fingerprint(), Purpose::Reset, &[0; 16], "");
    let proves = app.keys.proves(code, stored.as_ref().map_or(nothing, |stored| reset_proof(app, stored)));
    Ok(stored.filter(|_| proves))
}

/// The change of address that a code of one of its two purposes proves, as [`proved_invitation`].
pub(in crate::app) async fn proved_email_change(
    app: &App,
    tx: &Tx,
    purpose: Purpose,
    code: &Code,
) -> Result<Option<StoredEmailChange>, StoreError> {
    let stored = tx.stored_email_change(EmailChangeId(code.id)).await?;
    let address = stored.as_ref().map_or_else(String::new, |stored| address_of(purpose, &stored.change));
    let nonce = stored.as_ref().map_or(&[0; 16][..], |stored| &stored.nonce);
    let key = stored.as_ref().map_or(app.keys.fingerprint(), |stored| &stored.key_id);
    let proves = app.keys.proves(code, proof(app, key, purpose, nonce, &address));
    Ok(stored.filter(|_| proves))
}

/// Whether an invitation's link works for its user now.
pub(in crate::app) fn standing(stored: &StoredLink, status: Status, now: Timestamp) -> LinkState {
    match (stored.invitation.state(now), status) {
        (State::Pending, Status::Invited) => LinkState::Works,
        (State::Pending | State::Expired, Status::Suspended | Status::Deleted) => LinkState::Withdrawn,
        (State::Pending, _) => LinkState::Used,
        (state, _) => state.into(),
    }
}

/// Where a link stands that is for somebody active: a reset's, or one about a new address.
pub(in crate::app) fn standing_of_active(state: State, status: Status) -> LinkState {
    match (state, status) {
        (State::Pending, Status::Active) => LinkState::Works,
        (State::Pending | State::Expired, Status::Invited | Status::Suspended | Status::Deleted) => {
            LinkState::Withdrawn
        }
        (state, _) => state.into(),
    }
}
