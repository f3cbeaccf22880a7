//! The box of a dialog, and of a pane.

use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Block, BorderType, Borders};

use crate::tui::canvas::Canvas;
use crate::tui::widgets::text::cell;

/// A pane with its title.
pub fn pane(title: String) -> Block<'static> {
    Block::new().borders(Borders::ALL).border_type(BorderType::Rounded).title(title)
}

/// Draws an empty box in the middle and answers its inside.
pub fn frame(canvas: &mut Canvas, title: &str, columns: u16, rows: u16) -> Rect {
    let area = canvas.area();
    let width = columns.min(area.width);
    let height = rows.saturating_add(2).min(area.height);
    let inside = area.centered(Constraint::Length(width), Constraint::Length(height));
    let title = cell(title, usize::from(width).saturating_sub(6));
    let block = pane(format!(" {} ", title.trim_end()));
    let inner = block.inner(inside);
    canvas.cover(inside);
    canvas.render(block, inside);
    inner
}
