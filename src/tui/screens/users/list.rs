//! The list of users: a window of what was read, around the cursor.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::users::list::Hits;
use crate::domain::action::Action;
use crate::domain::query::View;
use crate::domain::selection::Selection;
use crate::domain::time::{Timestamp, words_short};
use crate::domain::user::{LinkColumn, UserRow};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::Command;
use crate::tui::state::State;
use crate::tui::theme::glyph;
use crate::tui::view::{MEDIUM, pane};
use crate::tui::widgets::text::{cell, thousands, whole};

/// Columns that name and address need together; with fewer the address is left to the line below the list.
const EMAIL_FROM: usize = 40;

/// Draws the list.
pub fn draw(state: &State, canvas: &mut Canvas, area: Rect) {
    let hits = match state.users.hits {
        None => String::new(),
        Some(Hits { more: true, count }) => format!(" · over {} users", thousands(count)),
        Some(Hits { count: 1, .. }) => " · 1 user".to_owned(),
        Some(Hits { count, .. }) => format!(" · {} users", thousands(count)),
    };
    let arrow = if state.users.query.order.descending { "↓" } else { "↑" };
    let marked = marked(state);
    let workspace =
        state.users.query.workspace.as_ref().map_or_else(String::new, |name| format!(" · in {}", whole(name)));
    let title = format!(
        " {}{workspace} · by {} {arrow}{hits}{marked} ",
        state.users.query.view.words(),
        state.users.query.order.key.words()
    );
    let block = pane(title);
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    let typed = state.users.search.as_ref().map(tui_input::Input::value);
    if let Some(text) = typed.or(Some(state.users.query.search.as_str()).filter(|text| !text.is_empty())) {
        let caret = if typed.is_some() { "▏" } else { "" };
        lines.push(Line::styled(cell(&format!(" / {text}{caret}"), width), state.theme.key()));
    }
    lines.push(heading(state, width));
    let room = usize::from(inner.height).saturating_sub(lines.len());
    if state.users.page.rows.is_empty() {
        lines.push(Line::styled(cell(&format!(" {}", nobody(state)), width), state.theme.quiet()));
    }
    let at = state.users.index().unwrap_or(0);
    let first = state.users.viewport.first(at, state.users.page.rows.len(), room);
    for row in state.users.page.rows.iter().skip(first).take(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::User(row.id));
        lines.push(line(state, row, width));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// How many are marked, as far as that is known.
fn marked(state: &State) -> String {
    match &state.users.marks {
        Selection::Users(users) if users.is_empty() => String::new(),
        Selection::Users(users) => format!(" · {} marked", users.len()),
        Selection::Found(query, _) if !query.finds_same(&state.users.query) => {
            " · all of another view marked".to_owned()
        }
        Selection::Found(_, but) if but.is_empty() => " · all marked".to_owned(),
        Selection::Found(_, but) => format!(" · all but {} marked", but.len()),
    }
}

fn nobody(state: &State) -> String {
    match state.users.query.view {
        _ if !state.users.query.search.is_empty() => {
            format!("Nobody is called so here. {} clears the search.", state.key(Command::Back))
        }
        _ if state.users.query.workspace.is_some() => {
            format!("Nobody of this workspace is here. {} shows all workspaces.", state.key(Command::Back))
        }
        View::All => {
            format!("Nobody is here yet. {} invites somebody.", state.user_key(Command::Act(Action::Invite)))
        }
        View::Attention => "Nobody needs anything.".to_owned(),
        _ => format!("Nobody. {} chooses another view.", state.user_key(Command::ViewMenu)),
    }
}

/// The columns' names, in the places that [`line`] gives the columns.
fn heading(state: &State, width: usize) -> Line<'static> {
    let rest = width.saturating_sub(2 + 12 + 18);
    let text = if width + 2 < usize::from(MEDIUM) {
        format!("  {}Status", cell("Name", width.saturating_sub(14)))
    } else if rest < EMAIL_FROM {
        format!("  {}{}Link", cell("Name", rest), cell("Status", 12))
    } else {
        let name = rest * 2 / 5;
        format!("  {}{}{}Link", cell("Name", name), cell("E-mail", rest - name), cell("Status", 12))
    };
    Line::styled(cell(&text, width), state.theme.quiet())
}

fn line(state: &State, row: &UserRow, width: usize) -> Line<'static> {
    let theme = state.theme;
    let here = Some(row.id) == state.users.cursor;
    let mark = match (here, state.users.marks.has(row.id, &state.users.query)) {
        (true, true) => "▌*",
        (true, false) => "▌ ",
        (false, true) => " *",
        (false, false) => "  ",
    };
    let name_style = if here { theme.strong() } else { ratatui::style::Style::new() };
    let status = Span::styled(cell(&format!("{} {}", glyph(row.status), row.status), 12), theme.status(row.status));
    let link = row.link(state.now);
    if width + 2 < usize::from(MEDIUM) {
        let name = cell(row.name.as_str(), width.saturating_sub(15));
        return Line::from(vec![
            Span::styled(mark, theme.key()),
            Span::styled(name, name_style),
            Span::raw(" "),
            status,
        ]);
    }
    let rest = width.saturating_sub(2 + 12 + 18);
    if rest < EMAIL_FROM {
        return Line::from(vec![
            Span::styled(mark, theme.key()),
            Span::styled(cell(row.name.as_str(), rest.saturating_sub(2)), name_style),
            Span::raw("  "),
            status,
            Span::styled(cell(&link_words(link, state.now), 18), theme.link(link)),
        ]);
    }
    let name = rest * 2 / 5;
    Line::from(vec![
        Span::styled(mark, theme.key()),
        Span::styled(cell(row.name.as_str(), name.saturating_sub(1)), name_style),
        Span::raw(" "),
        Span::styled(cell(row.email.as_str(), rest.saturating_sub(name + 2)), theme.quiet()),
        Span::raw("  "),
        status,
        Span::styled(cell(&link_words(link, state.now), 18), theme.link(link)),
    ])
}

/// What the link column says: what is wrong with a sign, in as few letters as there are columns.
fn link_words(link: LinkColumn, now: Timestamp) -> String {
    match link {
        LinkColumn::Asked(at) => format!("✗ {} · asks anew", words_short(now.since(at))),
        LinkColumn::Expired(_) | LinkColumn::MailFailed => format!("✗ {}", link.words(now)),
        _ => link.words(now),
    }
}
