//! Resolves what came in from "forgotten password". The person who asked sees nothing of it.
//!
//! Nobody keeps an owner from their account by asking for it: an email is sent whenever the address has no link that works, and
//! the pause between two of them is shorter than a link works.

use std::time::Duration;

use serde_json::json;

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::link::{ASK_INVITATIONS, ASK_PAUSE, ASK_WINDOW, LinkState, Purpose, ask_pause};
use crate::domain::mail::MailState;
use crate::domain::scope::Scope;
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::store::{Asked, MailQuery, Tx};

/// How many rows one transaction handles, so that it never holds the database for long.
const CHUNK: u64 = 100;
/// Emails to one user that are looked at: more than the pauses allow in a day, with an administrator's beside them.
const MAILS: u64 = 60;

/// Resolves requests; answers how many.
pub async fn resolve(app: &App) -> Result<u64, Failure> {
    let mut all = 0;
    loop {
        let done: u64 = app
            .store
            .write(|tx| async move {
                let taken = tx.take_requests(CHUNK, app.now()).await?;
                let done = taken.len() as u64;
                for (user, asked) in by_user(&tx, taken).await? {
                    if decide(app, &tx, user, &asked).await? {
                        tx.set_request_mailed(asked.id, app.now()).await?;
                    }
                }
                Ok::<_, Failure>(done)
            })
            .await?;
        all += done;
        if done == 0 {
            return Ok(all);
        }
    }
}

/// Whose addresses they are, in the order of the users' numbers: users are locked in that order until the transaction ends, so
/// that nobody who locks several waits for us while we wait for them. What is nobody's is left out.
async fn by_user(tx: &Tx, taken: Vec<Asked>) -> Result<Vec<(UserId, Asked)>, Failure> {
    let mut known = Vec::with_capacity(taken.len());
    for asked in taken {
        if let Some(user) = tx.id_by_email(&asked.email).await? {
            known.push((user, asked));
        }
    }
    known.sort_by_key(|(user, asked)| (*user, asked.id));
    Ok(known)
}

/// Decides what a user whose address forgot its password gets; answers whether that is an email.
async fn decide(app: &App, tx: &Tx, found: UserId, asked: &Asked) -> Result<bool, Failure> {
    let system = Actor::system();
    let step = Step::begin(app, tx, &system).await?;
    tx.lock_user(found).await?;
    // It may have become somebody else's before the lock.
    if tx.id_by_email(&asked.email).await? != Some(found) {
        return Ok(false);
    }
    let Some(user) = tx.user(found).await? else { return Ok(false) };
    match user.status {
        Status::Active => {
            // Someone who still reads the old mailbox must not decide what the new one is about to.
            if user.moving(step.now).is_some() {
                return Ok(false);
            }
            let open = tx.open_link(user.id, Purpose::Reset).await?;
            let works = open.is_some_and(|open| open.expires_at > step.now);
            if works && is_too_soon(&step, &user, asked).await? {
                return Ok(false);
            }
            step.issue_reset(&user).await?;
            let record = Record::about(Action::ResetPassword, user.id);
            step.record(record.with(json!({ "asked_for": "at the portal" }))).await?;
            Ok(true)
        }
        Status::Invited => match user.invitation.as_ref().map(|invitation| invitation.state(step.now)) {
            Some(LinkState::Pending) => {
                if has_its_invitation(&step, &user).await? {
                    return Ok(false);
                }
                step.send_link_again(&user).await?;
                let record = Record::about(Action::AskLink, user.id);
                step.record(record.with(json!({ "answer": "the same link was sent again" }))).await?;
                Ok(true)
            }
            Some(LinkState::Expired) => {
                if user.asked_at.is_none() {
                    tx.set_asked(user.id, step.now).await?;
                    step.record(Record::about(Action::AskLink, user.id)).await?;
                }
                Ok(false)
            }
            Some(LinkState::Superseded | LinkState::Revoked | LinkState::Accepted) | None => Ok(false),
        },
        Status::Suspended | Status::Deleted => Ok(false),
    }
}

/// Whether the last email with a reset is so new that its owner is left with it.
async fn is_too_soon(step: &Step<'_>, user: &User, asked: &Asked) -> Result<bool, Failure> {
    let at = sent_lately(step, user).await?;
    let within = step.now.minus(ASK_WINDOW)..step.now;
    let pause = ask_pause(at.len(), step.tx.count_mailed(asked, &within).await?);
    Ok(is_within(step, &at, pause))
}

