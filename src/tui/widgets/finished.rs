//! What every screen has in common when it is drawn: nothing where there is no room, and ASCII only where there must
//! be.

use ratatui::widgets::{Paragraph, Wrap};

use super::ascii;
use crate::tui::canvas::Canvas;
use crate::tui::layout::SMALLEST;

/// Draws where there is room, and for terminals that show ASCII only in ASCII only.
pub fn finished(canvas: &mut Canvas, ascii: bool, paint: impl FnOnce(&mut Canvas)) {
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "The window is too small: rsvp needs {} columns and {} rows. rsvp --plain needs none.",
            SMALLEST.0, SMALLEST.1
        );
        canvas.render(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    paint(canvas);
    if ascii {
        ascii::only(canvas.buffer());
    }
}
