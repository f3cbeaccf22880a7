//! The same task for many users, some at a time: each goes through its own use case and its own rules, so one refusal
//! stops nobody else. Whom it is about is fixed when it is asked about: nobody who comes later is touched.

use std::collections::BTreeSet;

use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::users::list;
use crate::app::users::{edit, perform};
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::policy::scope;
use crate::domain::query::UserQuery;
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::user::{UserId, UserRow};

/// How many users whoever runs a task gives to [`chunk`] at once: few enough that a stop is soon.
pub const CHUNK: usize = 25;
/// How many names a question has room for.
const NAMES: usize = 3;

/// A user at the version that was counted: 16 bytes each, 16 MB for a million while the task lasts.
pub type Seen = (UserId, i64);

/// Whom a task is about, fixed for the question before it and for the task itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Everybody, by name where a query found them, and otherwise by number.
    pub people: Vec<Seen>,
    /// Some of their names.
    pub names: Vec<String>,
    /// The name of one who is alone.
    pub only: Option<Name>,
    /// How many of them the list does not show as it is filtered now.
    pub hidden: u64,
    /// How many links of others that work still were shown to those of them who lose power by the task: these links end.
    pub views: u64,
}

impl Resolved {
    /// How many.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.people.len() as u64
    }
}

/// What came of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunk {
    /// How many were changed.
    pub done: u64,
    /// Who was refused, and why.
    pub refused: Vec<(String, String)>,
    /// Who may have been changed or not, and why that isn't known.
    pub unknown: Vec<(String, String)>,
}

/// Fixes whom a task is about, and counts how many of them the query of the screen hides.
pub async fn resolve(
    app: &App,
    actor: &Actor,
    task: &Task,
    selection: &Selection,
    shown: &UserQuery,
) -> Result<Resolved, Failure> {
    let people = people(app, actor, selection).await?;
    let first: BTreeSet<UserId> = people.iter().take(NAMES).map(|(id, _)| *id).collect();
    let rows = list::these(app, actor, &first).await?;
    let count = people.len() as u64;
    let name = |(id, _): &Seen| rows.iter().find(|row| row.id == *id).map(|row| named(row, count));
    let names = people.iter().take(NAMES).filter_map(name).collect();
    let only = rows.first().filter(|_| count == 1).map(|row| row.name.clone());
    let hidden = match selection {
        Selection::Found(query, _) if query.finds_same(shown) => 0,
        Selection::Found(..) | Selection::Users(_) => {
            let all: BTreeSet<UserId> = people.iter().map(|(id, _)| *id).collect();
            count.saturating_sub(list::among(app, actor, shown, &all).await?)
        }
    };
    let ids: Vec<UserId> = people.iter().map(|(id, _)| *id).collect();
    let views = renew::views(app, actor, &ids, &|user| task.takes_power_from(user)).await?;
    Ok(Resolved { people, names, only, hidden, views })
}

/// Everybody whom a selection means now, with their versions; whoever is gone or out of sight is left out.
async fn people(app: &App, actor: &Actor, selection: &Selection) -> Result<Vec<Seen>, Failure> {
    match selection {
        Selection::Users(users) => {
            let rows = list::these(app, actor, users).await?;
            Ok(rows.iter().map(|row| (row.id, row.version)).collect())
        }
        Selection::Found(query, but) => {
            app.store
                .read(|tx| async move {
                    let step = Step::begin(app, &tx, actor).await?;
                    let Some(workspace) = step.workspace_of(query).await? else { return Ok(Vec::new()) };
                    let mut all = tx.user_versions(&scope(&step.authority), query, workspace, step.now).await?;
                    all.retain(|(id, _)| !but.contains(id));
                    Ok(all)
                })
                .await
        }
    }
}

/// How many users a selection means now who were not counted when the task was asked about: they were not touched.
pub async fn came_later(app: &App, actor: &Actor, selection: &Selection, people: &[Seen]) -> Result<u64, Failure> {
    let Selection::Found(query, but) = selection else { return Ok(0) };
    let mut known: BTreeSet<UserId> = people.iter().map(|(id, _)| *id).collect();
    known.extend(but.iter().copied());
    let now = list::count(app, actor, query).await?;
    Ok(now.saturating_sub(list::among(app, actor, query, &known).await?))
}

/// A name for the question; one who is alone is named with the address.
fn named(row: &UserRow, of: u64) -> String {
    if of == 1 { format!("{} <{}>", row.name, row.email) } else { row.name.to_string() }
}

