//! What the shell reads and changes, its screens' among it, and what comes back.

use super::screens::{ScreenChange, ScreenMsg, ScreenRead};
use crate::app::upkeep::health::Health;
use crate::app::upkeep::revision::Revision;
use crate::app::users::list::Page;
use crate::app::users::undo::Undoable;
use crate::domain::password::Password;
use crate::domain::query::{Counts, UserQuery};
use crate::domain::user::User;
use crate::tui::effect::{self, Terminal};
use crate::tui::keymap::Command;
use crate::tui::refused::Refused;
use crate::tui::screens::users;
use crate::tui::widgets::cursor_list::Window;

/// What a screen asks for, with the shell's names for it.
pub type Lifted = effect::Effect<Read, Change, Msg>;

/// Something to be done outside.
#[derive(Debug, Clone)]
pub enum Effect {
    Read(Read),
    Change(Change),
    Terminal(Terminal),
}

/// Something to be read.
#[derive(Debug, Clone)]
pub enum Read {
    Screen(ScreenRead),
    /// How far changes have come, and after that the first page: so what is shown is never older than it is taken for.
    Begin(UserQuery, Window),
    /// How far changes have come.
    Revision,
    /// Whether mail flows and links are served.
    Health,
    /// The same, to leave if no email waits that nobody else would send.
    Leaving,
    /// How many users of each kind there are.
    Counts,
    /// Some users by name or address.
    People(String),
}

/// Something to be changed.
#[derive(Debug, Clone)]
pub enum Change {
    Screen(ScreenChange),
    Undo(Undoable),
    /// Check the password of whoever sits here.
    Unlock(Password),
}

/// What comes to the shell.
#[derive(Debug, Clone)]
pub enum Msg {
    Screen(ScreenMsg),
    // answers to reads
    Begun(Result<Revision, Refused>, users::Msg),
    Revision(Result<Revision, Refused>),
    Health(Result<Box<Health>, Refused>),
    Leaving(Result<Box<Health>, Refused>),
    Counts(Result<Counts, Refused>),
    People(String, Result<Page, Refused>),
    // answers to changes
    Undone(Undoable, Result<Box<User>, Refused>),
    Unlocked(Result<(), Refused>),
    // what dialogs send
    Run(Command),
    /// Something else was typed into the palette.
    Typed(String),
    /// Whoever leaves waits for the last email.
    Wait,
    Quit,
}
