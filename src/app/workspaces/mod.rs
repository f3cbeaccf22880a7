//! What is done with workspaces.

pub mod create_workspace;
pub mod delete_workspace;
pub mod list_workspaces;
pub mod rename_workspace;
