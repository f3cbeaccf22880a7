//! Two editors of one user at the same moment: what each of them stored stays stored, and the audit log says what happened.

use futures_util::future::{join, join_all};

use crate::app::App;
use crate::app::links::{redeem, reset, reset_password};
use crate::app::mail::outbox;
use crate::app::session::sign_in;
use crate::app::test::{PASSWORD, World, active, on_both, operator};
use crate::app::users::{edit, show};
use crate::app::workspaces::{create_workspace, rename_workspace};
use crate::domain::actor::Origin;
use crate::domain::code::Code;
use crate::domain::explain::Explain as _;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
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
            let request = crate::app::UserRequest { user: world.ada.id, version: None };
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
