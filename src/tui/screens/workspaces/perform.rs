//! The list of workspaces at work: calls the use cases that its effects ask for.

use super::msg::{Change, Msg, Read};
use crate::app::App;
use crate::app::workspaces::{create_workspace, delete_workspace, list_workspaces, rename_workspace};
use crate::domain::actor::Actor;
use crate::tui::reads::Slot;
use crate::tui::refused::Refused;

impl Read {
    /// Which reads of the same kind it overtakes.
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::All => Some(Slot("workspaces")),
            Self::Consequences(_) => None,
        }
    }
}

/// Reads what an effect asks for.
pub async fn read(app: &App, actor: &Actor, read: Read) -> Msg {
    match read {
        Read::All => Msg::All(list_workspaces::run(app, actor).await.map_err(Refused::from)),
        Read::Consequences(name) => {
            let means = delete_workspace::consequences(app, actor, &name).await.map_err(Refused::from);
            Msg::Consequences(name, means)
        }
    }
}

/// Changes what an effect asks for.
pub async fn change(app: &App, actor: &Actor, change: Change) -> Msg {
    match change {
        Change::Create(number, name) => {
            let done = create_workspace::run(app, actor, &name).await.map(drop).map_err(Refused::from);
            Msg::Created(number, name, done)
        }
        Change::Rename(number, from, to) => {
            let done = rename_workspace::run(app, actor, &from, &to).await.map(drop).map_err(Refused::from);
            Msg::Renamed(number, from, to, done)
        }
        Change::Delete(name) => {
            let done = delete_workspace::run(app, actor, &name).await.map_err(Refused::from);
            Msg::Deleted(name, done)
        }
    }
}
