//! The key: what an exchange does to links and to the proofs of the audit log, and what it keeps an attacker from.

use crate::app::audit::seal_audit;
use crate::app::audit::verify_audit::{self, Verified, Why};
use crate::app::links::accept::{self};
use crate::app::links::redeem;
use crate::app::links::reset_password::{self};
use crate::app::mail::outbox;
use crate::app::test::{World, grace, link_code, link_code_with, on_both, operator};
use crate::app::upkeep::key::{lost, new_key, rotate_key, status};
use crate::app::upkeep::nodes;
use crate::app::users::invite::{self};
use crate::app::users::show;
use crate::app::{App, UserRequest};
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::mail::MailState;
use crate::domain::node::{NodeKind, Process};
use crate::domain::user::{LinkColumn, UserId};
use crate::secrets::{Exchange, KeyState, Keys, Replacement, Retirement};

fn with(world: &World, keys: Keys) -> App {
    App { keys: std::sync::Arc::new(keys), ..world.app.clone() }
}

/// Exchanges the key; answers with what works with the new one.
async fn exchange(world: &World, app: &App, retirement: Retirement) -> App {
    let exchange = Exchange::begin(&world.key_file(), app.keys.fingerprint(), retirement, &*app.random).unwrap();
    let (old, new) = (with(world, exchange.old_keys().unwrap()), with(world, exchange.new_keys()));
    rotate_key(Some(&old), &new, &operator(), exchange).await.unwrap();
    let keys = Keys::load(&world.key_file()).unwrap();
    assert_eq!(keys.fingerprint(), new.keys.fingerprint());
    with(world, keys)
}

async fn invited(app: &App, address: &str) -> UserId {
    let request = invite::Request { email: Email::parse(address).unwrap(), ..grace() };
    invite::run(app, &operator(), request).await.unwrap().user.id
}

async fn verified(app: &App) -> Verified {
    seal_audit::run(app).await.unwrap();
    verify_audit::run(app, &operator(), None).await.unwrap()
}

#[tokio::test]
async fn after_an_exchange_old_links_work_new_ones_too_and_the_log_is_proved_by_both_keys() {
    on_both(async |world| {
        let first = invited(&world.app, "one@example.org").await;
        let old_code = link_code(world, first).await;
        let new = exchange(world, &world.app, Retirement::Ordinary).await;
        let newer = exchange(world, &new, Retirement::Ordinary).await;
        let status = status(&newer).await.unwrap();
        assert_eq!(
            status.older.iter().map(|(one, open)| (one.state, *open)).collect::<Vec<_>>(),
            [(KeyState::Retired, 0), (KeyState::Retired, 1)]
        );
        // The same link again is the same code.
        assert_eq!(link_code_with(&newer, first).await, old_code);
        accept::run(&newer, accept::tests::choosing(old_code)).await.unwrap();
        invited(&newer, "two@example.org").await;
        let found = verified(&newer).await;
        assert_eq!((found.broken, found.unsealed, found.unprovable), (None, 0, 0));
        assert!(found.sealed >= 6, "{}", found.sealed);
    })
    .await;
}

#[tokio::test]
async fn a_stolen_key_proves_no_link_and_users_see_that_theirs_no_longer_works() {
    on_both(async |world| {
        let user = invited(&world.app, "one@example.org").await;
        let code = link_code(world, user).await;
        reset_password::run(&world.app, &operator(), UserRequest { user: world.ada.id, version: None }).await.unwrap();
        let new = exchange(world, &world.app, Retirement::Stolen).await;
        let refused = accept::run(&new, accept::tests::choosing(code)).await.unwrap_err();
        assert!(matches!(refused, redeem::Error::Unknown), "{refused}");
        let now = show::run(&new, &operator(), user).await.unwrap();
        assert_eq!(now.user.link(new.now()), LinkColumn::Withdrawn);
        assert!(now.mails.iter().all(|mail| mail.state == MailState::Cancelled));
        assert!(outbox::claim(&new, 9).await.unwrap().is_empty());
        let entry = &show::run(&new, &operator(), user).await.unwrap();
        assert!(entry.history.iter().all(|one| one.action != "key-rotate"), "it concerns nobody alone");
        assert_eq!(verified(&new).await.broken, None);
    })
    .await;
}

#[tokio::test]
async fn whoever_runs_on_with_the_old_key_changes_nothing_and_has_to_start_again() {
    on_both(async |world| {
        let node = nodes::announce(&world.app, NodeKind::Portal, &Process::default()).await.unwrap();
        let begun =
            Exchange::begin(&world.key_file(), world.app.keys.fingerprint(), Retirement::Ordinary, &*world.app.random)
                .unwrap();
        let new = with(world, begun.new_keys());
        let refused = rotate_key(Some(&world.app), &new, &operator(), begun).await.unwrap_err();
        assert_eq!(refused.code(), "running");
        nodes::leave(&world.app, node).await.unwrap();
        let new = exchange(world, &world.app, Retirement::Ordinary).await;
        let late = invite::run(&world.app, &operator(), grace()).await.unwrap_err();
        assert_eq!(late.code(), "key_exchanged");
        assert!(outbox::claim(&world.app, 9).await.is_err() && seal_audit::run(&world.app).await.is_err());
        invited(&new, "grace@navy.example").await;
    })
    .await;
}

