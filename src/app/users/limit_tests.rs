//! What somebody below administrator may send: so much, and nothing that leads elsewhere. And who takes back what.

use crate::app::audit::list_audit;
use crate::app::links::{resend, reset_password, show_link};
use crate::app::test::{World, active, grace, on_both, operator, signed_in};
use crate::app::upkeep::health;
use crate::app::users::{delete, edit, invite, reactivate, restore, suspend};
use crate::app::workspaces::create_workspace;
use crate::app::{App, Options, UserRequest};
use crate::domain::actor::Actor;
use crate::domain::allowance::{Allowance, SendLimits, Within};
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::message_links::OwnPlaces;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, Role, WorkspaceRole};
use crate::domain::time::{hours, minutes};
use crate::domain::user::UserId;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

const fn on(user: UserId) -> UserRequest {
    UserRequest { user, version: None }
}

/// Somebody who administers the Library.
async fn wes(world: &World) -> Actor {
    create_workspace::run(&world.app, &operator(), &name("Library")).await.unwrap();
    let wes = active(world, "wes@example.org", false).await;
    let joins = Some((name("Library"), WorkspaceRole::Administrator));
    edit::run(&world.app, &operator(), edit::Request { joins, ..edit::Request::of(wes) }).await.unwrap();
    signed_in(wes)
}

fn stranger(number: u32) -> invite::Request {
    let workspaces = vec![(name("Library"), WorkspaceRole::Member)];
    invite::Request { email: email(&format!("stranger{number}@example.net")), workspaces, ..grace() }
}

fn limited(world: &World) -> App {
    let own_places = OwnPlaces { domains: vec!["example.org".to_owned()], hosts: vec!["start.example.net".to_owned()] };
    let options = Options { limits: SendLimits { per_hour: 5, per_day: 8 }, own_places, ..world.app.options().clone() };
    App { options: std::sync::Arc::new(options), ..world.app.clone() }
}

