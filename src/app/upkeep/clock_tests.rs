//! A clock that was a day or a year ahead for a moment: once it is right again, nobody waits for what it wrote, and nothing that
//! it ended stays ended.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::app::links::accept::tests::choosing;
use crate::app::links::confirm_email::tests::asks;
use crate::app::links::{forgot, redeem, resend, reset, reset_password};
use crate::app::mail::outbox::{self, Claim, Job, Turn, claim, finish, reap};
use crate::app::session::sign_in::{self, SignedIn};
use crate::app::test::{PASSWORD, World, grace, on_both, operator, world_on_sqlite};
use crate::app::upkeep::{nodes, requests, tidy};
use crate::app::users::{invite, show};
use crate::app::{App, Failure, Options, UserRequest};
use crate::domain::actor::Origin;
use crate::domain::code::CodeOrLink;
use crate::domain::email::Email;
use crate::domain::mail::{FailureClass, LEASE, LONGEST_HOLD, MailState, Outcome, Stage, UNREADABLE};
use crate::domain::node::{Alive, NodeKind, Process};
use crate::domain::policy::Denied;
use crate::domain::time::minutes;
use crate::domain::user::UserId;

/// Does something while the clock is a day ahead.
async fn ahead<T>(world: &World, what: impl AsyncFnOnce() -> T) -> T {
    world.set_clock(1);
    let done = what().await;
    world.set_clock(-1);
    done
}

async fn invited(world: &World, address: &str) -> UserId {
    let request = invite::Request { email: Email::parse(address).unwrap(), ..grace() };
    invite::run(&world.app, &operator(), request).await.unwrap().user.id
}

