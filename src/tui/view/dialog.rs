//! Dialogs that ask or tell.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::super::keymap::{listed, offered};
use super::super::state::{Choice, Confirm, Leave, Menu, Palette, State};
use super::super::text::{cell, wrapped};
use super::hints::{is_possible, words_of};
use super::pane;
use crate::domain::user::User;

/// Opens a box in the middle and answers its inside.
pub fn open(frame: &mut Frame, title: &str, columns: u16, rows: u16) -> Rect {
    let area = frame.area();
    let width = columns.min(area.width);
    let inside = area.centered(Constraint::Length(width), Constraint::Length((rows + 2).min(area.height)));
    let title = cell(title, usize::from(width).saturating_sub(6));
    let block = pane(format!(" {} ", title.trim_end()));
    let inner = block.inner(inside);
    frame.render_widget(Clear, inside);
    frame.render_widget(block, inside);
    inner
}

/// Columns of a dialog that asks.
const COLUMNS: u16 = 68;

/// Asks before something is done.
pub fn confirm(state: &State, confirm: &Confirm, frame: &mut Frame) {
    let theme = state.theme;
    let room = usize::from(COLUMNS.min(frame.area().width)).saturating_sub(3);
    let indented = |text: &str| wrapped(text, room).into_iter().map(|line| format!(" {line}")).collect::<Vec<_>>();
    let (whom, what) = (indented(&confirm.about), indented(&confirm.what));
    let rows = whom.len() + what.len() + 4;
    let inner = open(frame, &confirm.title, COLUMNS, u16::try_from(rows).unwrap_or(u16::MAX));
    // Where there are too few rows, the empty ones go: nothing is cut that decides.
    let space = usize::from(inner.height) >= rows;
    let empty = || space.then(|| Line::raw(""));
    let mut lines: Vec<Line> = whom.into_iter().map(|line| Line::styled(line, theme.quiet())).collect();
    lines.extend(empty());
    lines.extend(what.into_iter().map(Line::raw));
    lines.extend(empty());
    let (cancel, yes) = if confirm.yes { (theme.quiet(), theme.focus()) } else { (theme.focus(), theme.quiet()) };
    let buttons =
        [Span::styled("[ Cancel ]", cancel), Span::raw("   "), Span::styled(format!("[ {} ]", confirm.button), yes)];
    lines.push(Line::from_iter(buttons).centered());
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Asks whether to leave while mails wait, and waits for them if that is wanted.
pub fn leave(state: &State, leave: Leave, frame: &mut Frame) {
    let theme = state.theme;
    let room = usize::from(COLUMNS.min(frame.area().width)).saturating_sub(3);
    let mails = if leave.waiting == 1 { "1 mail waits".to_owned() } else { format!("{} mails wait", leave.waiting) };
    let trouble = state.health.as_ref().and_then(|health| health.relay.as_ref());
    let about = match trouble {
        Some(relay) => format!("{mails}: {}", relay.reason),
        None => format!("{mails}, and no other rsvp sends them."),
    };
    let what = if leave.waits {
        "Waiting: rsvp ends by itself when the last one has left. Esc stays."
    } else {
        "Wait quits by itself when the last one has left. Nothing is lost otherwise: what waits leaves when rsvp, or rsvp serve, runs again."
    };
    let indented = |text: &str| wrapped(text, room).into_iter().map(|line| format!(" {line}")).collect::<Vec<_>>();
    let (about, what) = (indented(&about), indented(what));
    let rows = about.len() + what.len() + 4;
    let title = if leave.waits { "Waiting for the mails" } else { "Quit?" };
    let inner = open(frame, title, COLUMNS, u16::try_from(rows).unwrap_or(u16::MAX));
    let space = usize::from(inner.height) >= rows;
    let empty = || space.then(|| Line::raw(""));
    let mut lines: Vec<Line> = about.into_iter().map(|line| Line::styled(line, theme.quiet())).collect();
    lines.extend(empty());
    lines.extend(what.into_iter().map(Line::raw));
    lines.extend(empty());
    let buttons =
        Leave::BUTTONS.iter().enumerate().filter(|(at, _)| !leave.waits || *at > 0).flat_map(|(at, words)| {
            let style = if at == leave.at { theme.focus() } else { theme.quiet() };
            [Span::styled(format!("[ {words} ]"), style), Span::raw(" ")]
        });
    lines.push(buttons.collect::<Line>().centered());
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Shows a link.
pub fn link(state: &State, user: &User, link: &str, frame: &mut Frame) {
    let inner = open(frame, &format!("Link of {}", user.name.as_str()), 100, 8);
    let width = usize::from(inner.width).max(1);
    let text: Vec<char> = link.chars().collect();
    let mut lines: Vec<Line> =
        text.chunks(width).map(|part| Line::raw(cell(&part.iter().collect::<String>(), width))).collect();
    lines.push(Line::raw(""));
    let told = "Sent to your terminal's clipboard, if it allows that. Whoever has the link can become this user; that it was \
                shown is in the audit log. Esc closes.";
    lines.extend(wrapped(told, width).into_iter().map(|line| Line::styled(line, state.theme.quiet())));
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Chooses a view or an order.
pub fn menu(state: &State, menu: Menu, frame: &mut Frame) {
    let title = match menu.choice {
        Choice::View | Choice::Mails => "View",
        Choice::Order => "Order · the same again turns it round",
    };
    let items = menu.items();
    let inner = open(frame, title, 46, u16::try_from(items.len()).unwrap_or(7));
    let width = usize::from(inner.width);
    let line = |(at, words): (usize, &&str)| {
        let style = if at == menu.at { state.theme.focus() } else { ratatui::style::Style::new() };
        Line::styled(cell(&format!(" {words}"), width), style)
    };
    frame.render_widget(Paragraph::new(items.iter().enumerate().map(line).collect::<Vec<_>>()), inner);
}

/// All actions, filtered by what is typed; what is not possible is greyed and says why when it is chosen.
pub fn palette(state: &State, palette: &Palette, frame: &mut Frame) {
    let found = palette.found(state.screen);
    let rows = u16::try_from(offered(state.screen).count() + 1).unwrap_or(20);
    let inner = open(frame, "All actions · type to find · Enter does it", 60, rows);
    let width = usize::from(inner.width);
    let mut lines = vec![Line::styled(cell(&format!(" : {}▏", palette.input.value()), width), state.theme.key())];
    if found.is_empty() {
        lines.push(Line::styled(cell(" Nothing is called so.", width), state.theme.quiet()));
    }
    let room = usize::from(inner.height).saturating_sub(1).max(1);
    let first = palette.at.saturating_sub(room - 1);
    for (at, binding) in found.iter().enumerate().skip(first).take(room) {
        let style = match (at == palette.at, is_possible(state, binding.command)) {
            (true, _) => state.theme.focus(),
            (false, true) => ratatui::style::Style::new(),
            (false, false) => state.theme.quiet(),
        };
        let text = format!(" {}{}", cell(words_of(state, binding), width.saturating_sub(8)), binding.shown);
        lines.push(Line::styled(cell(&text, width), style));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The keys.
pub fn help(state: &State, first: usize, frame: &mut Frame) {
    let rows = u16::try_from(listed(state.screen).count()).unwrap_or(30);
    let title = if rows + 2 > frame.area().height { "Keys · j k more · Esc closes" } else { "Keys · Esc closes" };
    let inner = open(frame, title, 52, rows);
    let lines: Vec<Line> = listed(state.screen)
        .skip(first)
        .map(|b| {
            Line::from(vec![Span::styled(cell(&format!(" {}", b.shown), 12), state.theme.key()), Span::raw(b.words)])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
