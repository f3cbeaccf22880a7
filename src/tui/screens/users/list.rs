//! The list of users: a window of what was read, around the cursor.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::possible::key;
use super::state::Users;
use crate::app::users::list::Hits;
use crate::domain::action::Action;
use crate::domain::query::View;
use crate::domain::selection::Selection;
use crate::domain::text::thousands;
use crate::domain::time::Timestamp;
use crate::domain::user::{LinkColumn, UserRow};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::pane;
use crate::tui::keymap::{Command, UsersCommand};
use crate::tui::layout::MEDIUM;
use crate::tui::theme::glyph;
use crate::tui::widgets::text::{cell, whole};

/// Columns that name and address need together; with fewer the address is left to the line below the list.
const EMAIL_FROM: usize = 40;

/// Draws the list.
pub fn draw(users: &Users, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let hits = match users.hits {
        None => String::new(),
        Some(Hits { more: true, count }) => format!(" · over {} users", thousands(count)),
        Some(Hits { count: 1, .. }) => " · 1 user".to_owned(),
        Some(Hits { count, .. }) => format!(" · {} users", thousands(count)),
    };
    let arrow = if users.query.order.descending { "↓" } else { "↑" };
    let marked = marked(users);
    let workspace = users.query.workspace.as_ref().map_or_else(String::new, |name| format!(" · in {}", whole(name)));
    let title = format!(
        " {}{workspace} · by {} {arrow}{hits}{marked} ",
        users.query.view.words(),
        users.query.order.key.words()
    );
    let block = pane(title);
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    let typed = users.search.as_ref().map(tui_input::Input::value);
    if let Some(text) = typed.or(Some(users.query.search.as_str()).filter(|text| !text.is_empty())) {
        let caret = if typed.is_some() { "▏" } else { "" };
        lines.push(Line::styled(cell(&format!(" / {text}{caret}"), width), ctx.theme.key()));
    }
    lines.push(heading(ctx, width));
    let room = usize::from(inner.height).saturating_sub(lines.len());
    if users.list.rows().is_empty() {
        lines.push(Line::styled(cell(&format!(" {}", nobody(users, ctx)), width), ctx.theme.quiet()));
    }
    for row in users.list.shown(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::Row(row.id.0));
        lines.push(line(users, ctx, row, width));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// How many are marked, as far as that is known.
fn marked(users: &Users) -> String {
    match &users.marks {
        Selection::Users(users) if users.is_empty() => String::new(),
        Selection::Users(users) => format!(" · {} marked", users.len()),
        Selection::Found(query, _) if !query.finds_same(&users.query) => " · all of another view marked".to_owned(),
        Selection::Found(_, but) if but.is_empty() => " · all marked".to_owned(),
        Selection::Found(_, but) => format!(" · all but {} marked", but.len()),
    }
}

fn nobody(users: &Users, ctx: &Ctx) -> String {
    let back = || ctx.key(Command::Back);
    match users.query.view {
        _ if !users.list.is_known() => String::new(),
        _ if !users.query.search.is_empty() => format!("No users match. {} clears the search.", back()),
        _ if users.query.workspace.is_some() => {
            format!("No users of this workspace are in this view. {} shows all workspaces.", back())
        }
        View::All => format!("No users yet. {} invites one.", key(ctx, Command::Act(Action::Invite))),
        View::Attention => "Nobody needs attention.".to_owned(),
        View::Invited | View::Expired | View::Active | View::Suspended | View::Deleted => {
            format!("No users in this view. {} chooses another.", key(ctx, Command::Users(UsersCommand::ViewMenu)))
        }
    }
}

/// The columns' names, in the places that [`line`] gives the columns.
fn heading(ctx: &Ctx, width: usize) -> Line<'static> {
    let rest = width.saturating_sub(2 + 12 + 18);
    let text = if width + 2 < usize::from(MEDIUM) {
        format!("  {}Status", cell("Name", width.saturating_sub(14)))
    } else if rest < EMAIL_FROM {
        format!("  {}{}Link", cell("Name", rest), cell("Status", 12))
    } else {
        let name = rest * 2 / 5;
        format!("  {}{}{}Link", cell("Name", name), cell("Email", rest - name), cell("Status", 12))
    };
    Line::styled(cell(&text, width), ctx.theme.quiet())
}

fn line(users: &Users, ctx: &Ctx, row: &UserRow, width: usize) -> Line<'static> {
    let theme = ctx.theme;
    let here = Some(row.id) == users.cursor();
    let mark = match (here, users.marks.has(row.id, &users.query)) {
        (true, true) => "▌*",
        (true, false) => "▌ ",
        (false, true) => " *",
        (false, false) => "  ",
    };
    let name_style = if here { theme.strong() } else { ratatui::style::Style::new() };
    let status = Span::styled(cell(&format!("{} {}", glyph(row.status), row.status), 12), theme.status(row.status));
    let link = row.link(ctx.now);
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
            Span::styled(cell(&link_words(link, ctx.now), 18), theme.link(link)),
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
        Span::styled(cell(&link_words(link, ctx.now), 18), theme.link(link)),
    ])
}

/// What the link column says: what is wrong with a sign, in as few letters as there are columns.
fn link_words(link: LinkColumn, now: Timestamp) -> String {
    match link {
        LinkColumn::Asked(_) => "✗ asks for a link".to_owned(),
        LinkColumn::Expired(_) | LinkColumn::MailFailed => format!("✗ {}", link.words(now)),
        LinkColumn::None | LinkColumn::Works(_) | LinkColumn::Withdrawn => link.words(now),
    }
}
