//! A window over lines that are read: the whole detail, a preview, results.

use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::frame::frame;
use super::touch::{Touch, Touched};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog, Motion};
use crate::tui::widgets::scroll::scrolled;

/// Where in its lines a window is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// The first line that is shown.
    pub first: usize,
}

/// What a key did to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// It is read on.
    On,
    Closed,
    /// The other side is wanted.
    Switched,
    /// The key is none of a window's.
    Other,
}

impl Window {
    /// Somebody touches it, over so many lines.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch, lines: usize) -> Read {
        let room = usize::from(ctx.size.1.saturating_sub(2));
        match touch.in_dialog(ctx, Context::Reading) {
            Some(InDialog::Close) => Read::Closed,
            Some(InDialog::Switch) => Read::Switched,
            Some(InDialog::Move(motion)) => {
                self.first = scrolled(motion, self.first, lines, room);
                Read::On
            }
            Some(InDialog::Press | InDialog::Save) | None => Read::Other,
        }
    }

    /// The same above a screen whose keys for what is under the cursor apply here too, for it is still under the
    /// cursor.
    pub fn touch_over_screen<M>(&mut self, ctx: &Ctx, touch: Touch, lines: usize) -> Touched<M> {
        match self.touch(ctx, touch, lines) {
            Read::On => Touched::Stays,
            Read::Closed => Touched::Closed,
            Read::Switched | Read::Other => Touched::Passed,
        }
    }

    /// Draws the lines from the first on, with the keys in the title.
    pub fn draw(self, ctx: &Ctx, title: &str, lines: Vec<Line<'static>>, canvas: &mut Canvas) {
        let key = |what| ctx.keymap.dialog_label(Context::Reading, what);
        let step = |by| key(InDialog::Move(Motion::Step(by)));
        let (down, up, close) = (step(1), step(-1), key(InDialog::Close));
        let moves = if lines.len() + 2 > usize::from(canvas.area().height) {
            format!(" · {down} {up} move")
        } else {
            String::new()
        };
        let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let inner = frame(canvas, &format!("{title}{moves} · {close} closes"), canvas.area().width, rows);
        let shown: Vec<_> = lines.into_iter().skip(self.first).collect();
        canvas.render(Paragraph::new(Text::from(shown)), inner);
    }
}

/// The columns inside a window.
pub fn columns(ctx: &Ctx) -> usize {
    usize::from(ctx.size.0.saturating_sub(2))
}
