//! The audit log: who did what to whom, and everything about the entry under the cursor.

pub mod update;
pub mod view;

use crate::app::audit::list_audit::Page;
use crate::domain::audit::Entry;
use crate::tui::widgets::scroll::Viewport;

use update::{Filter, MOST, WINDOW};

/// The audit log as far as it is shown.
#[derive(Debug, Clone, Default)]
pub struct AuditScreen {
    /// Which entries are shown.
    pub filter: Filter,
    /// What was read, the newest first.
    pub page: Page,
    /// The entry under the cursor.
    pub cursor: Option<i64>,
    /// Where the cursor is on the screen.
    pub viewport: Viewport,
}

impl AuditScreen {
    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.page.entries.iter().position(|entry| Some(entry.id) == self.cursor)
    }

    /// The entry under the cursor.
    pub fn entry(&self) -> Option<&Entry> {
        self.index().map(|at| &self.page.entries[at])
    }

    /// How many to read so that nothing that was there goes away.
    fn wanted(&self) -> u16 {
        u16::try_from(self.page.entries.len()).unwrap_or(MOST).clamp(WINDOW, MOST)
    }
}
