//! What a screen is drawn on: the frame, and beside it what can be clicked where.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

use super::keymap::Command;

/// What is under a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A key's words, or a screen's name.
    Command(Command),
    /// A row of the list, by its number.
    Row(i64),
    /// A line, field or button of the dialog on top.
    Item(usize),
}

/// A frame while it is drawn.
pub struct Canvas<'a, 'b> {
    frame: &'a mut Frame<'b>,
    targets: Vec<(Rect, Target)>,
}

impl<'a, 'b> Canvas<'a, 'b> {
    /// An empty one.
    pub const fn new(frame: &'a mut Frame<'b>) -> Self {
        Self { frame, targets: Vec::new() }
    }

    /// The whole area.
    pub fn area(&self) -> Rect {
        self.frame.area()
    }

    /// Draws something.
    pub fn render(&mut self, widget: impl Widget, area: Rect) {
        self.frame.render_widget(widget, area);
    }

    /// Makes room for a dialog: what is below it cannot be clicked any more.
    pub fn cover(&mut self, area: Rect) {
        self.frame.render_widget(Clear, area);
        self.targets.clear();
    }

    /// Says what is in a place.
    pub fn offer(&mut self, area: Rect, target: Target) {
        self.targets.push((area.intersection(self.area()), target));
    }

    /// Shows the caret.
    pub fn caret(&mut self, at: Position) {
        self.frame.set_cursor_position(at);
    }

    /// The cells that were drawn.
    pub fn buffer(&mut self) -> &mut ratatui::buffer::Buffer {
        self.frame.buffer_mut()
    }

    /// What can be clicked.
    pub fn targets(self) -> Targets {
        Targets(self.targets)
    }
}

/// What can be clicked where.
#[derive(Debug, Clone, Default)]
pub struct Targets(Vec<(Rect, Target)>);

impl Targets {
    /// What is in a place.
    pub fn at(&self, column: u16, row: u16) -> Option<Target> {
        let place = Position::new(column, row);
        self.0.iter().rev().find(|(area, _)| area.contains(place)).map(|(_, target)| *target)
    }
}
