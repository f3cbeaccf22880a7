//! The list of workspaces, and what is known of the one under the cursor.

mod forms;
mod msg;
mod perform;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use msg::{Change, Effect, Msg, Read};
pub use perform::{change, read};
pub use state::WorkspaceScreen;
pub use update::{click, command, command_line, possible, reload, update, words};
pub use view::draw;
