//! The same change for many users, some at a time: each goes through its own use case and its own rules, so one refusal
//! stops nobody else. Whoever runs it takes chunk after chunk and can stop between two.

use std::collections::BTreeSet;

use crate::app::users::act::{self, Act};
use crate::app::users::edit::{self};
use crate::app::users::list::{self};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::explain::Explain;
use crate::domain::name::Name;
use crate::domain::query::{Anchor, Cursor, Order, UserQuery};
use crate::domain::role::WorkspaceRole;
use crate::domain::selection::Selection;
use crate::domain::user::{UserId, UserRow};

/// How many users a chunk takes: few enough that a stop is soon.
const CHUNK: u16 = 25;
/// How many names a question has room for.
const NAMES: usize = 3;

/// Whom it is about, for the question before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// How many.
    pub count: u64,
    /// Some of their names.
    pub names: Vec<String>,
    /// How many of them the list does not show as it is filtered now.
    pub hidden: u64,
}

/// Where the next chunk begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// After this user.
    User(UserId),
    /// After this row.
    Row(Cursor),
}

/// What came of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chunk {
    /// How many were changed.
    pub done: u64,
    /// Who was refused, and why.
    pub refused: Vec<(String, String)>,
    /// Where to go on; nothing when it was the last one.
    pub next: Option<Place>,
}

/// What is done to each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Each {
    /// An action that needs nothing but whom.
    Act(Act),
    /// Make each an administrator, or no administrator any more.
    Role {
        /// Which.
        administrator: bool,
    },
    /// Let each belong to a workspace, with a role there.
    Join(Name, WorkspaceRole),
}

impl Each {
    /// An action for many that needs nothing but whom, if the action is one.
    #[must_use]
    pub const fn of(action: Action) -> Option<Self> {
        match Act::of(action) {
            // A reset goes to somebody who asked for one.
            None | Some(Act::ResetPassword) => None,
            Some(act) => Some(Self::Act(act)),
        }
    }
}

/// Counts whom it is about, and how many of them the query of the screen hides.
pub async fn resolve(app: &App, actor: &Actor, selection: &Selection, shown: &UserQuery) -> Result<Resolved, Failure> {
    match selection {
        Selection::Found(query, but) => {
            // Whoever was left out may not be found any more.
            let left_out = list::among(app, actor, &[query], but).await?;
            let count = list::count(app, actor, &[query]).await?.saturating_sub(left_out);
            let limit = CHUNK + u16::try_from(but.len()).unwrap_or(u16::MAX / 2);
            let page =
                list::run(app, actor, list::Request { query: query.clone(), anchor: Anchor::Start, limit }).await?;
            let names = page.rows.iter().filter(|row| !but.contains(&row.id)).take(NAMES);
            let hidden = if query.finds_same(shown) {
                0
            } else {
                let in_both = list::count(app, actor, &[query, shown]).await?;
                let but_in_both = list::among(app, actor, &[query, shown], but).await?;
                count.saturating_sub(in_both.saturating_sub(but_in_both))
            };
            Ok(Resolved { count, names: names.map(|row| named(row, count)).collect(), hidden })
        }
        Selection::Users(users) => {
            // Whoever is gone by now is not counted.
            let rows = list::these(app, actor, users).await?;
            let count = rows.len() as u64;
            let names = rows.iter().take(NAMES).map(|row| named(row, count)).collect();
            let hidden = count.saturating_sub(list::among(app, actor, &[shown], users).await?);
            Ok(Resolved { count, names, hidden })
        }
    }
}

/// A name for the question; one who is alone is named with the address.
fn named(row: &UserRow, of: u64) -> String {
    if of == 1 { format!("{} <{}>", row.name, row.email) } else { row.name.to_string() }
}

/// Makes the change for the next users; answers what came of it.
pub async fn chunk(
    app: &App,
    actor: &Actor,
    each: &Each,
    selection: &Selection,
    after: Option<Place>,
) -> Result<Chunk, Failure> {
    let (rows, next) = match selection {
        Selection::Users(users) => {
            let rest = users.iter().copied().filter(|id| !matches!(&after, Some(Place::User(last)) if id <= last));
            let some: BTreeSet<UserId> = rest.take(usize::from(CHUNK)).collect();
            let last = some.last().copied().filter(|last| users.last() != Some(last));
            (list::these(app, actor, &some).await?, last.map(Place::User))
        }
        Selection::Found(query, but) => {
            let anchor = match after {
                Some(Place::Row(cursor)) => Anchor::After(cursor),
                _ => Anchor::Start,
            };
            // By name, whatever the screen sorts by: the change itself moves people in the other orders, and whoever moved
            // behind the last row would be changed twice.
            let query = UserQuery { order: Order::default(), ..query.clone() };
            let mut page = list::run(app, actor, list::Request { query, anchor, limit: CHUNK }).await?;
            page.rows.retain(|row| !but.contains(&row.id));
            (page.rows, page.next.map(Place::Row))
        }
    };
    let mut chunk = Chunk { next, ..Chunk::default() };
    for row in rows {
        match one(app, actor, each, row.id).await {
            Ok(()) => chunk.done += 1,
            Err(why) => chunk.refused.push((format!("{} <{}>", row.name, row.email), why)),
        }
    }
    Ok(chunk)
}

