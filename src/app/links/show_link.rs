//! Show an invitation's link, for handing it over without an email. Written to the audit log.

use crate::app::failure::takes_failures;
use crate::app::links::prove::code_of;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::{LinkState, Purpose};
use crate::domain::policy::Denied;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

/// Whose link.
#[derive(Debug, Clone)]
pub struct Request {
    pub user: UserId,
}

/// The link. It is a secret: whoever has it can become this user.
pub struct Shown {
    pub user: User,
    /// The link; without `portal.public_url` the bare code.
    pub link: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The invitation's time is over.
    #[error("the link has expired")]
    Expired,
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Expired => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Expired => "link_expired",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Expired => Some("resend the invitation to send a new link".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Makes the link of a user's open invitation.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Shown, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            // Whoever takes the viewer's role away holds their row and then looks for what they were shown: the viewer comes
            // first here as well, so that either the role is gone by now or the view is noted by then.
            if let Some(viewer) = actor.who.user() {
                tx.lock_user(viewer).await?;
            }
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, None, &Change::Act(Action::ShowLink)).await?;
            let invitation = user.invitation.as_ref().ok_or(Denied::NoInvitation)?;
            if invitation.state(step.now) == LinkState::Expired {
                return Err(Error::Expired);
            }
            let stored = tx.stored_link(invitation.id).await?.ok_or(Denied::NoInvitation)?;
            let code = code_of(app, &stored).ok_or(Denied::NoInvitation)?;
            let link = app.link(Purpose::Invitation, &code);
            let expires_at = invitation.expires_at;
            if let Some(viewer) = actor.who.user() {
                tx.note_view(invitation.id, viewer, step.now).await?;
            }
            step.record(Record::about(Action::ShowLink, user.id)).await?;
            Ok(Shown { user, link, expires_at })
        })
        .await
}
