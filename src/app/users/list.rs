//! Read pages of users, and count them, inside what the actor can see.

use std::collections::{BTreeSet, HashMap};

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::name::Name;
use crate::domain::policy::scope;
use crate::domain::query::{Anchor, Counts, Cursor, UserQuery};
use crate::domain::role::{Role, WorkspaceId};
use crate::domain::scope::Scope;
use crate::domain::user::{UserId, UserRow};
use crate::store::{Place, Rows};

/// Which page.
#[derive(Debug, Clone)]
pub struct Request {
    /// Of what.
    pub query: UserQuery,
    /// Beginning where.
    pub anchor: Anchor,
    /// Most rows, 1 to 1,000.
    pub limit: u16,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The rows in their order.
    pub rows: Vec<UserRow>,
    /// Whether there are rows before the first.
    pub before: bool,
    /// Whether there are rows after the last.
    pub after: bool,
    /// The place of the last row, if there are rows after it.
    pub next: Option<Cursor>,
}

/// How many users a query finds, counted up to a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits {
    /// How many, at most [`HITS_BOUND`].
    pub count: u64,
    /// Whether there are more.
    pub more: bool,
}

/// How far the hits of a search are counted.
pub const HITS_BOUND: u64 = 10_000;

/// Reads a page.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Page, Failure> {
    let request = &request;
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let Some(reader) = Reader::of(&step, &request.query).await? else { return Ok(Page::default()) };
            let mut page = reader.page(&request.anchor, u64::from(request.limit)).await?;
            if let Some(last) = page.rows.last().filter(|_| page.after) {
                page.next = tx.cursor(last.id, request.query.order).await?;
            }
            Ok(page)
        })
        .await
}

/// Counts what a query finds.
pub async fn hits(app: &App, actor: &Actor, query: &UserQuery) -> Result<Hits, Failure> {
    let count = counted(app, actor, query, HITS_BOUND + 1).await?;
    Ok(Hits { count: count.min(HITS_BOUND), more: count > HITS_BOUND })
}

/// Counts whom a query finds, to the last user, however long that takes: about a second for a million.
pub async fn count(app: &App, actor: &Actor, query: &UserQuery) -> Result<u64, Failure> {
    // A bound that a BIGINT holds.
    counted(app, actor, query, u64::from(u32::MAX)).await
}

async fn counted(app: &App, actor: &Actor, query: &UserQuery, bound: u64) -> Result<u64, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let Some(workspace) = step.workspace_of(query).await? else { return Ok(0) };
            Ok(tx.count_users(&scope(&step.authority), query, workspace, bound, step.now).await?)
        })
        .await
}

/// How many of these users a query finds.
pub async fn among(app: &App, actor: &Actor, query: &UserQuery, users: &BTreeSet<UserId>) -> Result<u64, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let Some(workspace) = step.workspace_of(query).await? else { return Ok(0) };
            let ids: Vec<UserId> = users.iter().copied().collect();
            Ok(tx.count_among(&scope(&step.authority), query, workspace, &ids, step.now).await?)
        })
        .await
}

/// The rows of these users, those in the bin too; whoever is gone or out of sight is left out.
pub async fn these(app: &App, actor: &Actor, users: &BTreeSet<UserId>) -> Result<Vec<UserRow>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let ids: Vec<UserId> = users.iter().copied().collect();
            Ok(tx.these_users(&scope(&step.authority), &ids).await?)
        })
        .await
}

/// The highest role of each of these users, as far as the actor sees them; whoever is gone is left out.
pub async fn roles(app: &App, actor: &Actor, users: &[UserId]) -> Result<HashMap<UserId, Role>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let mut roles = HashMap::with_capacity(users.len());
            for id in users {
                roles.extend(tx.user(*id).await?.and_then(|user| step.seen(user)).map(|user| (*id, user.role())));
            }
            Ok(roles)
        })
        .await
}

/// Counts the users of each kind.
pub async fn counts(app: &App, actor: &Actor) -> Result<Counts, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(tx.counts(&scope(&step.authority), step.now).await?)
        })
        .await
}

/// A query with what stays the same from page to page.
struct Reader<'a> {
    step: &'a Step<'a>,
    scope: Scope,
    query: &'a UserQuery,
    workspace: Option<WorkspaceId>,
}