/// Does the task for these users, at most [`CHUNK`] at once; answers what came of it. Whoever is gone by now is neither
/// done nor refused.
pub async fn chunk(app: &App, actor: &Actor, task: &Task, people: &[Seen]) -> Result<Chunk, Failure> {
    let ids: BTreeSet<UserId> = people.iter().map(|(id, _)| *id).collect();
    let rows = list::these(app, actor, &ids).await?;
    let mut chunk = Chunk::default();
    for (id, version) in people {
        let Some(row) = rows.iter().find(|row| row.id == *id) else { continue };
        match one(app, actor, task, *id, *version).await {
            Ok(()) => chunk.done += 1,
            Err((kind, why)) => {
                let whose = if kind == Kind::Unknown { &mut chunk.unknown } else { &mut chunk.refused };
                whose.push((format!("{} <{}>", row.name, row.email), why));
            }
        }
    }
    Ok(chunk)
}

async fn one(app: &App, actor: &Actor, task: &Task, user: UserId, version: i64) -> Result<(), (Kind, String)> {
    let request = edit::Request { version: Some(version), ..edit::Request::of(user) };
    match task {
        Task::Act(action) => reason(perform::run(app, actor, *action, user, Some(version)).await),
        Task::Role(role) => reason(edit::run(app, actor, edit::Request { role: Some(*role), ..request }).await),
        Task::Join(workspace, role) => {
            let joins = Some((workspace.clone(), *role));
            reason(edit::run(app, actor, edit::Request { joins, ..request }).await)
        }
    }
}

