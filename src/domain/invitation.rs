//! What may be chosen for an invitation, the link with which an invited user becomes active: how long it works, and a
//! personal message.

use std::time::Duration;

use super::time::{compact, days, hours};

pub const SHORTEST: Duration = hours(1);
pub const LONGEST: Duration = days(30);
pub const MESSAGE_CHARS: usize = 2000;

/// Why a validity or a personal message is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInvitation {
    /// Outside [`SHORTEST`] to [`LONGEST`].
    #[error("a link can work for {short} to {long}, not {0}", short = compact(SHORTEST), long = compact(LONGEST))]
    Validity(String),
    /// Over [`MESSAGE_CHARS`].
    #[error("the personal message has {0} characters; the limit is {MESSAGE_CHARS}")]
    MessageTooLong(usize),
    /// Something in it acts on a terminal or hides.
    #[error("the personal message contains {}: type it again without it", super::name::describe(*.0))]
    MessageHostile(char),
}

/// Checks how long a link is to work.
pub fn check_validity(length: Duration) -> Result<Duration, InvalidInvitation> {
    if (SHORTEST..=LONGEST).contains(&length) { Ok(length) } else { Err(InvalidInvitation::Validity(compact(length))) }
}

/// Checks and trims a personal message; one without any letter is none. Line ends are kept as `\n`.
pub fn check_message(text: &str) -> Result<Option<String>, InvalidInvitation> {
    let message = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let message = message.trim();
    if let Some(c) = message.lines().find_map(super::text::first_hostile) {
        return Err(InvalidInvitation::MessageHostile(c));
    }
    match message.chars().count() {
        0 => Ok(None),
        n if n > MESSAGE_CHARS => Err(InvalidInvitation::MessageTooLong(n)),
        _ => Ok(Some(message.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_has_bounds() {
        assert!(check_validity(hours(1)).is_ok() && check_validity(days(30)).is_ok());
        assert!(check_validity(Duration::from_secs(3599)).is_err());
        assert_eq!(check_validity(days(31)).unwrap_err().to_string(), "a link can work for 1h to 30d, not 31d");
    }

    #[test]
    fn a_message_keeps_its_lines_and_nothing_hostile() {
        assert_eq!(check_message(" Hi\r\nthere ").unwrap().unwrap(), "Hi\nthere");
        assert_eq!(check_message(" \n "), Ok(None));
        assert!(check_message("a\u{1b}b").is_err());
        assert!(check_message(&"a".repeat(2001)).is_err());
    }
}
