//! Editing on both databases: what is stored, refused and sent anew.

use super::*;
use crate::app::UserRequest;
use crate::app::audit::list_audit;
use crate::app::links::accept;
use crate::app::links::redeem;
use crate::app::session::come_as;
use crate::app::test::{active, grace, link_code, on_both, operator, signed_in};
use crate::app::upkeep::revision;
use crate::app::users::invite;
use crate::app::users::show;
use crate::app::users::{find, suspend};
use crate::app::workspaces::create_workspace;
use crate::domain::actor::Origin;
use crate::domain::mail::MailState;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

#[tokio::test]
async fn a_name_is_corrected_and_the_history_says_from_what_to_what() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
        let request =
            Request { name: Some(name("Grace B. Hopper")), version: Some(user.version), ..Request::of(user.id) };
        let edited = run(&world.app, &operator(), request).await.unwrap();
        assert_eq!((edited.changed.as_slice(), edited.invited_anew), (&[Field::Name][..], false));
        let detail = show::run(&world.app, &operator(), user.id).await.unwrap();
        assert_eq!(detail.history[0].detail["change"]["name"]["before"], "Grace Hopper");
        assert_eq!(detail.mails.len(), 1, "nobody is written to for that");
    })
    .await;
}

#[tokio::test]
async fn a_new_address_of_an_invited_user_gets_a_new_link_and_the_old_one_is_dead() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
        let old = link_code(world, user.id).await;
        let request = Request { email: Some(email("hopper@navy.example")), ..Request::of(user.id) };
        let edited = run(&world.app, &operator(), request).await.unwrap();
        assert!(edited.invited_anew);
        let dead = accept::run(&world.app, accept::tests::choosing(old)).await.unwrap_err();
        assert!(matches!(dead, redeem::Error::Dead(_)));
        let detail = show::run(&world.app, &operator(), user.id).await.unwrap();
        let mails: Vec<_> = detail.mails.iter().map(|mail| (mail.to.as_str(), mail.state)).collect();
        let (new, old) = ("hopper@navy.example", "grace@navy.example");
        assert_eq!(mails, [(new, MailState::Queued), (old, MailState::Cancelled)]);
        assert!(find::run(&world.app, &operator(), old).await.is_err());
        let code = link_code(world, user.id).await;
        accept::run(&world.app, accept::tests::choosing(code)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_link_that_would_open_more_stops_working_and_a_new_one_is_sent() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
        let code = link_code(world, user.id).await;
        let to = |role| Request { role: Some(role), ..Request::of(user.id) };
        let raised = run(&world.app, &operator(), to(OrganisationRole::Auditor)).await.unwrap();
        assert_eq!(raised.renewed, Renewed::Invitation);
        let said =
            "role saved; they may do more now, so the earlier link no longer works and they are sent a new invitation";
        assert_eq!(raised.outcome(), said);
        let refused = accept::run(&world.app, accept::tests::choosing(code)).await.unwrap_err();
        assert!(matches!(refused, redeem::Error::Dead(_)), "{refused}");
        let lowered = run(&world.app, &operator(), to(OrganisationRole::None)).await.unwrap();
        assert_eq!(lowered.renewed, Renewed::Nothing);
    })
    .await;
}

#[tokio::test]
async fn addresses_that_somebody_has_are_refused() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
        let taken = Request { email: Some(world.ada.email.clone()), ..Request::of(user.id) };
        let error = run(&world.app, &operator(), taken).await.unwrap_err();
        assert!(matches!(error, Error::EmailTaken { status: Status::Active, .. }), "{error}");
        let own = Request { email: Some(email("grace@navy.example")), ..Request::of(world.ada.id) };
        let error = run(&world.app, &operator(), own).await.unwrap_err();
        assert!(matches!(error, Error::EmailTaken { status: Status::Invited, .. }), "{error}");
        let same = Request { email: Some(email("Grace@navy.example")), ..Request::of(user.id) };
        assert!(run(&world.app, &operator(), same).await.unwrap().invited_anew);
    })
    .await;
}

#[tokio::test]
async fn the_address_of_a_suspended_user_stays_until_they_are_reactivated() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let block = UserRequest { user, version: None };
        suspend::run(&world.app, &operator(), block).await.unwrap();
        let moved = Request { email: Some(email("hopper@navy.example")), ..Request::of(user) };
        let error = run(&world.app, &operator(), moved).await.unwrap_err();
        assert_eq!((error.code(), error.hint().unwrap().as_str()), ("suspended", "reactivate the user first"));
    })
    .await;
}

