//! What becomes of an email, whatever becomes of its tries.

use crate::app::UserRequest;
use crate::app::links::revoke;
use crate::app::mail::list_mails;
use crate::app::mail::outbox::*;
use crate::app::test::{World, grace, on_both, operator};
use crate::app::users::invite;
use crate::app::users::show;
use crate::app::users::suspend;
use crate::domain::mail::{
    CRASHES, Failure as Failed, FailureClass, GIVE_UP, LEASE, Mail, MailState, PACE_AHEAD, SUSPECT, Stage,
};
use crate::domain::time::{days, minutes};
use crate::domain::user::UserId;

fn failed(class: FailureClass, stage: Stage, code: Option<u16>) -> Outcome {
    Outcome::Failed(Failed { class, stage, code, text: "the relay\u{1b}[2J says no".to_owned() })
}

async fn invited(world: &World) -> UserId {
    invite::run(&world.app, &operator(), grace()).await.unwrap().user.id
}

async fn one(world: &World) -> Job {
    let mut jobs = claim(&world.app, 10).await.unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.remove(0)
}

async fn next_due(world: &World) -> Timestamp {
    let claim = Claim { most: 1, ..Claim::default() };
    turn(&world.app, &Turn { claim, ..Turn::default() }).await.unwrap().next_due_at.unwrap()
}

async fn none(world: &World) -> bool {
    claim(&world.app, 10).await.unwrap().is_empty()
}

async fn mail(world: &World, user: UserId) -> Mail {
    world.app.store.read(|tx| async move { tx.mails_to(user, 1).await }).await.unwrap().remove(0)
}

async fn flagged(world: &World, user: UserId) -> bool {
    show::run(&world.app, &operator(), user).await.unwrap().user.mail_failed_at.is_some()
}

