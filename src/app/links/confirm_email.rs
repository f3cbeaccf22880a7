//! Confirm a new address with the link that went there: from now on it is the user's. One conditional update that must
//! hit exactly one row.

use serde_json::json;

use crate::app::App;
use crate::app::links::redeem::{Error, Redeemed, use_up, working};
use crate::app::step::record_by;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::code::Code;
use crate::domain::link::{Ending, Purpose};

/// Gives the user the new address, unless somebody else has it by now.
pub async fn run(app: &App, code: &Code) -> Result<Redeemed, Error> {
    app.store
        .write(|tx| async move {
            let now = app.now();
            let (link, user) = working(app, &tx, Purpose::ConfirmEmail, code, now).await?;
            if tx.user_by_email(&link.to).await?.is_some_and(|owner| owner.id != user.id) {
                return Err(Error::EmailTaken);
            }
            use_up(&tx, &link, Ending::Accepted, now).await?;
            tx.set_profile(user.id, &user.name, &link.to, user.language).await?;
            let detail = json!({ "email": { "before": user.email.as_str(), "after": link.to.as_str() } });
            record_by(
                app,
                &tx,
                &Actor::invitee(user.id),
                now,
                Record::about(Action::ConfirmEmail, user.id).with(detail),
            )
            .await?;
            Ok(Redeemed { email: link.to.as_str().to_owned(), ..Redeemed::of(app, &user) })
        })
        .await
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::look;
    use crate::app::links::reset_password::{self};
    use crate::app::links::{forgot, reset, revoke};
    use crate::app::mail::outbox;
    use crate::app::test::{World, active, grace, on_both, operator};
    use crate::app::upkeep::requests;
    use crate::app::users::edit::{self};
    use crate::app::users::show;
    use crate::app::users::{find, invite, suspend};
    use crate::domain::email::Email;
    use crate::domain::explain::Explain as _;
    use crate::domain::link::LinkState;
    use crate::domain::mail::{MailKind, MailState, Outcome};
    use crate::domain::time::{days, hours};

    /// Asks for another address for Ada.
    pub async fn asks(world: &World, address: &str) {
        let email = Some(Email::parse(address).unwrap());
        let request = edit::Request { email, ..edit::Request::of(world.ada.id) };
        let edited = edit::run(&world.app, &operator(), request).await.unwrap();
        assert_eq!(edited.asked.unwrap().0.as_str(), address);
        assert_eq!(edited.user.email.as_str(), "ada@example.org", "nothing is confirmed yet");
    }

    /// The codes of the emails that leave now, with what each is.
    pub async fn sent(world: &World) -> Vec<(MailKind, String, Code)> {
        let mut codes = Vec::new();
        for job in outbox::claim(&world.app, 10).await.unwrap() {
            if let Some(code) = &job.code {
                codes.push((job.mail.kind, job.mail.to.as_str().to_owned(), Code::parse(code).unwrap()));
            }
            outbox::finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
        }
        codes
    }

    async fn address(world: &World) -> String {
        show::run(&world.app, &operator(), world.ada.id).await.unwrap().user.email.as_str().to_owned()
    }

    #[tokio::test]
    async fn the_new_address_counts_once_it_is_confirmed_and_both_are_written_to() {
        on_both(async |world| {
            asks(world, "ada@elsewhere.example").await;
            let codes = sent(world).await;
            let to: Vec<_> = codes.iter().map(|(kind, to, _)| (*kind, to.as_str())).collect();
            assert_eq!(
                to,
                [(MailKind::ConfirmEmail, "ada@elsewhere.example"), (MailKind::KeepEmail, "ada@example.org")]
            );
            for _ in 0..2 {
                let looked = look::run(&world.app, Purpose::ConfirmEmail, &codes[0].2).await.unwrap().unwrap();
                assert_eq!(looked.state, LinkState::Pending);
                assert_eq!(looked.new_email.as_deref(), Some("ada@elsewhere.example"));
            }
            assert_eq!(address(world).await, "ada@example.org", "looking changes nothing");
            run(&world.app, &codes[0].2).await.unwrap();
            assert_eq!(address(world).await, "ada@elsewhere.example");
            assert!(find::run(&world.app, &operator(), "ada@example.org").await.is_err());
            assert!(matches!(run(&world.app, &codes[0].2).await, Err(Error::Dead(LinkState::Accepted))));
        })
        .await;
    }

    #[tokio::test]
    async fn a_link_to_one_address_is_worth_nothing_for_what_the_other_may_do() {
        on_both(async |world| {
            asks(world, "ada@elsewhere.example").await;
            let codes = sent(world).await;
            assert!(matches!(run(&world.app, &codes[1].2).await, Err(Error::Unknown)));
            for purpose in [Purpose::Invitation, Purpose::Reset, Purpose::KeepEmail] {
                assert!(look::run(&world.app, purpose, &codes[0].2).await.unwrap().is_none());
            }
        })
        .await;
    }

    #[tokio::test]
    async fn no_password_is_reset_while_a_new_address_waits() {
        on_both(async |world| {
            let request = || UserRequest { user: world.ada.id, version: None };
            reset_password::run(&world.app, &operator(), request()).await.unwrap();
            let old = sent(world).await.remove(0).2;
            asks(world, "ada@elsewhere.example").await;
            let chosen = reset::run(&world.app, crate::app::links::accept::tests::choosing(old)).await;
            assert!(matches!(chosen, Err(Error::Dead(LinkState::Revoked))));
            world.pass(hours(2));
            let error = reset_password::run(&world.app, &operator(), request()).await.unwrap_err();
            assert_eq!(error.code(), "address_waits");
            sent(world).await;
            forgot::run(&world.app, &world.ada.email, b"here").await.unwrap();
            requests::resolve(&world.app).await.unwrap();
            assert!(sent(world).await.is_empty());
            world.pass(days(1));
            reset_password::run(&world.app, &operator(), request()).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_change_is_revoked_superseded_expired_or_ended_with_the_user() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            sent(world).await;
            asks(world, "one@elsewhere.example").await;
            let one = sent(world).await.remove(0).2;
            asks(world, "two@elsewhere.example").await;
            let two = sent(world).await.remove(0).2;
            assert!(matches!(run(&world.app, &one).await, Err(Error::Dead(LinkState::Superseded))));
            let user = world.ada.id;
            revoke::keep_email(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            assert!(matches!(run(&world.app, &two).await, Err(Error::Dead(LinkState::Revoked))));
            let again = revoke::run(&world.app, &operator(), UserRequest { user, version: None }).await;
            assert_eq!(again.unwrap_err().code(), "already_accepted", "nothing waits any more");

            asks(world, "three@elsewhere.example").await;
            let three = sent(world).await.remove(0).2;
            world.pass(days(1));
            assert!(matches!(run(&world.app, &three).await, Err(Error::Dead(LinkState::Expired))));

            asks(world, "four@elsewhere.example").await;
            let four = sent(world).await.remove(0).2;
            let by_bob = crate::app::test::signed_in(bob);
            suspend::run(&world.app, &by_bob, UserRequest { user, version: None }).await.unwrap();
            assert!(matches!(run(&world.app, &four).await, Err(Error::Dead(LinkState::Revoked))));
        })
        .await;
    }

    #[tokio::test]
    async fn an_address_that_somebody_got_meanwhile_is_not_given_twice() {
        on_both(async |world| {
            asks(world, "grace@navy.example").await;
            let code = sent(world).await.remove(0).2;
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            assert!(matches!(run(&world.app, &code).await, Err(Error::EmailTaken)));
            assert_eq!(address(world).await, "ada@example.org");
        })
        .await;
    }

    #[tokio::test]
    async fn the_old_address_is_told_even_when_the_new_one_was_quicker() {
        on_both(async |world| {
            asks(world, "ada@elsewhere.example").await;
            let jobs = outbox::claim(&world.app, 1).await.unwrap();
            let code = Code::parse(jobs[0].code.as_ref().unwrap()).unwrap();
            outbox::finish(&world.app, &jobs[0], &Outcome::Accepted("ok".to_owned())).await.unwrap();
            run(&world.app, &code).await.unwrap();
            let later = sent(world).await;
            assert_eq!((later[0].0, later[0].1.as_str()), (MailKind::KeepEmail, "ada@example.org"));
            let mails = show::run(&world.app, &operator(), world.ada.id).await.unwrap().mails;
            assert!(mails.iter().all(|mail| mail.state == MailState::Sent));
        })
        .await;
    }
}
