//! Details that are gone: those that an entry erased or forgot break nothing, and any other is found.

use zeroize::Zeroizing;

use crate::app::audit::seal_audit;
use crate::app::audit::verify_audit::{self, Verified, Why};
use crate::app::session::sign_in;
use crate::app::step::Step;
use crate::app::test::{World, grace, on_both, operator};
use crate::app::upkeep::tidy;
use crate::app::users::{erase, invite, suspend};
use crate::app::{Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Origin;
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::time::days;
use crate::domain::user::UserId;

async fn verified(world: &World) -> Verified {
    verify_audit::run(&world.app, &operator(), None).await.unwrap()
}

/// Where it is broken, and why.
async fn broken(world: &World) -> Option<(Option<i64>, Why)> {
    verified(world).await.broken.map(|broken| (broken.entry, broken.why))
}

async fn attack(world: &World, statement: &str) {
    world.app.store.without_triggers(statement).await.unwrap();
}

async fn sealed(world: &World) {
    seal_audit::run(&world.app).await.unwrap();
}

async fn invited(world: &World, email: &str) -> UserId {
    let email = Email::parse(email).unwrap();
    invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user.id
}

/// Somebody tries to sign in with an address that nobody has.
async fn tries_as(world: &World, email: &str) -> i64 {
    let origin = Origin { login: Some("lovelock".to_owned()), door: "terminal", ..Origin::default() };
    let password = Zeroizing::new("wrong".to_owned());
    let _ = sign_in::run(&world.app, sign_in::Request { email: email.to_owned(), password, origin }).await;
    newest(world).await
}

async fn newest(world: &World) -> i64 {
    world.app.store.read(|tx| async move { tx.last_audit_id().await }).await.unwrap()
}

async fn erased(world: &World, user: UserId) {
    erase::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
}

#[tokio::test]
async fn details_that_somebody_deletes_are_found_at_the_first_one() {
    for (statement, entry) in [
        ("DELETE FROM audit_detail", 1),
        ("DELETE FROM audit_detail WHERE audit_id = 3", 3),
        ("UPDATE audit_detail SET salt = origin_salt, detail = '' WHERE audit_id = 2", 2),
    ] {
        on_both(async |world| {
            for email in ["a@example.org", "b@example.org", "c@example.org"] {
                invited(world, email).await;
            }
            sealed(world).await;
            assert_eq!(broken(world).await, None);
            attack(world, statement).await;
            let found = broken(world).await.unwrap_or_else(|| panic!("{statement} is not found"));
            let why = if statement.contains("salt") { Why::DetailChanged } else { Why::DetailMissing };
            assert_eq!(found, (Some(entry), why), "{statement}");
        })
        .await;
    }
}

#[tokio::test]
async fn words_that_somebody_puts_in_the_place_of_what_was_erased_are_found() {
    on_both(async |world| {
        let zelda = invited(world, "zelda@example.org").await;
        let about = newest(world).await;
        erased(world, zelda).await;
        sealed(world).await;
        assert_eq!(broken(world).await, None);
        attack(world, &format!("UPDATE audit_detail SET detail = '{{}}' WHERE audit_id = {about}")).await;
        assert_eq!(broken(world).await, Some((Some(about), Why::DetailChanged)));
    })
    .await;
}

/// Takes away what an erasure takes away, in the words of each database.
async fn emptied(world: &World, part: &str, entry: i64) {
    let salt = if part == "detail" { "salt" } else { "origin_salt" };
    let sqlite = format!("UPDATE audit_detail SET {salt} = x'', {part} = '' WHERE audit_id = {entry}");
    let postgres = sqlite.replace("x''", "''::bytea");
    if world.app.store.without_triggers(&sqlite).await.is_err() {
        attack(world, &postgres).await;
    }
}

#[tokio::test]
async fn each_part_alone_is_missed() {
    for part in ["detail", "origin"] {
        on_both(async |world| {
            invited(world, "a@example.org").await;
            sealed(world).await;
            emptied(world, part, 2).await;
            assert_eq!(broken(world).await, Some((Some(2), Why::DetailMissing)), "{part}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_erasure_accounts_for_what_was_said_about_that_person_before_it_and_for_nothing_else() {
    on_both(async |world| {
        let (zelda, mia) = (invited(world, "zelda@example.org").await, invited(world, "mia@example.org").await);
        suspend::run(&world.app, &operator(), UserRequest { user: zelda, version: None }).await.unwrap();
        let about_mia = newest(world).await - 1;
        erased(world, zelda).await;
        let found = verified(world).await;
        assert_eq!((found.broken, found.erased, found.unsealed), (None, 2, 1), "before its own seal");
        sealed(world).await;
        assert_eq!(broken(world).await, None, "and after it");
        emptied(world, "detail", about_mia).await;
        assert_eq!(broken(world).await, Some((Some(about_mia), Why::DetailMissing)));
        // Once she is erased as well, nothing is left that somebody could have wanted to hide.
        erased(world, mia).await;
        assert_eq!(broken(world).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_named_nobody_else_goes_with_a_person_only_if_the_erasure_lists_it() {
    on_both(async |world| {
        let hers = tries_as(world, "zelda@example.org").await;
        let anothers = tries_as(world, "mallory@example.org").await;
        let zelda = invited(world, "zelda@example.org").await;
        erased(world, zelda).await;
        let entry = newest(world).await;
        sealed(world).await;
        let found = verified(world).await;
        assert_eq!((found.broken, found.erased), (None, 2), "the try with her address, and her invitation");
        attack(world, &format!("DELETE FROM audit_detail WHERE audit_id = {anothers}")).await;
        assert_eq!(broken(world).await, Some((Some(anothers), Why::DetailMissing)));
        // The list itself is a detail that nothing accounts for, and without it the first try is missed as well.
        attack(world, &format!("DELETE FROM audit_detail WHERE audit_id = {entry}")).await;
        assert_eq!(broken(world).await, Some((Some(hers), Why::DetailMissing)));
    })
    .await;
}

#[tokio::test]
async fn forgetting_accounts_for_what_is_older_and_an_erasure_proves_what_it_erased_for_ever() {
    on_both(async |world| {
        tries_as(world, "zelda@example.org").await;
        let zelda = invited(world, "zelda@example.org").await;
        erased(world, zelda).await;
        let erasure = newest(world).await;
        sealed(world).await;
        world.pass(days(1_000));
        let young = invited(world, "mia@example.org").await;
        sealed(world).await;
        let about_young = newest(world).await;
        world.pass(days(200));
        let now = world.app.now();
        tidy::delete_what_is_over(&world.app, now).await.unwrap();
        let forgotten = newest(world).await;
        assert_eq!(broken(world).await, None, "before its own seal");
        sealed(world).await;
        assert_eq!(broken(world).await, None);
        let everything = world.app.store.everything().await;
        assert!(everything.iter().any(|row| row.contains("also_erased")), "{erasure} is stored still");
        // What is forgotten once is not forgotten again.
        world.pass(days(1));
        tidy::delete_what_is_over(&world.app, world.app.now()).await.unwrap();
        assert_eq!(newest(world).await, forgotten);
        emptied(world, "detail", about_young).await;
        assert_eq!(broken(world).await, Some((Some(about_young), Why::DetailMissing)));
        erased(world, young).await;
        assert_eq!(broken(world).await, None);
        attack(world, &format!("DELETE FROM audit_detail WHERE audit_id = {forgotten}")).await;
        assert!(broken(world).await.is_some(), "that something was forgotten is itself never forgotten");
    })
    .await;
}

/// Erases somebody as it was done before an erasure listed anything.
async fn erased_without_a_list(world: &World, user: UserId) {
    sealed(world).await;
    let (app, actor) = (&world.app, &operator());
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            step.tx.erase_user(user, step.now).await?;
            step.record(Record::about(Action::Erase, user)).await?;
            Ok::<_, Failure>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_erasure_from_before_there_were_lists_accounts_for_every_entry_about_nobody_before_it() {
    on_both(async |world| {
        tries_as(world, "zelda@example.org").await;
        let zelda = invited(world, "zelda@example.org").await;
        erased_without_a_list(world, zelda).await;
        assert_eq!(broken(world).await, None);
        sealed(world).await;
        assert_eq!(broken(world).await, None);
        let later = tries_as(world, "mallory@example.org").await;
        sealed(world).await;
        attack(world, &format!("DELETE FROM audit_detail WHERE audit_id = {later}")).await;
        assert_eq!(broken(world).await, Some((Some(later), Why::DetailMissing)));
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_key_cannot_make_an_erasure_that_accounts_for_anything() {
    let columns = "at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash";
    let link = "INSERT INTO audit_chain (seq, audit_id, mac, key_id) SELECT {}, (SELECT MAX(id) FROM audit), mac, key_id \
                FROM audit_chain WHERE seq = 2";
    for place in [None, Some("0"), Some("-3"), Some("(SELECT MAX(seq) + 1 FROM audit_chain)")] {
        on_both(async |world| {
            let zelda = invited(world, "zelda@example.org").await;
            sealed(world).await;
            attack(
                world,
                &format!(
                    "INSERT INTO audit ({columns}) SELECT at, actor_kind, actor_id, 'erase', {}, detail_hash, origin_hash \
                     FROM audit WHERE id = 2",
                    zelda.0
                ),
            )
            .await;
            attack(
                world,
                "INSERT INTO audit_detail (audit_id, salt, detail, origin_salt, origin) SELECT (SELECT MAX(id) FROM audit), \
                 salt, detail, origin_salt, origin FROM audit_detail WHERE audit_id = 2",
            )
            .await;
            if let Some(place) = place {
                attack(world, &link.replace("{}", place)).await;
            }
            attack(world, "DELETE FROM audit_detail WHERE audit_id = 2").await;
            assert!(broken(world).await.is_some(), "{place:?}");
        })
        .await;
    }
}