#[tokio::test]
async fn a_mail_belongs_to_one_worker_and_ends_once() {
    on_both(async |world| {
        let user = invited(world).await;
        let job = one(world).await;
        assert!(none(world).await);
        assert!(finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap());
        assert!(!finish(&world.app, &job, &failed(FailureClass::Permanent, Stage::Dot, None)).await.unwrap());
        assert_eq!(mail(world, user).await.state, MailState::Sent);
        assert!(!flagged(world, user).await);
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_held_is_not_taken_back_however_slow_its_relay() {
    on_both(async |world| {
        let user = invited(world).await;
        let job = one(world).await;
        for _ in 0..4 {
            world.pass(minutes(2));
            hold(&world.app, &[job.held]).await.unwrap();
            assert_eq!(reap(&world.app).await.unwrap().abandoned, 0);
            assert!(none(world).await);
        }
        assert!(finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap());
        hold(&world.app, &[job.held]).await.unwrap();
        assert_eq!(mail(world, user).await.state, MailState::Sent);
    })
    .await;
}

#[tokio::test]
async fn a_temporary_no_is_tried_again_until_its_time_is_over() {
    on_both(async |world| {
        let user = invited(world).await;
        let no = failed(FailureClass::Temporary, Stage::Recipient, Some(451));
        assert!(finish(&world.app, &one(world).await, &no).await.unwrap());
        let waiting = mail(world, user).await;
        assert_eq!((waiting.state, waiting.attempts), (MailState::Queued, 1));
        let said = waiting.last.unwrap();
        assert_eq!((said.stage, said.code), (Stage::Recipient, Some(451)));
        assert!(!said.text.contains('\u{1b}'), "{}", said.text);
        assert!(none(world).await);
        world.pass(minutes(1));
        let job = one(world).await;
        world.pass(GIVE_UP);
        assert!(finish(&world.app, &job, &no).await.unwrap());
        assert_eq!(mail(world, user).await.state, MailState::Dead);
        assert!(flagged(world, user).await);
    })
    .await;
}

#[tokio::test]
async fn a_permanent_no_is_shown_at_the_user_and_not_tried_again() {
    on_both(async |world| {
        let user = invited(world).await;
        let no = failed(FailureClass::Permanent, Stage::Recipient, Some(550));
        finish(&world.app, &one(world).await, &no).await.unwrap();
        assert_eq!(mail(world, user).await.state, MailState::Dead);
        assert!(flagged(world, user).await);
        world.pass(days(2));
        assert!(none(world).await);
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_cannot_be_used_costs_no_try_and_is_tried_with_one_mail() {
    on_both(async |world| {
        let user = invited(world).await;
        let other =
            invite::Request { email: crate::domain::email::Email::parse("late@example.org").unwrap(), ..grace() };
        let no = failed(FailureClass::Transport, Stage::Connect, None);
        for _ in 0..30 {
            assert!(finish(&world.app, &one(world).await, &no).await.unwrap());
            assert!(none(world).await);
            let due = next_due(world).await;
            assert!(due > world.app.now() && due <= world.app.now().plus(minutes(6)));
            world.pass(minutes(6));
        }
        assert_eq!(mail(world, user).await.attempts, 0);
        invite::run(&world.app, &operator(), other).await.unwrap();
        let probe = one(world).await;
        finish(&world.app, &probe, &Outcome::Accepted("ok".to_owned())).await.unwrap();
        one(world).await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_ends_its_workers_is_put_aside() {
    on_both(async |world| {
        let user = invited(world).await;
        for _ in 0..CRASHES {
            let late = one(world).await;
            assert_eq!(reap(&world.app).await.unwrap().abandoned, 0);
            world.pass(LEASE);
            assert_eq!(reap(&world.app).await.unwrap().abandoned, 1);
            assert!(!finish(&world.app, &late, &Outcome::Accepted("ok".to_owned())).await.unwrap());
        }
        assert_eq!(mail(world, user).await.state, MailState::Dead);
        assert!(flagged(world, user).await);
    })
    .await;
}

#[tokio::test]
async fn what_the_relay_did_with_an_email_that_was_cancelled_meanwhile_is_in_its_history() {
    for (outcome, note) in [
        (Outcome::Accepted("2.0.0 Ok: queued as 4F".to_owned()), true),
        (failed(FailureClass::Temporary, Stage::Recipient, Some(450)), false),
    ] {
        on_both(async |world| {
            let user = invited(world).await;
            let job = one(world).await;
            revoke::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            assert!(!finish(&world.app, &job, &outcome).await.unwrap());
            let shown = list_mails::show(&world.app, &operator(), job.mail.id).await.unwrap();
            assert_eq!((shown.mail.state, shown.mail.note().is_some()), (MailState::Cancelled, note));
            assert_eq!(shown.attempts.iter().map(|one| one.accepted).collect::<Vec<_>>(), [note]);
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_not_sent() {
    on_both(async |world| {
        let user = invited(world).await;
        let job = one(world).await;
        suspend::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        let kept = [(job.held, "{}".to_owned())];
        let turned = turn(&world.app, &Turn { kept: &kept, ..Turn::default() }).await.unwrap();
        assert!(turned.kept.is_empty());
        assert_eq!(mail(world, user).await.state, MailState::Cancelled);
        assert!(none(world).await);
    })
    .await;
    on_both(async |world| {
        let user = invited(world).await;
        world.pass(days(8));
        assert!(none(world).await);
        assert_eq!(mail(world, user).await.state, MailState::Expired);
    })
    .await;
    on_both(async |world| {
        let user = invited(world).await;
        world.pass(GIVE_UP);
        assert!(none(world).await);
        assert_eq!(mail(world, user).await.state, MailState::Expired);
        assert!(flagged(world, user).await, "the link works and nobody has it");
    })
    .await;
}

#[tokio::test]
async fn two_workers_at_once_share_the_mails() {
    on_both(async |world| {
        for n in 0..20 {
            let email = crate::domain::email::Email::parse(&format!("user{n}@example.org")).unwrap();
            invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
        }
        let claims = (0..5).map(|_| claim(&world.app, 6));
        let mut ids: Vec<_> = futures_util::future::join_all(claims)
            .await
            .into_iter()
            .flat_map(|jobs| jobs.unwrap().into_iter().map(|job| job.mail.id))
            .collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "a mail was claimed twice");
        assert!(!ids.is_empty());
    })
    .await;
}

async fn invite_many(world: &World, count: usize) {
    for n in 0..count {
        let email = crate::domain::email::Email::parse(&format!("user{n}@example.org")).unwrap();
        invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_was_in_bad_company_twice_is_sent_alone_and_not_put_aside() {
    on_both(async |world| {
        invite_many(world, 3).await;
        for _ in 0..SUSPECT {
            assert_eq!(claim(&world.app, 10).await.unwrap().len(), 3);
            world.pass(LEASE);
            assert_eq!(reap(&world.app).await.unwrap().abandoned, 3);
        }
        let busy = Claim { most: 10, alone: false };
        assert!(turn(&world.app, &Turn { claim: busy, ..Turn::default() }).await.unwrap().jobs.is_empty());
        for _ in 0..3 {
            let job = one(world).await;
            assert!(job.is_suspect());
            assert!(finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap());
        }
        assert!(none(world).await);
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_counts_gets_no_more_mails_a_minute_from_all_workers_together() {
    on_both(async |world| {
        invite_many(world, 20).await;
        let options = crate::app::Options { per_minute: Some(30), ..world.app.options().clone() };
        let app = &App { options: std::sync::Arc::new(options), ..world.app.clone() };
        let claim = Claim { most: 50, alone: true };
        let mut starts = Vec::new();
        // Three workers in turns: the relay takes one email in two seconds, and what is ahead of its turn is claimed by
        // one.
        for _ in 0..3 {
            for job in turn(app, &Turn { claim, ..Turn::default() }).await.unwrap().jobs {
                starts.push(job.starts_at);
            }
        }
        assert_eq!(starts.len(), 3, "those of the next {PACE_AHEAD:?}");
        world.pass(minutes(1));
        starts.extend(turn(app, &Turn { claim, ..Turn::default() }).await.unwrap().jobs.iter().map(|j| j.starts_at));
        assert_eq!(starts.len(), 6, "what was not used is not made up for in a burst");
        assert!(starts.windows(2).all(|pair| pair[1].since(pair[0]) >= Duration::from_secs(2)), "{starts:?}");
    })
    .await;
}

#[tokio::test]
async fn many_mails_end_in_one_turn_and_each_keeps_the_words_it_got() {
    on_both(async |world| {
        invite_many(world, 30).await;
        let jobs = claim(&world.app, 50).await.unwrap();
        let late = jobs[7].held.id;
        let user = jobs[7].mail.user.unwrap();
        suspend::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        let kept: Vec<_> = jobs.iter().map(|job| (job.held, format!("words of {}", job.held.id.0))).collect();
        let turned = turn(&world.app, &Turn { kept: &kept, ..Turn::default() }).await.unwrap();
        assert!(turned.kept.len() == 29 && !turned.kept.contains(&late));
        let results: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let words = format!("queued as {}", job.held.id.0);
                (job, JobResult::Tried(Outcome::Accepted(words)))
            })
            .collect();
        let turned = turn(&world.app, &Turn { results: &results, ..Turn::default() }).await.unwrap();
        assert!(turned.ended.len() == 29 && !turned.ended.contains(&late));
        for (job, _) in results.iter().filter(|(job, _)| job.held.id != late) {
            let mail = mail(world, job.mail.user.unwrap()).await;
            assert_eq!(mail.state, MailState::Sent);
            assert_eq!(mail.last.unwrap().text, format!("queued as {}", mail.id.0));
        }
        assert_eq!(mail(world, user).await.state, MailState::Cancelled);
    })
    .await;
}
