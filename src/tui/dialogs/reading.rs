//! Something to be read in a window of its own: a link, an email, what came of a task.

use ratatui::style::Style;
use ratatui::text::Line;

use super::touch::{Touch, Touched};
use super::window::{Read, Window, columns};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog};
use crate::tui::widgets::text::{cell, wrapped};

/// A paragraph, wrapped when it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paragraph {
    /// What stands before its first line; the others are as far in.
    pub begin: String,
    pub text: String,
    pub style: Style,
    /// Whether it is one long word, such as a link, that is broken wherever a line ends.
    pub is_link: bool,
}

impl Paragraph {
    /// A paragraph of plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn lines(&self, width: usize) -> Vec<Line<'static>> {
        let room = width.saturating_sub(self.begin.chars().count() + 1).max(1);
        let parts = if self.is_link {
            let letters: Vec<char> = self.text.chars().collect();
            letters.chunks(room).map(|part| part.iter().collect()).collect()
        } else if self.text.is_empty() {
            vec![String::new()]
        } else {
            wrapped(&self.text, room)
        };
        let begin = |at: usize| {
            if at == 0 { self.begin.clone() } else { " ".repeat(self.begin.chars().count()) }
        };
        let line =
            |(at, part): (usize, String)| Line::styled(cell(&format!(" {}{part}", begin(at)), width), self.style);
        parts.into_iter().enumerate().map(line).collect()
    }
}

/// One side of what is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its name, where there are several.
    pub name: &'static str,
    pub paragraphs: Vec<Paragraph>,
}

/// Something to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    title: String,
    sides: Vec<Side>,
    /// Which side is shown.
    at: usize,
    window: Window,
}

impl Reading {
    /// One text.
    pub fn new(title: String, paragraphs: Vec<Paragraph>) -> Self {
        Self::of_sides(title, vec![Side { name: "", paragraphs }])
    }

    /// A text with other sides; there must be one.
    pub fn of_sides(title: String, sides: Vec<Side>) -> Self {
        Self { title, sides, at: 0, window: Window::default() }
    }

    fn lines(&self, width: usize) -> Vec<Line<'static>> {
        self.sides[self.at].paragraphs.iter().flat_map(|paragraph| paragraph.lines(width)).collect()
    }

    /// Somebody touches it.
    pub fn touch<M>(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        let lines = self.lines(columns(ctx)).len();
        match self.window.touch(ctx, touch, lines) {
            Read::Closed => return Touched::Closed,
            Read::Switched => {
                self.at = (self.at + 1) % self.sides.len();
                self.window = Window::default();
            }
            Read::On | Read::Other => {}
        }
        Touched::Stays
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let switch = ctx.keymap.dialog_label(Context::Reading, InDialog::Switch);
        let other = &self.sides[(self.at + 1) % self.sides.len()];
        let title = if self.sides.len() > 1 {
            format!("{} · {} · {switch} {}", self.title, self.sides[self.at].name, other.name)
        } else {
            self.title.clone()
        };
        self.window.draw(ctx, &title, self.lines(columns(ctx)), canvas);
    }
}
