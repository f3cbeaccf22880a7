//! A window over lines that are more than fit.

use crate::tui::keymap::Motion;

/// Where a motion scrolls to from `first`, in a window of `room` rows over `lines` lines.
pub fn scrolled(motion: Motion, first: usize, lines: usize, room: usize) -> usize {
    let last = lines.saturating_sub(room);
    let by = |rows: i32, of: usize| {
        let by = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX).saturating_mul(of);
        if rows < 0 { first.saturating_sub(by) } else { first.saturating_add(by).min(last) }
    };
    match motion {
        Motion::Step(rows) => by(rows, 1),
        Motion::Page(pages) => by(pages, room.max(1)),
        Motion::First => 0,
        Motion::Last => last,
    }
}

/// The first of `room` rows so that the row `at` of `count` is in the middle, as far as the ends allow.
pub fn around(at: usize, count: usize, room: usize) -> usize {
    at.saturating_sub(room / 2).min(count.saturating_sub(room))
}

/// Rows that are kept in sight on both sides of the cursor.
const MARGIN: usize = 2;

/// Where a list's cursor is on the screen: it moves over rows that stay where they are until it comes near an end; then
/// the rows move by half a screen, so that most steps cost two rows on the line instead of all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Viewport {
    /// How many rows are above the cursor.
    above: usize,
}

impl Viewport {
    /// The cursor went from one row of the list to another, in a window of `room` rows.
    pub fn went(&mut self, from: usize, to: usize, room: usize) {
        let above = self.above.min(from);
        let moved = if to < from { above.saturating_sub(from - to) } else { above + (to - from) };
        let last = room.saturating_sub(1);
        let margin = MARGIN.min(last / 2);
        let inside = (margin.min(to)..=last - margin).contains(&moved);
        self.above = if inside { moved } else { (room / 2).min(to) };
    }

    /// The first of `room` rows, with the cursor on the row `at` of `count`.
    pub fn first(self, at: usize, count: usize, room: usize) -> usize {
        let last = room.saturating_sub(1);
        at.saturating_sub(self.above.min(last)).min(count.saturating_sub(room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_where_they_are_until_the_cursor_comes_near_an_end() {
        let mut viewport = Viewport::default();
        let firsts = |viewport: &mut Viewport, from: usize, to: usize| -> Vec<usize> {
            let step = |at: usize| if to > from { at + 1 } else { at - 1 };
            let mut at = from;
            let mut all = Vec::new();
            while at != to {
                viewport.went(at, step(at), 10);
                at = step(at);
                all.push(viewport.first(at, 100, 10));
            }
            all
        };
        assert_eq!(firsts(&mut viewport, 0, 9), [0, 0, 0, 0, 0, 0, 0, 3, 3]);
        assert_eq!(firsts(&mut viewport, 9, 3), [3, 3, 3, 3, 0, 0]);
        viewport.went(3, 99, 10);
        assert_eq!(viewport.first(99, 100, 10), 90);
        assert_eq!(viewport.first(0, 3, 10), 0);
        viewport.went(0, 1, 1);
        assert_eq!(viewport.first(1, 3, 1), 1, "one row is enough");
    }

    #[test]
    fn scrolling_stops_at_both_ends() {
        assert_eq!(scrolled(Motion::Step(1), 0, 20, 5), 1);
        assert_eq!(scrolled(Motion::Page(1), 13, 20, 5), 15);
        assert_eq!(scrolled(Motion::Page(-1), 3, 20, 5), 0);
        assert_eq!(scrolled(Motion::Last, 0, 3, 5), 0);
        assert_eq!((around(0, 20, 5), around(10, 20, 5), around(19, 20, 5), around(1, 2, 5)), (0, 8, 15, 0));
    }
}
