//! What the screen looks like. Reads the state and changes nothing.

mod ascii;
mod detail;
mod dialog;
mod form;
mod hints;
mod list;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::state::{Dialog, State};
use super::text::{cell, wrapped};

/// From this many columns on, the detail stands beside the list.
const WIDE: u16 = 100;
/// Below this many columns the list has names and status only.
pub const MEDIUM: u16 = 60;
/// Below this the screen is no use.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws everything.
pub fn draw(state: &State, frame: &mut Frame) {
    paint(state, frame);
    if state.ascii {
        ascii::only(frame.buffer_mut());
    }
}

fn paint(state: &State, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("The window is too small: at least {} columns and {} rows.", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), area);
        return;
    }
    let said = state.toast.as_ref().map_or_else(Vec::new, |said| wrapped(&said.text, usize::from(area.width) - 4));
    let said_rows = u16::try_from(said.len()).unwrap_or(1).clamp(1, 3);
    let [head, body, toast, hint] = area.layout(&Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(3),
        Constraint::Length(said_rows),
        Constraint::Length(if area.width >= WIDE { 2 } else { 1 }),
    ]));
    draw_head(state, frame, head);
    if area.width >= WIDE {
        let [left, right] = body.layout(&Layout::horizontal([Constraint::Fill(2), Constraint::Fill(1)]));
        list::draw(state, frame, left);
        detail::draw(state, frame, right);
    } else {
        let [above, below] = body.layout(&Layout::vertical([Constraint::Min(3), Constraint::Length(2)]));
        list::draw(state, frame, above);
        detail::draw_short(state, frame, below);
    }
    if let Some(toasted) = &state.toast {
        let style = if toasted.bad { state.theme.bad() } else { state.theme.good() };
        let mark = if toasted.bad { " ✗ " } else { " ✓ " };
        let lines = said.iter().enumerate().map(|(at, text)| format!("{}{text}", if at == 0 { mark } else { "   " }));
        frame.render_widget(Paragraph::new(lines.map(Line::raw).collect::<Vec<_>>()).style(style), toast);
    }
    hints::draw(state, frame, hint);
    for open in &state.dialogs {
        match open {
            Dialog::Confirm(confirm) => dialog::confirm(state, confirm, frame),
            Dialog::Link { user, link } => dialog::link(state, user, link, frame),
            Dialog::Menu(menu) => dialog::menu(state, *menu, frame),
            Dialog::Help(first) => dialog::help(state, *first, frame),
            Dialog::Invite(invite) => form::draw(state, invite, frame),
        }
    }
}

/// A pane with its title.
fn pane(title: String) -> Block<'static> {
    Block::new().borders(Borders::ALL).border_type(ratatui::widgets::BorderType::Rounded).title(title)
}

fn draw_head(state: &State, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let who = cell(&state.who, unicode_width::UnicodeWidthStr::width(state.who.as_str()).min(width / 2));
    let name = format!(" rsvp · {}", state.organisation);
    let first = Line::from(vec![
        Span::styled(
            cell(&name, width.saturating_sub(unicode_width::UnicodeWidthStr::width(who.as_str()) + 1)),
            state.theme.strong(),
        ),
        Span::styled(who, state.theme.quiet()),
    ]);
    let theme = state.theme;
    let mut counts = vec![Span::styled(" Users", theme.strong()), Span::raw("  ")];
    if let Some(count) = state.counts {
        counts.extend([
            Span::styled(format!("{} active", count.active), theme.good()),
            Span::raw("  "),
            Span::styled(format!("{} invited", count.invited), theme.waits()),
        ]);
        if count.expired > 0 {
            counts.push(Span::styled(format!("  ✗ {} expired", count.expired), theme.bad()));
        }
        if count.suspended > 0 {
            counts.push(Span::styled(format!("  {} suspended", count.suspended), theme.quiet()));
        }
    }
    let [top, bottom] = area.layout(&Layout::vertical([Constraint::Length(1), Constraint::Length(1)]));
    frame.render_widget(first, top);
    frame.render_widget(Line::from(counts), bottom);
}
