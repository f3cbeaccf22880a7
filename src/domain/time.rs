//! Points in time and lengths of time, in milliseconds, and how they are written and read.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;

/// Milliseconds since 1970-01-01T00:00:00Z: what every table stores, so that both databases order times alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time this much later; stops at the largest representable one.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self(self.0.saturating_add(millis(length)))
    }

    /// The time this much earlier; stops at the smallest representable one.
    #[must_use]
    pub fn minus(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(millis(length)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// A stored moment as it counts: one further ahead than `most`, the longest that its own rule allows, was written by a clock
    /// that was wrong, and counts as now.
    #[must_use]
    pub fn believed(self, now: Self, most: Duration) -> Self {
        if self > now.plus(most) { now } else { self }
    }

    /// How long something waits for a stored moment that is ahead by `most` at the longest, see [`Self::believed`].
    #[must_use]
    pub fn wait(self, now: Self, most: Duration) -> Duration {
        self.believed(now, most).since(now)
    }

    /// RFC 3339 in UTC with whole seconds, as `--json` writes it: `2026-03-12T08:14:00Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Day and minute in the reader's time zone, as screens write it: `12 Mar 2026 09:14 CET`.
    #[must_use]
    pub fn local(self, zone: &TimeZone) -> String {
        self.to_jiff().to_zoned_datetime(zone.clone()).strftime("%-d %b %Y %H:%M %Z").to_string()
    }

    /// Day and minute without year and zone, for narrow places: `12 Mar 09:14`.
    #[must_use]
    pub fn local_short(self, zone: &TimeZone) -> String {
        self.to_jiff().to_zoned_datetime(zone.clone()).strftime("%-d %b %H:%M").to_string()
    }

    /// The same instant as jiff writes it; a value outside jiff's range becomes the epoch.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// Reads what [`Timestamp::rfc3339`] wrote.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_millisecond()))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// How long the machine is up, sleep included, and since which start: what no setting of the clock changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// A name for the start of the machine.
    pub boot: String,
    pub since: Duration,
}

/// Where the time comes from. One implementation reads the system's clock, one is moved by tests.
pub trait Clock: Send + Sync {
    /// The present moment, to the millisecond; may go backwards when the clock is set. Where several machines share a database
    /// server it is the server's.
    fn now(&self) -> Timestamp;

    /// What this machine's own clock says.
    fn machine(&self) -> Timestamp {
        self.now()
    }

    /// How long the machine is up, whatever its clock is set to.
    fn uptime(&self) -> Uptime;
}

/// Where randomness comes from. One implementation asks the operating system, one repeats itself for tests.
pub trait Random: Send + Sync {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

#[must_use]
pub const fn days(n: u64) -> Duration {
    Duration::from_millis(n * DAY)
}

#[must_use]
pub const fn hours(n: u64) -> Duration {
    Duration::from_millis(n * HOUR)
}

#[must_use]
pub const fn minutes(n: u64) -> Duration {
    Duration::from_millis(n * MINUTE)
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds, rounded to the nearest of the second unit that people read: a link that was made a moment ago to work
/// seven days works seven days, not six.
fn rounded(length: Duration) -> u64 {
    let ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let to = match ms {
        DAY.. => HOUR,
        HOUR.. => MINUTE,
        _ => SECOND,
    };
    let nearest = ms.saturating_add(to / 2) / to * to;
    // What rounds up to a day is read in hours from there on.
    if ms < DAY && nearest >= DAY { DAY } else { nearest }
}

/// A length of time in its two largest units, for people: `2 d 4 h`, `12 min`, `45 s`.
#[must_use]
pub fn words(length: Duration) -> String {
    let ms = rounded(length);
    let two = |big: u64, big_name: &str, small: u64, small_name: &str| {
        if small == 0 { format!("{big} {big_name}") } else { format!("{big} {big_name} {small} {small_name}") }
    };
    match ms {
        DAY.. => two(ms / DAY, "d", ms % DAY / HOUR, "h"),
        HOUR.. => two(ms / HOUR, "h", ms % HOUR / MINUTE, "min"),
        MINUTE.. => format!("{} min", ms / MINUTE),
        _ => format!("{} s", ms / SECOND),
    }
}

/// A length of time in its largest unit, for a narrow column: `2 d`, `5 h`, `12 min`.
#[must_use]
pub fn words_short(length: Duration) -> String {
    let ms = rounded(length);
    match ms {
        DAY.. => format!("{} d", ms / DAY),
        HOUR.. => format!("{} h", ms / HOUR),
        MINUTE.. => format!("{} min", ms / MINUTE),
        _ => format!("{} s", ms / SECOND),
    }
}

/// A length of time as settings and arguments write it, in the largest unit that divides it: `7d`, `36h`, `90m`, `45s`.
#[must_use]
pub fn compact(length: Duration) -> String {
    let ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")] {
        if ms >= unit && ms.is_multiple_of(unit) {
            return format!("{}{name}", ms / unit);
        }
    }
    format!("{}s", ms / SECOND)
}

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\u{201c}{0}\u{201d} isn't a length of time: write a number and a unit, for example 7d, 36h, 90m or 45s")]
pub struct NotALength(pub String);

/// Reads `7d`, `36h`, `90m`, `45s`, with or without a space before the unit.
pub fn parse_length(text: &str) -> Result<Duration, NotALength> {
    let wrong = || NotALength(text.to_owned());
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = trimmed.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "d" | "day" | "days" => DAY,
        "h" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "second" | "seconds" => SECOND,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).map(Duration::from_millis).ok_or_else(wrong)
}

/// A text that names no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\u{201c}{}\u{201d} isn't a time: write 2026-11-24, 2026-11-24T09:30, one with a zone as in RFC 3339, or 7d for seven days ago",
    super::text::visible(.0)
)]
pub struct NotAMoment(pub String);

