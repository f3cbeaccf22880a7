//! What the list of workspaces reads and changes, and what comes back.

use crate::domain::name::Name;
use crate::domain::workspace::{Consequences, Workspace};
use crate::tui::ctx::Number;
use crate::tui::effect;
use crate::tui::refused::Refused;

/// What the screen asks for.
pub type Effect = effect::Effect<Read, Change, Msg>;

/// Something to be read.
#[derive(Debug, Clone)]
pub enum Read {
    All,
    /// What deleting a workspace would mean.
    Consequences(Name),
}

/// Something to be changed, under a number.
#[derive(Debug, Clone)]
pub enum Change {
    Create(Number, Name),
    /// From one name to another.
    Rename(Number, Name, Name),
    Delete(Name),
}

/// What comes to the screen.
#[derive(Debug, Clone)]
pub enum Msg {
    // answers to reads
    All(Result<Vec<Workspace>, Refused>),
    Consequences(Name, Result<Consequences, Refused>),
    // answers to changes
    Created(Number, Name, Result<(), Refused>),
    Renamed(Number, Name, Name, Result<(), Refused>),
    Deleted(Name, Result<Consequences, Refused>),
    // what dialogs send
    Create(Number, Name),
    Rename(Number, Name, Name),
    Delete(Name),
}
