//! The audit log as far as it is shown.

use super::msg::Filter;
use crate::domain::audit::Entry;
use crate::tui::widgets::cursor_list::{CursorList, Row};

impl Row for Entry {
    fn number(&self) -> i64 {
        self.id
    }
}

/// The screen as it is.
#[derive(Default)]
pub struct AuditScreen {
    pub filter: Filter,
    /// The entries, the newest first.
    pub list: CursorList<Entry>,
}
