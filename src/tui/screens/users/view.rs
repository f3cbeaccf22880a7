//! What the screen of the users looks like.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::state::Users;
use super::{detail, list};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::layout::{WIDE, beside, stacked};

/// The list, and the detail beside or below it.
pub fn draw(users: &Users, ctx: &Ctx, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        list::draw(users, ctx, canvas, left);
        detail::draw(users, ctx, canvas, right);
    } else {
        let [above, below] = stacked(body);
        list::draw(users, ctx, canvas, above);
        detail::draw_short(users, ctx, canvas, below);
    }
}

/// Everything about the user under the cursor: a title and all its lines.
pub fn whole(users: &Users, ctx: &Ctx, width: usize) -> (String, Vec<Line<'static>>) {
    detail::whole(users, ctx, width)
}
