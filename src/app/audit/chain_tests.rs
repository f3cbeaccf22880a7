//! The chain over the audit log: what an attacker with the database and without the key can do, and that it shows.

use crate::app::audit::seal_audit;
use crate::app::audit::verify_audit::{self, Head, Verified, Why, told};
use crate::app::test::{World, active, grace, on_both, operator, signed_in};
use crate::app::users::invite::{self};
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;

async fn ten_entries(world: &World) {
    for number in 0..9 {
        let email = Email::parse(&format!("p{number}@example.org")).unwrap();
        invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
    }
}

async fn verified(world: &World) -> Verified {
    verify_audit::run(&world.app, &operator(), None).await.unwrap()
}

/// An attacker who controls the database removes the triggers first.
async fn attack(world: &World, statement: &str) {
    world.app.store.without_triggers(statement).await.unwrap();
}

#[tokio::test]
async fn what_is_sealed_verifies_and_nothing_is_sealed_twice() {
    on_both(async |world| {
        ten_entries(world).await;
        assert_eq!((verified(world).await.sealed, verified(world).await.unsealed), (0, 10));
        let head = seal_audit::run(&world.app).await.unwrap().unwrap();
        assert!(seal_audit::run(&world.app).await.unwrap().is_none(), "nothing is sealed twice");
        let found = verified(world).await;
        assert_eq!(
            (found.sealed, found.unsealed, found.broken.clone(), found.head.as_ref()),
            (10, 0, None, Some(&head))
        );
    })
    .await;
}

async fn ten_more(world: &World) {
    let email = Email::parse("more@example.org").unwrap();
    invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
}

