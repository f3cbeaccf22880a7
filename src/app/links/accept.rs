//! Accept an invitation: the person chooses a password and is active. One conditional update that must hit exactly one
//! row.

use crate::app::App;
use crate::app::links::redeem::{Error, Redeemed, Request, hash, use_up, working};
use crate::app::step::record_by;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::link::{Ending, Purpose};

/// Makes the invited person active.
pub async fn run(app: &App, request: Request) -> Result<Redeemed, Error> {
    let hash = &hash(app, Purpose::Invitation, &request).await?;
    let code = &request.code;
    app.store
        .write(|tx| async move {
            let now = app.now();
            let (link, user) = working(app, &tx, Purpose::Invitation, code, now).await?;
            let id = user.id;
            use_up(&tx, &link, Ending::Accepted, now).await?;
            tx.set_password(id, hash).await?;
            record_by(app, &tx, &Actor::invitee(id), now, Record::about(Action::Accept, id)).await?;
            Ok(Redeemed::of(app, &user))
        })
        .await
}

#[cfg(test)]
pub mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::look;
    use crate::app::links::{resend, show_link};
    use crate::app::test::{PASSWORD, World, grace, link_code, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::suspend;
    use crate::domain::code::{Code, CodeOrLink};
    use crate::domain::email::Email;
    use crate::domain::link::LinkState;
    use crate::domain::password::{Password, WeakPassword};
    use crate::domain::status::Status;
    use crate::domain::time::days;
    use crate::domain::user::UserId;
    use crate::secrets::{HashParameters, Hasher};

    pub fn choosing(code: Code) -> Request {
        let password = || Zeroizing::new(PASSWORD.to_owned());
        Request { code, password: password(), password_again: password() }
    }

    async fn invited(world: &World) -> (UserId, Code) {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let shown = show_link::run(&world.app, &operator(), show_link::Request { user }).await.unwrap();
        assert!(shown.link.starts_with("https://rsvp.example.org/i/"));
        (user, CodeOrLink::parse(&shown.link).unwrap().code)
    }

    async fn status(world: &World, user: UserId) -> Status {
        crate::app::users::show::run(&world.app, &operator(), user).await.unwrap().user.status
    }

    #[tokio::test]
    async fn looking_changes_nothing_and_choosing_a_password_makes_active_once() {
        on_both(async |world| {
            let (user, code) = invited(world).await;
            for _ in 0..3 {
                let looked = look::run(&world.app, Purpose::Invitation, &code).await.unwrap().unwrap();
                assert_eq!(looked.state, LinkState::Pending);
                assert_eq!(looked.organisation, "Example Ltd");
            }
            assert_eq!(status(world, user).await, Status::Invited);
            run(&world.app, choosing(code.clone())).await.unwrap();
            assert_eq!(status(world, user).await, Status::Active);
            let again = run(&world.app, choosing(code)).await.unwrap_err();
            assert!(matches!(again, Error::Dead(LinkState::Accepted)));
        })
        .await;
    }

    #[tokio::test]
    async fn fifty_at_once_on_one_invitation_make_one_success() {
        on_both(async |world| {
            let (_, code) = invited(world).await;
            let all = (0..50).map(|_| run(&world.app, choosing(code.clone())));
            let done = futures_util::future::join_all(all).await;
            assert_eq!(done.iter().filter(|answer| answer.is_ok()).count(), 1);
            for refused in done.into_iter().filter_map(Result::err) {
                assert!(matches!(refused, Error::Dead(LinkState::Accepted)), "{refused}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn accepting_and_resending_at_once_never_leaves_an_active_user_invited() {
        on_both(async |world| {
            for number in 0..12 {
                let email = Email::parse(&format!("p{number}@example.org")).unwrap();
                let request = invite::Request { email, ..grace() };
                let user = invite::run(&world.app, &operator(), request).await.unwrap().user.id;
                let code = link_code(world, user).await;
                let actor = operator();
                let again = resend::Request { user, version: None, force: true };
                let (accepted, resent) =
                    futures_util::future::join(run(&world.app, choosing(code)), resend::run(&world.app, &actor, again))
                        .await;
                assert!(accepted.is_ok() != resent.is_ok(), "one of them was too late");
                let user = crate::app::users::show::run(&world.app, &operator(), user).await.unwrap().user;
                let open = user.invitation.is_some_and(|invitation| invitation.ended.is_none());
                assert_eq!(open, user.status == Status::Invited);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn expired_withdrawn_and_wrong_codes_do_nothing() {
        on_both(async |world| {
            let (user, code) = invited(world).await;
            let wrong = Code { id: code.id, mac: [0; 16] };
            assert!(matches!(run(&world.app, choosing(wrong)).await, Err(Error::Unknown)));
            let elsewhere = Code { id: code.id + 1, mac: code.mac };
            assert!(matches!(run(&world.app, choosing(elsewhere)).await, Err(Error::Unknown)));
            suspend::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            let withdrawn = run(&world.app, choosing(code)).await.unwrap_err();
            assert!(matches!(withdrawn, Error::Dead(LinkState::Revoked)));

            let other = invite::Request { email: Email::parse("late@example.org").unwrap(), ..grace() };
            let user = invite::run(&world.app, &operator(), other).await.unwrap().user.id;
            let shown = show_link::run(&world.app, &operator(), show_link::Request { user }).await.unwrap();
            let late = CodeOrLink::parse(&shown.link).unwrap().code;
            world.pass(days(7));
            assert!(matches!(run(&world.app, choosing(late)).await, Err(Error::Dead(LinkState::Expired))));
            assert_eq!(status(world, user).await, Status::Invited);
        })
        .await;
    }

    #[tokio::test]
    async fn one_of_fifty_who_accept_at_once_does() {
        on_both(async |world| {
            let (user, code) = invited(world).await;
            let all = (0..50).map(|_| run(&world.app, choosing(code.clone())));
            let done = futures_util::future::join_all(all).await;
            assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1);
            for refused in done.into_iter().filter_map(Result::err) {
                assert!(matches!(refused, Error::Dead(LinkState::Accepted) | Error::Busy), "{refused}");
            }
            assert_eq!(status(world, user).await, Status::Active);
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_comes_while_too_many_wait_is_told_so_and_the_link_still_works() {
        let world = crate::app::test::world_on_sqlite().await;
        let (_, code) = invited(&world).await;
        // So dear that most of them still wait when the next one comes.
        let hasher = std::sync::Arc::new(Hasher::new(HashParameters::default(), 1).unwrap());
        let crowded = App { hasher: std::sync::Arc::clone(&hasher), ..world.app.clone() };
        let waits = || {
            let hasher = std::sync::Arc::clone(&hasher);
            // Whoever is refused comes again, so that the places are taken however slow this machine is.
            tokio::spawn(async move {
                loop {
                    drop(hasher.hash(Password::typed("x").unwrap(), [0; 16]).await);
                    tokio::task::yield_now().await;
                }
            })
        };
        let crowd: Vec<_> = (0..200).map(|_| waits()).collect();
        // Each of them is polled once.
        tokio::task::yield_now().await;
        let refused = run(&crowded, choosing(code.clone())).await.unwrap_err();
        assert!(matches!(refused, Error::Busy), "{refused}");
        crowd.iter().for_each(tokio::task::JoinHandle::abort);
        run(&world.app, choosing(code)).await.unwrap();
    }

    #[tokio::test]
    async fn a_weak_password_is_refused_and_the_link_still_works() {
        on_both(async |world| {
            let (_, code) = invited(world).await;
            let mut weak = choosing(code.clone());
            weak.password = Zeroizing::new("grace hopper is my name".to_owned());
            assert!(matches!(run(&world.app, weak).await, Err(Error::Weak(WeakPassword::Personal(_)))));
            let mut differ = choosing(code.clone());
            differ.password_again = Zeroizing::new("violet tractor sings once".to_owned());
            assert!(matches!(run(&world.app, differ).await, Err(Error::Weak(WeakPassword::Differ))));
            run(&world.app, choosing(code)).await.unwrap();
        })
        .await;
    }
}
