//! What the screen looks like. Reads the state and changes nothing.

mod ascii;
mod bulk;
mod detail;
pub mod dialog;
pub mod form;
mod head;
mod hints;
mod list;
mod mail;
mod preview;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::keymap::listed;
use super::state::{Dialog, Screen, State};
use super::text::wrapped;

/// From this many columns on, the detail stands beside the list.
const WIDE: u16 = 110;
/// Below this many columns the list has names and status only.
pub const MEDIUM: u16 = 60;
/// Below this the screen is no use.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws everything.
pub fn draw(state: &State, frame: &mut Frame) {
    finished(frame, state.here.ascii, |frame| paint(state, frame));
}

/// Draws where there is room, and for terminals that show ASCII only in ASCII only.
pub fn finished(frame: &mut Frame, ascii: bool, paint: impl FnOnce(&mut Frame)) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!("The window is too small: at least {} columns and {} rows.", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), area);
        return;
    }
    paint(frame);
    if ascii {
        ascii::only(frame.buffer_mut());
    }
}

fn paint(state: &State, frame: &mut Frame) {
    let area = frame.area();
    let said = state.toast.as_ref().map_or_else(Vec::new, |said| wrapped(&said.text, usize::from(area.width) - 4));
    // In a low window the rows of the list matter more than the whole of a message.
    let most = if area.height < 16 { 1 } else { 3 };
    let said_rows = u16::try_from(said.len()).unwrap_or(1).clamp(1, most);
    let [top, body, toast, hint] = area.layout(&Layout::vertical([
        Constraint::Length(head::rows(state)),
        Constraint::Min(3),
        Constraint::Length(said_rows),
        Constraint::Length(if area.width >= WIDE { 2 } else { 1 }),
    ]));
    head::draw(state, frame, top);
    match state.screen {
        Screen::Users => users(state, frame, body),
        Screen::Mail => mail::draw(state, frame, body),
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
            Dialog::Palette(palette) => dialog::palette(state, palette, frame),
            Dialog::Preview(open) => preview::draw(state, open, frame),
            Dialog::Asked(asked) => bulk::asked(state, asked, frame),
            Dialog::Running(running) => bulk::running(state, running, frame),
            Dialog::Ended(ended) => bulk::ended(state, ended, frame),
            Dialog::Leave(leave) => dialog::leave(state, *leave, frame),
            Dialog::Detail(first) => whole_detail(state, *first, frame),
            Dialog::Help(first) => dialog::help(state, *first, frame),
            Dialog::Form(open) => form::draw(state.theme, open, frame),
        }
    }
}

fn users(state: &State, frame: &mut Frame, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = body.layout(&Layout::horizontal([Constraint::Fill(2), Constraint::Fill(1)]));
        list::draw(state, frame, left);
        detail::draw(state, frame, right);
    } else {
        let [above, below] = stacked(body);
        list::draw(state, frame, above);
        detail::draw_short(state, frame, below);
    }
}

/// The list above and two lines of detail below; in a low window the list alone, whose rows matter more.
pub fn stacked(body: Rect) -> [Rect; 2] {
    let below = if body.height < 8 { 0 } else { 2 };
    body.layout(&Layout::vertical([Constraint::Min(3), Constraint::Length(below)]))
}

/// The detail of the screen in all its lines.
fn whole(state: &State, width: usize) -> (String, Vec<Line<'static>>) {
    match state.screen {
        Screen::Users => detail::whole(state, width),
        Screen::Mail => mail::whole(state, width),
    }
}

/// How many lines the whole detail has.
pub fn detail_lines(state: &State) -> usize {
    whole(state, usize::from(state.size.0.saturating_sub(2))).1.len()
}

/// How many lines the end of an action for many has.
pub fn ended_lines(state: &State) -> usize {
    match state.dialogs.last() {
        Some(Dialog::Ended(ended)) => bulk::ended_lines(ended, usize::from(state.size.0.saturating_sub(2))).len(),
        _ => 0,
    }
}

/// How many lines the preview has.
pub fn preview_lines(state: &State) -> usize {
    match state.dialogs.last() {
        Some(Dialog::Preview(open)) => preview::lines(open, usize::from(state.size.0.saturating_sub(2))).len(),
        _ => 0,
    }
}

/// How many lines the help has.
pub fn help_lines(state: &State) -> usize {
    listed(state.screen).count()
}

fn whole_detail(state: &State, first: usize, frame: &mut Frame) {
    let area = frame.area();
    let (title, lines) = whole(state, usize::from(area.width.saturating_sub(2)));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let inner = dialog::open(frame, &title, area.width, rows);
    let shown: Vec<_> = lines.into_iter().skip(first).collect();
    frame.render_widget(Paragraph::new(Text::from(shown)), inner);
}

/// A pane with its title.
fn pane(title: String) -> Block<'static> {
    Block::new().borders(Borders::ALL).border_type(ratatui::widgets::BorderType::Rounded).title(title)
}
