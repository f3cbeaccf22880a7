//! What whoever looks after one workspace gets to see: every read and every refusal, told through the use cases.

use std::collections::BTreeSet;
use std::fmt::Debug;

use crate::app::UserRequest;
use crate::app::links::show_link;
use crate::app::mail::list_mails;
use crate::app::test::{World, active, grace, on_both, operator, signed_in};
use crate::app::upkeep::health;
use crate::app::users::edit::{self};
use crate::app::users::invite::{self};
use crate::app::users::list::{self};
use crate::app::users::{find, show, suspend};
use crate::app::workspaces::create_workspace;
use crate::app::workspaces::{list_workspaces, rename_workspace};
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::explain::Explain;
use crate::domain::name::Name;
use crate::domain::policy::Denied;
use crate::domain::query::{Anchor, UserQuery};
use crate::domain::role::WorkspaceRole;
use crate::domain::user::UserId;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

/// Research and Library: Mia is in the first, Leo in the second, Bea in both; Wes looks after the first.
struct Two {
    wes: Actor,
    mia: UserId,
    leo: UserId,
    bea: UserId,
}

async fn two_workspaces(world: &World) -> Two {
    for one in ["Research", "Library"] {
        create_workspace::run(&world.app, &operator(), &name(one)).await.unwrap();
    }
    let wes = active(world, "wes@example.org", false).await;
    let joins = Some((name("Research"), WorkspaceRole::Administrator));
    edit::run(&world.app, &operator(), edit::Request { joins, ..edit::Request::of(wes) }).await.unwrap();
    let people: [(&str, &[(&str, WorkspaceRole)]); 3] = [
        ("Mia", &[("Research", WorkspaceRole::Member)]),
        ("Leo", &[("Library", WorkspaceRole::Member)]),
        ("Bea", &[("Research", WorkspaceRole::Member), ("Library", WorkspaceRole::Administrator)]),
    ];
    let mut ids = Vec::new();
    for (who, workspaces) in people {
        let workspaces = workspaces.iter().map(|(one, role)| (name(one), *role)).collect();
        let request =
            invite::Request { name: name(who), email: email(&format!("{who}@example.org")), workspaces, ..grace() };
        ids.push(invite::run(&world.app, &signed_in(world.ada.id), request).await.unwrap().user.id);
    }
    Two { wes: signed_in(wes), mia: ids[0], leo: ids[1], bea: ids[2] }
}

