//! In which order a change locks and reads users: whoever reads somebody first and locks them then decides by what may be old,
//! and writes over what somebody else stored in between. A change that does so stops every test in which it happens.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::user::UserId;

/// Who was locked in a transaction, and who was read without.
#[derive(Default)]
pub(super) struct Order(Mutex<Users>);

#[derive(Default)]
struct Users {
    locked: HashSet<UserId>,
    read: HashSet<UserId>,
}

impl Order {
    /// A user is locked, or was just stored by this transaction.
    pub fn locks(&self, user: UserId) {
        self.note(|users| {
            debug_assert!(!users.read.contains(&user), "user {} was read before they were locked", user.0);
            users.locked.insert(user);
        });
    }

    pub fn reads(&self, user: UserId) {
        self.note(|users| {
            if !users.locked.contains(&user) {
                users.read.insert(user);
            }
        });
    }

    /// A user is changed.
    pub fn changes(&self, user: UserId) {
        self.note(|users| {
            debug_assert!(users.locked.contains(&user), "user {} is changed without having been locked", user.0);
        });
    }

    fn note(&self, work: impl FnOnce(&mut Users)) {
        if cfg!(debug_assertions) {
            work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_locks_first_may_read_and_change() {
        let order = Order::default();
        order.locks(UserId(1));
        order.reads(UserId(1));
        order.locks(UserId(1));
        order.changes(UserId(1));
    }

    #[test]
    #[should_panic(expected = "user 1 was read before they were locked")]
    fn whoever_reads_first_may_not_lock() {
        let order = Order::default();
        order.reads(UserId(1));
        order.locks(UserId(1));
    }

    #[test]
    #[should_panic(expected = "user 2 is changed without having been locked")]
    fn whoever_locked_somebody_else_may_not_change() {
        let order = Order::default();
        order.locks(UserId(1));
        order.changes(UserId(2));
    }
}
