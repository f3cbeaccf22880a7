//! What somebody does to a dialog, and what comes of it.

use crossterm::event::KeyEvent;

use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog};

/// What somebody does to a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Key(KeyEvent),
    /// A click on a line, field or button of it.
    Click(usize),
}

impl Touch {
    /// What a key does in a context; a click does nothing there.
    pub fn in_dialog(self, ctx: &Ctx, context: Context) -> Option<InDialog> {
        match self {
            Self::Key(key) => ctx.keymap.in_dialog(context, key),
            Self::Click(_) => None,
        }
    }
}

/// What somebody decided about two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// To go on in the form, from what they saved.
    Edit,
    /// To leave it as they saved it.
    KeepTheirs,
    /// To save what was changed here over what they saved.
    TakeMine,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched<M> {
    /// The dialog stays.
    Stays,
    /// It is closed, and nothing is done.
    Closed,
    /// It is closed, and this is sent.
    Sent(M),
    /// It stays, and this is sent.
    Asked(M),
    /// Somebody decided between two versions of the form below.
    Compared(Choice),
    /// The key is none of its own, and may be one of the screen's.
    Passed,
}
