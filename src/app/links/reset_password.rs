//! Send a password reset to an active user. Whoever sends it never learns the code.

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::links::prove::code_of;
use crate::app::step::{Issued, Step};
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Who};
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::mail::MailId;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::secrets::SecretsError;

/// What came of it.
#[derive(Debug, Clone)]
pub struct ResetSent {
    pub user: User,
    /// The email in the outbox.
    pub mail: MailId,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One was sent just now.
    #[error("a password reset was queued less than a minute ago")]
    TooSoon,
    /// Somebody who signed in asks for a link.
    #[error("only the operator at the shell can see the link of a password reset")]
    OperatorOnly,
    /// A new address waits to be confirmed.
    #[error("{to} can be confirmed as the new address until {until}, and the password can't be reset before then")]
    AddressWaits {
        /// The new address.
        to: Email,
        /// Until when, in RFC 3339.
        until: String,
    },
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::TooSoon | Self::OperatorOnly | Self::AddressWaits { .. } => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooSoon => "too_soon",
            Self::OperatorOnly => "operator_only",
            Self::AddressWaits { .. } => "address_waits",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::OperatorOnly => Some("send the reset instead".to_owned()),
            Self::TooSoon => Some("wait a minute for that email".to_owned()),
            Self::AddressWaits { .. } => Some("revoke the change of address first".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// A reset whose link is shown instead of sent.
#[derive(Debug, Clone)]
pub struct ResetShown {
    pub user: User,
    /// The link, or the bare code without a public address. A secret.
    pub link: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Issues a password reset whose link the operator at the shell hands over: the way back in for an only administrator
/// who forgot the password. Nobody else may see such a link. Written to the audit log.
pub async fn show_reset(app: &App, actor: &Actor, request: UserRequest) -> Result<ResetShown, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            if actor.who != Who::Operator {
                return Err(Error::OperatorOnly);
            }
            let user = resettable(&step, request).await?;
            let stored = step.new_reset(&user).await?;
            let code = code_of(app, &stored).ok_or(SecretsError::Exchanged)?;
            let expires_at = stored.link.expires_at;
            let record = Record::about(Action::ResetPassword, user.id).with(json!({ "link": "shown" }));
            step.record(record).await?;
            Ok(ResetShown { user, link: app.link(Purpose::Reset, &code), expires_at })
        })
        .await
}

/// Whom the request is about, if their password can be reset now.
async fn resettable(step: &Step<'_>, request: &UserRequest) -> Result<User, Error> {
    let user = step.target(request.user, request.version, &Change::Act(Action::ResetPassword)).await?;
    match user.moving(step.now) {
        Some(change) => Err(Error::AddressWaits { to: change.to.clone(), until: change.expires_at.rfc3339() }),
        None => Ok(user),
    }
}

/// Sends a password reset; an earlier one stops working.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<ResetSent, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = resettable(&step, request).await?;
            let open = tx.open_link(user.id, Purpose::Reset).await?;
            let pause = Purpose::Reset.pause();
            if open.is_some_and(|open| !open.issued_at.plus(pause).wait(step.now, pause).is_zero()) {
                return Err(Error::TooSoon);
            }
            step.spend().await?;
            let Issued { link, mail, .. } = step.issue_reset(&user).await?;
            step.record(Record::about(Action::ResetPassword, user.id)).await?;
            Ok(ResetSent { user, mail, expires_at: link.expires_at })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::links::{accept, reset};
    use crate::app::test::{grace, on_both, operator, signed_in};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::domain::code::CodeOrLink;
    use crate::domain::time::minutes;

    #[tokio::test]
    async fn an_invited_user_gets_no_reset_and_the_way_out_is_said() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            let error = run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap_err();
            assert_eq!(error.to_string(), "this user isn't active yet");
            assert_eq!(error.hint().unwrap(), "resend the invitation instead");
        })
        .await;
    }

    #[tokio::test]
    async fn the_operator_hands_a_link_over_and_nobody_else_sees_one() {
        on_both(async |world| {
            let request = || UserRequest { user: world.ada.id, version: None };
            let refused = show_reset(&world.app, &signed_in(world.ada.id), request()).await.unwrap_err();
            assert_eq!(refused.code(), "operator_only");
            let shown = show_reset(&world.app, &operator(), request()).await.unwrap();
            let code = CodeOrLink::parse(&shown.link).unwrap().code;
            let detail = show::run(&world.app, &operator(), world.ada.id).await.unwrap();
            assert!(detail.mails.is_empty(), "nothing is sent");
            assert_eq!(detail.history[0].detail["change"]["link"], "shown");
            reset::run(&world.app, accept::tests::choosing(code)).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn twice_within_a_minute_is_refused() {
        on_both(async |world| {
            let request = || UserRequest { user: world.ada.id, version: None };
            run(&world.app, &operator(), request()).await.unwrap();
            assert!(matches!(run(&world.app, &operator(), request()).await, Err(Error::TooSoon)));
            world.pass(minutes(1));
            run(&world.app, &operator(), request()).await.unwrap();
        })
        .await;
    }
}
