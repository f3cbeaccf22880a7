//! The one list with a cursor: a window of rows that were read out of however many there are, with the cursor on one of
//! them by its number, not by its place.
//!
//! What must stay true: the cursor moves only when somebody moves it, goes elsewhere, or its row is nowhere any more. A
//! row that leaves the list stays where it is until the cursor moves on, so that a second key never hits whoever slid
//! there.

use super::scroll::Viewport;
use crate::domain::query::NewestFirst;
use crate::tui::keymap::Motion;

/// A row of a list.
pub trait Row {
    /// Its number, which no other row of the list has.
    fn number(&self) -> i64;
}

/// Which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// From the first on.
    Start,
    /// Up to the last.
    End,
    /// Those before and behind this one.
    Around(i64),
}

impl From<Window> for NewestFirst {
    fn from(window: Window) -> Self {
        match window {
            Window::Start => Self::Start,
            Window::End => Self::End,
            Window::Around(number) => Self::Around(number),
        }
    }
}

/// Rows that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    pub all: Vec<T>,
    /// Whether there are rows before the first.
    pub before: bool,
    /// Whether there are rows behind the last.
    pub after: bool,
}

/// What came of rows that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// They were asked for before the cursor was sent elsewhere.
    Stale,
    /// The cursor is on the row that it was on, or was sent to.
    Stays,
    /// The cursor is on another row now, or on none.
    Moved,
    /// The row under the cursor is gone, and what was read is another part of the list: the rows around its neighbour
    /// are to be read.
    Lost,
    /// The row that the cursor was sent to is not in the list; the cursor is on none.
    Missed(i64),
}

/// What came of moving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Whether the cursor is on another row.
    pub moved: bool,
    /// Rows that are needed now, or soon.
    pub wants: Option<Window>,
}

/// Rows from an end of the window within which more are read.
const NEAR: usize = 50;

/// The list.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the rows, and all can be true at once")]
#[derive(Debug, Clone)]
pub struct CursorList<T> {
    rows: Vec<T>,
    before: bool,
    after: bool,
    /// Whether rows were read since the list was made, or emptied.
    known: bool,
    cursor: Option<i64>,
    /// Whether the cursor's row is in the list no more and only stays until the cursor moves.
    gone: bool,
    /// A row that is nowhere any more, and may be among the rows until they are read again.
    nowhere: Option<i64>,
    /// Where the cursor was sent: only the answer to that counts until it is there; and whether a row that is not there
    /// is missed, or the first one does.
    awaited: Option<(Window, bool)>,
    viewport: Viewport,
}

impl<T> Default for CursorList<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            before: false,
            after: false,
            known: false,
            cursor: None,
            gone: false,
            nowhere: None,
            awaited: None,
            viewport: Viewport::default(),
        }
    }
}

impl<T: Row + Clone + PartialEq> CursorList<T> {
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// Whether rows, or that there are none, were read already.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Whether rows are awaited that nothing is shown in the place of.
    pub const fn is_awaiting(&self) -> bool {
        !self.known || self.awaited.is_some()
    }

    /// Whether all rows of the list were read.
    pub const fn is_whole(&self) -> bool {
        !self.before && !self.after
    }

    /// The number of the row under the cursor, which may not be read yet.
    pub const fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.rows.iter().position(|row| Some(row.number()) == self.cursor)
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&T> {
        self.index().map(|at| &self.rows[at])
    }

    /// The row with this number, if it was read.
    pub fn row(&self, number: i64) -> Option<&T> {
        self.rows.iter().find(|row| row.number() == number)
    }

    fn row_mut(&mut self, number: i64) -> Option<&mut T> {
        self.rows.iter_mut().find(|row| row.number() == number)
    }

    /// How many rows of the list were read: without one that only stays until the cursor moves.
    pub fn count(&self) -> usize {
        self.rows.len() - usize::from(self.gone)
    }

    /// Whether the row under the cursor is in the list no more.
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Takes what a row became, also one that is in the list no more; answers whether that changed what is shown.
    pub fn learn(&mut self, row: T) -> bool {
        match self.row_mut(row.number()) {
            Some(known) if *known != row => {
                *known = row;
                true
            }
            Some(_) | None => false,
        }
    }

    /// The row under the cursor is nowhere any more: it does not stay, neither now nor once it is in the list no more.
    /// The cursor is on the next one then; answers whether it is already.
    pub fn let_go(&mut self) -> bool {
        self.nowhere = self.cursor;
        let Some(at) = self.index().filter(|_| std::mem::take(&mut self.gone)) else { return false };
        self.rows.remove(at);
        self.cursor = nearest(&self.rows, at);
        true
    }

