//! The list of users, everything about the one under the cursor, and what is done to one or to many.

mod answers;
mod detail;
mod forms;
mod list;
mod marks;
mod msg;
mod perform;
mod possible;
mod state;
#[cfg(test)]
mod task_tests;
mod tasks;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use msg::{Change, Effect, Msg, Read};
pub use perform::{change, page, read};
pub use possible::{command_line, possible, words};
pub use state::Users;
pub use update::{
    begin, click, command, correct, correct_nobody, count, find, has_marks, is_searching, leave_search, paste, reload,
    returned, search_key, show_workspace, update,
};
pub use view::{draw, whole};
