//! How far a task is, and stopping it.

use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::frame::frame;
use super::touch::{Touch, Touched};
use crate::domain::text::thousands;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog};
use crate::tui::widgets::text::cell;

/// How far a task is.
pub struct Progress<M> {
    pub title: String,
    /// How many are through, done or refused.
    pub through: u64,
    pub total: u64,
    pub refused: u64,
    /// Whether it stops after what is under way.
    pub stopping: bool,
    /// What stops it.
    pub stop: M,
}

impl<M> Progress<M> {
    /// The same, with messages of another kind.
    pub fn map<N>(self, message: fn(M) -> N) -> Progress<N> {
        let Self { title, through, total, refused, stopping, stop } = self;
        Progress { title, through, total, refused, stopping, stop: message(stop) }
    }
}

impl<M: Clone> Progress<M> {
    /// Somebody touches it: closing it stops it.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        if touch.in_dialog(ctx, Context::Question) == Some(InDialog::Close) { self.stop() } else { Touched::Stays }
    }

    /// Stops it.
    pub fn stop(&mut self) -> Touched<M> {
        self.stopping = true;
        Touched::Asked(self.stop.clone())
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let theme = ctx.theme;
        let inner = frame(canvas, &self.title, 72, 3);
        let width = usize::from(inner.width).saturating_sub(2);
        let share = self.through.saturating_mul(width as u64).checked_div(self.total.max(1)).unwrap_or(0);
        let full = usize::try_from(share).unwrap_or(width).min(width);
        let refused = match self.refused {
            0 => String::new(),
            n => format!(" · {} refused", thousands(n)),
        };
        let hint = if self.stopping {
            "stops after these".to_owned()
        } else {
            format!("{} stops", ctx.keymap.dialog_label(Context::Question, InDialog::Close))
        };
        let lines = vec![
            Line::raw(cell(&format!(" {} of {}{refused}", thousands(self.through), thousands(self.total)), width)),
            Line::from(vec![
                Span::styled(format!(" {}", "█".repeat(full)), theme.good()),
                Span::styled("░".repeat(width - full), theme.quiet()),
            ]),
            Line::styled(cell(&format!(" {hint}"), width), theme.quiet()),
        ];
        canvas.render(Paragraph::new(lines), inner);
    }
}