    /// The rows on the screen, `room` of them at most.
    pub fn shown(&self, room: usize) -> &[T] {
        let first = self.viewport.first(self.index().unwrap_or(0), self.rows.len(), room);
        &self.rows[first..self.rows.len().min(first + room)]
    }

    /// What to read so that the list is as it is, with what changed.
    pub fn reload(&self) -> Window {
        if let Some((window, _)) = self.awaited {
            return window;
        }
        let row = if self.gone { self.neighbour().or(self.cursor) } else { self.cursor };
        row.map_or(Window::Start, Window::Around)
    }

    /// The row before the cursor's, or the one after it.
    fn neighbour(&self) -> Option<i64> {
        let at = self.index()?;
        let row = at.checked_sub(1).or(Some(at + 1)).and_then(|at| self.rows.get(at));
        row.map(Row::number)
    }

    /// Where the row under the cursor stands among rows that it is gone from: behind the nearest row before it that is still
    /// there, or before the nearest one behind it. None where they are another part of the list.
    fn place_among(&self, rows: &[T]) -> Option<usize> {
        let at = self.index()?;
        let place = |row: &T| rows.iter().position(|one| one.number() == row.number());
        let before = self.rows[..at].iter().rev().find_map(place);
        let after = || self.rows[at + 1..].iter().find_map(place);
        let is_alone = self.rows.len() == 1 || rows.is_empty();
        before.map(|at| at + 1).or_else(after).or(if is_alone { Some(0) } else { None })
    }

    /// Sends the cursor to a row wherever it is in the list; whether it may be missing.
    pub fn go_to(&mut self, number: i64, must_be_there: bool) -> Window {
        let window = Window::Around(number);
        self.cursor = Some(number);
        self.awaited = Some((window, must_be_there));
        window
    }

    /// Another list is wanted: the cursor stays on its row if that is in it, and otherwise goes to the first.
    pub fn renew(&mut self) -> Window {
        match self.cursor {
            Some(number) => self.go_to(number, false),
            None => self.restart(),
        }
    }

    /// Another list is wanted, from its first row on.
    pub fn restart(&mut self) -> Window {
        self.awaited = Some((Window::Start, false));
        Window::Start
    }

    /// Nobody answers what was awaited.
    pub fn give_up(&mut self, window: Window) {
        self.awaited.take_if(|(awaited, _)| *awaited == window);
    }

    /// Takes rows that were read; answers also whether what is shown changed.
    pub fn take(&mut self, window: Window, read: Rows<T>) -> (Taken, bool) {
        if self.awaited.is_some_and(|(awaited, _)| awaited != window) {
            return (Taken::Stale, false);
        }
        let Rows { all: mut rows, before, after } = read;
        let is_there = |rows: &[T], cursor: Option<i64>| rows.iter().any(|row| Some(row.number()) == cursor);
        let stays = self.cursor.is_some() && is_there(&rows, self.cursor);
        let was_gone = self.gone;
        // Whoever was not sent elsewhere keeps the row under the cursor, in the list or not.
        let mut let_go = false;
        if let (false, None, Some(left)) = (stays, self.awaited, self.current().cloned()) {
            // Only the rows around it can show that it is gone.
            if !was_gone && window != Window::Around(left.number()) {
                return (Taken::Stale, false);
            }
            self.gone = true;
            match self.place_among(&rows) {
                // One that is nowhere any more does not stay.
                Some(at) if self.nowhere == self.cursor => {
                    (let_go, self.gone) = (true, false);
                    self.cursor = nearest(&rows, at);
                }
                Some(at) => rows.insert(at, left),
                None if !was_gone => return (Taken::Lost, false),
                // Everybody around it is gone as well: what was read is around its own place.
                None => rows.insert(if before { rows.len() / 2 } else { 0 }, left),
            }
        } else {
            self.gone = false;
        }
        let sent = self.awaited.take();
        let changed = !self.known || (self.before, self.after) != (before, after) || self.rows != rows;
        (self.rows, self.before, self.after, self.known) = (rows, before, after, true);
        if is_there(&self.rows, self.cursor) {
            return (if let_go { Taken::Moved } else { Taken::Stays }, changed);
        }
        if let Some((Window::Around(number), true)) = sent {
            self.cursor = None;
            return (Taken::Missed(number), true);
        }
        let at = if window == Window::End { self.rows.last() } else { self.rows.first() };
        self.cursor = at.map(Row::number);
        self.viewport = Viewport::default();
        self.place(window);
        (Taken::Moved, true)
    }

    /// Where on the screen a cursor is that was sent to an end.
    fn place(&mut self, window: Window) {
        if window == Window::End {
            self.viewport.went(0, self.rows.len().saturating_sub(1), usize::MAX);
        }
    }

