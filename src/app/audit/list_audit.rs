//! Read the audit log, inside what the actor can see: by person, by who acted, by action, by time.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::app::step::Step;
use crate::app::users::find::named;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Who};
use crate::domain::audit::Entry;
use crate::domain::policy::log_scope;
use crate::domain::query::{NewestFirst, NewestRows, Part};
use crate::domain::scope::LogScope;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::store::AuditQuery;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Only what happened to this user: an address, or `#` and a number.
    pub user: Option<String>,
    /// Only what this user did, named the same way; or `operator`, or `rsvp` for the program itself.
    pub actor: Option<String>,
    pub action: Option<Action>,
    /// Only from then on.
    pub since: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
    /// Continues after the entry with this number: [`Page::next`] of the page before.
    pub beyond: Option<i64>,
    pub oldest_first: bool,
    /// Most entries, 1 to 1,000.
    pub limit: u16,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Where to go on, if there are more.
    pub next: Option<i64>,
}

pub async fn run(app: &App, actor: &Actor, request: &Request) -> Result<Page, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let query = query(&step, request).await?;
            let limit = usize::from(request.limit);
            let scope = log_scope(&step.authority);
            let mut entries = tx.audit_entries(&scope, &query, u64::from(request.limit) + 1).await?;
            let more = entries.len() > limit;
            entries.truncate(limit);
            veil(&step, &mut entries).await?;
            let next = entries.last().map(|entry| entry.id).filter(|_| more);
            Ok(Page { entries, next })
        })
        .await
}

/// Reads the entries that a request finds around a place, at most its limit; where it goes on does not matter here.
pub async fn window(
    app: &App,
    actor: &Actor,
    request: &Request,
    place: NewestFirst,
) -> Result<NewestRows<Entry>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let query = query(&step, request).await?;
            let scope = log_scope(&step.authority);
            let [newer, older] = place.parts(u64::from(request.limit));
            let read = async |part: Option<Part>| match part {
                Some(part) => {
                    let query = AuditQuery { beyond: part.beyond, oldest_first: part.oldest_first, ..query.clone() };
                    Ok::<_, Failure>(Some((tx.audit_entries(&scope, &query, part.limit + 1).await?, part.limit)))
                }
                None => Ok(None),
            };
            let mut found = NewestRows::of_parts(read(newer).await?, read(older).await?);
            veil(&step, &mut found.rows).await?;
            Ok(found)
        })
        .await
}

/// What a request asks of the store.
async fn query(step: &Step<'_>, request: &Request) -> Result<AuditQuery, Failure> {
    let mut query = AuditQuery {
        action: request.action.map(Action::name),
        since: request.since,
        until: request.until,
        beyond: request.beyond,
        oldest_first: request.oldest_first,
        ..AuditQuery::default()
    };
    if let Some(user) = &request.user {
        query.subject = Some(person(step, user).await?);
    }
    match request.actor.as_deref() {
        None => {}
        Some("operator") => query.actor_kind = Some(Who::Operator.kind()),
        Some("rsvp") => query.actor_kind = Some(Who::System.kind()),
        Some(user) => query.actor = Some(person(step, user).await?),
    }
    Ok(query)
}

/// Whom a filter names; for administrators also somebody who is gone, by the number that the log has.
async fn person(step: &Step<'_>, name: &str) -> Result<UserId, Failure> {
    let found = named(step, name).await;
    let number = name.strip_prefix('#').and_then(|number| number.parse().ok()).map(UserId);
    match (found, number) {
        (Err(Failure::NoUser(_)), Some(id)) if step.authority.audits() && step.tx.is_in_log(id).await? => Ok(id),
        (found, _) => found.map(|user| user.id),
    }
}

/// Takes out of entries what shows somebody or something out of the reader's sight: who else acted, from where, and the
/// names of workspaces.
pub(in crate::app) async fn veil(step: &Step<'_>, entries: &mut [Entry]) -> Result<(), Failure> {
    if log_scope(&step.authority) == LogScope::Whole {
        return Ok(());
    }
    let mut seen = HashMap::new();
    for entry in entries {
        if let Some(actor) = entry.actor_id {
            let is_seen = match seen.get(&actor) {
                Some(known) => *known,
                None => step.tx.user(actor).await?.and_then(|user| step.seen(user)).is_some(),
            };
            seen.insert(actor, is_seen);
            if !is_seen {
                "an administrator".clone_into(&mut entry.actor);
                entry.actor_id = None;
            }
        }
        let mut change = entry.detail.get_mut("change").map_or(Value::Null, Value::take);
        if let Some(change) = change.as_object_mut() {
            change.remove("workspaces");
        }
        entry.detail = json!({ "change": change });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::test::{active, grace, on_both, operator, signed_in};
    use crate::app::users::edit::{self};
    use crate::app::users::invite;
    use crate::domain::name::Name;
    use crate::domain::time::days;

    #[tokio::test]
    async fn the_log_is_filtered_by_person_actor_action_and_time() {
        on_both(async |world| {
            let bob = active(world, "bob@example.org", true).await;
            world.pass(days(1));
            let noon = world.app.now();
            let user = invite::run(&world.app, &signed_in(bob), grace()).await.unwrap().user.id;
            world.pass(Duration::from_mins(1));
            let name = Some(Name::parse("Grace B. Hopper").unwrap());
            edit::run(&world.app, &signed_in(world.ada.id), edit::Request { name, ..edit::Request::of(user) })
                .await
                .unwrap();
            let read = async |request: Request| {
                let page = run(&world.app, &operator(), &Request { limit: 100, ..request }).await.unwrap();
                page.entries.into_iter().map(|one| (one.action, one.actor)).collect::<Vec<_>>()
            };
            let entry = |action: &str, actor: &str| (action.to_owned(), actor.to_owned());
            let (edited, invited) = (entry("edit", "Ada Lovelace"), entry("invite", "bob"));
            let of = |text: &str| Some(text.to_owned());
            let person = Request { user: of("grace@navy.example"), ..Request::default() };
            assert_eq!(read(person.clone()).await, [edited.clone(), invited.clone()]);
            assert_eq!(read(Request { oldest_first: true, ..person }).await, [invited.clone(), edited.clone()]);
            assert_eq!(
                read(Request { actor: of("bob@example.org"), since: Some(noon), ..Request::default() }).await,
                [invited]
            );
            let edits = read(Request { action: Some(Action::Edit), ..Request::default() }).await;
            assert_eq!(edits, std::slice::from_ref(&edited));
            let later = Request { since: Some(noon.plus(Duration::from_secs(1))), ..Request::default() };
            assert_eq!(read(later).await, [edited]);
            let earlier = read(Request { until: Some(noon), ..Request::default() }).await;
            assert!(earlier.iter().all(|(action, _)| action != "edit") && earlier.len() >= 3, "{earlier:?}");
            assert!(read(Request { actor: of("operator"), ..Request::default() }).await.len() >= 2);
            let nobody = Request { user: of("nobody@example.org"), limit: 1, ..Request::default() };
            assert!(matches!(run(&world.app, &operator(), &nobody).await, Err(Failure::NoUser(_))));

            let first = run(&world.app, &operator(), &Request { limit: 2, ..Request::default() }).await.unwrap();
            let rest = Request { limit: 100, beyond: first.next, ..Request::default() };
            let rest = run(&world.app, &operator(), &rest).await.unwrap();
            let all = run(&world.app, &operator(), &Request { limit: 100, ..Request::default() }).await.unwrap();
            assert_eq!([first.entries, rest.entries].concat(), all.entries);
        })
        .await;
    }
}
