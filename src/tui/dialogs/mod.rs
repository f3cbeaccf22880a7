//! Dialogs: a stack of which the top one gets every key. Each is a file: what it holds, what keys do to it, how it looks.

pub mod asked;
pub mod confirm;
pub mod conflict;
pub mod ended;
pub mod form;
pub mod help;
pub mod leave;
pub mod link;
pub mod menu;
pub mod palette;
mod picker;
pub mod preview;
mod question;
pub mod refusals;
pub mod running;
pub mod whole;
mod window;
pub mod workspaces;

use crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Rect};

use super::canvas::Canvas;
use super::keymap::{Command, Context};
use super::message::Effect;
use super::state::State;
use super::view::pane;
use super::widgets::text::cell;

pub use window::Window;

/// A dialog.
pub enum Dialog {
    /// Asks before something is done.
    Confirm(confirm::Confirm),
    /// A form.
    Form(Box<form::Form>),
    /// Shows a link.
    Link(link::Link),
    /// Chooses one of a few.
    Menu(menu::Menu),
    /// All actions.
    Palette(palette::Palette),
    /// What a mail says.
    Preview(preview::Preview),
    /// Asks before an action for many.
    Asked(Box<asked::Asked>),
    /// An action for many is under way.
    Running(running::Running),
    /// What came of an action for many.
    Ended(ended::Ended),
    /// Whether to leave while mails wait that nobody else would send.
    Leave(leave::Leave),
    /// Everything about the person or mail under the cursor.
    Whole(whole::Whole),
    /// The keys.
    Help(help::Help),
    /// Somebody else saved first.
    Conflict(Box<conflict::Conflict>),
    /// Chooses workspaces.
    Workspaces(Box<workspaces::Workspaces>),
}

/// Opens a dialog.
pub fn open(state: &mut State, dialog: Dialog) -> Vec<Effect> {
    state.dialogs.push(dialog);
    Vec::new()
}

/// What somebody does to a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Presses a key.
    Key(KeyEvent),
    /// Clicks on a line, field or button of it.
    Click(usize),
}

impl Touch {
    /// The command of a key in a context; a click is none.
    fn command(self, state: &State, context: Context) -> Option<Command> {
        match self {
            Self::Key(key) => state.keymap.command(&[context], key),
            Self::Click(_) => None,
        }
    }
}

/// Somebody touches the top dialog, which puts itself back if it stays.
pub fn on(state: &mut State, touch: Touch) -> Vec<Effect> {
    match state.dialogs.pop() {
        Some(Dialog::Confirm(confirm)) => confirm.on(state, touch),
        Some(Dialog::Form(form)) => form.on(state, touch),
        Some(Dialog::Link(link)) => link.on(state, touch),
        Some(Dialog::Menu(menu)) => menu.on(state, touch),
        Some(Dialog::Palette(palette)) => palette.on(state, touch),
        Some(Dialog::Preview(preview)) => preview.on(state, touch),
        Some(Dialog::Asked(asked)) => asked.on(state, touch),
        Some(Dialog::Running(running)) => running.on(state, touch),
        Some(Dialog::Ended(ended)) => ended.on(state, touch),
        Some(Dialog::Leave(leave)) => leave.on(state, touch),
        Some(Dialog::Whole(whole)) => whole.on(state, touch),
        Some(Dialog::Help(help)) => help.on(state, touch),
        Some(Dialog::Conflict(conflict)) => conflict.on(state, touch),
        Some(Dialog::Workspaces(workspaces)) => workspaces.on(state, touch),
        None => Vec::new(),
    }
}

/// Draws one.
pub fn draw(state: &State, dialog: &Dialog, canvas: &mut Canvas) {
    match dialog {
        Dialog::Confirm(confirm) => confirm.draw(state, canvas),
        Dialog::Form(form) => form.draw(state, canvas),
        Dialog::Link(link) => link.draw(state, canvas),
        Dialog::Menu(menu) => menu.draw(state, canvas),
        Dialog::Palette(palette) => palette.draw(state, canvas),
        Dialog::Preview(preview) => preview.draw(state, canvas),
        Dialog::Asked(asked) => asked.draw(state, canvas),
        Dialog::Running(running) => running.draw(state, canvas),
        Dialog::Ended(ended) => ended.draw(state, canvas),
        Dialog::Leave(leave) => leave.draw(state, canvas),
        Dialog::Whole(whole) => whole.draw(state, canvas),
        Dialog::Help(help) => help.draw(state, canvas),
        Dialog::Conflict(conflict) => conflict.draw(state, canvas),
        Dialog::Workspaces(workspaces) => workspaces.draw(state, canvas),
    }
}

/// Puts a dialog back on top: it stays.
fn stay(state: &mut State, dialog: Dialog) -> Vec<Effect> {
    state.dialogs.push(dialog);
    Vec::new()
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

/// A text with a capital letter at its beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
