//! The highest numbers that were given to rows, so that no number ever means something else after a backup was
//! restored.

use std::collections::BTreeMap;

/// How far a kept number may be behind before it is raised.
const SLACK: i64 = 2_000;

/// More than any installation ever gives, and far from the last one that there is.
const HIGHEST: i64 = 1 << 53;

/// The highest number of each table, by the table's name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers(pub BTreeMap<String, i64>);

impl Numbers {
    /// The higher number of each table.
    #[must_use]
    pub fn max(mut self, other: &Self) -> Self {
        for (table, number) in &other.0 {
            let own = self.0.entry(table.clone()).or_default();
            *own = (*own).max(*number);
        }
        self
    }

    /// Whether a number is so high that nothing can have given it: somebody wrote it there.
    #[must_use]
    pub fn is_beyond_reason(&self) -> bool {
        self.0.values().any(|number| *number > HIGHEST)
    }

    /// What to keep, so that it is above every number given until it is next looked at; nothing if what is kept is high
    /// enough. It is kept well ahead, because numbers are given more often than it can be written.
    #[must_use]
    pub fn raised(&self, given: &Self) -> Option<Self> {
        let mut raised = self.clone();
        for (table, number) in &given.0 {
            let own = raised.0.entry(table.clone()).or_default();
            if *own < number.saturating_add(SLACK) {
                *own = number.saturating_add(2 * SLACK);
            }
        }
        (raised != *self).then_some(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(all: &[(&str, i64)]) -> Numbers {
        Numbers(all.iter().map(|(table, number)| ((*table).to_owned(), *number)).collect())
    }

    #[test]
    fn what_is_kept_stays_ahead_and_is_written_seldom() {
        let first = Numbers::default().raised(&numbers(&[("users", 3)])).unwrap();
        assert_eq!(first, numbers(&[("users", 4_003)]));
        assert_eq!(first.raised(&numbers(&[("users", 2_003)])), None);
        assert_eq!(first.raised(&numbers(&[("users", 2_004)])), Some(numbers(&[("users", 6_004)])));
        assert_eq!(first.raised(&numbers(&[("links", 1)])), Some(numbers(&[("links", 4_001), ("users", 4_003)])));
        assert_eq!(first.max(&numbers(&[("users", 9), ("links", 8)])), numbers(&[("links", 8), ("users", 4_003)]));
    }
}
