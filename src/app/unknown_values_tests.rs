//! Words that the database keeps and this version does not know: each is an error that says where it is, and none is
//! taken for something else. Each story writes one with SQL, as a newer version or somebody by hand would.

use crate::app::Failure;
use crate::app::audit::list_audit;
use crate::app::links::look;
use crate::app::mail::{list_mails, outbox};
use crate::app::test::{World, active, grace, link_code, on_both, operator};
use crate::app::upkeep::key;
use crate::app::users::{invite, show};
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::link::Purpose;
use crate::domain::mail::{Failure as NotSent, FailureClass, MailId, Outcome, Stage};
use crate::domain::name::Name;
use crate::domain::role::WorkspaceRole;
use crate::domain::time::hours;
use crate::domain::user::UserId;

/// Grace, invited to a workspace, whose email was tried once.
async fn invited(world: &World) -> (UserId, MailId) {
    let name = Name::parse("Research").unwrap();
    crate::app::workspaces::create_workspace::run(&world.app, &operator(), &name).await.unwrap();
    let request = invite::Request { workspaces: vec![(name, WorkspaceRole::Member)], ..grace() };
    let invited = invite::run(&world.app, &operator(), request).await.unwrap();
    for job in outbox::claim(&world.app, 9).await.unwrap() {
        let text = "try again".to_owned();
        let deferred = NotSent { class: FailureClass::Temporary, stage: Stage::Recipient, code: Some(450), text };
        outbox::finish(&world.app, &job, &Outcome::Failed(deferred)).await.unwrap();
    }
    (invited.user.id, invited.mail)
}

/// Writes a word, which acts on a terminal, where only some words may be.
async fn write(world: &World, table: &str, column: &str, wanted: &str) {
    let odd = "odd\u{1b}[2J";
    world.app.store.without_triggers(&format!("UPDATE {table} SET {column} = '{odd}' WHERE {wanted}")).await.unwrap();
}

fn says(failure: &Failure, at: &str) {
    assert_eq!(failure.code(), "database_value", "{failure}");
    let text = failure.to_string();
    assert!(text.contains("odd") && !text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains(at), "{text}");
}

/// The email waits for somebody to look, says why, and keeps no other email from leaving.
async fn is_put_off(world: &World, mail: MailId, at: &str) {
    let email = Email::parse("zoe@example.org").unwrap();
    let zoe = invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap();
    world.pass(hours(1));
    let jobs = outbox::claim(&world.app, 9).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.mail.id).collect::<Vec<_>>(), [zoe.mail]);
    let shown = list_mails::show(&world.app, &operator(), mail).await.unwrap();
    assert!(shown.mail.last.unwrap().text.contains(at));
    assert_eq!(shown.mail.next_at, Some(world.app.now().plus(hours(1))));
}

#[tokio::test]
async fn a_language() {
    on_both(async |world| {
        let (user, mail) = invited(world).await;
        write(world, "users", "language", &format!("id = {}", user.0)).await;
        let at = format!("in column language of row {} of users", user.0);
        says(&show::run(&world.app, &operator(), user).await.unwrap_err(), &at);
        is_put_off(world, mail, &at).await;
    })
    .await;
}

#[tokio::test]
async fn a_role_in_a_workspace() {
    on_both(async |world| {
        let (user, mail) = invited(world).await;
        write(world, "memberships", "role", &format!("user_id = {}", user.0)).await;
        let at = format!("in column role of row (workspace 1, user {}) of memberships", user.0);
        says(&show::run(&world.app, &operator(), user).await.unwrap_err(), &at);
        is_put_off(world, mail, &at).await;
    })
    .await;
}

#[tokio::test]
async fn a_purpose_of_a_link() {
    on_both(async |world| {
        let (user, _) = invited(world).await;
        let code = link_code(world, user).await;
        write(world, "links", "purpose", &format!("id = {}", code.id)).await;
        let at = format!("in column purpose of row {} of links", code.id);
        says(&look::run(&world.app, Purpose::Invitation, &code).await.unwrap_err(), &at);
        says(&key::open_links(&world.app).await.unwrap_err(), &at);
    })
    .await;
}

#[tokio::test]
async fn an_ending_of_a_link() {
    on_both(async |world| {
        let user = active(world, "bob@example.org", false).await;
        write(world, "links", "ending", &format!("user_id = {}", user.0)).await;
        says(&show::run(&world.app, &operator(), user).await.unwrap_err(), "in column ending of row 1 of links");
    })
    .await;
}

#[tokio::test]
async fn a_kind_a_state_and_a_stage_of_a_mail() {
    on_both(async |world| {
        let (user, mail) = invited(world).await;
        let (kept, here) = ("CREATE TABLE kept AS SELECT * FROM outbox", format!("id = {}", mail.0));
        world.app.store.raw(kept).await.unwrap();
        for column in ["kind", "state", "last_stage"] {
            write(world, "outbox", column, &here).await;
            let at = format!("in column {column} of row {} of outbox", mail.0);
            says(&show::run(&world.app, &operator(), user).await.unwrap_err(), &at);
            says(&list_mails::show(&world.app, &operator(), mail).await.unwrap_err(), &at);
            world.pass(hours(1));
            assert!(outbox::claim(&world.app, 9).await.unwrap().is_empty());
            let back = format!("UPDATE outbox SET {column} = (SELECT {column} FROM kept)");
            world.app.store.raw(&back).await.unwrap();
        }
        list_mails::show(&world.app, &operator(), mail).await.unwrap();
        write(world, "mail_attempts", "stage", &format!("mail_id = {}", mail.0)).await;
        let failure = list_mails::show(&world.app, &operator(), mail).await.unwrap_err();
        says(&failure, "in column stage of row 1 of mail_attempts");
    })
    .await;
}

#[tokio::test]
async fn a_kind_of_actor() {
    on_both(async |world| {
        invited(world).await;
        write(world, "audit", "actor_kind", "id = 2").await;
        let failure = list_audit::run(
            &world.app,
            &operator(),
            &list_audit::Request { limit: 10, ..list_audit::Request::default() },
        )
        .await
        .unwrap_err();
        says(&failure, "in column actor_kind of row 2 of audit");
    })
    .await;
}
