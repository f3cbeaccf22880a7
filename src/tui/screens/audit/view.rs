//! The audit log as a list, and everything about the entry under the cursor: from where, and what was before and after.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use serde_json::Value;

use super::state::AuditScreen;
use crate::domain::action::Action;
use crate::domain::audit::Entry;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::pane;
use crate::tui::keymap::{AuditCommand, Command};
use crate::tui::layout::{MEDIUM, WIDE, beside, stacked};
use crate::tui::screen::Screen;
use crate::tui::widgets::text::{cell, whole as whole_text, wrapped};

/// Columns of the labels.
const LABEL: usize = 12;
/// Columns of the moment.
const WHEN: usize = 14;

/// Draws list and detail.
pub fn draw(screen: &AuditScreen, ctx: &Ctx, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        list(screen, ctx, canvas, left);
        let (title, lines) = whole(screen, ctx, usize::from(right.width.saturating_sub(2)));
        let block = pane(format!(" {title} "));
        let inner = block.inner(right);
        canvas.render(block, right);
        canvas.render(Paragraph::new(lines), inner);
    } else {
        let [above, below] = stacked(body);
        list(screen, ctx, canvas, above);
        let Some(entry) = screen.list.current() else { return };
        let width = usize::from(below.width);
        let first = format!(" {} by {}: {}", what(entry), entry.actor, whom(entry));
        let second = format!(" {}", changes(entry).join(" · "));
        canvas.render(Paragraph::new([first, second].map(|text| Line::raw(cell(&text, width))).to_vec()), below);
    }
}

fn what(entry: &Entry) -> &str {
    Action::parse(&entry.action).map_or(entry.action.as_str(), |action| action.past())
}

fn whom(entry: &Entry) -> String {
    match (&entry.subject_name, entry.subject) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => format!("#{}", id.0),
        (None, None) => String::new(),
    }
}

fn list(screen: &AuditScreen, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let filter = match screen.filter.words() {
        words if words.is_empty() => "all".to_owned(),
        words => whole_text(&words),
    };
    // What is before the window was read and is not counted any more.
    let more = if screen.list.is_whole() { "" } else { "+" };
    let block = pane(format!(" Audit · {filter} · newest first · {}{more} ", screen.list.count()));
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let (who, what, whom) = columns(width);
    let heading = format!("  {}{}{}{}", cell("When", WHEN), cell("Who", who), cell("What", what), cell("Whom", whom));
    let mut lines = vec![Line::styled(cell(&heading, width), ctx.theme.quiet())];
    if screen.list.is_known() && screen.list.rows().is_empty() {
        let filter = ctx.key_on(Screen::Audit, Command::Audit(AuditCommand::Filter));
        let none = format!(" No entries match. {filter} changes the filter.");
        lines.push(Line::styled(cell(&none, width), ctx.theme.quiet()));
    }
    let room = usize::from(inner.height).saturating_sub(1);
    for entry in screen.list.shown(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::Row(entry.id));
        lines.push(line(screen, ctx, entry, (who, what, whom)));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// Columns of who, what and whom; in a narrow window whom is left to the lines below.
fn columns(width: usize) -> (usize, usize, usize) {
    let rest = width.saturating_sub(2 + WHEN);
    if width + 2 < usize::from(MEDIUM) {
        return (rest / 2, rest - rest / 2, 0);
    }
    (rest * 3 / 10, rest * 4 / 10, rest - rest * 3 / 10 - rest * 4 / 10)
}

fn line(screen: &AuditScreen, ctx: &Ctx, entry: &Entry, (who, wide, whose): (usize, usize, usize)) -> Line<'static> {
    let here = Some(entry.id) == screen.list.cursor();
    let strong = if here { ctx.theme.strong() } else { Style::new() };
    let gap = |text: &str, columns: usize| {
        let text = cell(text, columns.saturating_sub(1));
        if columns == 0 { text } else { format!("{text} ") }
    };
    Line::from(vec![
        Span::styled(if here { "▌ " } else { "  " }, ctx.theme.key()),
        Span::styled(cell(&entry.at.local_short(&ctx.zone), WHEN), ctx.theme.quiet()),
        Span::styled(gap(&entry.actor, who), strong),
        Span::styled(gap(what(entry), wide), style(ctx, entry)),
        Span::styled(gap(&whom(entry), whose), strong),
    ])
}

/// What failed, and what takes somebody away, stands out.
fn style(ctx: &Ctx, entry: &Entry) -> Style {
    let takes_away =
        [Action::Delete, Action::Suspend, Action::DeleteWorkspace, Action::Purge, Action::ShowLink, Action::Erase];
    let action = Action::parse(&entry.action);
    if action == Some(Action::SignInFailed) {
        ctx.theme.bad()
    } else if action.is_some_and(|action| takes_away.contains(&action)) {
        ctx.theme.waits()
    } else {
        Style::new()
    }
}

/// Everything about the entry under the cursor: a title and all its lines.
pub fn whole(screen: &AuditScreen, ctx: &Ctx, width: usize) -> (String, Vec<Line<'static>>) {
    let Some(entry) = screen.list.current() else { return (String::new(), Vec::new()) };
    let theme = ctx.theme;
    let mut lines = vec![Line::styled(cell(&format!(" {}", what(entry)), width), theme.strong())];
    let mut row = |label: &str, text: &str| {
        for (at, part) in wrapped(text, width.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if at == 0 { format!(" {label}") } else { String::new() };
            lines.push(Line::from(vec![Span::styled(cell(&label, LABEL), theme.quiet()), Span::raw(part)]));
        }
    };
    row("When", &entry.at.local(&ctx.zone));
    row("Who", &entry.actor);
    if let Some(id) = entry.actor_id {
        row("", &format!("#{}", id.0));
    }
    match (&entry.subject_name, entry.subject) {
        (Some(name), Some(id)) => row("Whom", &format!("{name} #{}", id.0)),
        (None, Some(id)) => row("Whom", &format!("#{}, gone for good", id.0)),
        _ => {}
    }
    for (key, label) in
        [("door", "Through"), ("login", "Login"), ("uid", "Uid"), ("ssh_source", "SSH from"), ("ssh_key", "SSH key")]
    {
        if let Some(value) = entry.detail.get(key) {
            row(label, &text(value));
        }
    }
    if entry.detail.is_null() {
        row("Detail", "erased");
    }
    for (at, change) in changes(entry).iter().enumerate() {
        row(if at == 0 { "Change" } else { "" }, change);
    }
    (format!("Entry {}", entry.id), lines)
}

/// What changed: `name: grace → Grace`.
fn changes(entry: &Entry) -> Vec<String> {
    let Some(change) = entry.detail.get("change").and_then(Value::as_object) else { return Vec::new() };
    let one = |(key, value): (&String, &Value)| match (value.get("before"), value.get("after")) {
        (Some(before), Some(after)) => format!("{key}: {} → {}", text(before), text(after)),
        _ => format!("{key}: {}", text(value)),
    };
    change.iter().map(one).collect()
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.is_empty() => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => "nothing".to_owned(),
        Value::Array(all) => all.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}
