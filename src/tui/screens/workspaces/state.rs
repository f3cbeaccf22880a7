//! The list of workspaces as it is.

use crate::domain::workspace::Workspace;
use crate::tui::widgets::cursor_list::{CursorList, Row};

impl Row for Workspace {
    fn number(&self) -> i64 {
        self.id.0
    }
}

/// The screen as it is.
#[derive(Default)]
pub struct WorkspaceScreen {
    /// The workspaces, in the order of their names.
    pub list: CursorList<Workspace>,
}
