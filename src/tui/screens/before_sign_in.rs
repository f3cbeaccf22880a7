//! What screens that stand alone, before anybody is signed in, have in common: what comes from outside is sorted in one
//! way, whatever they ask.

use crossterm::event::KeyEvent;

use crate::tui::canvas::{Target, Targets};
use crate::tui::keymap::{Context, ShellCommand};
use crate::tui::session::Happened;
use crate::tui::term::Look;

/// How such a screen looks, and what its last frame offers.
pub struct BeforeSignIn {
    /// How it looks, and its keys.
    pub look: Look,
    /// What the last frame offers to a click.
    pub targets: Targets,
    /// Whether it must be drawn.
    pub dirty: bool,
}

/// What came, as far as it concerns what is asked.
pub enum Came {
    /// A key of the screen's own.
    Key(KeyEvent),
    /// A field, line or button was clicked.
    Click(usize),
    /// Text was pasted.
    Paste(String),
    /// Somebody wants to leave at once.
    Interrupt,
    /// Everything is to be drawn anew.
    Redraw,
    /// To the shell.
    ToShell,
}

impl BeforeSignIn {
    /// Not drawn yet.
    pub fn new(look: Look) -> Self {
        Self { look, targets: Targets::default(), dirty: true }
    }

    /// Sorts what happened; `None` if it concerns only how the screen looks, or nothing.
    pub fn sort(&mut self, happened: Happened) -> Option<Came> {
        if matches!(happened, Happened::Wheel(_) | Happened::Tick(_)) {
            return None;
        }
        self.dirty = true;
        match happened {
            Happened::Key(key, _) => match self.look.keymap.of_shell(Context::Always, key) {
                Some(ShellCommand::Interrupt) => Some(Came::Interrupt),
                Some(ShellCommand::Redraw) => Some(Came::Redraw),
                Some(ShellCommand::ToShell) => Some(Came::ToShell),
                Some(
                    ShellCommand::Go(_)
                    | ShellCommand::Palette
                    | ShellCommand::Help
                    | ShellCommand::Quit
                    | ShellCommand::Dead(_),
                ) => None,
                None => Some(Came::Key(key)),
            },
            Happened::Click(column, row, _) => match self.targets.at(column, row) {
                Some(Target::Item(at)) => Some(Came::Click(at)),
                Some(Target::Command(_) | Target::Row(_)) | None => None,
            },
            Happened::Paste(text) => Some(Came::Paste(text)),
            Happened::Theme(theme) => {
                self.look.theme = theme;
                None
            }
            Happened::Size(..) | Happened::Wheel(_) | Happened::Tick(_) => None,
        }
    }
}
