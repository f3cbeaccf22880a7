//! The audit log: who did what to whom, and everything about the entry under the cursor.

mod forms;
mod msg;
mod perform;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use msg::{Effect, Msg, Read};
pub use perform::read;
pub use state::AuditScreen;
pub use update::{click, command, command_line, possible, reload, update};
pub use view::{draw, whole};
