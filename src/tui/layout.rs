//! Where things are on a screen of any size: head, body, message, hints; a list and what stands beside or below it.

use ratatui::layout::{Constraint, Layout, Rect};

/// From this many columns on, the detail is beside the list.
pub const WIDE: u16 = 100;
/// Below this many columns a list has names and states only.
pub const MEDIUM: u16 = 60;
/// Below this a screen is no use.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Head, body, message and hints, with a head of so many rows and a message of so many lines.
pub fn parts(area: Rect, head: u16, message: usize) -> [Rect; 4] {
    // In a low window the rows of the list matter more than the whole of a message.
    let most = if area.height < 16 { 1 } else { 3 };
    let message = u16::try_from(message).unwrap_or(1).clamp(1, most);
    area.layout(&Layout::vertical([
        Constraint::Length(head),
        Constraint::Min(3),
        Constraint::Length(message),
        Constraint::Length(if area.width >= WIDE { 2 } else { 1 }),
    ]))
}

/// The list, and the detail beside it.
pub fn beside(body: Rect) -> [Rect; 2] {
    body.layout(&Layout::horizontal([Constraint::Fill(2), Constraint::Fill(1)]))
}

/// The list above and two lines of detail below; in a low window the list alone, whose rows matter more.
pub fn stacked(body: Rect) -> [Rect; 2] {
    let below = if body.height < 8 { 0 } else { 2 };
    body.layout(&Layout::vertical([Constraint::Min(3), Constraint::Length(below)]))
}

/// How many rows a list has room for inside its frame and below its heading, while nothing is said below it.
pub fn list_rows((columns, rows): (u16, u16), head: u16) -> usize {
    let [_, body, ..] = parts(Rect::new(0, 0, columns, rows), head, 1);
    let list = if body.width >= WIDE { body } else { stacked(body)[0] };
    usize::from(list.height).saturating_sub(3).max(1)
}
