//! No link opens more than when it was issued, whatever is done to its user: sequences of every action, and the four ways
//! around that an attacker found.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::join;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::app::UserRequest;
use crate::app::links::prove::code_of;
use crate::app::links::{accept, look, redeem, resend, reset_password, revoke, show_link};
use crate::app::test::{World, active, grace, link_code, on_both, operator, signed_in};
use crate::app::users::undo::{self, Undoable};
use crate::app::users::{bulk, delete, edit, invite, reactivate, restore, show, suspend};
use crate::app::workspaces::{create_workspace, delete_workspace};
use crate::domain::action::Action;
use crate::domain::code::{Code, CodeOrLink};
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::link::{LinkState, Purpose};
use crate::domain::mail::MailState;
use crate::domain::name::Name;
use crate::domain::query::UserQuery;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::selection::Selection;
use crate::domain::status::Status;
use crate::domain::task::Task;
use crate::domain::time::minutes;
use crate::domain::user::{User, UserId};

/// Something that is done to a user.
#[derive(Debug, Clone)]
enum Done {
    Suspend,
    Reactivate,
    Delete,
    Restore,
    Role(OrganisationRole),
    Joins(&'static str, WorkspaceRole),
    Leaves(&'static str),
    /// The last thing that can be.
    Undo,
    Resend,
    Revoke,
    Accept,
    SendReset,
    ChangeEmail(u8),
    Wait,
}

fn done() -> impl Strategy<Value = Done> {
    let place = prop::sample::select(vec!["Library", "Research"]);
    prop_oneof![
        2 => Just(Done::Suspend),
        2 => Just(Done::Reactivate),
        1 => Just(Done::Delete),
        2 => Just(Done::Restore),
        3 => prop::sample::select(&OrganisationRole::ALL[..]).prop_map(Done::Role),
        3 => (place.clone(), prop::sample::select(&WorkspaceRole::ALL[..])).prop_map(|(at, role)| Done::Joins(at, role)),
        1 => place.prop_map(Done::Leaves),
        3 => Just(Done::Undo),
        1 => Just(Done::Resend),
        1 => Just(Done::Revoke),
        1 => Just(Done::Accept),
        2 => Just(Done::SendReset),
        2 => any::<u8>().prop_map(Done::ChangeEmail),
        1 => Just(Done::Wait),
    ]
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

async fn user(world: &World, id: UserId) -> User {
    show::run(&world.app, &operator(), id).await.unwrap().user
}

/// Does it, if it is possible; what can be undone then.
async fn act(world: &World, id: UserId, done: &Done, last: Option<Undoable>) -> Option<Undoable> {
    let (app, by) = (&world.app, &operator());
    let on = UserRequest { user: id, version: None };
    let edited = async |request: edit::Request| edit::run(app, by, request).await.ok();
    let undoable =
        |action, user: &User, role_before| Some(Undoable { action, user: user.id, version: user.version, role_before });
    match done {
        Done::Suspend => {
            return suspend::run(app, by, on).await.ok().and_then(|u| undoable(Action::Suspend, &u.user, None));
        }
        Done::Delete => {
            return delete::run(app, by, on).await.ok().and_then(|u| undoable(Action::Delete, &u.user, None));
        }
        Done::Role(role) => {
            let before = user(world, id).await.organisation_role;
            let request = edit::Request { role: Some(*role), ..edit::Request::of(id) };
            return edited(request).await.and_then(|done| undoable(Action::Edit, &done.user, Some(before)));
        }
        Done::Undo => {
            if let Some(last) = last {
                undo::run(app, by, &last).await.ok();
            }
        }
        Done::Reactivate => drop(reactivate::run(app, by, on).await),
        Done::Restore => drop(restore::run(app, by, on).await),
        Done::Joins(place, role) => {
            drop(edited(edit::Request { joins: Some((name(place), *role)), ..edit::Request::of(id) }).await);
        }
        Done::Leaves(place) => {
            drop(edited(edit::Request { leaves: Some(name(place)), ..edit::Request::of(id) }).await);
        }
        Done::Resend => drop(resend::run(app, by, resend::Request { user: id, version: None, force: true }).await),
        Done::Revoke => drop(revoke::run(app, by, on).await),
        Done::Accept => {
            let shown = show_link::run(app, by, show_link::Request { user: id }).await;
            if shown.is_ok() {
                accept::run(app, accept::tests::choosing(link_code(world, id).await)).await.unwrap();
            }
        }
        Done::SendReset => drop(reset_password::run(app, by, on).await),
        Done::ChangeEmail(n) => {
            let email = Email::parse(&format!("u{}-{n}@example.org", id.0)).unwrap();
            drop(edited(edit::Request { email: Some(email), ..edit::Request::of(id) }).await);
        }
        Done::Wait => world.pass(minutes(11)),
    }
    None
}

/// The codes of everything that is open for a user: what a reader of the mailbox has.
async fn open_codes(world: &World, id: UserId) -> Vec<(Purpose, Code)> {
    let app = &world.app;
    let links = app.store.read(|tx| async move {
        let mut all = Vec::new();
        for purpose in Purpose::ALL {
            if let Some(open) = tx.open_link(id, purpose).await? {
                all.extend(tx.stored_link(open.id).await?);
            }
        }
        Ok::<_, crate::store::StoreError>(all)
    });
    let links = links.await.unwrap();
    links.iter().filter_map(|stored| Some((stored.link.purpose, code_of(app, stored)?))).collect()
}

/// Whether somebody may do nothing now that they couldn't then.
fn within(now: &User, then: &User) -> bool {
    let was = |m| then.memberships.iter().find(|n| n.workspace == m).map(|n| n.role);
    !now.organisation_role.exceeds(then.organisation_role)
        && now.memberships.iter().all(|m| was(m.workspace).is_some_and(|was| m.role <= was))
}

#[tokio::test]
async fn no_sequence_makes_a_link_open_more_than_when_it_was_first_seen() {
    on_both(async |world| {
        for place in ["Library", "Research"] {
            create_workspace::run(&world.app, &operator(), &name(place)).await.unwrap();
        }
        let mut runner = TestRunner::deterministic();
        let (mut looked, mut worked, mut overtaken) = (0, 0, 0);
        for number in 0..24 {
            let sequence = prop::collection::vec(done(), 14).new_tree(&mut runner).unwrap().current();
            let email = Email::parse(&format!("s{number}@example.org")).unwrap();
            let id = invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user.id;
            let mut seen: HashMap<i64, (Purpose, Code, User)> = HashMap::new();
            let mut last = None;
            for (step, done) in sequence.iter().enumerate() {
                let then = user(world, id).await;
                for (purpose, code) in open_codes(world, id).await {
                    seen.entry(code.id).or_insert_with(|| (purpose, code, then.clone()));
                }
                last = act(world, id, done, last).await;
                let now = user(world, id).await;
                for (purpose, code, then) in seen.values() {
                    let state = look::run(&world.app, *purpose, code).await.unwrap().unwrap().state;
                    looked += 1;
                    worked += usize::from(state == LinkState::Pending);
                    overtaken += usize::from(!within(&now, then));
                    assert!(
                        state != LinkState::Pending || within(&now, then),
                        "a {purpose:?} link opens more after step {step} of {sequence:?}"
                    );
                }
            }
        }
        assert!(looked > 500 && worked > 50 && overtaken > 50, "{looked} {worked} {overtaken}");
    })
    .await;
}

/// Somebody invited, and the code that Ada was shown.
async fn shown(world: &World) -> (UserId, Code) {
    let id = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
    let request = show_link::Request { user: id };
    show_link::run(&world.app, &signed_in(world.ada.id), request).await.unwrap();
    (id, link_code(world, id).await)
}

async fn refuses(world: &World, code: Code, way: &str) {
    let error = accept::run(&world.app, accept::tests::choosing(code)).await.unwrap_err();
    assert!(matches!(error, redeem::Error::Dead(LinkState::Superseded | LinkState::Revoked)), "{way}: {error}");
}

#[tokio::test]
async fn none_of_the_ways_around_opens_more() {
    on_both(async |world| {
        create_workspace::run(&world.app, &operator(), &name("Library")).await.unwrap();
        let promote = Done::Role(OrganisationRole::Administrator);
        let ways = [
            vec![Done::Suspend, promote.clone(), Done::Reactivate],
            vec![Done::Suspend, Done::Joins("Library", WorkspaceRole::Administrator), Done::Reactivate],
            vec![Done::Suspend, promote.clone(), Done::Delete, Done::Restore, Done::Reactivate],
            vec![promote, Done::Role(OrganisationRole::None)],
        ];
        for way in ways {
            let (id, mut code) = shown(world).await;
            let mut last = None;
            for done in &way {
                last = act(world, id, done, last).await;
            }
            if let Some(demoted) = last {
                // The link of somebody who was demoted is copied, and the demotion undone.
                code = link_code(world, id).await;
                undo::run(&world.app, &operator(), &demoted).await.unwrap();
            }
            refuses(world, code, &format!("{way:?}")).await;
            // Nobody is lost: they have a new link, and its email.
            let detail = show::run(&world.app, &operator(), id).await.unwrap();
            assert_eq!(detail.user.status, Status::Invited, "{way:?}");
            assert_eq!(detail.mails[0].state, MailState::Queued, "{way:?}");
            accept::run(&world.app, accept::tests::choosing(link_code(world, id).await)).await.unwrap();
            delete::run(&world.app, &operator(), UserRequest { user: id, version: None }).await.ok();
        }
    })
    .await;
}

#[tokio::test]
async fn suspending_and_restoring_alone_end_no_link_and_a_fall_neither() {
    on_both(async |world| {
        let (id, code) = shown(world).await;
        for done in [Done::Suspend, Done::Reactivate, Done::Delete, Done::Restore] {
            act(world, id, &done, None).await;
        }
        let now = look::run(&world.app, Purpose::Invitation, &code).await.unwrap().unwrap();
        assert_eq!(now.state, LinkState::Pending);
        let mut undoable = act(world, id, &Done::Role(OrganisationRole::Helpdesk), None).await;
        let code = link_code(world, id).await;
        undoable = act(world, id, &Done::Role(OrganisationRole::None), undoable).await;
        assert!(undoable.is_some());
        accept::run(&world.app, accept::tests::choosing(code)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_task_for_many_counts_the_shown_links_of_those_who_lose_power_by_it_and_each_once() {
    on_both(async |world| {
        let library = name("Library");
        create_workspace::run(&world.app, &operator(), &library).await.unwrap();
        let mut users = BTreeSet::new();
        for (who, role) in [("wes", WorkspaceRole::Administrator), ("una", WorkspaceRole::Administrator)] {
            let user = active(world, &format!("{who}@example.org"), false).await;
            act(world, user, &Done::Joins("Library", role), None).await;
            users.insert(user);
        }
        let workspaces = vec![(library.clone(), WorkspaceRole::Member)];
        let mia =
            invite::run(&world.app, &operator(), invite::Request { workspaces, ..grace() }).await.unwrap().user.id;
        for user in &users {
            show_link::run(&world.app, &signed_in(*user), show_link::Request { user: mia }).await.unwrap();
        }
        let both = Selection::Users(users.clone());
        let views = async |task: &Task| {
            bulk::resolve(&world.app, &operator(), task, &both, &UserQuery::default()).await.unwrap().views
        };
        // Both were shown the same link.
        assert_eq!(views(&Task::Act(Action::Suspend)).await, 1);
        assert_eq!(views(&Task::Act(Action::Resend)).await, 0);
        assert_eq!(views(&Task::Join(library.clone(), WorkspaceRole::Member)).await, 1, "it takes a role away");
        assert_eq!(views(&Task::Join(library.clone(), WorkspaceRole::Administrator)).await, 0);
        assert_eq!(views(&Task::Role(OrganisationRole::None)).await, 0, "neither has a role in the organisation");
        let first = *users.first().unwrap();
        let down = edit::Request { joins: Some((library, WorkspaceRole::Member)), ..edit::Request::of(first) };
        let edited = edit::run(&world.app, &operator(), down).await.unwrap();
        assert_eq!(edited.replaced, 1);
        assert!(edited.outcome().ends_with(
            "; 1 invitation link that they were shown no longer works, and the invited person is sent a new one"
        ));
        assert_eq!(views(&Task::Act(Action::Suspend)).await, 0, "what the other one was shown ended with it");
    })
    .await;
}

#[tokio::test]
async fn links_that_somebody_was_shown_end_with_their_right_to_know_them() {
    on_both(async |world| {
        let ends: [(&str, Done); 3] =
            [("s", Done::Suspend), ("d", Done::Delete), ("r", Done::Role(OrganisationRole::None))];
        // Of a workspace that is deleted its administrators lose their role.
        let library = name("Library");
        create_workspace::run(&world.app, &operator(), &library).await.unwrap();
        let wes = active(world, "wes@example.org", false).await;
        act(world, wes, &Done::Joins("Library", WorkspaceRole::Administrator), None).await;
        let workspaces = vec![(library.clone(), WorkspaceRole::Member)];
        let mia =
            invite::run(&world.app, &operator(), invite::Request { workspaces, ..grace() }).await.unwrap().user.id;
        show_link::run(&world.app, &signed_in(wes), show_link::Request { user: mia }).await.unwrap();
        let code = link_code(world, mia).await;
        let meant = delete_workspace::run(&world.app, &operator(), &library).await.unwrap();
        assert_eq!((meant.administrators, meant.views), (1, 1));
        refuses(world, code, "workspace deleted").await;

        for (letter, end) in ends {
            let bob = active(world, &format!("bob-{letter}@example.org"), true).await;
            let email = Email::parse(&format!("new-{letter}@example.org")).unwrap();
            let new = invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user.id;
            show_link::run(&world.app, &signed_in(bob), show_link::Request { user: new }).await.unwrap();
            let code = link_code(world, new).await;
            assert_eq!(show::run(&world.app, &operator(), bob).await.unwrap().views, 1);
            act(world, bob, &end, None).await;
            refuses(world, code, letter).await;
            let detail = show::run(&world.app, &operator(), new).await.unwrap();
            assert_eq!((detail.history[0].action.as_str(), detail.mails[0].state), ("resend", MailState::Queued));
            assert_eq!(show::run(&world.app, &operator(), bob).await.unwrap().views, 0);
            accept::run(&world.app, accept::tests::choosing(link_code(world, new).await)).await.unwrap();
        }
    })
    .await;
}

/// Lets others go first so many times.
async fn give_way(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_loses_their_role_while_they_are_shown_a_link_holds_none_that_works() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", true).await;
        let ways = [
            (Done::Suspend, Done::Reactivate),
            (Done::Delete, Done::Restore),
            (Done::Role(OrganisationRole::None), Done::Role(OrganisationRole::Administrator)),
        ];
        let (mut in_time, races) = (0, 42);
        for race in 0..races {
            let (end, back) = &ways[race % ways.len()];
            let email = Email::parse(&format!("new-{race}@example.org")).unwrap();
            let new = invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user.id;
            let request = || show_link::Request { user: new };
            if race % 2 == 0 {
                // Who saw it before is noted already, which is another order of locks.
                show_link::run(&world.app, &signed_in(bob), request()).await.unwrap();
            }
            // Each begins a little later than the other, by turns.
            let (first, second) = (race % 8, (races - race) % 8);
            let viewing = async {
                give_way(first).await;
                show_link::run(&world.app, &signed_in(bob), request()).await
            };
            let ends = async {
                give_way(second).await;
                act(world, bob, end, None).await
            };
            let (shown, _) = Box::pin(join(viewing, ends)).await;
            match shown {
                Ok(shown) => {
                    in_time += 1;
                    let code = CodeOrLink::parse(&shown.link).unwrap().code;
                    refuses(world, code, &format!("{end:?}, race {race}")).await;
                }
                Err(error) => assert_eq!(error.code(), "no_authority", "{end:?}, race {race}: {error}"),
            }
            let late = show_link::run(&world.app, &signed_in(bob), request()).await.err();
            assert_eq!(late.map(|error| error.code()), Some("no_authority"), "{end:?}, race {race}");
            accept::run(&world.app, accept::tests::choosing(link_code(world, new).await)).await.unwrap();
            act(world, bob, back, None).await;
        }
        assert!(in_time > 0, "no race was one");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_shown_a_link_while_their_workspace_is_deleted_holds_none_that_works() {
    on_both(async |world| {
        let wes = active(world, "wes@example.org", false).await;
        for race in 0..20 {
            let library = name("Library");
            create_workspace::run(&world.app, &operator(), &library).await.unwrap();
            act(world, wes, &Done::Joins("Library", WorkspaceRole::Administrator), None).await;
            let email = Email::parse(&format!("new-{race}@example.org")).unwrap();
            let workspaces = vec![(library.clone(), WorkspaceRole::Member)];
            let request = invite::Request { email, workspaces, ..grace() };
            let new = invite::run(&world.app, &operator(), request).await.unwrap().user.id;
            let viewing = async {
                give_way((20 - race) % 7).await;
                show_link::run(&world.app, &signed_in(wes), show_link::Request { user: new }).await
            };
            let ends = async {
                give_way(race % 7).await;
                delete_workspace::run(&world.app, &operator(), &library).await
            };
            let (shown, ended) = Box::pin(join(viewing, ends)).await;
            ended.unwrap();
            if let Ok(shown) = shown {
                refuses(world, CodeOrLink::parse(&shown.link).unwrap().code, &format!("race {race}")).await;
            }
        }
    })
    .await;
}
