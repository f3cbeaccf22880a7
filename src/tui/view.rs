//! What the main screens look like. Reads the state and changes nothing.

use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Borders, Paragraph, Wrap};

use super::canvas::Canvas;
use super::state::{Screen, State};
use super::widgets::ascii;
use super::widgets::text::{cell, wrapped};
use super::{dialogs, head, hints, screens};

/// From this many columns on, the detail stands beside the list.
pub const WIDE: u16 = 100;
/// Below this many columns the list has names and status only.
pub const MEDIUM: u16 = 60;
/// Below this the screen is no use.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws everything.
pub fn draw(state: &State, canvas: &mut Canvas) {
    let paint = if state.lock.is_on() { screens::lock::draw } else { paint };
    finished(canvas, state.here.ascii, |canvas| paint(state, canvas));
}

/// Draws where there is room, and for terminals that show ASCII only in ASCII only.
pub fn finished(canvas: &mut Canvas, ascii: bool, paint: impl FnOnce(&mut Canvas)) {
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "The window is too small: at least {} columns and {} rows. rsvp --plain needs none.",
            SMALLEST.0, SMALLEST.1
        );
        canvas.render(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    paint(canvas);
    if ascii {
        ascii::only(canvas.buffer());
    }
}

/// Head, body, message and hints.
fn parts(state: &State, area: Rect, said: usize) -> [Rect; 4] {
    // In a low window the rows of the list matter more than the whole of a message.
    let most = if area.height < 16 { 1 } else { 3 };
    let said_rows = u16::try_from(said).unwrap_or(1).clamp(1, most);
    area.layout(&Layout::vertical([
        Constraint::Length(head::rows(state)),
        Constraint::Min(3),
        Constraint::Length(said_rows),
        Constraint::Length(if area.width >= WIDE { 2 } else { 1 }),
    ]))
}

/// How many rows a list has, its frame among them, while nothing is said below it.
pub fn list_height(state: &State) -> usize {
    let area = Rect::new(0, 0, state.size.0, state.size.1);
    let [_, body, ..] = parts(state, area, 1);
    usize::from(if body.width >= WIDE { body.height } else { stacked(body)[0].height })
}

fn paint(state: &State, canvas: &mut Canvas) {
    let area = canvas.area();
    let said = state.toast.as_ref().map_or_else(Vec::new, |said| wrapped(&said.text, usize::from(area.width) - 4));
    let [top, body, toast, hint] = parts(state, area, said.len());
    head::draw(state, canvas, top);
    match state.screen {
        Screen::Users => users(state, canvas, body),
        Screen::Mail => screens::mail::view::draw(state, canvas, body),
        Screen::Audit => screens::audit::view::draw(state, canvas, body),
        Screen::Workspaces => screens::workspaces::view::draw(state, canvas, body),
    }
    if let Some(toasted) = &state.toast {
        let style = if toasted.bad { state.theme.bad() } else { state.theme.good() };
        let mark = if toasted.bad { " ✗ " } else { " ✓ " };
        let rows = usize::from(toast.height);
        let mut said = said;
        if said.len() > rows
            && let Some(last) = said.get_mut(rows.saturating_sub(1))
        {
            *last = cell(&format!("{} and more", last.trim_end()), usize::from(area.width) - 4);
        }
        let lines = said.iter().enumerate().map(|(at, text)| format!("{}{text}", if at == 0 { mark } else { "   " }));
        canvas.render(Paragraph::new(lines.map(Line::raw).collect::<Vec<_>>()).style(style), toast);
    }
    hints::draw(state, canvas, hint);
    for dialog in &state.dialogs {
        dialogs::draw(state, dialog, canvas);
    }
}

fn users(state: &State, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        screens::users::list::draw(state, canvas, left);
        screens::users::detail::draw(state, canvas, right);
    } else {
        let [above, below] = stacked(body);
        screens::users::list::draw(state, canvas, above);
        screens::users::detail::draw_short(state, canvas, below);
    }
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

/// A pane with its title.
pub fn pane(title: String) -> Block<'static> {
    Block::new().borders(Borders::ALL).border_type(BorderType::Rounded).title(title)
}
