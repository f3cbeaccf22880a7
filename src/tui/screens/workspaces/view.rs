//! The list of workspaces, and what is known of the one under the cursor.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::workspaces::list_workspaces::MOST;
use crate::domain::action::Action;
use crate::domain::workspace::Workspace;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Command, Context};
use crate::tui::state::State;
use crate::tui::view::{MEDIUM, WIDE, beside, pane, stacked};
use crate::tui::widgets::text::{cell, thousands, whole, wrapped};

/// Columns of the count of users.
const USERS: usize = 11;
/// Columns of the count of administrators, where there is room.
const ADMINISTRATORS: usize = 16;

/// Draws list and detail.
pub fn draw(state: &State, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        list(state, canvas, left);
        let block = pane(
            state.workspaces.workspace().map_or_else(String::new, |one| format!(" {} ", whole(one.name.as_str()))),
        );
        let inner = block.inner(right);
        canvas.render(block, right);
        canvas.render(Paragraph::new(detail(state, usize::from(inner.width))), inner);
    } else {
        let [above, below] = stacked(body);
        list(state, canvas, above);
        canvas.render(Paragraph::new(detail(state, usize::from(below.width))), below);
    }
}

fn list(state: &State, canvas: &mut Canvas, area: Rect) {
    let screen = &state.workspaces;
    let count = match &screen.all {
        None => String::new(),
        Some(all) if all.len() as u64 >= MOST => format!(" · the first {}", thousands(MOST)),
        Some(all) => format!(" · {}", all.len()),
    };
    let block = pane(format!(" Workspaces · by name{count} "));
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let administrators = if width + 2 < usize::from(MEDIUM) { 0 } else { ADMINISTRATORS };
    let name = width.saturating_sub(2 + USERS + administrators);
    let heading = format!("  {}{}", cell("Name", name), counts(("Users", "Administrators"), administrators));
    let mut lines = vec![Line::styled(cell(&heading, width), state.theme.quiet())];
    if screen.all.as_ref().is_some_and(Vec::is_empty) {
        let create = state.keymap.told(Context::Workspaces, Command::Act(Action::CreateWorkspace));
        let none = format!(" No workspaces here yet. {create} creates one.");
        lines.extend(wrapped(&none, width).into_iter().map(|line| Line::styled(line, state.theme.quiet())));
    }
    let room = usize::from(inner.height).saturating_sub(1);
    let first = screen.viewport.first(screen.index().unwrap_or(0), screen.rows().len(), room);
    for one in screen.rows().iter().skip(first).take(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::Workspace(one.id));
        lines.push(line(state, one, name, administrators));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// Both counts in their columns, or the first alone.
fn counts((users, administrators): (&str, &str), columns: usize) -> String {
    let first = format!("{users:>10} ");
    if columns == 0 { first } else { format!("{first}{administrators:>15} ") }
}

fn line(state: &State, one: &Workspace, name: usize, administrators: usize) -> Line<'static> {
    let here = Some(one.id) == state.workspaces.cursor;
    let counts = counts((&thousands(one.users), &thousands(one.administrators)), administrators);
    Line::from(vec![
        Span::styled(if here { "▌ " } else { "  " }, state.theme.key()),
        Span::styled(
            cell(one.name.as_str(), name.saturating_sub(1)),
            if here { state.theme.strong() } else { Style::new() },
        ),
        Span::raw(" "),
        Span::raw(counts),
    ])
}

fn detail(state: &State, width: usize) -> Vec<Line<'static>> {
    let Some(one) = state.workspaces.workspace() else { return Vec::new() };
    let users = if one.users == 1 { "1 user".to_owned() } else { format!("{} users", thousands(one.users)) };
    let after = match one.administrators {
        0 => "only administrators of the organisation look after it".to_owned(),
        1 => "1 of them looks after it".to_owned(),
        more => format!("{} of them look after it", thousands(more)),
    };
    let told = [format!("{users}; {after}"), format!("created {}", one.created_at.local(&state.zone))];
    told.iter()
        .flat_map(|text| wrapped(text, width.saturating_sub(1)))
        .map(|text| Line::raw(cell(&format!(" {text}"), width)))
        .collect()
}
