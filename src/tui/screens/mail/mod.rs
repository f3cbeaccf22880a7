//! The list of emails, and everything about the one under the cursor.

mod forms;
mod msg;
mod perform;
mod state;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use msg::{Change, Effect, Msg, Read};
pub use perform::{Caught, change, read};
pub use state::MailScreen;
pub use update::{click, command, command_line, possible, reload, update};
pub use view::{draw, whole};
