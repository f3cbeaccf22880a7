//! The same change for many users, some at a time: each goes through its own use case and its own rules, so one refusal
//! stops nobody else. Whoever runs it takes chunk after chunk and can stop between two.

use super::list::{self, list};
use super::{App, Failure, delete, find, reactivate, resend, restore, revoke, suspend};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::explain::Explain;
use crate::domain::query::{Anchor, Cursor, Order, UserQuery};
use crate::domain::selection::Selection;
use crate::domain::user::UserId;

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

/// Whether an action can be done for many.
#[must_use]
pub const fn is_for_many(action: Action) -> bool {
    matches!(
        action,
        Action::Resend | Action::Revoke | Action::Suspend | Action::Reactivate | Action::Delete | Action::Restore
    )
}

/// Counts whom it is about, and how many of them the query of the screen hides.
pub async fn resolve(app: &App, actor: &Actor, selection: &Selection, shown: &UserQuery) -> Result<Resolved, Failure> {
    match selection {
        Selection::Found(query, but) => {
            let count = list::count(app, actor, query).await?.saturating_sub(but.len() as u64);
            let limit = CHUNK + u16::try_from(but.len()).unwrap_or(u16::MAX / 2);
            let page = list(app, actor, list::Request { query: query.clone(), anchor: Anchor::Start, limit }).await?;
            let names = page.rows.iter().filter(|row| !but.contains(&row.id)).take(NAMES);
            let hidden = if query.finds_same(shown) { 0 } else { count };
            Ok(Resolved { count, names: names.map(|row| row.name.to_string()).collect(), hidden })
        }
        Selection::Users(users) => {
            let mut resolved = Resolved::default();
            for id in users {
                // Whoever is gone by now is not counted.
                let Ok(user) = find::find(app, actor, &format!("#{}", id.0)).await else { continue };
                resolved.count += 1;
                if resolved.names.len() < NAMES {
                    resolved.names.push(user.name.to_string());
                }
            }
            resolved.hidden = resolved.count.saturating_sub(list::among(app, actor, shown, users).await?);
            Ok(resolved)
        }
    }
}

/// Makes the change for the next users; answers what came of it.
pub async fn chunk(
    app: &App,
    actor: &Actor,
    action: Action,
    selection: &Selection,
    after: Option<Place>,
) -> Result<Chunk, Failure> {
    let (users, next) = match selection {
        Selection::Users(users) => {
            let rest = users.iter().copied().filter(|id| !matches!(&after, Some(Place::User(last)) if id <= last));
            let some: Vec<UserId> = rest.take(usize::from(CHUNK)).collect();
            let last = some.last().copied().filter(|last| users.last() != Some(last));
            (some, last.map(Place::User))
        }
        Selection::Found(query, but) => {
            let anchor = match after {
                Some(Place::Row(cursor)) => Anchor::After(cursor),
                _ => Anchor::Start,
            };
            // By name, whatever the screen sorts by: the change itself moves people in the other orders, and whoever moved
            // behind the last row would be changed twice.
            let query = UserQuery { order: Order::default(), ..query.clone() };
            let page = list(app, actor, list::Request { query, anchor, limit: CHUNK }).await?;
            let some = page.rows.iter().map(|row| row.id).filter(|id| !but.contains(id)).collect();
            (some, page.next.map(Place::Row))
        }
    };
    let mut chunk = Chunk { next, ..Chunk::default() };
    for user in users {
        match one(app, actor, action, user).await {
            Ok(()) => chunk.done += 1,
            Err(why) => chunk.refused.push((name(app, actor, user).await, why)),
        }
    }
    Ok(chunk)
}

async fn name(app: &App, actor: &Actor, user: UserId) -> String {
    let number = format!("#{}", user.0);
    match find::find(app, actor, &number).await {
        Ok(user) => format!("{} <{}>", user.name, user.email),
        Err(_) => number,
    }
}

async fn one(app: &App, actor: &Actor, action: Action, user: UserId) -> Result<(), String> {
    let version = None;
    match action {
        Action::Resend => {
            told(resend::resend(app, actor, resend::Request { user, version, force: false }).await.map(drop))
        }
        Action::Revoke => told(revoke::revoke(app, actor, revoke::Request { user, version }).await.map(drop)),
        Action::Suspend => told(suspend::suspend(app, actor, suspend::Request { user, version }).await.map(drop)),
        Action::Reactivate => {
            told(reactivate::reactivate(app, actor, reactivate::Request { user, version }).await.map(drop))
        }
        Action::Delete => told(delete::delete(app, actor, delete::Request { user, version }).await.map(drop)),
        Action::Restore => told(restore::restore(app, actor, restore::Request { user, version }).await.map(drop)),
        other => Err(format!("\u{201c}{}\u{201d} cannot be done for many at once", other.words())),
    }
}

fn told<E: Explain>(done: Result<(), E>) -> Result<(), String> {
    done.map_err(|error| error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::invite::{self, invite};
    use crate::app::test::{World, active, grace, on_both, operator};
    use crate::domain::email::Email;
    use crate::domain::query::{SortKey, View};
    use crate::domain::time::days;

    async fn people(world: &World, count: usize) -> Vec<UserId> {
        let mut users = Vec::new();
        for number in 0..count {
            let email = Email::parse(&format!("p{number:03}@example.org")).unwrap();
            let request = invite::Request { email, ..grace() };
            users.push(invite(&world.app, &operator(), request).await.unwrap().user.id);
        }
        users
    }

    async fn all(world: &World, action: Action, selection: &Selection) -> Chunk {
        let mut sum = Chunk::default();
        let mut after = None;
        loop {
            let chunk = chunk(&world.app, &operator(), action, selection, after).await.unwrap();
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
            assert_eq!((resolved.count, resolved.names.len(), resolved.hidden), (58, 3, 58));
            let done = all(world, Action::Resend, &selection).await;
            assert_eq!((done.done, done.refused.len()), (58, 0));
            assert_eq!(list::hits(&world.app, &operator(), &query).await.unwrap().count, 2);
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
            let detail = crate::app::show::show(&world.app, &operator(), users[0]).await.unwrap();
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
            let done = all(world, Action::Revoke, &selection).await;
            assert_eq!(done.done, 30);
            let refused: Vec<_> = done.refused.iter().map(|(who, why)| (who.as_str(), why.as_str())).collect();
            let why = "already active: send a password reset instead";
            assert_eq!(refused, [("Ada Lovelace <ada@example.org>", why), ("bob <bob@example.org>", why)]);
            let done = all(world, Action::Delete, &selection).await;
            assert_eq!((done.done, done.refused.len()), (31, 1), "the last administrator stays");
        })
        .await;
    }
}
