//! Choose a new password with a reset's link. One conditional update that must hit exactly one row; the owner is told
//! by mail that the password changed.

use crate::app::App;
use crate::app::links::redeem::{Error, Redeemed, Request, hash, use_up, working};
use crate::app::step::{Times, enqueue, record_by};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::link::{Ending, Purpose};
use crate::domain::mail::{GIVE_UP, MailKind};

/// Stores the new password; the link is used up.
pub async fn run(app: &App, request: Request) -> Result<Redeemed, Error> {
    let hash = &hash(app, Purpose::Reset, &request).await?;
    let code = &request.code;
    app.store
        .write(|tx| async move {
            let now = app.now();
            let (link, user) = working(app, &tx, Purpose::Reset, code, now).await?;
            let id = user.id;
            use_up(&tx, &link, Ending::Accepted, now).await?;
            tx.set_password(id, hash).await?;
            let times = Times { now, due: now, not_after: now.plus(GIVE_UP) };
            enqueue(app, &tx, MailKind::PasswordChanged, &user, &user.email, None, times).await?;
            record_by(app, &tx, &Actor::invitee(id), now, Record::about(Action::Reset, id)).await?;
            Ok(Redeemed::of(app, &user))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::accept::tests::choosing;
    use crate::app::links::look;
    use crate::app::links::reset_password::{self};
    use crate::app::session::sign_in::{self};
    use crate::app::test::{World, on_both, operator};
    use crate::app::users::show;
    use crate::app::users::suspend;
    use crate::domain::actor::Origin;
    use crate::domain::code::Code;
    use crate::domain::link::LinkState;
    use crate::domain::mail::MailState;
    use crate::domain::time::{hours, minutes};
    use zeroize::Zeroizing;

    const NEW: &str = "copper harvest under moonlight";

    /// Sends Ada a reset and answers its code, which only her mail holds.
    async fn sent(world: &World) -> Code {
        let request = UserRequest { user: world.ada.id, version: None };
        reset_password::run(&world.app, &operator(), request).await.unwrap();
        let jobs = crate::app::mail::outbox::claim(&world.app, 10).await.unwrap();
        let job = jobs.last().unwrap();
        let code = Code::parse(job.code.as_ref().unwrap()).unwrap();
        for job in &jobs {
            crate::app::mail::outbox::release(&world.app, job).await.unwrap();
        }
        code
    }

    fn choosing_new(code: Code) -> Request {
        let password = || Zeroizing::new(NEW.to_owned());
        Request { password: password(), password_again: password(), ..choosing(code) }
    }

    async fn signs_in(world: &World, password: &str) -> bool {
        let request = sign_in::Request {
            email: world.ada.email.as_str().to_owned(),
            password: Zeroizing::new(password.to_owned()),
            origin: Origin::default(),
        };
        sign_in::run(&world.app, request).await.is_ok()
    }

    #[tokio::test]
    async fn ada_chooses_a_new_password_once_and_is_told_by_mail() {
        on_both(async |world| {
            let code = sent(world).await;
            assert_eq!(look::run(&world.app, Purpose::Reset, &code).await.unwrap().unwrap().state, LinkState::Pending);
            run(&world.app, choosing_new(code.clone())).await.unwrap();
            assert!(signs_in(world, NEW).await);
            let again = run(&world.app, choosing_new(code)).await.unwrap_err();
            assert!(matches!(again, Error::Dead(LinkState::Accepted)));
            let mails = show::run(&world.app, &operator(), world.ada.id).await.unwrap().mails;
            assert_eq!(mails[0].kind, MailKind::PasswordChanged);
            assert_eq!((mails[0].state, mails[1].state), (MailState::Queued, MailState::Cancelled));
        })
        .await;
    }

    #[tokio::test]
    async fn a_session_from_before_the_new_password_can_do_and_read_nothing_any_more() {
        on_both(async |world| {
            let request = |password: &str| sign_in::Request {
                email: "ada@example.org".to_owned(),
                password: Zeroizing::new(password.to_owned()),
                origin: Origin::default(),
            };
            let before = sign_in::run(&world.app, request(crate::app::test::PASSWORD)).await.unwrap().actor;
            let by_key =
                crate::app::session::come_as::run(&world.app, world.ada.id, Origin::default()).await.unwrap().actor;
            show::run(&world.app, &before, world.ada.id).await.unwrap();
            world.pass(minutes(1));
            let code = sent(world).await;
            run(&world.app, choosing_new(code)).await.unwrap();
            for actor in [&before, &by_key] {
                let refused = show::run(&world.app, actor, world.ada.id).await.unwrap_err();
                assert_eq!(crate::domain::explain::Explain::code(&refused), "password_changed");
                let request = crate::app::users::invite::Request { ..crate::app::test::grace() };
                assert!(crate::app::users::invite::run(&world.app, actor, request).await.is_err());
            }
            let after = sign_in::run(&world.app, request(NEW)).await.unwrap().actor;
            show::run(&world.app, &after, world.ada.id).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_reset_is_worth_nothing_as_an_invitation_nor_after_an_hour_nor_when_suspended() {
        on_both(async |world| {
            let code = sent(world).await;
            let elsewhere = crate::app::links::accept::run(&world.app, choosing(code.clone())).await;
            assert!(matches!(elsewhere, Err(Error::Unknown)));
            world.pass(hours(1));
            let late = run(&world.app, choosing_new(code)).await.unwrap_err();
            assert!(matches!(late, Error::Dead(LinkState::Expired)));

            let bob = crate::app::test::active(world, "bob@example.org", true).await;
            let code = sent(world).await;
            world.pass(minutes(2));
            let newer = sent(world).await;
            assert!(matches!(run(&world.app, choosing_new(code)).await, Err(Error::Dead(LinkState::Superseded))));
            let blocked = UserRequest { user: world.ada.id, version: None };
            suspend::run(&world.app, &crate::app::test::signed_in(bob), blocked).await.unwrap();
            assert!(matches!(run(&world.app, choosing_new(newer)).await, Err(Error::Dead(LinkState::Revoked))));
        })
        .await;
    }
}
