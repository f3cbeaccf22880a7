//! A window over lines that are more than fit.

use super::super::keymap::Command;

/// Where a command scrolls to from `first`, in a window of `room` rows over `lines` lines; `None` for a command that
/// scrolls nowhere.
pub fn scrolled(command: Command, first: usize, lines: usize, room: usize) -> Option<usize> {
    let last = lines.saturating_sub(room);
    Some(match command {
        Command::Move(by) | Command::Page(by) => {
            let rows = if matches!(command, Command::Page(_)) { room.max(1) } else { 1 };
            let by = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX).saturating_mul(rows);
            if command_is_back(command) { first.saturating_sub(by) } else { first.saturating_add(by).min(last) }
        }
        Command::First => 0,
        Command::Last => last,
        _ => return None,
    })
}

const fn command_is_back(command: Command) -> bool {
    matches!(command, Command::Move(by) | Command::Page(by) if by < 0)
}

/// The first of `room` rows so that the row `at` of `count` is in the middle, as far as the ends allow.
pub fn around(at: usize, count: usize, room: usize) -> usize {
    at.saturating_sub(room / 2).min(count.saturating_sub(room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_stops_at_both_ends() {
        assert_eq!(scrolled(Command::Move(1), 0, 20, 5), Some(1));
        assert_eq!(scrolled(Command::Page(1), 13, 20, 5), Some(15));
        assert_eq!(scrolled(Command::Page(-1), 3, 20, 5), Some(0));
        assert_eq!(scrolled(Command::Last, 0, 3, 5), Some(0));
        assert_eq!(scrolled(Command::Press, 0, 3, 5), None);
        assert_eq!((around(0, 20, 5), around(10, 20, 5), around(19, 20, 5), around(1, 2, 5)), (0, 8, 15, 0));
    }
}
