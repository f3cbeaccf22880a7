//! Whether the clock can be trusted with deleting: a clock that is wrong for a moment must not empty a bin or forget a log, which
//! nobody brings back. After a jump nothing is deleted until the program has run for a day without another one.

use std::fmt;
use std::time::Duration;

use super::time::{Timestamp, Uptime, days, hours, words};

/// A difference between the clock and the time that passed which counts as a jump.
const JUMP: Duration = days(1);
/// How long the program must run after a jump, added up over its starts.
const PROBATION: Duration = hours(24);
/// What was seen at a look at the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    clock: Timestamp,
    uptime: Uptime,
}

/// Everything that is kept between looks, over starts of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClockGuard {
    last: Option<Look>,
    /// The newest jump, while it still holds deleting up.
    held: Option<Held>,
}

/// Why nothing is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What the clock said after the jump.
    pub at: Timestamp,
    /// How far it jumped; back where negative, in milliseconds.
    pub by: i64,
    /// How long the program must still run.
    pub left: Duration,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.by < 0 { "back" } else { "forward" };
        let by = words(Duration::from_millis(self.by.unsigned_abs()));
        let left = words(self.left);
        write!(
            f,
            "Nothing is deleted for good: the clock jumped {way} by {by} ({}). It resumes by itself after {left} of running",
            self.at.rfc3339()
        )
    }
}

impl ClockGuard {
    /// Looks at the clock; answers why nothing may be deleted, if so. `ran` is how long this process has run since its own last
    /// look; of several that look in turn, each counts no more than what has passed since the look before.
    pub fn look(&mut self, clock: Timestamp, uptime: Uptime, ran: Duration) -> Option<Held> {
        if let Some(last) = self.last.take() {
            let same_boot = last.uptime.boot == uptime.boot;
            let passed = if same_boot { uptime.since.saturating_sub(last.uptime.since) } else { Duration::ZERO };
            let expected = last.clock.plus(passed);
            if clock.since(expected).max(expected.since(clock)) > JUMP {
                self.held = Some(Held { at: clock, by: clock.0.saturating_sub(expected.0), left: PROBATION });
            } else if let Some(held) = self.held.take() {
                let left = held.left.saturating_sub(ran.min(clock.since(last.clock)));
                self.held = Some(Held { left, ..held }).filter(|held| !held.left.is_zero());
            }
        }
        self.last = Some(Look { clock, uptime });
        self.held
    }

    /// Before the first look: the clock is compared with the newest moment that is known of.
    pub fn begin(&mut self, newest: Timestamp) {
        if self.last.is_none() {
            self.last = Some(Look { clock: newest, uptime: Uptime { boot: String::new(), since: Duration::ZERO } });
        }
    }

    /// Why nothing may be deleted, if so.
    #[must_use]
    pub const fn held(&self) -> Option<Held> {
        self.held
    }

    /// Somebody says that the clock is right.
    pub const fn release(&mut self) {
        self.held = None;
    }

    /// As it is stored.
    #[must_use]
    pub fn text(&self) -> String {
        let Some(Look { clock, uptime }) = &self.last else { return String::new() };
        let (at, by, left) = self.held.map_or((0, 0, 0), |held| (held.at.0, held.by, held.left.as_millis()));
        format!("{} {} {} {at} {by} {left}", clock.0, uptime.since.as_millis(), uptime.boot)
    }

