//! The list of workspaces.

pub mod update;
pub mod view;

use crate::domain::role::WorkspaceId;
use crate::domain::workspace::Workspace;
use crate::tui::widgets::scroll::Viewport;

/// The list of workspaces.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceScreen {
    /// What was read, in the order of the names; nothing before the first answer.
    pub all: Option<Vec<Workspace>>,
    /// The workspace under the cursor.
    pub cursor: Option<WorkspaceId>,
    /// Where the cursor is on the screen.
    pub viewport: Viewport,
}

impl WorkspaceScreen {
    /// The workspaces that were read.
    pub fn rows(&self) -> &[Workspace] {
        self.all.as_deref().unwrap_or_default()
    }

    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.rows().iter().position(|one| Some(one.id) == self.cursor)
    }

    /// The workspace under the cursor.
    pub fn workspace(&self) -> Option<&Workspace> {
        self.index().map(|at| &self.rows()[at])
    }
}
