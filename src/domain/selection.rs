//! Whom a change of many is about: some users by number, or everybody a query finds but some. So a million costs no
//! more memory than one.

use std::collections::BTreeSet;

use super::query::UserQuery;
use super::user::UserId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    Users(BTreeSet<UserId>),
    /// Everybody this finds, but these.
    Found(UserQuery, BTreeSet<UserId>),
}

impl Default for Selection {
    fn default() -> Self {
        Self::Users(BTreeSet::new())
    }
}

impl Selection {
    /// Whether nobody is in it for sure.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Users(users) if users.is_empty())
    }

    /// Whether somebody who is in the list of `query` is in it.
    #[must_use]
    pub fn has(&self, user: UserId, query: &UserQuery) -> bool {
        match self {
            Self::Users(users) => users.contains(&user),
            // A user whom another view shows may not be among those that this one found.
            Self::Found(found, but) => found.finds_same(query) && !but.contains(&user),
        }
    }

    /// Takes somebody in, or out.
    pub fn set(&mut self, user: UserId, marked: bool) {
        let (users, listed) = match self {
            Self::Users(users) => (users, marked),
            Self::Found(_, but) => (but, !marked),
        };
        if listed {
            users.insert(user);
        } else {
            users.remove(&user);
        }
    }
}

impl UserQuery {
    /// Whether another query finds the same users, in whatever order.
    #[must_use]
    pub fn finds_same(&self, other: &Self) -> bool {
        (self.view, &self.search, &self.workspace, self.role)
            == (other.view, &other.search, &other.workspace, other.role)
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::View;
    use super::*;

    #[test]
    fn everybody_but_some_and_some_alone() {
        let (query, other) = (UserQuery::default(), UserQuery { view: View::Expired, ..UserQuery::default() });
        let mut some = Selection::default();
        assert!(some.is_empty());
        some.set(UserId(3), true);
        assert!(some.has(UserId(3), &query) && some.has(UserId(3), &other) && !some.has(UserId(4), &query));
        let mut all = Selection::Found(query.clone(), BTreeSet::new());
        all.set(UserId(3), false);
        assert!(!all.has(UserId(3), &query) && all.has(UserId(4), &query) && !all.has(UserId(4), &other));
        all.set(UserId(3), true);
        assert!(all.has(UserId(3), &query) && !all.is_empty());
    }
}