#[tokio::test]
async fn an_exchange_that_broke_off_after_the_file_was_written_is_finished_by_the_next_try() {
    on_both(async |world| {
        invited(&world.app, "one@example.org").await;
        let before = world.app.keys.fingerprint().to_owned();
        let mut broken = Exchange::begin(&world.key_file(), &before, Retirement::Ordinary, &*world.app.random).unwrap();
        broken.write(crate::secrets::LastLink::default()).unwrap();
        drop(broken);
        let refused = Keys::load(&world.key_file()).unwrap().check(&before).unwrap_err();
        assert_eq!(refused.hint().unwrap(), "finish it with `rsvp key rotate`");
        let new = exchange(world, &world.app, Retirement::Ordinary).await;
        assert_eq!(new.keys.records().len(), 1, "no second new key");
        assert_eq!(verified(&new).await.broken, None);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_the_old_key_and_the_database_cannot_write_the_log_anew() {
    on_both(async |world| {
        invited(&world.app, "one@example.org").await;
        let new = exchange(world, &world.app, Retirement::Stolen).await;
        invited(&new, "two@example.org").await;
        let before = verified(&new).await;
        let (last, all) = (new.keys.reaches(), before.head.unwrap().seq);
        assert!(last > 0 && all > last);
        let attack = async |statement: String| world.app.store.without_triggers(&statement).await.unwrap();
        // Another link in the place of one that the stolen key made, with a proof made with that key.
        attack(format!("UPDATE audit SET actor_kind = 'system' WHERE id = {last}")).await;
        let (rows, link) = world
            .app
            .store
            .read(|tx| async move {
                let before = tx.chain_link(last - 1).await?.map_or_else(Vec::new, |link| link.proof);
                Ok::<_, crate::store::StoreError>((tx.logged(vec![last]).await?, before))
            })
            .await
            .unwrap();
        let forged = world.app.keys.current().seal(&link, last, &rows[&last].facts.bytes());
        let forged = crate::app::context::hex(&forged);
        let bytes = if world.on_postgres { format!("'\\x{forged}'") } else { format!("x'{forged}'") };
        attack(format!("UPDATE audit_chain SET mac = {bytes} WHERE seq = {last}")).await;
        let found = verified(&new).await.broken.unwrap();
        assert_eq!((found.seq, found.why), (last, Why::Changed));
        // The end cut off behind the exchange, and before it.
        attack(format!("DELETE FROM audit_chain WHERE seq >= {last}")).await;
        std::fs::remove_file(new.keys.kept_head().path()).unwrap();
        let found = verify_audit::run(&new, &operator(), None).await.unwrap().broken.unwrap();
        assert_eq!(found.why, Why::EndMissing, "the key file alone tells it");
    })
    .await;
}

/// Loses the key and makes a new one.
async fn lose(world: &World, app: &App) -> App {
    std::fs::remove_file(world.key_file()).unwrap();
    let lost = lost(app, app.keys.fingerprint()).await.unwrap();
    let replacement = Replacement::begin(&world.key_file(), lost.clone(), &*app.random).unwrap();
    let new = with(world, replacement.keys());
    new_key(&new, &operator(), &lost).await.unwrap();
    replacement.finish().unwrap();
    new
}

#[tokio::test]
async fn after_a_loss_no_link_works_and_what_was_sealed_can_be_counted_but_not_proved() {
    on_both(async |world| {
        let user = invited(&world.app, "one@example.org").await;
        let code = link_code(world, user).await;
        let sealed = seal_audit::run(&world.app).await.unwrap().unwrap().seq;
        invited(&world.app, "two@example.org").await;
        let new = lose(world, &world.app).await;
        assert!(matches!(accept::run(&new, accept::tests::choosing(code)).await, Err(redeem::Error::Unknown)));
        let again = crate::app::links::resend::Request { user, version: None, force: true };
        crate::app::links::resend::run(&new, &operator(), again).await.unwrap();
        let found = verified(&new).await;
        assert_eq!((found.unprovable, found.unsealed, found.broken), (u64::try_from(sealed).unwrap(), 0, None));
        let copied = "INSERT INTO audit (at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash) \
                      SELECT at, actor_kind, 1, 'delete', subject_id, detail_hash, origin_hash FROM audit WHERE id = 2";
        world.app.store.without_triggers(copied).await.unwrap();
        assert_eq!(verified(&new).await.unsealed, 1, "nothing else is sealed unseen");
        world.app.store.without_triggers("UPDATE audit SET at = at - 1 WHERE id = 4").await.unwrap();
        assert!(verified(&new).await.broken.is_some(), "rows sealed since are proved as they were found");
    })
    .await;
}

#[tokio::test]
async fn a_loss_after_exchanges_takes_the_older_keys_with_it_and_the_log_goes_on() {
    on_both(async |world| {
        invited(&world.app, "one@example.org").await;
        let second = exchange(world, &world.app, Retirement::Ordinary).await;
        invited(&second, "two@example.org").await;
        seal_audit::run(&second).await.unwrap();
        let third = lose(world, &second).await;
        invited(&third, "three@example.org").await;
        let fourth = exchange(world, &third, Retirement::Ordinary).await;
        let found = verified(&fourth).await;
        assert_eq!((found.broken, found.unsealed), (None, 0));
        assert!(found.unprovable >= 4 && found.sealed >= 3, "{} {}", found.unprovable, found.sealed);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_a_stolen_key_made_is_not_revived() {
    on_both(async |world| {
        let user = invited(&world.app, "one@example.org").await;
        crate::app::users::suspend::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
        let new = exchange(world, &world.app, Retirement::Stolen).await;
        let back = UserRequest { user, version: None };
        let back = crate::app::users::reactivate::run(&new, &operator(), back).await.unwrap();
        assert_eq!(back.link(new.now()), LinkColumn::Withdrawn);
    })
    .await;
}
