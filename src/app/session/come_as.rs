//! Begin a session as the administrator whom `--as` names: an SSH key identifies them, so that no
//! password is asked for. Only the person who sets up the login can name anybody.

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::session::sign_in::SignedIn;
use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::policy::Authority;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody, or nobody who is active and administers something.
    #[error("{0} doesn't manage anything here, or isn't active")]
    NobodyHere(Email),
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::NobodyHere(_) => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NobodyHere(_) => "nobody_here",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NobodyHere(_) => Some("ask an administrator to check with `rsvp show`".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Begins the session and writes it down; that somebody may not begin one is written down as well.
pub async fn run(app: &App, email: &Email, origin: Origin) -> Result<SignedIn, Error> {
    let origin = &origin;
    let user = app
        .store
        .write(|tx| async move {
            let now = app.now();
            let user = match tx.id_by_email(email).await? {
                Some(id) => {
                    tx.lock_user(id).await?;
                    tx.user(id).await?
                }
                None => None,
            };
            let detail = json!({ "by": "ssh key", "claimed": email.as_str() });
            let subject = user.as_ref().map(|user| user.id);
            let Some(user) = user.filter(|user| Authority::of(user).is_some()) else {
                let actor = Actor { who: Who::System, origin: origin.clone() };
                record_by(app, &tx, &actor, now, Record { action: Action::SignInFailed, subject, detail }).await?;
                return Ok::<_, Failure>(None);
            };
            let resets = Some(tx.used_links(user.id, Purpose::Reset).await?);
            let actor = Actor { who: Who::User(user.id), origin: Origin { resets, ..origin.clone() } };
            tx.set_signed_in(user.id, now, None).await?;
            record_by(app, &tx, &actor, now, Record::about(Action::SignIn, user.id).with(detail)).await?;
            Ok(Some(SignedIn { actor, user }))
        })
        .await?;
    user.ok_or_else(|| Error::NobodyHere(email.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::audit::list_audit::{self};
    use crate::app::test::{active, on_both, operator};
    use crate::app::users::suspend::{self};

    #[tokio::test]
    async fn a_key_lets_in_only_who_is_active_and_administers_something_and_both_are_written_down() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            active(world, "mia@example.org", false).await;
            let origin = || Origin { door: "terminal", ssh_key: Some("SHA256:abc".to_owned()), ..Origin::default() };
            let come = async |who: &str| run(&world.app, &Email::parse(who).unwrap(), origin()).await;
            assert_eq!(come("bob@example.org").await.unwrap().user.id, bob);
            suspend::run(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
            for nobody in ["bob@example.org", "mia@example.org", "nobody@example.org"] {
                assert_eq!(come(nobody).await.unwrap_err().code(), "nobody_here");
            }
            let request = list_audit::Request { limit: 50, ..list_audit::Request::default() };
            let entries = list_audit::run(&world.app, &operator(), &request).await.unwrap().entries;
            let by_key: Vec<_> = entries.iter().filter(|entry| entry.detail["ssh_key"] == "SHA256:abc").collect();
            assert_eq!(by_key.iter().filter(|entry| entry.action == "sign-in-failed").count(), 3);
            assert_eq!(by_key.iter().filter(|entry| entry.action == "sign-in").count(), 1);
        })
        .await;
    }
}