async fn one(app: &App, actor: &Actor, each: &Each, user: UserId) -> Result<(), String> {
    let request = edit::Request::of(user);
    match each {
        Each::Act(what) => told(act::run(app, actor, *what, user, None).await),
        Each::Role { administrator } => {
            told(edit::run(app, actor, edit::Request { administrator: Some(*administrator), ..request }).await)
        }
        Each::Join(workspace, role) => {
            let joins = Some((workspace.clone(), *role));
            told(edit::run(app, actor, edit::Request { joins, ..request }).await)
        }
    }
}

fn told<T, E: Explain>(done: Result<T, E>) -> Result<(), String> {
    done.map(drop).map_err(|error| error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{World, active, grace, on_both, operator};
    use crate::app::users::invite::{self};
    use crate::domain::email::Email;
    use crate::domain::query::{SortKey, View};
    use crate::domain::time::days;

    async fn people(world: &World, count: usize) -> Vec<UserId> {
        let mut users = Vec::new();
        for number in 0..count {
            let email = Email::parse(&format!("p{number:03}@example.org")).unwrap();
            let request = invite::Request { email, ..grace() };
            users.push(invite::run(&world.app, &operator(), request).await.unwrap().user.id);
        }
        users
    }

    async fn all(world: &World, action: Act, selection: &Selection) -> Chunk {
        let mut sum = Chunk::default();
        let mut after = None;
        loop {
            let chunk = chunk(&world.app, &operator(), &Each::Act(action), selection, after).await.unwrap();
            sum.done += chunk.done;
            sum.refused.extend(chunk.refused);
            match chunk.next {
                Some(next) => after = Some(next),
                None => return sum,
            }
        }
    }

    #[tokio::test]
    async fn everybody_in_a_view_but_some_is_changed_even_as_the_view_empties() {
        on_both(async |world| {
            let users = people(world, 60).await;
            world.pass(days(8));
            let query = UserQuery { view: View::Expired, ..UserQuery::default() };
            let but: BTreeSet<_> = [users[3], users[40]].into();
            let selection = Selection::Found(query.clone(), but);
            let resolved = resolve(&world.app, &operator(), &selection, &UserQuery::default()).await.unwrap();
            assert_eq!(
                (resolved.count, resolved.names.len(), resolved.hidden),
                (58, 3, 0),
                "the view of all shows them too"
            );
            let active = UserQuery { view: View::Active, ..UserQuery::default() };
            let resolved = resolve(&world.app, &operator(), &selection, &active).await.unwrap();
            assert_eq!((resolved.count, resolved.hidden), (58, 58));
            let some = UserQuery { search: "p00".to_owned(), ..UserQuery::default() };
            let resolved = resolve(&world.app, &operator(), &selection, &some).await.unwrap();
            assert_eq!((resolved.count, resolved.hidden), (58, 49), "nine of p000 to p009 are among them");
            act::run(&world.app, &operator(), Act::Delete, users[3], None).await.unwrap();
            let resolved = resolve(&world.app, &operator(), &selection, &query).await.unwrap();
            assert_eq!(resolved.count, 58, "one of those who were left out is not there any more");
            act::run(&world.app, &operator(), Act::Restore, users[3], None).await.unwrap();
            let done = all(world, Act::Resend, &selection).await;
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
                let done = all(world, Act::Resend, &Selection::Found(query, BTreeSet::new())).await;
                assert_eq!((done.done, done.refused), (60, Vec::new()), "{key:?}");
                world.pass(days(1));
            }
            let detail = crate::app::users::show::run(&world.app, &operator(), users[0]).await.unwrap();
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
            let resolved = resolve(&world.app, &operator(), &selection, &UserQuery::default()).await.unwrap();
            assert_eq!((resolved.count, resolved.hidden), (32, 0));
            let done = all(world, Act::Revoke, &selection).await;
            assert_eq!(done.done, 30);
            let refused: Vec<_> = done.refused.iter().map(|(who, why)| (who.as_str(), why.as_str())).collect();
            let why = "already active: send a password reset instead";
            assert_eq!(refused, [("Ada Lovelace <ada@example.org>", why), ("bob <bob@example.org>", why)]);
            let done = all(world, Act::Delete, &selection).await;
            assert_eq!((done.done, done.refused.len()), (31, 1), "the last administrator stays");
        })
        .await;
    }
}
