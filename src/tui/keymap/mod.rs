//! Keys: one table of contexts, keys and commands, with an organisation's own keys over it. It drives what a key does,
//! the hint rows, the palette, the help and `docs/keys.md`.

mod command;
mod context;
#[cfg(test)]
mod document;
mod key;
mod map;
mod own;
mod table;

pub use command::{AuditCommand, Command, InDialog, MailCommand, Motion, ScreenCommand, ShellCommand, UsersCommand};
pub use context::Context;
pub use map::{Binding, Keymap};
pub use own::Own;
pub use table::Row;