    /// Reads it back; what cannot be read is as if there had been no look.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parse = || {
            let mut words = text.split(' ');
            let clock = Timestamp(words.next()?.parse().ok()?);
            let since = Duration::from_millis(words.next()?.parse().ok()?);
            let boot = words.next()?.to_owned();
            let (at, by) = (Timestamp(words.next()?.parse().ok()?), words.next()?.parse().ok()?);
            let left = Duration::from_millis(words.next()?.parse().ok()?);
            let held = Some(Held { at, by, left }).filter(|held| !held.left.is_zero());
            Some(Self { last: Some(Look { clock, uptime: Uptime { boot, since } }), held })
        };
        parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::time::minutes;

    const AT: Timestamp = Timestamp(1_800_000_000_000);

    fn up(hour: u64) -> Uptime {
        Uptime { boot: "a".to_owned(), since: hours(hour) }
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_moment_holds_deleting_up_for_a_day_of_running() {
        for by in [4 * 365, -4 * 365, 2] {
            let mut guard = ClockGuard::default();
            assert_eq!(guard.look(AT, up(0), Duration::ZERO), None);
            let wrong = Timestamp(AT.0 + by * 86_400_000);
            assert_eq!(guard.look(wrong, up(0), Duration::ZERO).unwrap().by.signum(), by.signum());
            // It is right again, which is another jump, and the day begins with it.
            assert!(guard.look(AT, up(0), Duration::ZERO).is_some());
            for hour in 1..24 {
                assert!(guard.look(AT.plus(hours(hour)), up(hour), hours(1)).is_some(), "{hour}");
            }
            assert_eq!(guard.look(AT.plus(hours(24)), up(24), hours(1)), None);
        }
    }

    #[test]
    fn before_the_first_look_the_clock_is_compared_with_what_was_written_last() {
        for (days_on, held) in [(0, false), (2, true), (4 * 365, true)] {
            let mut guard = ClockGuard::default();
            guard.begin(AT);
            assert_eq!(guard.look(AT.plus(days(days_on)), up(0), Duration::ZERO).is_some(), held, "{days_on}");
            guard.begin(Timestamp(0));
            assert_eq!(guard.look(AT.plus(days(days_on)), up(0), Duration::ZERO).is_some(), held, "only once");
        }
    }

    #[test]
    fn a_machine_that_slept_or_was_restarted_is_no_jump_and_a_restart_keeps_what_was_run() {
        let mut guard = ClockGuard::default();
        guard.look(AT, up(0), Duration::ZERO);
        assert_eq!(guard.look(AT.plus(days(3)), up(72), Duration::ZERO), None, "asleep over the weekend");
        let other = Uptime { boot: "b".to_owned(), since: minutes(1) };
        assert_eq!(guard.look(AT.plus(days(3)).plus(hours(9)), other.clone(), Duration::ZERO), None, "restarted");
        guard.look(AT.plus(days(30)), other, Duration::ZERO);
        let left = |guard: &ClockGuard| ClockGuard::parse(&guard.text()).held.unwrap().left;
        assert_eq!(left(&guard), hours(24));
        let on = |hour| Uptime { boot: "b".to_owned(), since: minutes(1) + hours(hour) };
        guard.look(AT.plus(days(30)).plus(hours(1)), on(1), hours(1));
        assert_eq!(left(&guard), hours(23));
        guard.look(AT.plus(days(30)).plus(hours(9)), on(9), Duration::ZERO);
        assert_eq!(left(&guard), hours(23), "nobody knows whether the program ran meanwhile");
    }

    #[test]
    fn two_machines_that_look_in_turn_come_to_the_end_of_the_same_day() {
        let mut guard = ClockGuard::default();
        let of = |boot: &str, since| Uptime { boot: boot.to_owned(), since };
        guard.look(AT, of("a", hours(5)), Duration::ZERO);
        let after = AT.plus(days(30));
        assert!(guard.look(after, of("b", hours(90)), Duration::ZERO).is_some());
        for half in 1..=48_u32 {
            let (boot, ran) = if half % 2 == 0 { ("b", minutes(60)) } else { ("a", minutes(60)) };
            let held = guard.look(after.plus(minutes(30) * half), of(boot, hours(90) + minutes(30) * half), ran);
            assert_eq!(held.is_some(), half < 48, "{half}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_back(clock in 0_i64..4_000_000_000_000, since in 0_u64..1 << 40, by in any::<i32>(), left in 0_u64..1 << 40) {
            let held = Some(Held { at: AT, by: i64::from(by), left: Duration::from_millis(left) }).filter(|_| left > 0);
            let uptime = Uptime { boot: "0f".to_owned(), since: Duration::from_millis(since) };
            let guard = ClockGuard { last: Some(Look { clock: Timestamp(clock), uptime }), held };
            prop_assert_eq!(ClockGuard::parse(&guard.text()), guard);
        }

        #[test]
        fn nothing_is_deleted_in_the_day_after_a_jump(steps in proptest::collection::vec((0_u64..7_200, -40_i64..40), 1..60)) {
            // Each step is so many seconds of running, and so many days that the clock is off from then on.
            let (mut guard, mut since, mut jumped) = (ClockGuard::default(), 0_u64, None);
            guard.look(AT, up(0), Duration::ZERO);
            let mut off = 0;
            for (seconds, days) in steps {
                since += seconds;
                if (days - off).abs() > 1 {
                    jumped = Some(since);
                }
                // A day more or less is no jump, and adds up to none.
                let days = if (days - off).abs() > 1 { days } else { off };
                off = days;
                let uptime = Uptime { boot: "a".to_owned(), since: Duration::from_secs(since) };
                let clock = Timestamp(AT.0 + i64::try_from(since).unwrap() * 1_000 + days * 86_400_000);
                let held = guard.look(clock, uptime, Duration::from_secs(seconds)).is_some();
                prop_assert_eq!(held, jumped.is_some_and(|at| since - at < 86_400));
            }
        }
    }
}
