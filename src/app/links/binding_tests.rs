//! A code is bound to everything that it stands for: each story changes one thing that a link was made of, and the link
//! is worth nothing; changed back, it works again.

use crate::app::links::confirm_email;
use crate::app::links::look;
use crate::app::links::reset_password::show_reset;
use crate::app::test::{World, grace, link_code, on_both, operator};
use crate::app::users::invite;
use crate::app::{App, UserRequest};
use crate::domain::code::{Code, CodeOrLink};
use crate::domain::link::{LinkState, Purpose};
use crate::secrets::Keys;
use crate::store::Installation;

/// One link of each purpose.
async fn links(world: &World) -> Vec<(Purpose, Code)> {
    let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
    let invitation = link_code(world, user).await;
    let request = UserRequest { user: world.ada.id, version: None };
    let reset = show_reset(&world.app, &operator(), request).await.unwrap().link;
    let reset = CodeOrLink::parse(&reset).unwrap().code;
    let mut all = vec![(Purpose::Invitation, invitation), (Purpose::Reset, reset)];
    // Asking for a new address ends resets, so this one is somebody else's.
    let bob = crate::app::test::active(world, "bob@example.org", true).await;
    let email = Some(crate::domain::email::Email::parse("bob@elsewhere.example").unwrap());
    crate::app::users::edit::run(
        &world.app,
        &operator(),
        crate::app::users::edit::Request { email, ..crate::app::users::edit::Request::of(bob) },
    )
    .await
    .unwrap();
    let changes = confirm_email::tests::sent(world).await.into_iter().filter_map(|(kind, _, code)| {
        kind.purpose().filter(|purpose| Purpose::EMAIL_CHANGE.contains(purpose)).map(|purpose| (purpose, code))
    });
    all.extend(changes);
    assert_eq!(all.iter().map(|(purpose, _)| *purpose).collect::<Vec<_>>(), Purpose::ALL);
    all
}

async fn proves(app: &App, purpose: Purpose, code: &Code) -> bool {
    match look::run(app, purpose, code).await.unwrap() {
        Some(looked) => {
            assert_eq!(looked.state, LinkState::Pending);
            true
        }
        None => false,
    }
}

#[tokio::test]
async fn what_the_database_says_of_a_link_cannot_be_changed_without_killing_it() {
    on_both(async |world| {
        let app = &world.app;
        let run = async |statement: &str| app.store.raw(statement).await.unwrap();
        for (purpose, code) in links(world).await {
            let id = code.id;
            assert!(proves(app, purpose, &code).await, "{purpose:?}");
            let other = if world.on_postgres {
                "'\\x00112233445566778899aabbccddeeff'"
            } else {
                "x'00112233445566778899aabbccddeeff'"
            };
            let another = if purpose == Purpose::Reset { "'invitation'" } else { "'reset'" };
            for (column, value) in [
                ("purpose", another),
                ("nonce", other),
                ("address", "'eve@example.org'"),
                ("key_id", "'0123456789abcdef'"),
            ] {
                run(&format!("CREATE TABLE kept AS SELECT {column} FROM links WHERE id = {id}")).await;
                run(&format!("UPDATE links SET {column} = {value} WHERE id = {id}")).await;
                for any in Purpose::ALL {
                    assert!(!proves(app, any, &code).await, "{purpose:?} as {any:?} with another {column}");
                }
                run(&format!("UPDATE links SET {column} = (SELECT {column} FROM kept) WHERE id = {id}")).await;
                run("DROP TABLE kept").await;
                assert!(proves(app, purpose, &code).await, "{purpose:?} {column} as it was");
            }
            // The same row under another number, and this code with another number.
            run(&format!("UPDATE links SET id = {} WHERE id = {id}", id + 1000)).await;
            assert!(!proves(app, purpose, &code).await);
            let moved = Code { id: id + 1000, mac: code.mac };
            assert!(!proves(app, purpose, &moved).await, "{purpose:?} moved with its row");
            run(&format!("UPDATE links SET id = {id} WHERE id = {}", id + 1000)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_is_worth_nothing_for_another_purpose_in_another_installation_or_under_another_key() {
    on_both(async |world| {
        for (purpose, code) in links(world).await {
            for other in Purpose::ALL {
                assert_eq!(proves(&world.app, other, &code).await, other == purpose, "{purpose:?} as {other:?}");
            }
            let installation = Installation { epoch: "another".to_owned(), ..(*world.app.installation).clone() };
            let restored = App { installation: std::sync::Arc::new(installation), ..world.app.clone() };
            let epoch = |epoch: &str| format!("UPDATE settings SET value = '{epoch}' WHERE key = 'epoch'");
            world.app.store.raw(&epoch("another")).await.unwrap();
            assert!(!proves(&restored, purpose, &code).await, "{purpose:?} in another epoch");
            world.app.store.raw(&epoch(&world.app.installation.epoch)).await.unwrap();
            let keys = Keys::in_memory(&*world.app.random);
            let statement =
                |named: &str| format!("UPDATE settings SET value = '{named}' WHERE key = 'key_fingerprint'");
            world.app.store.raw(&statement(keys.fingerprint())).await.unwrap();
            let stranger = App { keys: std::sync::Arc::new(keys), ..world.app.clone() };
            assert!(!proves(&stranger, purpose, &code).await, "{purpose:?} under another key");
            world.app.store.raw(&statement(world.app.keys.fingerprint())).await.unwrap();
            for at in 0..code.mac.len() {
                let mut mac = code.mac;
                mac[at] ^= 1;
                assert!(!proves(&world.app, purpose, &Code { id: code.id, mac }).await, "{purpose:?}, byte {at}");
            }
        }
    })
    .await;
}
