//! Unlock a terminal that nobody touched for long: the password of whoever sits there, under the same rules as a
//! sign-in.

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::session::sign_in::{self, Error, Request};
use crate::domain::actor::Actor;
use crate::domain::password::Password;
use crate::domain::policy::Denied;

/// Checks the password, which is recorded as a sign-in or as a failed one.
pub async fn run(app: &App, actor: &Actor, password: &Password) -> Result<(), Error> {
    let no_authority = || Error::from(crate::app::Failure::from(Denied::NoAuthority));
    let id = actor.who.user().ok_or_else(no_authority)?;
    let user = app.store.read(|tx| async move { tx.user(id).await }).await.map_err(crate::app::Failure::from)?;
    let email = user.ok_or_else(no_authority)?.email.as_str().to_owned();
    let password = Zeroizing::new(String::from_utf8_lossy(password.as_bytes()).into_owned());
    sign_in::run(app, Request { email, password, origin: actor.origin.clone() }).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::test::{PASSWORD, active, on_both, operator, signed_in};
    use crate::app::users::suspend::{self};
    use crate::domain::explain::Explain as _;

    #[tokio::test]
    async fn the_own_password_unlocks_and_only_while_one_may_be_here() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            let right = Password::typed(PASSWORD).unwrap();
            let wrong = Password::typed("something else altogether").unwrap();
            run(&world.app, &signed_in(bob), &right).await.unwrap();
            let error = run(&world.app, &signed_in(bob), &wrong).await.unwrap_err();
            assert_eq!(error.code(), "wrong_sign_in");
            suspend::run(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
            assert!(run(&world.app, &signed_in(bob), &right).await.is_err());
            assert!(run(&world.app, &operator(), &right).await.is_err());
        })
        .await;
    }
}
