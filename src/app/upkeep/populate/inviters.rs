//! Who could invite whom at which moment.

use std::collections::HashMap;

use super::events::Event;
use super::person::{Fate, Person};
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// Who could act for whom, and since when.
pub(super) struct Inviters {
    first: UserId,
    administrators: Vec<(Timestamp, usize)>,
    /// Since when, and which index in the list of people; the earliest first.
    of_workspace: HashMap<Name, Vec<(Timestamp, usize)>>,
}

impl Inviters {
    pub(super) fn of(people: &[Person], first: UserId, now: Timestamp) -> Self {
        let mut all = Self { first, administrators: Vec::new(), of_workspace: HashMap::new() };
        for (number, person) in people.iter().enumerate() {
            // Whoever was blocked or deleted later may have acted before, but then it would have to be known until
            // when.
            let Fate::Active(arrival) = &person.fate else { continue };
            let since = (now.minus(arrival.accepted), number);
            if person.role == OrganisationRole::Administrator {
                all.administrators.push(since);
                continue;
            }
            for (name, _) in person.workspaces.iter().filter(|(_, role)| *role == WorkspaceRole::Administrator) {
                all.of_workspace.entry(name.clone()).or_default().push(since);
            }
        }
        all.administrators.sort_unstable();
        all.of_workspace.values_mut().for_each(|list| list.sort_unstable());
        all
    }

    /// Who acts for a person at a moment: for a member of one workspace often its administrator, else an administrator.
    pub(super) fn acting(&self, people: &[Person], event: &Event, known: impl Fn(usize) -> Option<UserId>) -> UserId {
        let at_that_time = |list: &[(Timestamp, usize)], turn: usize| {
            let there = &list[..list.partition_point(|(since, _)| *since < event.at)];
            // One place more than there are people, for whoever was there first.
            there.get(turn % (there.len() + 1)).and_then(|(_, person)| known(*person))
        };
        let person = &people[event.person];
        let of_workspace = match person.workspaces.as_slice() {
            [(name, role)] if *role == WorkspaceRole::Member && person.role == OrganisationRole::None => {
                self.of_workspace.get(name)
            }
            _ => None,
        };
        of_workspace
            .and_then(|list| at_that_time(list, event.person))
            .or_else(|| at_that_time(&self.administrators, event.person / 3))
            .unwrap_or(self.first)
    }
}
