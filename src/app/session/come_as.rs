//! Begin a session as the user whom `--as` names by number: an SSH key identifies them, so that no password is asked for.
//! Only the person who sets up the login can name anybody. A number is never given twice, while an address may change
//! hands.

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::session::sign_in::SignedIn;
use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::audit::Record;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::policy::Authority;
use crate::domain::user::UserId;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody, nobody who is active and holds a role, or somebody for whom no key may stand.
    #[error("user #{} doesn't manage anything here, isn't active, or can't sign in with an SSH key", .0.0)]
    NobodyHere(UserId),
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
            Self::NobodyHere(_) => {
                Some("ask an administrator to check your role, your status and the way in by SSH".to_owned())
            }
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Begins the session and writes it down; that somebody may not begin one is written down as well.
pub async fn run(app: &App, id: UserId, origin: Origin) -> Result<SignedIn, Error> {
    let origin = &Origin { by_key: true, ..origin };
    let user = app
        .store
        .write(|tx| async move {
            let now = app.now();
            tx.lock_user(id).await?;
            let user = tx.user(id).await?;
            let detail = json!({ "by": "ssh key", "claimed": format!("#{}", id.0) });
            let subject = user.as_ref().map(|user| user.id);
            let Some(user) = user.filter(|user| user.ssh && Authority::of(user).is_some()) else {
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
    user.ok_or_else(|| Error::NobodyHere(id))
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
            let mia = active(world, "mia@example.org", false).await;
            let origin = || Origin { door: "terminal", ssh_key: Some("SHA256:abc".to_owned()), ..Origin::default() };
            let come = async |who: UserId| run(&world.app, who, origin()).await;
            assert_eq!(come(bob).await.unwrap().user.id, bob);
            suspend::run(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
            for nobody in [bob, mia, UserId(4_711), UserId(-1)] {
                assert_eq!(come(nobody).await.unwrap_err().code(), "nobody_here");
            }
            let request = list_audit::Request { limit: 50, ..list_audit::Request::default() };
            let entries = list_audit::run(&world.app, &operator(), &request).await.unwrap().entries;
            let by_key: Vec<_> = entries.iter().filter(|entry| entry.detail["ssh_key"] == "SHA256:abc").collect();
            assert_eq!(by_key.iter().filter(|entry| entry.action == "sign-in-failed").count(), 4);
            assert_eq!(by_key.iter().filter(|entry| entry.action == "sign-in").count(), 1);
        })
        .await;
    }
}