    /// Moves the cursor in a window of `room` rows.
    pub fn motion(&mut self, motion: Motion, room: usize) -> Moved {
        let page = i32::try_from(room).unwrap_or(i32::MAX);
        match motion {
            Motion::Step(by) => self.step(by, room),
            Motion::Page(by) => self.step(by.saturating_mul(page), room),
            Motion::First => self.go_to_end(Window::Start, room),
            Motion::Last => self.go_to_end(Window::End, room),
        }
    }

    fn step(&mut self, by: i32, room: usize) -> Moved {
        let from = self.index().unwrap_or(0);
        let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
        self.move_to(if by < 0 { from.saturating_sub(rows) } else { from.saturating_add(rows) }, room)
    }

    /// Moves the cursor to a row that was read, as a click does.
    pub fn click(&mut self, number: i64, room: usize) -> Moved {
        let at = self.rows.iter().position(|row| row.number() == number);
        at.map_or_else(Moved::default, |at| self.move_to(at, room))
    }

    fn go_to_end(&mut self, end: Window, room: usize) -> Moved {
        let (is_read, at) =
            if end == Window::End { (!self.after, self.rows.len().saturating_sub(1)) } else { (!self.before, 0) };
        if is_read {
            return self.move_to(at, room);
        }
        // The rows that come decide where the cursor is: on the first of them, or on the last.
        self.cursor = None;
        self.awaited = Some((end, false));
        Moved { moved: true, wants: Some(end) }
    }

    fn move_to(&mut self, to: usize, room: usize) -> Moved {
        let last = self.rows.len().saturating_sub(1);
        let to = to.min(last);
        let Some(number) = self.rows.get(to).map(Row::number) else { return Moved::default() };
        if self.cursor == Some(number) {
            return Moved::default();
        }
        self.viewport.went(self.index().unwrap_or(0), to, room);
        let left = self.cursor.replace(number);
        // Whoever was sent to a row and goes on is awaited there no longer; another list is.
        self.awaited.take_if(|(_, must_be_there)| *must_be_there);
        if std::mem::take(&mut self.gone) {
            self.rows.retain(|row| Some(row.number()) != left);
        }
        let near = (to < NEAR && self.before) || (to + NEAR > last && self.after);
        Moved { moved: true, wants: near.then_some(Window::Around(number)) }
    }
}

