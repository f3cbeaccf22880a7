//! Status: what a user is now. Always derived from what is stored, never stored itself.

use std::fmt;

use super::time::Timestamp;

/// What a user is now, in order of precedence from the last to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// No password stored: has not followed an invitation yet.
    Invited,
    /// A password is stored: can sign in.
    Active,
    Suspended,
    /// In the bin, until it is emptied or the user is restored.
    Deleted,
}

impl Status {
    /// Derives the status: in the bin before blocked before password or none.
    #[must_use]
    pub const fn of(has_password: bool, suspended_at: Option<Timestamp>, deleted_at: Option<Timestamp>) -> Self {
        match (deleted_at, suspended_at, has_password) {
            (Some(_), _, _) => Self::Deleted,
            (None, Some(_), _) => Self::Suspended,
            (None, None, true) => Self::Active,
            (None, None, false) => Self::Invited,
        }
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn status_never_contradicts_the_password(password: bool, suspended: Option<i64>, deleted: Option<i64>) {
            let status = Status::of(password, suspended.map(Timestamp), deleted.map(Timestamp));
            prop_assert!(status != Status::Active || password);
            prop_assert!(status != Status::Invited || !password);
            prop_assert_eq!(status == Status::Deleted, deleted.is_some());
            prop_assert_eq!(status == Status::Suspended, deleted.is_none() && suspended.is_some());
        }
    }
}