impl Step<'_> {
    /// The workspace that a query names, or that it names none; `None` if there is no such workspace.
    pub(super) async fn workspace_of(&self, query: &UserQuery) -> Result<Option<Option<WorkspaceId>>, Failure> {
        let Some(name) = &query.workspace else { return Ok(Some(None)) };
        // Who of those in sight belongs to a workspace out of sight is nobody's business here.
        match self.workspace(&Name::stored(name.clone())).await {
            Ok(id) => Ok(Some(Some(id))),
            Err(Failure::NoWorkspace(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

impl<'a> Reader<'a> {
    /// `None` if the query names a workspace that is not there: then it finds nobody.
    async fn of(step: &'a Step<'a>, query: &'a UserQuery) -> Result<Option<Self>, Failure> {
        let Some(workspace) = step.workspace_of(query).await? else { return Ok(None) };
        Ok(Some(Self { step, scope: scope(&step.authority), query, workspace }))
    }

    async fn page(&self, anchor: &Anchor, limit: u64) -> Result<Page, Failure> {
        match anchor {
            Anchor::Start => {
                let Rows { rows, more } = self.forwards(None, limit).await?;
                Ok(Page { rows, before: false, after: more, next: None })
            }
            Anchor::End => {
                let Rows { rows, more } = self.backwards(None, limit).await?;
                Ok(Page { rows, before: more, after: false, next: None })
            }
            Anchor::After(place) => {
                let Rows { rows, more } = self.forwards(Some(place), limit).await?;
                Ok(Page { rows, before: true, after: more, next: None })
            }
            Anchor::Around(id) => {
                // The place of somebody out of sight tells nothing either.
                let in_sight = self.scope == Scope::All || self.step.user(*id).await.is_ok();
                let place = if in_sight { self.step.tx.cursor(*id, self.query.order).await? } else { None };
                let Some(place) = place else {
                    let Rows { rows, more } = self.forwards(None, limit).await?;
                    return Ok(Page { rows, before: false, after: more, next: None });
                };
                let mut earlier = self.backwards(Some(&place), limit / 2).await?;
                // The row just before the place ends the first half; the place itself begins the second.
                let from = match earlier.rows.last() {
                    Some(last) => self.step.tx.cursor(last.id, self.query.order).await?,
                    None => None,
                };
                let rest = self.forwards(from.as_ref(), limit - earlier.rows.len() as u64).await?;
                earlier.rows.extend(rest.rows);
                Ok(Page { rows: earlier.rows, before: earlier.more, after: rest.more, next: None })
            }
        }
    }

    async fn forwards(&self, from: Option<&Cursor>, limit: u64) -> Result<Rows, Failure> {
        self.read(from, false, limit).await
    }

    async fn backwards(&self, from: Option<&Cursor>, limit: u64) -> Result<Rows, Failure> {
        self.read(from, true, limit).await
    }

    async fn read(&self, from: Option<&Cursor>, backwards: bool, limit: u64) -> Result<Rows, Failure> {
        let Self { step, scope, query, workspace } = self;
        let place = Place { from, backwards, limit };
        Ok(step.tx.users(scope, query, *workspace, place, step.now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::invite::{self};
    use crate::domain::query::{Order, SortKey, View};

    #[tokio::test]
    async fn lists_page_forwards_backwards_and_around_in_every_order() {
        on_both(async |world| {
            for n in 0..25 {
                let request = invite::Request {
                    email: crate::domain::email::Email::parse(&format!("p{n}@example.org")).unwrap(),
                    name: Name::parse(&format!("Person {}", n % 7)).unwrap(),
                    ..grace()
                };
                invite::run(&world.app, &operator(), request).await.unwrap();
                world.pass(std::time::Duration::from_millis(u64::from(n % 3 == 0)));
            }
            for key in SortKey::ALL {
                for descending in [false, true] {
                    let query = UserQuery { order: Order { key, descending }, ..UserQuery::default() };
                    let read = async |anchor, limit| {
                        let request = Request { query: query.clone(), anchor, limit };
                        run(&world.app, &operator(), request).await.unwrap()
                    };
                    let all = read(Anchor::Start, 100).await.rows;
                    assert_eq!(all.len(), 26);
                    let cursor = async |at: usize| {
                        world
                            .app
                            .store
                            .read(async |tx| tx.cursor(all[at].id, query.order).await)
                            .await
                            .unwrap()
                            .unwrap()
                    };
                    let middle = read(Anchor::After(cursor(9).await), 5).await;
                    assert_eq!(middle.rows, all[10..15], "{key:?} {descending}");
                    assert_eq!(read(Anchor::End, 6).await.rows, all[20..]);
                    let around = read(Anchor::Around(all[13].id), 8).await.rows;
                    assert_eq!(around, all[9..17], "{key:?} {descending}");
                    assert_eq!(read(Anchor::Around(all[0].id), 4).await.rows, all[..4]);
                }
            }
            let deleted = UserQuery { view: View::Deleted, ..UserQuery::default() };
            assert_eq!(hits(&world.app, &operator(), &deleted).await.unwrap().count, 0);
            let searched = UserQuery { search: "PERSON 3 p1".to_owned(), ..UserQuery::default() };
            assert_eq!(hits(&world.app, &operator(), &searched).await.unwrap().count, 3);
            let literal = UserQuery { search: "%".to_owned(), ..UserQuery::default() };
            assert_eq!(hits(&world.app, &operator(), &literal).await.unwrap().count, 0);
        })
        .await;
    }
}