/// The row at a place, or the last one.
fn nearest<T: Row>(rows: &[T], at: usize) -> Option<i64> {
    rows.get(at.min(rows.len().saturating_sub(1))).map(Row::number)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for i64 {
        fn number(&self) -> i64 {
            *self
        }
    }

    fn read(rows: &[i64]) -> Rows<i64> {
        Rows { all: rows.to_vec(), before: false, after: false }
    }

    fn list(rows: &[i64]) -> CursorList<i64> {
        let mut list = CursorList::default();
        list.take(Window::Start, read(rows));
        list
    }

    #[test]
    fn a_row_that_leaves_the_list_stays_until_the_cursor_moves_on() {
        let mut list = list(&[1, 2, 3, 4]);
        list.motion(Motion::Step(1), 10);
        assert_eq!(list.take(Window::Around(2), read(&[1, 3, 4])), (Taken::Stays, false));
        assert_eq!((list.cursor(), list.rows()), (Some(2), &[1, 2, 3, 4][..]));
        assert_eq!(list.take(Window::Around(2), read(&[1, 3, 4])), (Taken::Stays, false), "as often as it is read");
        list.motion(Motion::Step(1), 10);
        assert_eq!((list.cursor(), list.rows()), (Some(3), &[1, 3, 4][..]));
    }

    #[test]
    fn a_row_that_is_gone_deep_in_a_list_keeps_its_place_between_its_neighbours() {
        let mut list = list(&(0..200).collect::<Vec<_>>());
        list.go_to(3_000, true);
        list.take(Window::Around(3_000), read(&(2_900..3_100).collect::<Vec<_>>()));
        // The database does not know it any more, and answers with the beginning.
        assert_eq!(list.take(Window::Around(3_000), read(&(0..200).collect::<Vec<_>>())), (Taken::Lost, false));
        assert_eq!(list.reload(), Window::Around(2_999));
        let around: Vec<_> = (2_900..3_100).filter(|row| *row != 3_000).collect();
        assert_eq!(list.take(Window::Around(2_999), read(&around)).0, Taken::Stays);
        assert_eq!((list.cursor(), list.index()), (Some(3_000), Some(100)));
        list.motion(Motion::Step(1), 10);
        assert_eq!((list.cursor(), list.rows().len()), (Some(3_001), 199));
        // Nothing of what was around is left: no third time is asked, and the cursor is on nobody whom somebody did not choose.
        list.take(Window::Around(3_001), read(&[1, 2]));
        assert_eq!(list.take(list.reload(), read(&[1, 2])).0, Taken::Stays);
        assert_eq!((list.cursor(), list.rows()), (Some(3_001), &[3_001, 1, 2][..]));
        list.motion(Motion::Step(1), 10);
        assert_eq!((list.cursor(), list.rows()), (Some(1), &[1, 2][..]));
    }

    #[test]
    fn a_row_that_leaves_with_its_neighbours_stays_beside_the_nearest_that_are_left() {
        let mut list = list(&[1, 2, 3, 4, 5, 6]);
        list.motion(Motion::Step(3), 10);
        assert_eq!(list.take(Window::Around(4), read(&[1, 6])).0, Taken::Stays);
        assert_eq!((list.cursor(), list.rows()), (Some(4), &[1, 4, 6][..]));
    }

    #[test]
    fn rows_that_were_read_ahead_before_the_cursor_went_away_show_nothing_of_where_it_is() {
        let mut list: CursorList<i64> = CursorList::default();
        list.take(Window::Start, Rows { all: (0..200).collect(), before: false, after: true });
        list.motion(Motion::Step(150), 10);
        list.motion(Motion::First, 10);
        let late = Rows { all: (50..250).collect(), before: true, after: true };
        assert_eq!(list.take(Window::Around(150), late), (Taken::Stale, false));
        assert_eq!((list.cursor(), list.rows().len()), (Some(0), 200));
    }

    #[test]
    fn whoever_goes_on_before_a_search_is_answered_is_on_a_row_that_it_found() {
        let mut list = list(&[1, 2, 3, 4]);
        let window = list.restart();
        list.motion(Motion::Step(1), 10);
        assert_eq!(list.take(window, read(&[7, 8])).0, Taken::Moved);
        assert_eq!((list.cursor(), list.rows()), (Some(7), &[7, 8][..]));
    }

    #[test]
    fn a_row_that_is_nowhere_any_more_does_not_stay() {
        let mut list = list(&[1, 2, 3]);
        list.motion(Motion::Last, 10);
        list.take(Window::Around(3), read(&[1, 2]));
        assert_eq!((list.rows(), list.count()), (&[1, 2, 3][..], 2));
        assert!(list.let_go());
        assert_eq!((list.cursor(), list.rows(), list.count()), (Some(2), &[1, 2][..], 2));

        assert!(!list.let_go(), "it is among the rows until they are read again");
        assert_eq!(list.take(Window::Around(2), read(&[1])), (Taken::Moved, true));
        assert_eq!((list.cursor(), list.rows()), (Some(1), &[1][..]));
    }

    #[test]
    fn another_order_keeps_the_row_and_another_list_without_it_begins_at_its_top() {
        let mut list = list(&[1, 2, 3, 4]);
        list.motion(Motion::Step(2), 10);
        let window = list.renew();
        assert_eq!(window, Window::Around(3));
        assert_eq!(list.take(window, read(&[4, 3, 2, 1])).0, Taken::Stays);
        assert_eq!((list.cursor(), list.index()), (Some(3), Some(1)));
        let window = list.renew();
        assert_eq!(list.take(Window::Start, read(&[9])).0, Taken::Stale, "what was asked for before is no answer");
        assert_eq!(list.take(window, read(&[7, 8])).0, Taken::Moved);
        assert_eq!(list.cursor(), Some(7));
    }

    #[test]
    fn whoever_is_gone_to_and_is_not_there_is_missed() {
        let mut list = list(&[1, 2]);
        let window = list.go_to(77, true);
        assert_eq!(list.take(window, read(&[1, 2])), (Taken::Missed(77), true));
        assert_eq!(list.cursor(), None);
    }

    #[test]
    fn the_ends_are_read_where_they_are_not_known_and_rows_are_read_ahead_near_them() {
        let mut list: CursorList<i64> = CursorList::default();
        list.take(Window::Start, Rows { all: (0..200).collect(), before: false, after: true });
        assert_eq!(list.motion(Motion::Step(1), 10), Moved { moved: true, wants: None });
        assert_eq!(list.motion(Motion::Step(150), 10).wants, Some(Window::Around(151)));
        assert_eq!(list.motion(Motion::Last, 10), Moved { moved: true, wants: Some(Window::End) });
        list.take(Window::End, Rows { all: (800..1000).collect(), before: true, after: false });
        assert_eq!((list.cursor(), list.shown(10).first()), (Some(999), Some(&990)));
        assert_eq!(list.motion(Motion::First, 10).wants, Some(Window::Start));
    }
}
