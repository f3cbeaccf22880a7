//! What every screen has in common when it is drawn: nothing where there is no room, and ASCII only where there must
//! be.

use ratatui::widgets::{Paragraph, Wrap};

use super::ascii;
use crate::tui::canvas::Canvas;
use crate::tui::layout::SMALLEST;

/// Draws where there is room, and for terminals that show ASCII only in ASCII only; whoever has a shell is told what to do
/// where there is none.
pub fn finished(canvas: &mut Canvas, (ascii, has_shell): (bool, bool), paint: impl FnOnce(&mut Canvas)) {
    let area = canvas.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let plain = if has_shell { " rsvp --plain needs none." } else { "" };
        let text =
            format!("The window is too small: rsvp needs {} columns and {} rows.{plain}", SMALLEST.0, SMALLEST.1);
        canvas.render(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    paint(canvas);
    if ascii {
        ascii::only(canvas.buffer());
    }
}