#[tokio::test]
async fn a_workspace_administrator_sends_so_much_an_hour_and_a_day_and_is_told_what_is_left() {
    on_both(async |world| {
        let (app, wes) = (limited(world), wes(world).await);
        let invite = async |number: u32| invite::run(&app, &wes, stranger(number)).await;
        let left = async || health::run(&app, &wes).await.unwrap().allowance;
        assert_eq!(left().await, Some(Allowance { left: 5, of: 5, within: Within::Hour }));
        for number in 0..4 {
            invite(number).await.unwrap();
        }
        let user = invite(4).await.unwrap().user.id;
        // Every way to send counts, and so does an address that is corrected.
        world.pass(minutes(2));
        let error = invite(5).await.unwrap_err();
        assert_eq!(
            (error.code(), error.hint().unwrap()),
            ("sent_enough", "wait up to an hour, or ask an administrator".into())
        );
        let again = resend::run(&app, &wes, resend::Request { user, version: None, force: true }).await.unwrap_err();
        assert_eq!(again.code(), "sent_enough");
        let corrected = edit::Request { email: Some(email("other@example.net")), ..edit::Request::of(user) };
        assert_eq!(edit::run(&app, &wes, corrected).await.unwrap_err().code(), "sent_enough");
        let bob = active(world, "bob@example.org", false).await;
        let joins = Some((name("Library"), WorkspaceRole::Member));
        edit::run(&app, &operator(), edit::Request { joins, ..edit::Request::of(bob) }).await.unwrap();
        assert_eq!(reset_password::run(&app, &wes, on(bob)).await.unwrap_err().code(), "sent_enough");

        world.pass(hours(1));
        for number in 6..9 {
            invite(number).await.unwrap();
        }
        assert_eq!(left().await, Some(Allowance { left: 0, of: 8, within: Within::Day }));
        let error = invite(9).await.unwrap_err();
        assert_eq!(error.hint().unwrap(), "wait up to a day, or ask an administrator");
        // Nobody else is held up by it.
        invite::run(&app, &signed_in(world.ada.id), stranger(10)).await.unwrap();
        assert_eq!(health::run(&app, &signed_in(world.ada.id)).await.unwrap().allowance, None);
        world.pass(hours(24));
        invite(9).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn only_an_administrators_message_leads_elsewhere() {
    on_both(async |world| {
        let (app, wes) = (limited(world), wes(world).await);
        let saying = |number, message: &str| invite::Request { message: message.to_owned(), ..stranger(number) };
        for (number, message) in [(1, "Your parcel: https://evil.example/x"), (2, "See evil.com")] {
            let error = invite::run(&app, &wes, saying(number, message)).await.unwrap_err();
            assert_eq!(error.code(), "foreign_link", "{message}");
            invite::run(&app, &signed_in(world.ada.id), saying(number, message)).await.unwrap();
        }
        let called = invite::Request { name: name("Win at evil.com"), ..stranger(3) };
        assert_eq!(invite::run(&app, &wes, called).await.unwrap_err().code(), "foreign_link");
        let message = "Welcome! https://intranet.example.org/start and https://start.example.net/";
        let user = invite::run(&app, &wes, saying(4, message)).await.unwrap().user.id;
        for fine in ["J.R.R. Tolkien", "Dr. Anna St.John", "Mary-Ann O'Neil Jr."] {
            let request = edit::Request { name: Some(name(fine)), ..edit::Request::of(user) };
            edit::run(&app, &wes, request).await.unwrap_or_else(|error| panic!("{fine}: {error}"));
        }
        let renamed = edit::Request { name: Some(name("www.evil.example")), ..edit::Request::of(user) };
        assert_eq!(edit::run(&app, &wes, renamed).await.unwrap_err().code(), "foreign_link");
    })
    .await;
}

#[tokio::test]
async fn a_workspace_administrator_takes_back_no_suspension_or_deletion_of_somebody_higher() {
    on_both(async |world| {
        let (app, wes) = (&world.app, wes(world).await);
        let user = invite::run(app, &wes, stranger(1)).await.unwrap().user.id;
        suspend::run(app, &operator(), on(user)).await.unwrap();
        let ada = signed_in(world.ada.id);
        for (by, who) in [(&wes, "wes"), (&ada, "ada")] {
            let error = reactivate::run(app, by, on(user)).await.unwrap_err();
            assert_eq!(error.code(), "suspended_by_higher_rank", "{who}");
            let error = delete::run(app, by, on(user)).await.unwrap_err();
            assert_eq!(error.code(), "suspended_by_higher_rank", "{who} frees the address");
        }
        reactivate::run(app, &operator(), on(user)).await.unwrap();
        suspend::run(app, &wes, on(user)).await.unwrap();
        // Somebody higher takes over what somebody lower did.
        suspend::run(app, &operator(), on(user)).await.unwrap();
        assert_eq!(reactivate::run(app, &wes, on(user)).await.unwrap_err().code(), "suspended_by_higher_rank");
        reactivate::run(app, &operator(), on(user)).await.unwrap();
        delete::run(app, &ada, on(user)).await.unwrap();
        assert_eq!(restore::run(app, &wes, on(user)).await.unwrap_err().code(), "deleted_by_higher_rank");
        restore::run(app, &ada, on(user)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_help_desk_helps_through_the_use_cases_and_an_auditor_only_reads() {
    on_both(async |world| {
        let app = &world.app;
        let with = async |address: &str, role| {
            let id = active(world, address, false).await;
            edit::run(app, &operator(), edit::Request { role: Some(role), ..edit::Request::of(id) }).await.unwrap();
            signed_in(id)
        };
        create_workspace::run(app, &operator(), &name("Library")).await.unwrap();
        let desk = with("desk@example.org", OrganisationRole::Helpdesk).await;
        let auditor = with("audit@example.org", OrganisationRole::Auditor).await;
        let user = invite::run(app, &operator(), grace()).await.unwrap().user.id;
        world.pass(minutes(2));
        let again = resend::Request { user, version: None, force: false };
        resend::run(app, &desk, again.clone()).await.unwrap();
        let corrected = edit::Request { email: Some(email("hopper@navy.example")), ..edit::Request::of(user) };
        assert!(edit::run(app, &desk, corrected.clone()).await.unwrap().invited_anew);
        let bob = active(world, "bob@example.org", false).await;
        reset_password::run(app, &desk, on(bob)).await.unwrap();
        assert_eq!(
            reset_password::run(app, &desk, on(world.ada.id)).await.unwrap_err().code(),
            "target_is_administrator"
        );
        assert_eq!(delete::run(app, &desk, on(user)).await.unwrap_err().code(), "beyond_helpdesk");
        assert_eq!(resend::run(app, &auditor, again).await.unwrap_err().code(), "auditors_only_read");
        assert_eq!(edit::run(app, &auditor, corrected).await.unwrap_err().code(), "auditors_only_read");
        crate::app::audit::verify_audit::run(app, &auditor, None).await.unwrap();
        let denied = crate::app::audit::verify_audit::run(app, &desk, None).await.unwrap_err();
        assert_eq!(denied.code(), "administrators_only");
        // Of the log the help desk reads what happened to people, without where anybody came from.
        let all = list_audit::Request { limit: 100, ..list_audit::Request::default() };
        let read = list_audit::run(app, &desk, &all).await.unwrap().entries;
        assert!(
            !read.is_empty() && read.iter().all(|entry| entry.subject.is_some() && entry.detail.get("by").is_none())
        );
        let whole = list_audit::run(app, &auditor, &all).await.unwrap().entries;
        assert!(whole.iter().any(|entry| entry.subject.is_none()), "the organisation's own");
    })
    .await;
}

#[tokio::test]
async fn who_gives_and_takes_a_role_again_and_again_sends_no_more_than_they_may() {
    on_both(async |world| {
        let (app, wes) = (limited(world), wes(world).await);
        let library = || Some((name("Library"), WorkspaceRole::Administrator));
        let max = active(world, "max@example.org", false).await;
        let appointed = edit::Request { joins: library(), ..edit::Request::of(max) };
        edit::run(&app, &operator(), appointed.clone()).await.unwrap();
        let mut invited = Vec::new();
        for number in 0..3 {
            invited.push(invite::run(&app, &signed_in(world.ada.id), stranger(number)).await.unwrap().user.id);
        }
        let look = async || {
            for user in &invited {
                show_link::run(&app, &signed_in(max), show_link::Request { user: *user }).await.unwrap();
            }
        };
        let member = edit::Request { joins: Some((name("Library"), WorkspaceRole::Member)), ..edit::Request::of(max) };
        look().await;
        let done = edit::run(&app, &wes, member.clone()).await.unwrap();
        assert_eq!(done.replaced, 3);
        assert_eq!(health::run(&app, &wes).await.unwrap().allowance.map(|all| all.left), Some(2), "of five");
        edit::run(&app, &wes, appointed).await.unwrap();
        look().await;
        let error = edit::run(&app, &wes, member.clone()).await.unwrap_err();
        assert_eq!(error.code(), "sent_enough");
        assert_eq!(
            error.to_string(),
            "3 people would be sent new invitations, and you may send 2 more now, of 5 an hour"
        );
        assert_eq!(suspend::run(&app, &wes, on(max)).await.unwrap_err().code(), "sent_enough");
        // Nothing was done by halves, and whoever may write to everybody ends it.
        let role = world.app.store.read(|tx| async move { tx.user(max).await }).await.unwrap();
        assert_eq!(role.unwrap().role(), Role::WorkspaceAdministrator);
        assert_eq!(edit::run(&app, &signed_in(world.ada.id), member).await.unwrap().replaced, 3);
    })
    .await;
}
