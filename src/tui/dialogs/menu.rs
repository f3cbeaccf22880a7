//! Chooses one of a few: a view, an order, a role.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::frame::frame;
use super::touch::{Touch, Touched};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog};
use crate::tui::widgets::scroll::{around, scrolled};
use crate::tui::widgets::text::cell;

/// A menu, of one line at least.
pub struct Menu<M> {
    title: String,
    /// What each line says, and sends.
    items: Vec<(String, M)>,
    /// The line with the focus.
    at: usize,
}

impl<M> Menu<M> {
    /// A menu with the focus on a line.
    pub const fn new(title: String, items: Vec<(String, M)>, at: usize) -> Self {
        Self { title, items, at }
    }

    /// The same, with messages of another kind.
    pub fn map<N>(self, message: fn(M) -> N) -> Menu<N> {
        let items = self.items.into_iter().map(|(words, sends)| (words, message(sends))).collect();
        Menu { title: self.title, items, at: self.at }
    }
}

impl<M: Clone> Menu<M> {
    /// Somebody touches it: a line that is clicked is chosen.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        if let Touch::Click(at) = touch {
            self.at = at.min(self.items.len() - 1);
            return self.choose();
        }
        match touch.in_dialog(ctx, Context::Menu) {
            Some(InDialog::Move(motion)) => {
                self.at = scrolled(motion, self.at, self.items.len(), 1);
                Touched::Stays
            }
            Some(InDialog::Close) => Touched::Closed,
            Some(InDialog::Press) => self.choose(),
            Some(InDialog::Save | InDialog::Switch) | None => Touched::Stays,
        }
    }

    fn choose(&self) -> Touched<M> {
        self.items.get(self.at).map_or(Touched::Closed, |(_, message)| Touched::Sent(message.clone()))
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let inner = frame(canvas, &self.title, 46, u16::try_from(self.items.len()).unwrap_or(u16::MAX));
        let (width, room) = (usize::from(inner.width), usize::from(inner.height));
        let first = around(self.at, self.items.len(), room);
        for (row, (at, (words, _))) in self.items.iter().enumerate().skip(first).take(room).enumerate() {
            let style = if at == self.at { ctx.theme.focus() } else { Style::new() };
            let place = Rect { y: inner.y + u16::try_from(row).unwrap_or(0), height: 1, ..inner };
            canvas.offer(place, Target::Item(at));
            canvas.render(Line::styled(cell(&format!(" {words}"), width), style), place);
        }
    }
}
