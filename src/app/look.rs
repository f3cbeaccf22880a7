//! Look at what a code stands for. Changes nothing, however often: mail scanners open links.

use super::{App, Failure};
use crate::domain::code::{Code, Purpose};
use crate::domain::invitation::{InvitationId, State};
use crate::domain::language::Language;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::secrets::Proof;
use crate::store::{StoreError, StoredLink, Tx};

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
    /// The person's language.
    pub language: Language,
    /// Who invited, if it is an invitation and that is known.
    pub inviter: Option<String>,
    /// As what: the role's words and the workspaces' names.
    pub role: String,
    /// The workspaces' names.
    pub workspaces: Vec<String>,
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

/// Looks at an invitation's code; `None` for every code whose proof is wrong, for whatever reason.
pub async fn look(app: &App, code: &Code) -> Result<Option<Looked>, Failure> {
    app.store
        .read(|tx| async move {
            let Some(stored) = proved(app, &tx, code).await? else { return Ok(None) };
            let Some(user) = tx.user(stored.invitation.user).await? else { return Ok(None) };
            let inviter = match stored.issued_by {
                Some(id) => tx.user(id).await?.map(|inviter| inviter.name.to_string()),
                None => None,
            };
            Ok(Some(Looked {
                standing: standing(&stored, &user, app.now()),
                organisation: app.organisation().to_owned(),
                name: user.name.as_str().to_owned(),
                email: user.email.as_str().to_owned(),
                language: user.language,
                inviter,
                role: user.role().name().to_owned(),
                workspaces: user.memberships.iter().map(|m| m.name.as_str().to_owned()).collect(),
                message: stored.invitation.message.clone(),
                expires_at: stored.invitation.expires_at,
            }))
        })
        .await
}

/// What an invitation's code is proved against.
pub(super) fn invitation_proof<'a>(app: &'a App, stored: &'a StoredLink) -> Proof<'a> {
    Proof {
        purpose: Purpose::Invitation,
        nonce: &stored.nonce,
        epoch: app.installation.epoch.as_bytes(),
        address: &stored.address,
    }
}

/// The code of an invitation's link.
pub(super) fn invitation_code(app: &App, stored: &StoredLink) -> Code {
    app.keys.code(stored.invitation.id.0, invitation_proof(app, stored))
}

/// The invitation that a code proves, if it proves one. A code of no row is compared as long as one of a row.
pub(super) async fn proved(app: &App, tx: &Tx, code: &Code) -> Result<Option<StoredLink>, StoreError> {
    let stored = tx.stored_invitation(InvitationId(code.id)).await?;
    let nothing =
        Proof { purpose: Purpose::Invitation, nonce: &[0; 16], epoch: app.installation.epoch.as_bytes(), address: "" };
    let proves = app.keys.proves(code, stored.as_ref().map_or(nothing, |stored| invitation_proof(app, stored)));
    Ok(stored.filter(|_| proves))
}

/// Whether an invitation's link works for its user now.
pub(super) fn standing(stored: &StoredLink, user: &User, now: Timestamp) -> LinkState {
    match (stored.invitation.state(now), user.status) {
        (State::Pending, Status::Invited) => LinkState::Works,
        (State::Pending | State::Expired, Status::Suspended | Status::Deleted) => LinkState::Withdrawn,
        (State::Pending, _) => LinkState::Used,
        (state, _) => state.into(),
    }
}