/// Whether the emails of the last day with the invitation are so many, or the last one so new, that an invited user is left with
/// them.
async fn has_its_invitation(step: &Step<'_>, user: &User) -> Result<bool, Failure> {
    let at = sent_lately(step, user).await?;
    Ok(at.len() >= ASK_INVITATIONS || is_within(step, &at, ASK_PAUSE))
}

fn is_within(step: &Step<'_>, at: &[Timestamp], pause: Duration) -> bool {
    at.iter().any(|at| !at.plus(pause).wait(step.now, pause).is_zero())
}

/// When the emails of the last day with a link for a password were made. Those that wait count as sent.
async fn sent_lately(step: &Step<'_>, user: &User) -> Result<Vec<Timestamp>, Failure> {
    let query = MailQuery { user: Some(user.id), ..MailQuery::default() };
    let mails = step.tx.mails(&Scope::All, &query, MAILS).await?;
    let sent = mails
        .iter()
        .filter(|mail| mail.kind.purpose().is_some_and(Purpose::chooses_password))
        .filter(|mail| !matches!(mail.state, MailState::Cancelled | MailState::Dead | MailState::Expired))
        .filter(|mail| !mail.created_at.plus(ASK_WINDOW).wait(step.now, ASK_WINDOW).is_zero());
    Ok(sent.map(|mail| mail.created_at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::accept;
    use crate::app::links::forgot;
    use crate::app::links::look;
    use crate::app::mail::outbox;
    use crate::app::test::{World, grace, link_code, on_both, operator, world_on_sqlite};
    use crate::app::users::delete;
    use crate::app::users::invite;
    use crate::app::users::show::{self, Detail};
    use crate::domain::code::Code;
    use crate::domain::email::Email;
    use crate::domain::mail::Outcome;
    use crate::domain::time::{days, minutes};
    use crate::domain::user::LinkColumn;

    async fn asks_from(world: &World, client: &[u8], address: &str) -> u64 {
        assert!(forgot::run(&world.app, &Email::parse(address).unwrap(), client).await.unwrap());
        resolve(&world.app).await.unwrap()
    }

    async fn asks(world: &World, address: &str) -> u64 {
        asks_from(world, b"home", address).await
    }

    async fn detail(world: &World, user: UserId) -> Detail {
        show::run(&world.app, &operator(), user).await.unwrap()
    }

    /// A relay takes all that waits; answers the newest code that it brought.
    async fn sent(world: &World) -> Option<Code> {
        let mut newest = None;
        for job in outbox::claim(&world.app, 9).await.unwrap() {
            newest = job.code.as_ref().map(|code| Code::parse(code.as_str()).unwrap()).or(newest);
            outbox::finish(&world.app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap();
        }
        newest
    }

    #[tokio::test]
    async fn the_pause_between_two_emails_grows_and_stays_shorter_than_a_link_works() {
        on_both(async |world| {
            let mut after = Vec::new();
            for minute in 0..200_u32 {
                asks_from(world, &minute.to_be_bytes(), "ADA@example.org").await;
                if sent(world).await.is_some() {
                    after.push(minute);
                }
                world.pass(minutes(1));
            }
            assert_eq!(after, [0, 10, 30, 70, 120, 170]);
        })
        .await;
    }

    #[tokio::test]
    async fn one_asker_gets_three_emails_and_then_one_for_each_link_that_is_about_to_end() {
        on_both(async |world| {
            let mut after = Vec::new();
            for minute in 0..130_u32 {
                asks(world, "ada@example.org").await;
                if sent(world).await.is_some() {
                    after.push(minute);
                }
                world.pass(minutes(1));
            }
            assert_eq!(after, [0, 10, 30, 80]);
        })
        .await;
    }

    /// Somebody asks every minute for a day, from as many addresses as `from` says; the owner asks now and then, and has a link
    /// that works by the next minute each time. Answers how many emails came.
    async fn a_day_of_attack(world: &World, from: impl Fn(u32) -> u32, owner: &[u8]) -> u32 {
        let (mut newest, mut emails) = (None, 0);
        for minute in 0..24 * 60_u32 {
            asks_from(world, &from(minute).to_be_bytes(), "ada@example.org").await;
            let mut came = sent(world).await;
            if minute % 17 == 0 || minute % 60 >= 58 {
                asks_from(world, owner, "ada@example.org").await;
                came = sent(world).await.or(came);
                let code = came.as_ref().or(newest.as_ref()).expect("an email was sent at some time");
                let looked = look::run(&world.app, Purpose::Reset, code).await.unwrap().unwrap();
                assert_eq!(looked.state, LinkState::Pending, "in minute {minute}");
            }
            if came.is_some() {
                (newest, emails) = (came, emails + 1);
            }
            world.pass(minutes(1));
        }
        emails
    }

    #[tokio::test]
    async fn an_owner_always_has_a_link_that_works_whoever_asks_and_from_wherever() {
        for (addresses, owner) in [(1, &b"home"[..]), (1_000, b"home"), (1, &0_u32.to_be_bytes())] {
            let world = world_on_sqlite().await;
            let emails = a_day_of_attack(&world, |minute| minute % addresses, owner).await;
            assert!((24..40).contains(&emails), "{emails} emails in a day");
        }
    }

    #[tokio::test]
    async fn who_used_a_link_and_forgets_again_does_not_wait() {
        on_both(async |world| {
            asks(world, "ada@example.org").await;
            let code = sent(world).await.unwrap();
            let request = accept::tests::choosing(code);
            crate::app::links::reset::run(&world.app, request).await.unwrap();
            asks(world, "ada@example.org").await;
            assert!(sent(world).await.is_some());
        })
        .await;
    }

    #[tokio::test]
    async fn who_asks_is_stored_as_a_keyed_hash_only_and_differs_from_address_to_address() {
        on_both(async |world| {
            for address in ["ada@example.org", "nobody@example.org"] {
                forgot::run(&world.app, &Email::parse(address).unwrap(), b"192.0.2.77").await.unwrap();
            }
            assert!(!world.everything().await.iter().any(|row| row.contains("192.0.2.77")));
            let taken = world.app.store.write(|tx| async move { tx.take_requests(9, world.app.now()).await }).await;
            let askers: Vec<String> = taken.unwrap().into_iter().map(|asked| asked.asker).collect();
            assert!(askers.len() == 2 && askers[0] != askers[1] && askers[0].len() == 32, "{askers:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn an_invited_user_gets_the_same_link_again_and_an_expired_one_becomes_a_wish() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap();
            let code = link_code(world, user.user.id).await;
            world.pass(minutes(20));
            asks(world, "grace@navy.example").await;
            let now = detail(world, user.user.id).await;
            assert_eq!((now.mails.len(), now.invitations.len()), (2, 1));
            assert_eq!(now.user.link(world.app.now()), LinkColumn::Works(user.expires_at));
            world.pass(days(8));
            asks(world, "grace@navy.example").await;
            assert!(matches!(detail(world, user.user.id).await.user.link(world.app.now()), LinkColumn::Asked(_)));
            assert!(accept::run(&world.app, accept::tests::choosing(code)).await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn an_invited_address_gets_three_emails_a_day_whoever_asks() {
        on_both(async |world| {
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            let mut after = Vec::new();
            for minute in 0..(25 * 60_u32) {
                if minute % 5 == 0 {
                    asks_from(world, &minute.to_be_bytes(), "grace@navy.example").await;
                }
                if sent(world).await.is_some() {
                    after.push(minute);
                }
                world.pass(minutes(1));
            }
            assert_eq!(after, [0, 10, 20, 24 * 60, 24 * 60 + 10, 24 * 60 + 20]);
        })
        .await;
    }

    #[tokio::test]
    async fn users_are_locked_in_the_order_of_their_numbers() {
        on_both(async |world| {
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            let addresses = ["grace@navy.example", "nobody@example.org", "ada@example.org"];
            for (client, address) in addresses.iter().chain(&addresses[..1]).enumerate() {
                let client = client.to_be_bytes();
                forgot::run(&world.app, &Email::parse(address).unwrap(), &client).await.unwrap();
            }
            let now = world.app.now();
            let order = world.app.store.write(|tx| async move { by_user(&tx, tx.take_requests(9, now).await?).await });
            let order: Vec<_> = order.await.unwrap().into_iter().map(|(user, asked)| (user.0, asked.id)).collect();
            assert_eq!(order, [(1, 3), (2, 1), (2, 4)]);
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_unknown_and_nobody_deleted_gets_a_mail() {
        on_both(async |world| {
            assert_eq!(asks(world, "nobody@example.org").await, 1);
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            delete::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            asks(world, "grace@navy.example").await;
            assert!(detail(world, user).await.mails.iter().all(|mail| mail.state == MailState::Cancelled));
        })
        .await;
    }
}
