//! How many invitations, resends and password resets somebody below administrator may send: who has the session of a
//! workspace administrator can't write to thousands of strangers in the organisation's name.

use std::time::Duration;

use super::time::{days, hours};

/// The time that the shorter limit counts in.
pub const HOUR: Duration = hours(1);
/// The time that the longer limit counts in.
pub const DAY: Duration = days(1);

/// How many in each; zero is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimits {
    pub per_hour: u32,
    pub per_day: u32,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self { per_hour: 200, per_day: 500 }
    }
}

/// What of a limit is left: of the one that is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub left: u64,
    /// The limit.
    pub of: u64,
    pub within: Within,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Hour,
    Day,
}

impl Within {
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// As it follows a number.
    #[must_use]
    pub const fn each(self) -> &'static str {
        match self {
            Self::Hour => "an hour",
            Self::Day => "a day",
        }
    }
}

impl SendLimits {
    /// What is left after so many in the last hour and in the last day; nothing where there is no limit.
    #[must_use]
    pub fn left(self, in_hour: u64, in_day: u64) -> Option<Allowance> {
        let one = |limit: u32, sent: u64, within| {
            let of = u64::from(limit);
            (of > 0).then(|| Allowance { left: of.saturating_sub(sent), of, within })
        };
        // Of two that are used up the longer one says how long to wait.
        let all = [one(self.per_day, in_day, Within::Day), one(self.per_hour, in_hour, Within::Hour)];
        all.into_iter().flatten().min_by_key(|allowance| allowance.left)
    }
}

impl Allowance {
    /// What is left, in a sentence.
    #[must_use]
    pub fn words(self) -> String {
        let Self { left, of, within } = self;
        format!("You can send {left} more invitations and resets now, of {of} {}.", within.each())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_is_reached_first_counts() {
        let limits = SendLimits { per_hour: 10, per_day: 20 };
        assert_eq!(limits.left(4, 4), Some(Allowance { left: 6, of: 10, within: Within::Hour }));
        assert_eq!(limits.left(0, 18), Some(Allowance { left: 2, of: 20, within: Within::Day }));
        assert_eq!(limits.left(12, 12).map(|all| all.left), Some(0));
        assert_eq!(SendLimits { per_hour: 0, per_day: 0 }.left(999, 999), None);
        assert_eq!(SendLimits { per_hour: 0, per_day: 5 }.left(9, 4).map(|all| all.left), Some(1));
        assert_eq!(limits.left(10, 20).map(|all| all.within), Some(Within::Day), "an hour would be too soon");
        let words = Allowance { left: 6, of: 10, within: Within::Hour }.words();
        assert_eq!(words, "You can send 6 more invitations and resets now, of 10 an hour.");
    }
}
