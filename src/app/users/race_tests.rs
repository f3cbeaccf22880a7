//! Two editors of one user at the same moment: what each of them stored stays stored, and the audit log says what happened.

use std::pin::Pin;

use futures_util::future::{join, join_all};

use crate::app::links::{accept, redeem, resend, reset, reset_password, show_link};
use crate::app::mail::outbox;
use crate::app::session::sign_in;
use crate::app::test::{PASSWORD, World, active, grace, link_code, on_both, operator, signed_in};
use crate::app::users::{delete, edit, erase, invite, show, suspend};
use crate::app::workspaces::{create_workspace, delete_workspace, rename_workspace};
use crate::app::{App, UserRequest};
use crate::domain::actor::{Actor, Origin};
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::user::{User, UserId};

const RACES: usize = 40;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// Reads a user, and checks that each entry of the log begins where the one before it ended.
async fn user_as_the_log_says(world: &World, id: UserId) -> User {
    let detail = show::run(&world.app, &operator(), id).await.unwrap();
    for field in ["name", "role", "workspaces"] {
        let edits = detail.history.iter().filter(|entry| entry.action == "edit");
        let changes: Vec<_> = edits.filter_map(|entry| entry.detail["change"].get(field)).collect();
        for pair in changes.windows(2) {
            assert_eq!(pair[0]["before"], pair[1]["after"], "{field}: {changes:#?}");
        }
        let last = changes.first().map(|change| change["after"].clone());
        let memberships = detail.user.memberships.iter();
        let stored = match field {
            "name" => serde_json::json!(detail.user.name.as_str()),
            "role" => serde_json::json!(detail.user.organisation_role.name()),
            _ => memberships.map(|m| format!("{}:{}", m.name.as_str(), m.role.name())).collect(),
        };
        assert!(last.is_none_or(|last| last == stored), "{field}: {changes:#?}");
    }
    detail.user
}

#[tokio::test]
async fn who_is_demoted_while_somebody_corrects_the_name_stays_demoted() {
    on_both(async |world| {
        let (app, by) = (&world.app, &operator());
        let bob = active(world, "bob@example.org", false).await;
        let request = || edit::Request::of(bob);
        for race in 0..RACES {
            edit::run(app, by, edit::Request { role: Some(OrganisationRole::Administrator), ..request() })
                .await
                .unwrap();
            let renamed = edit::Request { name: Some(name(&format!("Bob {race}"))), ..request() };
            let demoted = edit::Request { role: Some(OrganisationRole::None), ..request() };
            let (one, other) = Box::pin(join(edit::run(app, by, renamed), edit::run(app, by, demoted))).await;
            one.unwrap();
            other.unwrap();
            let user = user_as_the_log_says(world, bob).await;
            assert_eq!(
                (user.organisation_role, user.name.as_str()),
                (OrganisationRole::None, format!("Bob {race}").as_str())
            );
        }
    })
    .await;
}