#[tokio::test]
async fn of_two_editors_at_once_the_later_one_sees_what_would_be_overwritten() {
    on_both(async |world| {
        let seen = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
        let first = Request { name: Some(name("One")), version: Some(seen.version), ..Request::of(seen.id) };
        run(&world.app, &operator(), first).await.unwrap();
        let second = Request { name: Some(name("Two")), version: Some(seen.version), ..Request::of(seen.id) };
        let error = run(&world.app, &operator(), second).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Changed);
        let Error::Changed { changed, now } = error else { panic!("{error}") };
        assert_eq!((changed.as_slice(), now.name.as_str()), (&[Field::Name][..], "One"));
    })
    .await;
}

#[tokio::test]
async fn nobody_demotes_themselves_and_the_last_administrator_stays() {
    on_both(async |world| {
        let demote = |user| Request { role: Some(OrganisationRole::None), ..Request::of(user) };
        let error = run(&world.app, &operator(), demote(world.ada.id)).await.unwrap_err();
        assert_eq!(error.code(), "last_administrator");
        let bob = active(world, "bob@example.org", true).await;
        let error = run(&world.app, &signed_in(bob), demote(bob)).await.unwrap_err();
        assert_eq!(error.code(), "yourself");
        let edited = run(&world.app, &signed_in(world.ada.id), demote(bob)).await.unwrap();
        assert_eq!(edited.changed, [Field::Role]);
    })
    .await;
}

#[tokio::test]
async fn closing_the_way_in_by_key_ends_the_session_that_came_in_by_it_and_no_other() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", true).await;
        let close = |open| Request { ssh: Some(open), ..Request::of(bob) };
        let come = async || come_as::run(&world.app, bob, Origin { door: "terminal", ..Origin::default() }).await;
        let by_key = come().await.unwrap().actor;
        let closed = run(&world.app, &operator(), close(false)).await.unwrap();
        assert_eq!(closed.changed, [Field::Ssh]);
        assert!(run(&world.app, &operator(), close(false)).await.unwrap().changed.is_empty(), "it is closed already");
        let ended = revision::run(&world.app, &by_key).await.unwrap_err();
        assert!(matches!(ended, Failure::Denied(Denied::KeyClosed)), "{ended:?}");
        revision::run(&world.app, &signed_in(bob)).await.unwrap();
        assert_eq!(come().await.unwrap_err().code(), "nobody_here");
        run(&world.app, &operator(), close(true)).await.unwrap();
        come().await.unwrap();
        let request = list_audit::Request { action: Some(Action::Edit), limit: 9, ..list_audit::Request::default() };
        let entries = list_audit::run(&world.app, &operator(), &request).await.unwrap().entries;
        let changes: Vec<_> = entries.iter().map(|entry| entry.detail["change"]["ssh"]["after"].clone()).collect();
        assert_eq!(changes, [json!(true), json!(false)]);
    })
    .await;
}

#[tokio::test]
async fn only_administrators_and_the_operator_open_and_close_the_way_in_by_key() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", true).await;
        let mia = active(world, "mia@example.org", false).await;
        let noa = active(world, "noa@example.org", false).await;
        let research = name("Research");
        create_workspace::run(&world.app, &operator(), &research).await.unwrap();
        for (user, role) in [(noa, WorkspaceRole::Administrator), (mia, WorkspaceRole::Member)] {
            let joins = Some((research.clone(), role));
            run(&world.app, &operator(), Request { joins, ..Request::of(user) }).await.unwrap();
        }
        let close = |user| Request { ssh: Some(false), ..Request::of(user) };
        // Noa looks after Mia, and may rename her.
        for user in [mia, noa] {
            let refused = run(&world.app, &signed_in(noa), close(user)).await.unwrap_err();
            assert!(matches!(refused, Error::Failure(Failure::Denied(Denied::AdministratorsOnly))), "{refused:?}");
        }
        run(&world.app, &signed_in(bob), close(mia)).await.unwrap();
        assert!(run(&world.app, &signed_in(mia), close(bob)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_key_is_closed_together_with_the_rest_of_an_edit_or_not_at_all() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", false).await;
        active(world, "mia@example.org", false).await;
        let close = || Request { ssh: Some(false), name: Some(name("Robert")), ..Request::of(bob) };
        let taken = Request { email: Some(email("mia@example.org")), ..close() };
        assert_eq!(run(&world.app, &operator(), taken).await.unwrap_err().code(), "email_taken");
        let before = show::run(&world.app, &operator(), bob).await.unwrap();
        assert!(before.user.ssh, "what was refused closed nothing");
        let edited = run(&world.app, &operator(), close()).await.unwrap();
        assert_eq!(edited.changed, [Field::Name, Field::Ssh]);
        assert_eq!(edited.outcome(), format!("name saved; {}", ssh_words(false)));
        let after = show::run(&world.app, &operator(), bob).await.unwrap();
        assert_eq!(after.history.len(), before.history.len() + 1, "one entry has all of it");
        let change = &after.history[0].detail["change"];
        assert_eq!((&change["name"]["after"], &change["ssh"]["after"]), (&json!("Robert"), &json!(false)));
    })
    .await;
}
