//! The dialogs of an action for many: the question, the progress, and what came of it.

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::bulk::{Asked, Ended, Running, users};
use super::super::state::State;
use super::super::text::{cell, thousands, wrapped};
use super::dialog::open;
use crate::domain::action::Action;
use crate::domain::mail::takes;

/// Columns of these dialogs.
const COLUMNS: u16 = 72;

fn room(frame: &Frame) -> usize {
    usize::from(COLUMNS.min(frame.area().width)).saturating_sub(3)
}

fn indented(text: &str, room: usize) -> Vec<String> {
    wrapped(text, room).into_iter().map(|line| format!(" {line}")).collect()
}

/// The verb of an action: `resend`.
fn verb(action: Action) -> &'static str {
    action.words().split(' ').next().unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Asks: how many, who are some of them, how many the list does not show, and what happens.
pub fn asked(state: &State, asked: &Asked, frame: &mut Frame) {
    let (theme, room) = (state.theme, room(frame));
    let resolved = &asked.resolved;
    let count = users(resolved.count);
    let others = resolved.count.saturating_sub(resolved.names.len() as u64);
    let and = if others > 0 { format!(" and {}", users(others).replace("user", "other")) } else { String::new() };
    let who = indented(&format!("{}{and}", resolved.names.join(", ")), room);
    let hidden = match resolved.hidden {
        0 => Vec::new(),
        n => indented(&format!("{n} of them not in the list as it is now."), room),
    };
    let mut what = indented(what_happens(asked.each.action()), room);
    if let Some(long) = takes(resolved.count, state.per_minute).filter(|_| asked.each.action() == Action::Resend) {
        what.extend(indented(&format!("{long}."), room));
    }
    let typed = asked.typed.as_ref().map(|(word, input)| format!(" Type {word} to go on: {}▏", input.value()));
    let rows = who.len() + hidden.len() + what.len() + 4 + if typed.is_some() { 2 } else { 0 };
    let title = format!("{} · {count}?", capital(asked.each.action().words()));
    let inner = open(frame, &title, COLUMNS, u16::try_from(rows).unwrap_or(u16::MAX));
    let space = usize::from(inner.height) >= rows;
    let empty = || space.then(|| Line::raw(""));
    let mut lines: Vec<Line> = who.into_iter().map(|line| Line::styled(line, theme.quiet())).collect();
    lines.extend(hidden.into_iter().map(|line| Line::styled(line, theme.waits())));
    lines.extend(empty());
    lines.extend(what.into_iter().map(Line::raw));
    lines.extend(empty());
    if let Some(typed) = typed {
        lines.push(Line::styled(typed, theme.strong()));
        lines.extend(empty());
    }
    let (cancel, yes) = if asked.yes { (theme.quiet(), theme.focus()) } else { (theme.focus(), theme.quiet()) };
    let button = format!("[ {} {count} ]", capital(verb(asked.each.action())));
    let buttons = [Span::styled("[ Cancel ]", cancel), Span::raw("   "), Span::styled(button, yes)];
    // Where there are too few rows, words go, but never what decides.
    let kept = usize::from(inner.height).saturating_sub(1);
    if lines.len() > kept {
        let typed = usize::from(asked.typed.is_some());
        lines.drain(kept.saturating_sub(typed)..lines.len() - typed);
    }
    lines.push(Line::from_iter(buttons).centered());
    frame.render_widget(Paragraph::new(lines), inner);
}

const fn what_happens(action: Action) -> &'static str {
    match action {
        Action::Resend => {
            "Each gets a new mail with a new link; the earlier link stops working and the validity starts again. Whoever is active, or got a mail within the last minute, is passed over and told."
        }
        Action::Revoke => "Each link stops working and unsent mail is cancelled. They stay invited.",
        Action::Suspend => "Signing in is refused, open links stop working and unsent mail is cancelled.",
        Action::Reactivate => "They can sign in again, or are invited again.",
        Action::Delete => {
            "They go to the bin, open links stop working and unsent mail is cancelled. b restores; u does not take this back."
        }
        Action::Restore => "They come back as they were, unless their address is taken.",
        _ => "",
    }
}

/// Shows how far it is.
pub fn running(state: &State, running: &Running, frame: &mut Frame) {
    let theme = state.theme;
    let inner = open(frame, &capital(running.each.action().words()), COLUMNS, 3);
    let width = usize::from(inner.width).saturating_sub(2);
    let through = running.done + running.refused.count();
    let share = through.saturating_mul(width as u64).checked_div(running.total.max(1)).unwrap_or(0);
    let full = usize::try_from(share).unwrap_or(width).min(width);
    let refused = match running.refused.count() {
        0 => String::new(),
        n => format!(" · {n} refused"),
    };
    let hint = if running.stopping { "stops after these" } else { "Esc stops" };
    let lines = vec![
        Line::raw(cell(&format!(" {} of {}{refused}", thousands(through), thousands(running.total)), width)),
        Line::from(vec![
            Span::styled(format!(" {}", "█".repeat(full)), theme.good()),
            Span::styled("░".repeat(width - full), theme.quiet()),
        ]),
        Line::styled(cell(&format!(" {hint}"), width), theme.quiet()),
    ];
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Tells what came of it: each refusal with its reason.
pub fn ended(state: &State, ended: &Ended, frame: &mut Frame) {
    let all = ended_lines(ended, usize::from(frame.area().width.saturating_sub(2)));
    let title = format!("{} · j k move · Esc closes", capital(ended.each.action().words()));
    let rows = u16::try_from(all.len()).unwrap_or(u16::MAX);
    let inner = open(frame, &title, frame.area().width, rows);
    let style = |at: usize| if at == 0 { state.theme.strong() } else { ratatui::style::Style::new() };
    let lines: Vec<Line> =
        all.into_iter().enumerate().skip(ended.first).map(|(at, text)| Line::styled(text, style(at))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Its lines.
pub fn ended_lines(ended: &Ended, width: usize) -> Vec<String> {
    let stopped = if ended.stopped { ", then stopped" } else { "" };
    let refused = ended.refused.count();
    let first = format!("{}: {}{stopped}; {refused} refused", ended.each.action().past(), users(ended.done));
    let mut lines = vec![cell(&format!(" {first}"), width)];
    let mut add = |begin: &str, text: &str| {
        for (at, line) in wrapped(text, width.saturating_sub(6)).into_iter().enumerate() {
            let begin = if at == 0 { begin.to_owned() } else { " ".repeat(begin.chars().count()) };
            lines.push(cell(&format!("{begin}{line}"), width));
        }
    };
    for reason in ended.refused.reasons() {
        add(" ✗ ", &format!("{} · {}", reason.why, users(reason.count)));
        for who in &reason.who {
            add("     ", who);
        }
        let others = reason.count - reason.who.len() as u64;
        if others > 0 {
            add("     ", &format!("and {others} others"));
        }
    }
    lines
}
