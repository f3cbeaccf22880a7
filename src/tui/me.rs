//! Who sits at the terminal.

use crate::domain::policy::Authority;

/// Who acts, as far as the screen needs to know.
#[derive(Debug, Clone)]
pub struct Me {
    /// As the head says it.
    pub shown: String,
    /// The address of whoever signed in; the operator has none.
    pub email: Option<String>,
    /// What they may do, to grey out what is not possible; use cases decide again.
    pub authority: Authority,
    /// Whether an SSH key brought them here and they have no shell: command lines are no use then, and Ctrl-Z leads
    /// nowhere.
    pub restricted: bool,
}
