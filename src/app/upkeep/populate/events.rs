//! What happened to people, in the order in which it happened.

use super::person::{Fate, Person};
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::time::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub at: Timestamp,
    /// The index into the list of people.
    pub person: usize,
    pub what: What,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// The invitation with this number was issued, from 0.
    Invited(usize),
    Accepted,
    SignedIn,
    Asked,
    Withdrawn,
    Suspended,
    Deleted,
}

pub(super) fn events(people: &[Person], now: Timestamp) -> Vec<Event> {
    let mut all = Vec::with_capacity(people.len() * 3);
    for (number, person) in people.iter().enumerate() {
        let mut add = |ago, what| all.push(Event { at: now.minus(ago), person: number, what });
        for (nth, sending) in person.sendings().enumerate() {
            add(sending.ago, What::Invited(nth));
        }
        if let Some(arrival) = person.arrival() {
            add(arrival.accepted, What::Accepted);
            // Members do not sign in here, and leaves no entry.
            let administers = person.role == OrganisationRole::Administrator
                || person.workspaces.iter().any(|w| w.1 == WorkspaceRole::Administrator);
            if let Some(ago) = arrival.last_sign_in.filter(|_| administers) {
                add(ago, What::SignedIn);
            }
        }
        match &person.fate {
            Fate::Invited(Some(ago)) => add(*ago, What::Asked),
            Fate::Withdrawn(ago) => add(*ago, What::Withdrawn),
            Fate::Suspended(_, ago) => add(*ago, What::Suspended),
            Fate::Deleted(_, ago) => add(*ago, What::Deleted),
            Fate::Invited(None) | Fate::Active(_) | Fate::Refused(_) => {}
        }
    }
    // Stable: what happens to one person in one moment keeps its order.
    all.sort_by_key(|event| event.at);
    all
}
