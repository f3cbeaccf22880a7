//! The list of workspaces, and what is known of the one under the cursor.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::WorkspaceScreen;
use crate::app::workspaces::list_workspaces::MOST;
use crate::domain::action::Action;
use crate::domain::text::{counted, thousands};
use crate::domain::workspace::Workspace;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::pane;
use crate::tui::keymap::Command;
use crate::tui::layout::{MEDIUM, WIDE, beside, stacked};
use crate::tui::screen::Screen;
use crate::tui::widgets::text::{cell, whole, wrapped};

/// Columns of the count of users.
const USERS: usize = 11;
/// Columns of the count of administrators, where there is room.
const ADMINISTRATORS: usize = 16;

/// Draws list and detail.
pub fn draw(screen: &WorkspaceScreen, ctx: &Ctx, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        list(screen, ctx, canvas, left);
        let block =
            pane(screen.list.current().map_or_else(String::new, |one| format!(" {} ", whole(one.name.as_str()))));
        let inner = block.inner(right);
        canvas.render(block, right);
        canvas.render(Paragraph::new(detail(screen, ctx, usize::from(inner.width))), inner);
    } else {
        let [above, below] = stacked(body);
        list(screen, ctx, canvas, above);
        canvas.render(Paragraph::new(detail(screen, ctx, usize::from(below.width))), below);
    }
}

fn list(screen: &WorkspaceScreen, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let count = match screen.list.count() as u64 {
        _ if !screen.list.is_known() => String::new(),
        count if count >= MOST => format!(" · the first {}", thousands(MOST)),
        count => format!(" · {count}"),
    };
    let block = pane(format!(" Workspaces · by name{count} "));
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let administrators = if width + 2 < usize::from(MEDIUM) { 0 } else { ADMINISTRATORS };
    let name = width.saturating_sub(2 + USERS + administrators);
    let heading = format!("  {}{}", cell("Name", name), counts(("Users", "Administrators"), administrators));
    let mut lines = vec![Line::styled(cell(&heading, width), ctx.theme.quiet())];
    if screen.list.is_known() && screen.list.rows().is_empty() {
        let create = ctx.key_on(Screen::Workspaces, Command::Act(Action::CreateWorkspace));
        let none = format!(" No workspaces yet. {create} creates one.");
        lines.extend(wrapped(&none, width).into_iter().map(|line| Line::styled(line, ctx.theme.quiet())));
    }
    let room = usize::from(inner.height).saturating_sub(1);
    for one in screen.list.shown(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::Row(one.id.0));
        lines.push(line(screen, ctx, one, name, administrators));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// Both counts in their columns, or the first alone.
fn counts((users, administrators): (&str, &str), columns: usize) -> String {
    let first = format!("{users:>10} ");
    if columns == 0 { first } else { format!("{first}{administrators:>15} ") }
}

fn line(screen: &WorkspaceScreen, ctx: &Ctx, one: &Workspace, name: usize, administrators: usize) -> Line<'static> {
    let here = Some(one.id.0) == screen.list.cursor();
    // One that is in the list no more stays until the cursor moves on, as what it became.
    let counts = if here && screen.list.is_gone() {
        counts(("deleted", ""), administrators)
    } else {
        counts((&thousands(one.users), &thousands(one.administrators)), administrators)
    };
    Line::from(vec![
        Span::styled(if here { "▌ " } else { "  " }, ctx.theme.key()),
        Span::styled(
            cell(one.name.as_str(), name.saturating_sub(1)),
            if here { ctx.theme.strong() } else { Style::new() },
        ),
        Span::raw(" "),
        Span::raw(counts),
    ])
}

fn detail(screen: &WorkspaceScreen, ctx: &Ctx, width: usize) -> Vec<Line<'static>> {
    let Some(one) = screen.list.current() else { return Vec::new() };
    if screen.list.is_gone() {
        return vec![Line::raw(cell(" This workspace was deleted.", width))];
    }
    let users = counted(one.users, "user");
    let after = match one.administrators {
        0 => "only the organisation's administrators manage it".to_owned(),
        1 => "1 of them manages it".to_owned(),
        more => format!("{} of them manage it", thousands(more)),
    };
    let told = [format!("{users}; {after}"), format!("created {}", one.created_at.local(&ctx.zone))];
    told.iter()
        .flat_map(|text| wrapped(text, width.saturating_sub(1)))
        .map(|text| Line::raw(cell(&format!(" {text}"), width)))
        .collect()
}