/// Why it was refused, with what to do.
fn reason<T, E: Explain>(done: Result<T, E>) -> Result<(), (Kind, String)> {
    done.map(drop).map_err(|error| {
        // Read on a screen, where not everybody has a shell.
        let why = error.hint_for(false).map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"));
        (error.kind(), why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{World, active, grace, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::domain::action::Action;
    use crate::domain::email::Email;
    use crate::domain::query::{Order, SortKey, View};
    use crate::domain::time::days;
    use crate::store::test_server::{Cut, Proxy};

    async fn people(world: &World, count: usize) -> Vec<UserId> {
        let mut users = Vec::new();
        for number in 0..count {
            let email = Email::parse(&format!("p{number:03}@example.org")).unwrap();
            let request = invite::Request { email, ..grace() };
            users.push(invite::run(&world.app, &operator(), request).await.unwrap().user.id);
        }
        users
    }

    async fn all(world: &World, action: Action, selection: &Selection) -> Chunk {
        let resolved =
            resolve(&world.app, &operator(), &Task::Act(action), selection, &UserQuery::default()).await.unwrap();
        work_off(world, action, &resolved.people).await
    }

    async fn work_off(world: &World, action: Action, people: &[Seen]) -> Chunk {
        let mut sum = Chunk::default();
        for some in people.chunks(CHUNK) {
            let chunk = chunk(&world.app, &operator(), &Task::Act(action), some).await.unwrap();
            sum.done += chunk.done;
            sum.refused.extend(chunk.refused);
            sum.unknown.extend(chunk.unknown);
        }
        sum
    }

    #[tokio::test]
    async fn whoever_comes_after_the_question_is_not_touched_and_counted() {
        on_both(async |world| {
            people(world, 30).await;
            let query = UserQuery { view: View::Invited, ..UserQuery::default() };
            let selection = Selection::Found(query.clone(), BTreeSet::new());
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &query).await.unwrap();
            assert_eq!(resolved.count(), 30);
            let email = Email::parse("late@example.org").unwrap();
            let late = invite::run(&world.app, &operator(), invite::Request { email, ..grace() }).await.unwrap().user;
            let done = work_off(world, Action::Erase, &resolved.people).await;
            assert_eq!((done.done, done.refused), (30, Vec::new()));
            assert_eq!(came_later(&world.app, &operator(), &selection, &resolved.people).await.unwrap(), 1);
            let still = show::run(&world.app, &operator(), late.id).await.unwrap().user;
            assert_eq!(still.email.as_str(), "late@example.org");
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_somebody_changed_after_the_question_is_refused_not_changed() {
        on_both(async |world| {
            let users: BTreeSet<_> = people(world, 2).await.into_iter().collect();
            let selection = Selection::Users(users.clone());
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &UserQuery::default())
                    .await
                    .unwrap();
            let first = *users.first().unwrap();
            let name = Some(Name::parse("Somebody Else").unwrap());
            edit::run(&world.app, &operator(), edit::Request { name, ..edit::Request::of(first) }).await.unwrap();
            let done = work_off(world, Action::Delete, &resolved.people).await;
            assert_eq!((done.done, done.refused.len()), (1, 1), "{:?}", done.refused);
        })
        .await;
    }

    #[tokio::test]
    async fn everybody_in_a_view_but_some_is_changed_even_as_the_view_empties() {
        on_both(async |world| {
            let users = people(world, 60).await;
            world.pass(days(8));
            let query = UserQuery { view: View::Expired, ..UserQuery::default() };
            let but: BTreeSet<_> = [users[3], users[40]].into();
            let selection = Selection::Found(query.clone(), but);
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &UserQuery::default())
                    .await
                    .unwrap();
            assert_eq!(
                (resolved.count(), resolved.names.len(), resolved.hidden),
                (58, 3, 0),
                "the view of all shows them too"
            );
            let active = UserQuery { view: View::Active, ..UserQuery::default() };
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &active).await.unwrap();
            assert_eq!((resolved.count(), resolved.hidden), (58, 58));
            let some = UserQuery { search: "p00".to_owned(), ..UserQuery::default() };
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &some).await.unwrap();
            assert_eq!((resolved.count(), resolved.hidden), (58, 49), "nine of p000 to p009 are among them");
            perform::run(&world.app, &operator(), Action::Delete, users[3], None).await.unwrap();
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &query).await.unwrap();
            assert_eq!(resolved.count(), 58, "one of those who were left out is not there any more");
            perform::run(&world.app, &operator(), Action::Restore, users[3], None).await.unwrap();
            let done = all(world, Action::Resend, &selection).await;
            assert_eq!((done.done, done.refused.len()), (58, 0));
            assert_eq!(
                list::hits(&world.app, &operator(), &query).await.unwrap().count,
                1,
                "who came back from the bin has no link that could expire"
            );
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_is_changed_twice_because_the_change_moved_them_behind_the_others() {
        on_both(async |world| {
            let users = people(world, 60).await;
            world.pass(days(1));
            for key in [SortKey::Invited, SortKey::Status] {
                let order = Order { key, descending: false };
                let query = UserQuery { view: View::Invited, order, ..UserQuery::default() };
                let done = all(world, Action::Resend, &Selection::Found(query, BTreeSet::new())).await;
                assert_eq!((done.done, done.refused), (60, Vec::new()), "{key:?}");
                world.pass(days(1));
            }
            let detail = show::run(&world.app, &operator(), users[0]).await.unwrap();
            assert_eq!(detail.invitations.len(), 3);
        })
        .await;
    }

    #[tokio::test]
    async fn a_refusal_stops_nobody_else_and_says_why() {
        on_both(async |world| {
            let mut users: BTreeSet<_> = people(world, 30).await.into_iter().collect();
            users.insert(active(world, "bob@example.org", false).await);
            users.insert(world.ada.id);
            let selection = Selection::Users(users);
            let resolved =
                resolve(&world.app, &operator(), &Task::Act(Action::Erase), &selection, &UserQuery::default())
                    .await
                    .unwrap();
            assert_eq!((resolved.count(), resolved.hidden), (32, 0));
            let done = all(world, Action::Revoke, &selection).await;
            assert_eq!(done.done, 30);
            let refused: Vec<_> = done.refused.iter().map(|(who, why)| (who.as_str(), why.as_str())).collect();
            let why = "this user has accepted the invitation: send a password reset if they forgot their password";
            assert_eq!(refused, [("Ada Lovelace <ada@example.org>", why), ("bob <bob@example.org>", why)]);
            let done = all(world, Action::Delete, &selection).await;
            assert_eq!((done.done, done.refused.len()), (31, 1), "the last administrator stays");
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_only_changes_the_address_loses_nothing_when_invitations_are_revoked() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", false).await;
            let email = Some(Email::parse("bob@elsewhere.example").unwrap());
            edit::run(&world.app, &operator(), edit::Request { email, ..edit::Request::of(bob) }).await.unwrap();
            let grace = people(world, 1).await[0];
            let selection = Selection::Users(BTreeSet::from([bob, grace]));
            let done = all(world, Action::Revoke, &selection).await;
            assert_eq!((done.done, done.refused.len()), (1, 1), "{done:?}");
            assert!(show::run(&world.app, &operator(), bob).await.unwrap().user.email_change.is_some());
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_stored_without_an_answer_is_done_or_unknown_and_never_refused() {
        let Some(server) = crate::store::test::server() else { return };
        let url = crate::store::test::fresh_postgres(&server).await;
        let (proxy, through) = Proxy::before(&url).await;
        let world = World::in_database(&through, tempfile::tempdir().unwrap()).await;
        let users = people(&world, 6).await.into_iter().collect();
        let resolved = resolve(
            &world.app,
            &operator(),
            &Task::Act(Action::Erase),
            &Selection::Users(users),
            &UserQuery::default(),
        )
        .await
        .unwrap();
        // The rows are read first; then it is the first user.
        proxy.cut_after(1, Cut::After);
        let done = work_off(&world, Action::Suspend, &resolved.people[..3]).await;
        assert_eq!(done, Chunk { done: 3, ..Chunk::default() });
        proxy.cut_after(2, Cut::ForGood);
        let done = work_off(&world, Action::Suspend, &resolved.people[3..]).await;
        assert_eq!((done.done, done.unknown.len(), done.refused.len()), (1, 1, 1), "{done:?}");
        assert!(done.unknown[0].1.contains("it isn't known whether the change was stored"), "{done:?}");
        proxy.open_again();
        let suspended = UserQuery { view: View::Suspended, ..UserQuery::default() };
        assert_eq!(list::count(&world.app, &operator(), &suspended).await.unwrap(), 5, "and it was stored");
    }
}
