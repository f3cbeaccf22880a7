//! Everything that is shown.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::KeyEvent;

use super::msg::Msg;
use super::screens::Screens;
use crate::app::upkeep::revision::Revision;
use crate::domain::query::Counts;
use crate::domain::time::Timestamp;
use crate::tui::ctx::{Ctx, Number};
use crate::tui::dialogs::Dialog;
use crate::tui::keymap::{Context, Keymap, ShellCommand};
use crate::tui::screen::Screen;
use crate::tui::widgets::fields::Fields;

/// Everything that is shown.
pub struct Shell {
    pub ctx: Ctx,
    /// Which screen is shown.
    pub screen: Screen,
    pub screens: Screens,
    /// How many users of each kind there are.
    pub counts: Option<Counts>,
    pub lock: Lock,
    /// The dialogs; the last one gets the key.
    pub dialogs: Vec<(Number, Dialog<Msg>)>,
    /// What was typed while the rows that it is about were not there yet.
    pub ahead: VecDeque<Typed>,
    /// The question whether to leave while emails wait.
    pub leaving: Option<Leaving>,
    /// How far changes had come at the last look.
    pub revision: Option<Revision>,
    /// Whether a look is under way.
    pub looking: bool,
    /// Whether the last look found no database.
    pub gone: bool,
    /// Seconds since the start.
    pub seconds: u64,
}

/// What somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Key(KeyEvent),
    Paste(String),
}

impl Typed {
    /// Whether it stops what is under way: it never waits behind anything.
    pub fn interrupts(&self, keymap: &Keymap) -> bool {
        match self {
            Self::Key(key) => keymap.of_shell(Context::Always, *key) == Some(ShellCommand::Interrupt),
            Self::Paste(_) => false,
        }
    }
}

/// The question whether to leave, while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    pub number: Number,
    /// Whether somebody chose to wait for the emails: the program ends by itself when none is left.
    pub waits: bool,
    /// How many wait.
    pub waiting: u64,
}

/// When it locks, and whether it is.
#[derive(Default)]
pub struct Lock {
    /// How long nobody may touch the keyboard before it locks; never if there is none.
    pub after: Option<Duration>,
    /// When somebody last did.
    pub touched_at: Option<Timestamp>,
    /// The password while it is asked for.
    pub asks: Option<Fields>,
}

impl Lock {
    /// Open, and locks after this time.
    pub const fn after(after: Option<Duration>) -> Self {
        Self { after, touched_at: None, asks: None }
    }

    /// Whether it is locked.
    pub const fn is_on(&self) -> bool {
        self.asks.is_some()
    }
}

impl Shell {
    /// Everything before anything was read.
    pub fn new(ctx: Ctx, lock: Lock) -> Self {
        Self {
            ctx,
            screen: Screen::Users,
            screens: Screens::default(),
            counts: None,
            lock,
            dialogs: Vec::new(),
            ahead: VecDeque::new(),
            leaving: None,
            revision: None,
            looking: false,
            gone: false,
            seconds: 0,
        }
    }

    /// The contexts whose keys apply on the screen, outside dialogs and text.
    pub const fn contexts(&self) -> [Context; 4] {
        Context::of_screen(self.screen)
    }
}