/// Whether something that was answered tells of what is out of Wes's sight.
fn tells_nothing(answer: &impl Debug) {
    let told = format!("{answer:?}");
    for word in ["Leo", "leo@", "Library", "Ada", "ada@"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
}

#[tokio::test]
async fn no_read_shows_a_workspace_administrator_anybody_or_anything_outside() {
    on_both(async |world| {
        let Two { wes, mia, leo, bea } = two_workspaces(world).await;
        let joined = edit::Request { joins: Some((name("Library"), WorkspaceRole::Member)), ..edit::Request::of(mia) };
        edit::run(&world.app, &signed_in(world.ada.id), joined).await.unwrap();
        let left = edit::Request { leaves: Some(name("Library")), ..edit::Request::of(mia) };
        edit::run(&world.app, &signed_in(world.ada.id), left).await.unwrap();

        let query = |search: &str, workspace: Option<&str>| UserQuery {
            search: search.to_owned(),
            workspace: workspace.map(str::to_owned),
            ..UserQuery::default()
        };
        let page = async |query: UserQuery, anchor| {
            list::run(&world.app, &wes, list::Request { query, anchor, limit: 50 }).await.unwrap()
        };
        let all = page(query("", None), Anchor::Start).await;
        tells_nothing(&all);
        assert_eq!(all.rows.len(), 3, "Bea, Mia and Wes");
        assert_eq!(page(query("", None), Anchor::Around(leo)).await, all, "as for somebody who is not there");
        assert_eq!(page(query("leo", None), Anchor::Start).await.rows, []);
        assert_eq!(page(query("", Some("Library")), Anchor::Start).await.rows, [], "Bea is not told to be there");
        assert_eq!(list::hits(&world.app, &wes, &query("", None)).await.unwrap().count, 3);
        assert_eq!(list::count(&world.app, &wes, &query("leo", None)).await.unwrap(), 0);
        assert_eq!(list::among(&world.app, &wes, &query("", None), &BTreeSet::from([leo, bea])).await.unwrap(), 1);
        let counts = list::counts(&world.app, &wes).await.unwrap();
        assert_eq!((counts.active, counts.invited), (1, 2));

        tells_nothing(&list_workspaces::names(&world.app, &wes).await.unwrap());
        tells_nothing(&list_workspaces::run(&world.app, &wes).await.unwrap());
        tells_nothing(&show::run(&world.app, &wes, mia).await.unwrap());
        let seen = show::run(&world.app, &wes, bea).await.unwrap();
        tells_nothing(&seen);
        assert_eq!((seen.user.memberships.len(), seen.user.elsewhere), (1, 1));
        tells_nothing(
            &list_mails::run(&world.app, &wes, list_mails::Request { limit: 50, ..Default::default() }).await.unwrap(),
        );
        assert_eq!(health::run(&world.app, &wes).await.unwrap().waiting, 2);
        for mail in list_mails::run(&world.app, &operator(), list_mails::Request { limit: 50, ..Default::default() })
            .await
            .unwrap()
            .mails
        {
            if let Ok(detail) = list_mails::show(&world.app, &wes, mail.id).await {
                tells_nothing(&detail);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_refusal_tells_that_somebody_outside_exists() {
    on_both(async |world| {
        let Two { wes, mia, leo, .. } = two_workspaces(world).await;
        let told = |error: &dyn Explain| (error.code(), error.to_string(), error.hint());
        let nobody = UserId(99_999);
        let alike = |mut error: (&'static str, String, Option<String>), id: UserId| {
            error.1 = error.1.replace(&id.0.to_string(), "N");
            error
        };
        let shown = async |id| alike(told(&show::run(&world.app, &wes, id).await.unwrap_err()), id);
        assert_eq!(shown(leo).await, shown(nobody).await);
        let suspended = async |user| {
            let request = UserRequest { user, version: None };
            alike(told(&suspend::run(&world.app, &wes, request).await.unwrap_err()), user)
        };
        assert_eq!(suspended(leo).await, suspended(nobody).await);
        let linked = async |user| {
            let request = show_link::Request { user };
            alike(told(&show_link::run(&world.app, &wes, request).await.err().unwrap()), user)
        };
        assert_eq!(linked(leo).await, linked(nobody).await);
        let found = async |who: &str| {
            let (code, message, hint) = told(&find::run(&world.app, &wes, who).await.unwrap_err());
            (code, message.replace(who, "X"), hint)
        };
        assert_eq!(found("leo@example.org").await, found("nobody@example.org").await);

        let research = vec![(name("Research"), WorkspaceRole::Member)];
        let invited = |to: &str| invite::Request { email: email(to), workspaces: research.clone(), ..grace() };
        let outside = invite::run(&world.app, &wes, invited("leo@example.org")).await.unwrap_err();
        assert_eq!(outside.to_string(), "this address can't be invited here");
        let moves = edit::Request { email: Some(email("leo@example.org")), ..edit::Request::of(mia) };
        assert_eq!(
            edit::run(&world.app, &wes, moves).await.unwrap_err().to_string(),
            "this address can't be used here"
        );

        let into = async |workspace: &str| {
            let joins = Some((name(workspace), WorkspaceRole::Member));
            let error =
                edit::run(&world.app, &wes, edit::Request { joins, ..edit::Request::of(mia) }).await.unwrap_err();
            (error.code(), error.to_string().replace(workspace, "X"))
        };
        assert_eq!(into("Library").await, into("Nowhere").await);
        let renamed = async |workspace: &str| {
            let error = rename_workspace::run(&world.app, &wes, &name(workspace), &name("Mine")).await.unwrap_err();
            (error.code(), error.to_string().replace(workspace, "X"))
        };
        assert_eq!(renamed("Library").await, renamed("Nowhere").await);
        assert_eq!(renamed("Research").await.0, Denied::AdministratorsOnly.code());
        let created = create_workspace::run(&world.app, &wes, &name("Library")).await.unwrap_err();
        assert_eq!(created.code(), Denied::AdministratorsOnly.code(), "not that the name is taken");
    })
    .await;
}

#[tokio::test]
async fn of_somebody_who_belongs_elsewhere_too_the_other_workspaces_stay_whatever_is_saved() {
    on_both(async |world| {
        let Two { wes, bea, .. } = two_workspaces(world).await;
        let save = async |actor: &Actor, workspaces: Vec<(Name, WorkspaceRole)>| {
            let request = edit::Request { workspaces: Some(workspaces), ..edit::Request::of(bea) };
            edit::run(&world.app, actor, request).await
        };
        let edited = save(&wes, vec![(name("Research"), WorkspaceRole::Administrator)]).await.unwrap();
        assert_eq!(edited.user.elsewhere, 1);
        let all = async || show::run(&world.app, &operator(), bea).await.unwrap().user.memberships;
        let told: Vec<_> = all().await.iter().map(|m| (m.name.to_string(), m.role)).collect();
        let (library, research) = ("Library".to_owned(), "Research".to_owned());
        assert_eq!(told, [(library, WorkspaceRole::Administrator), (research, WorkspaceRole::Administrator)]);
        let renames = edit::Request { name: Some(name("Beatrice")), ..edit::Request::of(bea) };
        let error = edit::run(&world.app, &wes, renames).await.unwrap_err();
        assert_eq!(error.code(), Denied::BelongsElsewhere.code());
        let gone = save(&wes, Vec::new()).await.unwrap();
        assert!(gone.user.memberships.is_empty(), "Wes may let her go, and is told so");
        assert!(show::run(&world.app, &wes, bea).await.is_err(), "and does not see her any more");
        assert_eq!(all().await.len(), 1, "but she stays in the Library");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_demoted_in_the_middle_of_a_session_reads_nothing_more() {
    on_both(async |world| {
        let Two { wes, mia, .. } = two_workspaces(world).await;
        show::run(&world.app, &wes, mia).await.unwrap();
        let member = Some((name("Research"), WorkspaceRole::Member));
        let wes_id = wes.who.user().unwrap();
        edit::run(&world.app, &operator(), edit::Request { joins: member, ..edit::Request::of(wes_id) }).await.unwrap();
        let error = show::run(&world.app, &wes, mia).await.unwrap_err();
        assert_eq!(error.code(), Denied::NoAuthority.code());
        assert!(
            list_mails::run(&world.app, &wes, list_mails::Request { limit: 5, ..Default::default() }).await.is_err()
        );
        assert!(list::counts(&world.app, &wes).await.is_err());
    })
    .await;
}