/// Reads a moment: a day or a minute in the reader's time zone, one of RFC 3339, or a length of time before now.
pub fn parse_moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, NotAMoment> {
    let text = text.trim();
    if let Ok(length) = parse_length(text) {
        return Ok(now.minus(length));
    }
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp(moment.as_millisecond()));
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok();
    let moment = civil.and_then(|civil| zone.to_timestamp(civil).ok());
    moment.map(|moment| Timestamp(moment.as_millisecond())).ok_or_else(|| NotAMoment(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_minute_an_instant_or_so_long_ago() {
        let (now, zone) = (Timestamp(1_800_000_000_000), TimeZone::fixed(jiff::tz::offset(1)));
        let at = |text: &str| parse_moment(text, now, &zone).map(Timestamp::rfc3339);
        assert_eq!(at("2026-11-24").unwrap(), "2026-11-23T23:00:00Z");
        assert_eq!(at("2026-11-24T09:30").unwrap(), "2026-11-24T08:30:00Z");
        assert_eq!(at("2026-11-24T09:30:00+02:00").unwrap(), "2026-11-24T07:30:00Z");
        assert_eq!(parse_moment(" 7d ", now, &zone).unwrap(), now.minus(days(7)));
        for wrong in ["", "yesterday", "2026-13-01", "09:30", "2026-11-24\u{1b}"] {
            assert!(at(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_length_is_read_back_from_what_is_written() {
        for text in ["7d", "36h", "90m", "45s", "30d"] {
            assert_eq!(compact(parse_length(text).unwrap()), text);
        }
        assert_eq!(compact(parse_length("24 hours").unwrap()), "1d");
    }

    #[test]
    fn nothing_waits_longer_for_a_stored_moment_than_its_rule_allows() {
        let now = Timestamp(1_800_000_000_000);
        assert_eq!(now.minus(days(9)).wait(now, minutes(1)), Duration::ZERO);
        assert_eq!(now.plus(minutes(1)).wait(now, minutes(1)), minutes(1));
        assert_eq!(now.plus(minutes(1) + Duration::from_millis(1)).wait(now, minutes(1)), Duration::ZERO);
        assert_eq!(Timestamp(i64::MAX).wait(now, hours(1)), Duration::ZERO);
        assert_eq!(now.wait(Timestamp(i64::MAX), hours(1)), Duration::ZERO);
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in ["", "7", "d", "-1d", "1.5h", "7 weeks", "99999999999999999999d", "9999999999999999d"] {
            assert!(parse_length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn people_read_two_units() {
        assert_eq!(words(hours(52)), "2 d 4 h");
        assert_eq!(words(days(2)), "2 d");
        assert_eq!(words(minutes(61)), "1 h 1 min");
        assert_eq!(words_short(hours(52)), "2 d");
    }

    #[test]
    fn instants_are_written_in_utc_and_in_the_readers_zone() {
        let at = Timestamp(1_773_303_240_000);
        assert_eq!(at.rfc3339(), "2026-03-12T08:14:00Z");
        assert_eq!(at.local(&TimeZone::UTC), "12 Mar 2026 08:14 UTC");
        assert_eq!(at.since(at.plus(days(1))), Duration::ZERO);
    }
}
