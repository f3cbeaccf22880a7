//! What happens to an invitation's email, from the outbox to the file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::app::UserRequest;
use crate::app::links::accept;
use crate::app::mail::outbox;
use crate::app::test::{World, grace, on_both, operator};
use crate::app::users::invite;
use crate::app::users::show;
use crate::domain::code::CodeOrLink;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::mail::{AMBIGUOUS_PAUSE, LEASE, Mail, MailState, Outcome, Stage};
use crate::domain::status::Status;
use crate::domain::time::minutes;
use crate::domain::user::UserId;
use crate::mail::folder::Folder;
use crate::mail::message::Sender;
use crate::mail::smtp::fake::{Fake, Reaction, Running};
use crate::mail::smtp::{Limits, Relay, Tls};
use crate::mail::transport::{SharedRelay, Transport};

fn sender() -> Sender {
    Sender {
        address: Email::parse("invitations@example.org").unwrap(),
        name: "Example \"Ltd\"\r\nBcc: all".to_owned(),
        return_path: None,
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .map(|all| all.map(|file| file.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// The link in an email, as an email program shows it: without the soft line ends of quoted-printable.
fn link(mail: &str) -> String {
    let plain = mail.replace("=\r\n", "");
    let start = plain.find("https://rsvp.example.org/i/").expect("a link");
    plain[start..].split_whitespace().next().unwrap().to_owned()
}

fn into(folder: &Path) -> WorkerOptions {
    WorkerOptions { transport: Transport::Folder(Folder(folder.to_owned())), from: sender(), connections: 2 }
}

async fn once(world: &World, folder: &Path) -> WorkerTotals {
    run_once(&world.app, &into(folder)).await
}

#[tokio::test]
async fn the_link_in_the_file_makes_the_invited_person_active() {
    for language in Language::ALL {
        on_both(async |world| {
            let folder = tempfile::tempdir().unwrap();
            let request = invite::Request { language, ..grace() };
            let user = invite::run(&world.app, &operator(), request).await.unwrap().user.id;
            assert_eq!(once(world, folder.path()).await, WorkerTotals { sent: 1, failed: 0 });

            let names = files(folder.path());
            assert_eq!(names.len(), 1, "{names:?}");
            let path = folder.path().join(&names[0]);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let mail = std::fs::read_to_string(&path).unwrap();
            assert!(mail.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{mail}");
            assert!(mail.contains("<grace@navy.example>"), "{mail}");
            assert!(!mail.contains("\nBcc:"), "{mail}");

            let code = CodeOrLink::parse(&link(&mail)).unwrap().code;
            accept::run(&world.app, accept::tests::choosing(code)).await.unwrap();
            assert_eq!(show::run(&world.app, &operator(), user).await.unwrap().user.status, Status::Active);
            assert_eq!(once(world, folder.path()).await, WorkerTotals::default(), "nothing is sent twice");
        })
        .await;
    }
}

#[tokio::test]
async fn a_mail_is_the_same_byte_for_byte_when_another_worker_takes_over() {
    on_both(async |world| {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        // A worker that wrote the file and ended before it could say so.
        let job = outbox::claim(&world.app, 1).await.unwrap().remove(0);
        let (kept, text) = build::words(&job, &sender()).unwrap();
        let text = [(job.held, text.unwrap())];
        outbox::turn(&world.app, &outbox::Turn { kept: &text, ..outbox::Turn::default() }).await.unwrap();
        let (envelope, bytes) = build::bytes(&job, &kept, &sender()).unwrap();
        let mut session = into(first.path()).transport.begin();
        assert!(matches!(session.send(&envelope, bytes).await, Outcome::Accepted(_)));
        assert_eq!(once(world, second.path()).await, WorkerTotals::default(), "the lease still holds");

        world.pass(LEASE);
        let renamed = Sender { name: "Renamed Ltd".to_owned(), ..sender() };
        let done = run_once(&world.app, &WorkerOptions { from: renamed, ..into(second.path()) }).await;
        assert_eq!(done, WorkerTotals { sent: 1, failed: 0 });
        let read = |folder: &Path| std::fs::read(folder.join(&files(folder)[0])).unwrap();
        assert_eq!(read(first.path()), read(second.path()));
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_no_mail_a_try() {
    on_both(async |world| {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("mails");
        std::fs::write(&blocked, "a file where the folder should be").unwrap();
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        assert_eq!(once(world, &blocked).await, WorkerTotals { sent: 0, failed: 1 });
        assert_eq!(once(world, &blocked).await, WorkerTotals::default(), "it is left alone for a while");

        std::fs::remove_file(&blocked).unwrap();
        world.pass(minutes(1));
        assert_eq!(once(world, &blocked).await, WorkerTotals { sent: 1, failed: 0 });
        assert!(show::run(&world.app, &operator(), user).await.unwrap().user.mail_failed_at.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_asked_to_stop_stops() {
    on_both(async |world| {
        let folder = tempfile::tempdir().unwrap();
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        let (stop, stopped) = watch::channel(true);
        assert_eq!(
            run(world.app.clone(), into(folder.path()), stopped, InHand::default()).await,
            WorkerTotals::default()
        );
        assert!(files(folder.path()).is_empty());
        drop(stop);
        assert_eq!(once(world, folder.path()).await, WorkerTotals { sent: 1, failed: 0 });
    })
    .await;
}

fn to_relay(running: &Running) -> WorkerOptions {
    let relay = Relay {
        host: "127.0.0.1".into(),
        port: running.port,
        tls: Tls::None,
        sign_in: None,
        allow_plain: false,
        authorities: None,
        hello: None,
        limits: Limits::SENDING,
    };
    WorkerOptions { transport: Transport::Relay(SharedRelay::new(relay)), from: sender(), connections: 2 }
}

async fn invite_many(world: &World, count: usize) -> Vec<UserId> {
    let mut users = Vec::new();
    for number in 0..count {
        let email = Email::parse(&format!("person{number}@navy.example")).unwrap();
        let request = invite::Request { email, ..grace() };
        users.push(invite::run(&world.app, &operator(), request).await.unwrap().user.id);
    }
    users
}

async fn mail_to(world: &World, user: UserId) -> Mail {
    show::run(&world.app, &operator(), user).await.unwrap().mails.remove(0)
}

#[tokio::test]
async fn many_mails_share_a_few_connections_and_everybody_gets_one() {
    on_both(async |world| {
        let running = Fake::new().start().await;
        invite_many(world, 60).await;
        assert_eq!(run_once(&world.app, &to_relay(&running)).await, WorkerTotals { sent: 60, failed: 0 });
        let mut recipients: Vec<_> = running.lines().into_iter().filter(|line| line.starts_with("RCPT")).collect();
        recipients.sort();
        recipients.dedup();
        assert_eq!(recipients.len(), 60);
        assert_eq!((running.mails().len(), running.connections()), (60, 2));
        assert_eq!(running.lines().iter().filter(|line| *line == "QUIT").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_refuses_our_sign_in_costs_no_mail_a_try_and_is_left_alone() {
    on_both(async |world| {
        let running =
            Fake::new().at("MAIL", &[Reaction::Say("530 sign in first"), Reaction::Say("250 ok")]).start().await;
        let users = invite_many(world, 5).await;
        let options = WorkerOptions { connections: 1, ..to_relay(&running) };
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals { sent: 0, failed: 1 });
        for user in &users {
            let mail = mail_to(world, *user).await;
            assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0));
        }
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals::default());
        world.pass(minutes(1));
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals { sent: 5, failed: 0 });
    })
    .await;
}

#[tokio::test]
async fn one_address_that_is_refused_stops_no_other() {
    on_both(async |world| {
        let running =
            Fake::new().at("RCPT", &[Reaction::Say("550 5.1.1 no such user"), Reaction::Say("250 ok")]).start().await;
        let users = invite_many(world, 3).await;
        assert_eq!(run_once(&world.app, &to_relay(&running)).await, WorkerTotals { sent: 2, failed: 1 });
        let mut states = Vec::new();
        for user in users {
            states.push(mail_to(world, user).await.state);
        }
        states.sort();
        assert_eq!(states, [MailState::Sent, MailState::Sent, MailState::Dead]);
    })
    .await;
}

#[tokio::test]
async fn an_email_that_was_taken_without_a_word_is_sent_again_byte_for_byte() {
    on_both(async |world| {
        let running = Fake::new().at("DOT", &[Reaction::TakeAndHangUp, Reaction::Say("250 ok")]).start().await;
        let user = invite_many(world, 1).await[0];
        assert_eq!(run_once(&world.app, &to_relay(&running)).await, WorkerTotals { sent: 0, failed: 1 });
        let waiting = mail_to(world, user).await;
        assert_eq!(waiting.last.unwrap().stage, Stage::Dot);
        world.pass(AMBIGUOUS_PAUSE * 2);
        // Meanwhile the organisation calls itself otherwise: what was written once stays as it was.
        let renamed = Sender { name: "Renamed Ltd".to_owned(), ..sender() };
        let done = run_once(&world.app, &WorkerOptions { from: renamed, ..to_relay(&running) }).await;
        assert_eq!(done, WorkerTotals { sent: 1, failed: 0 });
        let mails = running.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0], mails[1], "the same byte for byte, Message-ID and Date included");
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_withdrawn_while_it_waits_for_its_turn_does_not_leave() {
    on_both(async |world| {
        // One connection, and a relay that takes its time over the first email.
        let running = Fake::new().at("DOT", &[Reaction::Wait, Reaction::Say("250 ok")]).start().await;
        let users = invite_many(world, 3).await;
        let options = WorkerOptions { connections: 1, ..to_relay(&running) };
        let worker = run_once(&world.app, &options);
        let meddler = async {
            while running.mails().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let request = UserRequest { user: users[2], version: None };
            crate::app::links::revoke::run(&world.app, &operator(), request).await.unwrap();
        };
        let (done, ()) = futures_util::future::join(worker, meddler).await;
        assert_eq!(done, WorkerTotals { sent: 2, failed: 0 });
        assert_eq!(running.mails().len(), 2);
        assert_eq!(mail_to(world, users[2]).await.state, MailState::Cancelled);
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_stops_gives_back_at_once_what_a_silent_relay_keeps_waiting() {
    on_both(async |world| {
        let running = Fake::new().at("DOT", &[Reaction::Silent]).start().await;
        let users = invite_many(world, 3).await;
        let (stop, stopped) = watch::channel(false);
        let in_hand = InHand::default();
        let options = WorkerOptions { connections: 1, ..to_relay(&running) };
        let worker = tokio::spawn(run(world.app.clone(), options, stopped, in_hand.clone()));
        while !running.lines().iter().any(|line| line == "DATA") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(true).unwrap();
        while in_hand.count() != 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut states = Vec::new();
        for user in users {
            states.push(mail_to(world, user).await.state);
        }
        assert_eq!(states, [MailState::Sending, MailState::Queued, MailState::Queued]);
        worker.abort();
    })
    .await;
}

#[tokio::test]
async fn when_nobody_knows_the_same_email_is_sent_again_later() {
    on_both(async |world| {
        let running = Fake::new()
            .at("DOT", &[Reaction::SayAndHangUp("250"), Reaction::HangUp, Reaction::Say("250 ok")])
            .start()
            .await;
        let options = WorkerOptions { connections: 1, ..to_relay(&running) };
        let user = invite_many(world, 1).await[0];
        // The relay takes the first, hangs up on the second, and takes its repeat.
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals { sent: 1, failed: 0 });
        let other = invite::Request { email: Email::parse("other@navy.example").unwrap(), ..grace() };
        let other = invite::run(&world.app, &operator(), other).await.unwrap().user.id;
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals { sent: 0, failed: 1 });
        let waiting = mail_to(world, other).await;
        assert_eq!((waiting.state, waiting.attempts), (MailState::Queued, 1));
        world.pass(AMBIGUOUS_PAUSE / 2);
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals::default(), "too soon makes duplicates");
        world.pass(AMBIGUOUS_PAUSE);
        assert_eq!(run_once(&world.app, &options).await, WorkerTotals { sent: 1, failed: 0 });
        assert_eq!(mail_to(world, user).await.state, MailState::Sent);
        assert_eq!(mail_to(world, other).await.state, MailState::Sent);
    })
    .await;
}