async fn one(app: &App) -> Job {
    let mut jobs = claim(app, 10).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

/// How many emails are due that were not.
async fn due_anew(world: &World) -> u64 {
    let outbox::Reaped { abandoned, misdated } = reap(&world.app).await.unwrap();
    abandoned + misdated
}

async fn accept(app: &App, job: &Job) {
    assert!(finish(app, job, &Outcome::Accepted("ok".to_owned())).await.unwrap());
}

async fn tries(world: &World, password: &str) -> Result<SignedIn, sign_in::Error> {
    let (email, password) = (world.ada.email.as_str().to_owned(), Zeroizing::new(password.to_owned()));
    sign_in::run(&world.app, sign_in::Request { email, password, origin: Origin::default() }).await
}

const fn of(user: UserId) -> UserRequest {
    UserRequest { user, version: None }
}

#[tokio::test]
async fn a_relay_that_counts_emails_gets_the_next_one_at_once() {
    on_both(async |world| {
        let options = Options { per_minute: Some(2), ..world.app.options().clone() };
        let app = App { options: Arc::new(options), ..world.app.clone() };
        invited(world, "first@example.org").await;
        ahead(world, async || accept(&app, &one(&app).await).await).await;
        invited(world, "second@example.org").await;
        let job = one(&app).await;
        assert_eq!(job.starts_at, app.now());
        accept(&app, &job).await;
        // From here on the limit holds again.
        for address in ["third@example.org", "fourth@example.org"] {
            invited(world, address).await;
        }
        let next =
            outbox::turn(&app, &Turn { claim: Claim { most: 9, alone: true }, ..Turn::default() }).await.unwrap();
        assert!(next.jobs.is_empty() && next.next_due_at.unwrap() > app.now());
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_failed_then_is_asked_again_and_its_email_is_due() {
    on_both(async |world| {
        let down = crate::domain::mail::Failure {
            class: FailureClass::Transport,
            stage: Stage::Connect,
            code: None,
            text: "refused".to_owned(),
        };
        invited(world, "first@example.org").await;
        ahead(world, async || {
            let job = one(&world.app).await;
            finish(&world.app, &job, &Outcome::Failed(down.clone())).await.unwrap();
        })
        .await;
        invited(world, "second@example.org").await;
        assert_eq!(claim(&world.app, 9).await.unwrap().len(), 1, "one tries the relay");
        assert_eq!(due_anew(world).await, 1, "the other was put off until tomorrow");
        assert_eq!(due_anew(world).await, 0, "and only once");
    })
    .await;
}

#[tokio::test]
async fn an_email_that_was_enqueued_or_claimed_then_is_due_and_a_living_worker_keeps_its_own() {
    on_both(async |world| {
        ahead(world, async || {
            invited(world, "claimed@example.org").await;
            let _lost_with_its_worker = one(&world.app).await;
            invited(world, "queued@example.org").await;
        })
        .await;
        assert!(claim(&world.app, 9).await.unwrap().is_empty());
        assert_eq!(due_anew(world).await, 1);
        accept(&world.app, &one(&world.app).await).await;
        // A claim counts as made now: whoever lives renews it, and nobody else begins to send the same meanwhile.
        world.pass(LEASE / 2);
        assert_eq!(due_anew(world).await, 0);
        world.pass(LEASE / 2);
        assert_eq!(due_anew(world).await, 1);
        accept(&world.app, &one(&world.app).await).await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_as_long_as_it_may_goes_on_waiting() {
    on_both(async |world| {
        let busy = |attempt: u8| {
            let text = format!("greylisted {attempt}");
            let (class, stage) = (FailureClass::Temporary, Stage::Recipient);
            Outcome::Failed(crate::domain::mail::Failure { class, stage, code: Some(451), text })
        };
        let held = invite::Request { hold: true, ..grace() };
        let options = Options { undo_hold: LONGEST_HOLD, ..world.app.options().clone() };
        invite::run(&App { options: Arc::new(options), ..world.app.clone() }, &operator(), held).await.unwrap();
        assert_eq!(due_anew(world).await, 0, "it can still be undone");
        world.pass(LONGEST_HOLD);
        for attempt in 0..9 {
            let job = one(&world.app).await;
            finish(&world.app, &job, &busy(attempt)).await.unwrap();
            assert_eq!(due_anew(world).await, 0, "{attempt}");
            world.pass(minutes(72));
        }
        // One that cannot be read is looked at once an hour.
        world.app.store.raw("UPDATE outbox SET kind = 'pigeon', attempts = 0").await.unwrap();
        assert!(claim(&world.app, 9).await.unwrap().is_empty());
        world.app.store.raw("UPDATE outbox SET kind = 'invitation'").await.unwrap();
        assert_eq!(due_anew(world).await, 0);
        world.pass(UNREADABLE);
        one(&world.app).await;
    })
    .await;
}

#[tokio::test]
async fn no_email_expires_by_a_clock_that_jumped() {
    let world = world_on_sqlite().await;
    let user = invited(&world, "grace@navy.example").await;
    let state = async || show::run(&world.app, &operator(), user).await.unwrap();
    assert_eq!(tidy::clean(&world.app, Duration::ZERO).await.unwrap(), None);
    world.set_clock(4 * 365);
    assert!(claim(&world.app, 9).await.unwrap().is_empty());
    assert_eq!(state().await.mails[0].state, MailState::Queued);
    assert_eq!(due_anew(&world).await, 0, "it waits a while");
    world.set_clock(-4 * 365);
    assert_eq!(due_anew(&world).await, 1);
    accept(&world.app, &one(&world.app).await).await;
    assert!(state().await.user.mail_failed_at.is_none());
}

#[tokio::test]
async fn who_mistyped_a_password_then_signs_in_and_is_asked_to_wait_as_usual() {
    on_both(async |world| {
        ahead(world, async || {
            for _ in 0..3 {
                assert!(matches!(tries(world, "wrong").await, Err(sign_in::Error::Wrong)));
            }
            assert!(matches!(tries(world, "wrong").await, Err(sign_in::Error::Wrong)));
            assert!(matches!(tries(world, PASSWORD).await, Err(sign_in::Error::Wait { .. })));
        })
        .await;
        assert!(matches!(tries(world, "wrong").await, Err(sign_in::Error::Wrong)));
        assert!(matches!(tries(world, PASSWORD).await, Err(sign_in::Error::Wait { wait }) if wait <= minutes(1)));
        world.pass(minutes(1));
        tries(world, PASSWORD).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_session_that_began_then_ends_with_the_next_reset_and_an_earlier_reset_ends_none() {
    on_both(async |world| {
        let resets = async || {
            let shown = reset_password::show_reset(&world.app, &operator(), of(world.ada.id)).await.unwrap();
            let request = choosing(CodeOrLink::parse(&shown.link).unwrap().code);
            let password = || Zeroizing::new(PASSWORD.to_owned());
            let request = redeem::Request { password: password(), password_again: password(), ..request };
            reset::run(&world.app, request).await.unwrap();
        };
        resets().await;
        let session = ahead(world, async || tries(world, PASSWORD).await.unwrap()).await;
        let acts = async || show::run(&world.app, &session.actor, world.ada.id).await;
        acts().await.unwrap();
        world.pass(minutes(5));
        resets().await;
        assert!(matches!(acts().await, Err(Failure::Denied(Denied::PasswordChanged))));
    })
    .await;
}

#[tokio::test]
async fn what_died_then_does_not_count_as_alive_and_hides_nobody_who_is() {
    on_both(async |world| {
        let alive = async || nodes::alive(&world.app, NodeKind::Worker).await.unwrap();
        ahead(world, async || nodes::announce(&world.app, NodeKind::Worker, &Process::default()).await.unwrap()).await;
        assert_ne!(alive().await, Alive::Now);
        nodes::announce(&world.app, NodeKind::Worker, &Process::default()).await.unwrap();
        assert_eq!(alive().await, Alive::Now);
    })
    .await;
}

#[tokio::test]
async fn nobody_waits_to_send_what_was_sent_then() {
    on_both(async |world| {
        let user = ahead(world, async || invited(world, "grace@navy.example").await).await;
        let again = resend::Request { user, version: None, force: false };
        resend::run(&world.app, &operator(), again.clone()).await.unwrap();
        assert!(matches!(resend::run(&world.app, &operator(), again).await, Err(resend::Error::TooSoon { .. })));

        let resets = async || reset_password::run(&world.app, &operator(), of(world.ada.id)).await;
        ahead(world, async || resets().await.unwrap()).await;
        resets().await.unwrap();
        assert!(matches!(resets().await, Err(reset_password::Error::TooSoon)));

        // A change of address that was asked for then keeps nobody from a reset for longer than usual.
        ahead(world, async || asks(world, "ada@elsewhere.example").await).await;
        world.pass(minutes(1));
        resets().await.unwrap();
        world.pass(minutes(1));
        asks(world, "ada@elsewhere.example").await;
        assert!(matches!(resets().await, Err(reset_password::Error::AddressWaits { .. })));
    })
    .await;
}

#[tokio::test]
async fn who_forgot_a_password_then_and_asks_now_gets_an_email() {
    on_both(async |world| {
        let asks = async || {
            forgot::run(&world.app, &world.ada.email, b"here").await.unwrap();
            requests::resolve(&world.app).await.unwrap();
            show::run(&world.app, &operator(), world.ada.id).await.unwrap().mails.len()
        };
        assert_eq!(ahead(world, async || asks().await).await, 1);
        assert_eq!(asks().await, 2);
        assert_eq!(asks().await, 2, "and not again within ten minutes");
    })
    .await;
}
