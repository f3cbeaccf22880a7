//! The list of users, everything about the one under the cursor, and what is done to one or to many.

mod answers;
mod commands;
mod detail;
mod forms;
#[cfg(test)]
mod invite_tests;
#[cfg(test)]
mod late_tests;
mod list;
mod marks;
mod msg;
mod navigate;
mod perform;
mod possible;
mod refusals;
mod state;
#[cfg(test)]
mod task_tests;
mod tasks;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use commands::{click, command, correct, correct_nobody, has_marks};
pub use msg::{Change, Effect, Msg, Read};
pub use navigate::{
    begin, count, find, is_searching, leave_search, paste, reload, returned, search_key, show_workspace, undoes, undone,
};
pub use perform::{PAGE, change, page, read};
pub use possible::{command_line, possible, words};
pub use state::Users;
pub use tasks::left_undone;
pub use update::update;
pub use view::{draw, whole};