#[tokio::test]
async fn who_leaves_a_workspace_while_others_edit_stays_out_of_it() {
    on_both(async |world| {
        let (app, by) = (&world.app, &operator());
        for workspace in ["Library", "Research"] {
            create_workspace::run(app, by, &name(workspace)).await.unwrap();
        }
        let bob = active(world, "bob@example.org", false).await;
        let request = || edit::Request::of(bob);
        for race in 0..RACES {
            let library = vec![(name("Library"), WorkspaceRole::Administrator)];
            edit::run(app, by, edit::Request { workspaces: Some(library), ..request() }).await.unwrap();
            let joins = edit::Request { joins: Some((name("Research"), WorkspaceRole::Member)), ..request() };
            let leaves = edit::Request { leaves: Some(name("Library")), ..request() };
            let renamed = edit::Request { name: Some(name(&format!("Bob {race}"))), ..request() };
            let all = [joins, leaves, renamed].map(|request| Box::pin(edit::run(app, by, request)));
            let done = join_all(all).await;
            assert!(done.iter().all(Result::is_ok), "{done:?}");
            let user = user_as_the_log_says(world, bob).await;
            let memberships: Vec<_> = user.memberships.iter().map(|m| (m.name.as_str(), m.role)).collect();
            assert_eq!(memberships, [("Research", WorkspaceRole::Member)]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_that_hashes_anew_never_brings_an_old_password_back() {
    on_both(async |world| {
        let sign_in = async |app: &App, password: &str| {
            let (email, password) = ("ada@example.org".to_owned(), password.to_owned().into());
            sign_in::run(app, sign_in::Request { email, password, origin: Origin::default() }).await
        };
        let mut old = PASSWORD.to_owned();
        for race in 0..RACES / 2 {
            // Each race finds a password that is to be hashed anew.
            let memory_kib = 16 + 8 * u32::try_from(race).unwrap();
            let parameters = crate::secrets::HashParameters { memory_kib, iterations: 1, parallelism: 1 };
            let hasher = std::sync::Arc::new(crate::secrets::Hasher::new(parameters, 2).unwrap());
            let dearer = App { hasher, ..world.app.clone() };
            let request = UserRequest { user: world.ada.id, version: None };
            reset_password::run(&world.app, &operator(), request).await.unwrap();
            let jobs = outbox::claim(&world.app, 10).await.unwrap();
            let code = Code::parse(jobs.iter().find_map(|job| job.code.as_ref()).unwrap()).unwrap();
            let new = format!("copper harvest under moonlight {race}");
            let chosen = || new.clone().into();
            let chooses = redeem::Request { code, password: chosen(), password_again: chosen() };
            let (signed_in, chose) = join(sign_in(&dearer, &old), reset::run(&world.app, chooses)).await;
            chose.unwrap();
            drop(signed_in);
            world.pass(crate::domain::time::minutes(10));
            sign_in(&world.app, &new).await.unwrap();
            world.pass(crate::domain::time::minutes(10));
            old = new;
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_who_rename_a_workspace_at_once_one_finds_it_gone_and_the_log_fits() {
    on_both(async |world| {
        let (app, by) = (&world.app, &operator());
        for race in 0..RACES {
            let [from, one, other] = ["Library", "Archive", "Attic"].map(|text| name(&format!("{text} {race}")));
            create_workspace::run(app, by, &from).await.unwrap();
            let (first, second) =
                join(rename_workspace::run(app, by, &from, &one), rename_workspace::run(app, by, &from, &other)).await;
            assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
            let late = first.err().or(second.err()).unwrap();
            assert_eq!(late.code(), "no_such_workspace");
        }
    })
    .await;
}

/// Something that is being done, and why it failed, if it did.
type Doing<'a> = Pin<Box<dyn Future<Output = Option<(Kind, String)>> + 'a>>;

/// Those whom everybody at once does something to, and who do it.
struct Round {
    bob: UserId,
    cleo: UserId,
    wes: UserId,
    ole: UserId,
    grace: UserId,
    heidi: UserId,
}

impl Round {
    /// Three administrators, one of a workspace, and two who are invited and whose links the others were shown.
    async fn new(world: &World, round: usize) -> Self {
        let email = |who: &str| format!("{who}-{round}@example.org");
        let invited = async |who: &str, workspaces| {
            let email = Email::parse(&email(who)).unwrap();
            let request = invite::Request { email, workspaces, ..grace() };
            invite::run(&world.app, &operator(), request).await.unwrap().user.id
        };
        let all = Self {
            bob: active(world, &email("bob"), true).await,
            cleo: active(world, &email("cleo"), true).await,
            wes: active(world, &email("wes"), false).await,
            ole: active(world, &email("olewarthog"), true).await,
            grace: invited("grace", vec![(name("Library"), WorkspaceRole::Member)]).await,
            heidi: invited("heidi", Vec::new()).await,
        };
        let joins = Some((name("Library"), WorkspaceRole::Administrator));
        edit::run(&world.app, &operator(), edit::Request { joins, ..edit::Request::of(all.wes) }).await.unwrap();
        for (viewer, user) in [(all.bob, all.grace), (all.cleo, all.heidi), (all.ole, all.grace), (all.ole, all.heidi)]
        {
            show_link::run(&world.app, &signed_in(viewer), show_link::Request { user }).await.unwrap();
        }
        all
    }

    /// What is done at once: what it is, and why it failed, if it did.
    async fn all_at_once(&self, app: &App, attic: &Name) -> Vec<(&'static str, Option<(Kind, String)>)> {
        let by = &operator();
        let on = |user| UserRequest { user, version: None };
        let joins = |user, workspace: &Name| edit::Request {
            joins: Some((workspace.clone(), WorkspaceRole::Member)),
            ..edit::Request::of(user)
        };
        let leaves = |user| edit::Request { leaves: Some(name("Library")), ..edit::Request::of(user) };
        let renames = |user| edit::Request { name: Some(name("Someone Else")), ..edit::Request::of(user) };
        let again = |user| resend::Request { user, version: None, force: true };
        let shows =
            async |viewer, user| failed(show_link::run(app, &signed_in(viewer), show_link::Request { user }).await);
        let edits = async |actor: Actor, request| failed(edit::run(app, &actor, request).await);
        let all: Vec<(&str, Doing<'_>)> = vec![
            ("show bob", Box::pin(shows(self.bob, self.heidi))),
            ("suspend bob", Box::pin(async { failed(suspend::run(app, by, on(self.bob)).await) })),
            ("bob joins", Box::pin(edits(signed_in(self.cleo), joins(self.bob, &name("Library"))))),
            ("erase ole", Box::pin(async { failed(erase::run(app, by, on(self.ole)).await) })),
            ("rename ole", Box::pin(edits(operator(), renames(self.ole)))),
            ("delete cleo", Box::pin(async { failed(delete::run(app, by, on(self.cleo)).await) })),
            ("cleo joins", Box::pin(edits(signed_in(self.bob), joins(self.cleo, &name("Library"))))),
            ("show cleo", Box::pin(shows(self.cleo, self.grace))),
            ("show wes", Box::pin(shows(self.wes, self.grace))),
            ("wes leaves", Box::pin(edits(operator(), leaves(self.wes)))),
            ("grace joins", Box::pin(edits(operator(), joins(self.grace, attic)))),
            ("heidi joins", Box::pin(edits(operator(), joins(self.heidi, attic)))),
            ("delete attic", Box::pin(async { failed(delete_workspace::run(app, by, attic).await) })),
            ("resend grace", Box::pin(async { failed(resend::run(app, by, again(self.grace)).await) })),
            ("resend heidi", Box::pin(async { failed(resend::run(app, by, again(self.heidi)).await) })),
            ("rename grace", Box::pin(edits(operator(), renames(self.grace)))),
            ("rename heidi", Box::pin(edits(operator(), renames(self.heidi)))),
        ];
        join_all(all.into_iter().map(|(what, work)| async move { (what, work.await) })).await
    }
}

fn failed<T>(done: Result<T, impl Explain>) -> Option<(Kind, String)> {
    done.err().map(|error| (error.kind(), format!("{}: {error}", error.code())))
}

#[tokio::test]
async fn of_many_who_change_the_same_few_at_once_nobody_meets_a_deadlock_and_nothing_is_half_done() {
    on_both(async |world| {
        let app = &world.app;
        create_workspace::run(app, &operator(), &name("Library")).await.unwrap();
        for round in 0..8 {
            let attic = name(&format!("Attic {round}"));
            create_workspace::run(app, &operator(), &attic).await.unwrap();
            let people = Round::new(world, round).await;
            let seen = [link_code(world, people.grace).await, link_code(world, people.heidi).await];
            for (what, failure) in people.all_at_once(app, &attic).await {
                let Some((kind, why)) = failure else { continue };
                let by_a_rule = matches!(kind, Kind::Refused | Kind::NotFound | Kind::Changed);
                assert!(by_a_rule, "round {round}, {what}: {why}");
                // Nothing forbids these. Erasing waits for the log to be still, and may give up.
                let always =
                    ["suspend bob", "delete cleo", "delete attic", "wes leaves", "rename grace", "rename heidi"];
                assert!(!always.contains(&what), "round {round}, {what}: {why}");
                assert!(what != "erase ole" || kind == Kind::Changed, "round {round}, {what}: {why}");
                if what == "erase ole" {
                    erase::run(app, &operator(), UserRequest { user: people.ole, version: None }).await.unwrap();
                }
            }
            let traces = world.everything().await;
            assert!(!traces.iter().any(|row| row.to_lowercase().contains("warthog")), "round {round}: {traces:#?}");
            let user = async |id| show::run(app, &operator(), id).await.unwrap().user;
            assert_eq!(user(people.bob).await.status, Status::Suspended);
            assert_eq!(user(people.cleo).await.status, Status::Deleted);
            for id in [people.bob, people.cleo, people.wes] {
                user_as_the_log_says(world, id).await;
            }
            for (id, seen) in [people.grace, people.heidi].into_iter().zip(seen) {
                let now = user(id).await;
                assert_eq!((now.name.as_str(), now.status), ("Someone Else", Status::Invited), "round {round}");
                assert!(now.memberships.iter().all(|m| m.name.as_str() == "Library"), "round {round}: {now:?}");
                accept::run(app, accept::tests::choosing(seen)).await.unwrap_err();
                accept::run(app, accept::tests::choosing(link_code(world, id).await)).await.unwrap();
            }
        }
    })
    .await;
}