#[tokio::test]
async fn rows_cannot_be_changed_or_removed_by_anybody_who_leaves_the_triggers_alone() {
    on_both(async |world| {
        ten_entries(world).await;
        seal_audit::run(&world.app).await.unwrap();
        for statement in [
            "UPDATE audit SET actor_id = 1 WHERE id = 2",
            "DELETE FROM audit WHERE id = 2",
            "UPDATE audit_chain SET seq = 99 WHERE seq = 2",
            "DELETE FROM audit_chain WHERE seq = 2",
        ] {
            let refused = world.app.store.raw(statement).await.unwrap_err();
            assert!(refused.contains("append-only"), "{refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_thing_that_an_attacker_without_the_key_does_is_found_at_its_first_row() {
    for (attacks, why, seq) in [
        (&["UPDATE audit SET subject_id = 1 WHERE id = 4"][..], Why::Changed, 4),
        (&["UPDATE audit SET at = at - 1 WHERE id = 4"], Why::Changed, 4),
        (&["UPDATE audit SET action = 'edit' WHERE id = 4"], Why::Changed, 4),
        (&["DELETE FROM audit WHERE id = 5"], Why::EntryMissing, 5),
        (&["DELETE FROM audit_chain WHERE seq = 6"], Why::LinkMissing, 6),
        (&["UPDATE audit_detail SET detail = '{}' WHERE audit_id = 7"], Why::DetailChanged, 7),
        // Two rows change places, and their links with them.
        (
            &[
                "UPDATE audit_chain SET audit_id = 99 WHERE seq = 3",
                "UPDATE audit_chain SET audit_id = 3 WHERE seq = 4",
                "UPDATE audit_chain SET audit_id = 4 WHERE seq = 3",
            ],
            Why::Changed,
            3,
        ),
        (
            &[
                "DELETE FROM audit_chain WHERE seq = 8",
                "UPDATE audit_chain SET seq = seq - 1 WHERE seq > 8",
                "DELETE FROM audit WHERE id = 8",
            ],
            Why::Changed,
            8,
        ),
    ] {
        on_both(async |world| {
            ten_entries(world).await;
            seal_audit::run(&world.app).await.unwrap();
            for statement in attacks {
                attack(world, statement).await;
            }
            let broken = verified(world).await.broken.unwrap_or_else(|| panic!("{attacks:?} is not found"));
            assert_eq!((broken.why, broken.seq), (why, seq), "{attacks:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn an_entry_that_somebody_else_put_in_is_never_sealed() {
    on_both(async |world| {
        ten_entries(world).await;
        seal_audit::run(&world.app).await.unwrap();
        let copied = "INSERT INTO audit (at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash) \
                      SELECT at, actor_kind, 1, 'delete', subject_id, detail_hash, origin_hash FROM audit WHERE id = 2";
        attack(world, copied).await;
        attack(
            world,
            "INSERT INTO audit_detail (audit_id, salt, detail, origin_salt, origin) \
             SELECT (SELECT MAX(id) FROM audit), salt, detail, origin_salt, origin FROM audit_detail WHERE audit_id = 2",
        )
        .await;
        // Without a detail there is nothing that its hash could be held against.
        attack(
            world,
            "INSERT INTO audit (at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash) \
             SELECT at, actor_kind, 1, 'delete', subject_id, detail_hash, origin_hash FROM audit WHERE id = 3",
        )
        .await;
        ten_more(world).await;
        seal_audit::run(&world.app).await.unwrap();
        let found = verified(world).await;
        assert_eq!((found.sealed, found.unsealed, found.broken), (11, 2, None), "reported as unsealed for good");
    })
    .await;
}

#[tokio::test]
async fn however_many_somebody_puts_in_later_entries_are_sealed() {
    on_both(async |world| {
        ten_entries(world).await;
        let copied = "INSERT INTO audit (at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash) \
                      SELECT one.at, one.actor_kind, 1, 'delete', one.subject_id, one.detail_hash, one.origin_hash \
                      FROM audit one, audit two, audit three";
        attack(world, copied).await;
        attack(
            world,
            "INSERT INTO audit_detail (audit_id, salt, detail, origin_salt, origin) \
             SELECT audit.id, one.salt, one.detail, one.origin_salt, one.origin \
             FROM audit, audit_detail one WHERE audit.id > 10 AND one.audit_id = 2",
        )
        .await;
        ten_more(world).await;
        seal_audit::run(&world.app).await.unwrap();
        let found = verified(world).await;
        assert_eq!((found.sealed, found.unsealed, found.broken), (11, 1_000, None));
    })
    .await;
}

#[tokio::test]
async fn a_cut_tail_shows_against_a_head_that_was_kept() {
    on_both(async |world| {
        ten_entries(world).await;
        let head = told(&seal_audit::run(&world.app).await.unwrap().unwrap());
        let (seq, proof) = head.split_once(':').unwrap();
        let kept = Head { seq: seq.parse().unwrap(), proof: proof[..16].to_owned() };
        assert_eq!(verify_audit::run(&world.app, &operator(), Some(&kept)).await.unwrap().broken, None);
        attack(world, "DELETE FROM audit_chain WHERE seq > 7").await;
        attack(world, "DELETE FROM audit WHERE id > 7").await;
        assert_eq!(verified(world).await.broken.unwrap().why, Why::HeadMissing, "the one beside the key tells it");
        std::fs::remove_file(world.app.keys.kept_head().path()).unwrap();
        assert_eq!(verified(world).await.broken, None, "nothing in the database tells it");
        let found = verify_audit::run(&world.app, &operator(), Some(&kept)).await.unwrap();
        assert_eq!(found.broken.unwrap().why, Why::HeadMissing);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_was_cut_does_not_grow_again_unnoticed() {
    on_both(async |world| {
        ten_entries(world).await;
        seal_audit::run(&world.app).await.unwrap();
        // An entry is taken out, and a copy of another put in its place; what comes after it is to be sealed anew.
        attack(world, "DELETE FROM audit_chain WHERE audit_id >= 8").await;
        attack(world, "DELETE FROM audit WHERE id = 8").await;
        let copied = "INSERT INTO audit (id, at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash) \
                      SELECT 8, at, actor_kind, actor_id, action, subject_id, detail_hash, origin_hash FROM audit WHERE id = 7";
        attack(world, copied).await;
        let refused = seal_audit::run(&world.app).await.unwrap_err();
        assert_eq!(refused.code(), "audit_cut");
        assert!(refused.hint().unwrap().contains("rsvp.key.head"));
        std::fs::remove_file(world.app.keys.kept_head().path()).unwrap();
        seal_audit::run(&world.app).await.unwrap();
        assert_eq!(verified(world).await.unsealed, 1, "and a copy is never sealed");
    })
    .await;
}

#[tokio::test]
async fn only_administrators_verify() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", true).await;
        verify_audit::run(&world.app, &signed_in(bob), None).await.unwrap();
        let member = active(world, "mia@example.org", false).await;
        assert_eq!(verify_audit::run(&world.app, &signed_in(member), None).await.unwrap_err().code(), "no_authority");
    })
    .await;
}
