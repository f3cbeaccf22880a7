//! Everything about the user under the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::state::State;
use super::super::text::cell;
use super::super::theme::glyph;
use super::pane;
use crate::domain::action::Action;
use crate::domain::time::words;
use crate::domain::user::{Link, User};

/// Beside the list.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let Some(detail) = state.detail.as_ref().filter(|detail| Some(detail.user.id) == state.cursor) else {
        frame.render_widget(pane(String::new()), area);
        return;
    };
    let user = &detail.user;
    let title = cell(&format!(" {} ", user.name.as_str()), usize::from(area.width).saturating_sub(4));
    let block = pane(format!(" {} ", title.trim()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, theme) = (usize::from(inner.width), state.theme);
    let mut lines =
        vec![Line::styled(cell(&headline(state, user), width), theme.status(user.status).patch(theme.strong()))];
    if let Link::Works(at) | Link::Expired(at) | Link::Asked(at) = user.link(state.now) {
        let word = if at > state.now { "until" } else { "since" };
        lines.push(Line::raw(cell(&format!("   {word} {}", at.local(&state.zone)), width)));
    }
    let mut row = |label: &str, text: &str, style| {
        lines.push(Line::from(vec![
            Span::styled(cell(&format!(" {label}"), 12), theme.quiet()),
            Span::styled(cell(text, width.saturating_sub(12)), style),
        ]));
    };
    let plain = ratatui::style::Style::new();
    row("E-mail", user.email.as_str(), plain);
    row("Role", user.role().name(), plain);
    if !user.memberships.is_empty() {
        let names: Vec<_> = user.memberships.iter().map(|m| m.name.as_str()).collect();
        row("Workspaces", &names.join(", "), plain);
    }
    row("Language", user.language.name(), plain);
    for mail in detail.mails.iter().take(3) {
        let answer = mail.last.as_ref().map_or(String::new(), |last| format!(": {}", last.text));
        row(&format!("Mail {}", mail.id.0), &format!("{}{answer}", mail.state.words()), plain);
    }
    lines.push(Line::styled(cell("─ History ─", width), theme.quiet()));
    for entry in &detail.history {
        let what = Action::parse(&entry.action).map_or(entry.action.as_str(), |action| action.past());
        lines.push(Line::from(vec![
            Span::styled(cell(&format!(" {}", entry.at.local_short(&state.zone)), 14), theme.quiet()),
            Span::raw(cell(&format!("{what} · {}", entry.actor), width.saturating_sub(14))),
        ]));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Below the list, where there is no room beside it.
pub fn draw_short(state: &State, frame: &mut Frame, area: Rect) {
    let Some(user) = state.user() else { return };
    let width = usize::from(area.width);
    let about = format!(" {} · {} · {}", user.name.as_str(), user.email.as_str(), user.role());
    let lines = vec![
        Line::raw(cell(&about, width)),
        Line::styled(cell(&headline(state, user), width), state.theme.status(user.status)),
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

fn headline(state: &State, user: &User) -> String {
    let link = match user.link(state.now) {
        Link::Works(until) => format!(" · link works {} more", words(until.since(state.now))),
        Link::Expired(at) | Link::Asked(at) => format!(" · link expired {} ago", words(state.now.since(at))),
        Link::MailFailed => " · the mail failed".to_owned(),
        Link::Withdrawn => " · no open invitation".to_owned(),
        Link::None => String::new(),
    };
    format!(" {} {}{link}", glyph(user.status), user.status.name().to_uppercase())
}
