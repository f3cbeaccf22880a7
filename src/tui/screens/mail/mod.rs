//! The list of mails and everything about the one under the cursor.

pub mod update;
pub mod view;

use crate::app::mail::list_mails::{Detail, Page};
use crate::domain::mail::{Mail, MailId};
use crate::domain::user::UserId;
use crate::tui::widgets::scroll::Viewport;

use update::{Filter, MOST, WINDOW};

/// The list of mails.
#[derive(Debug, Clone, Default)]
pub struct MailScreen {
    /// Which mails are shown.
    pub filter: Filter,
    /// What was read, the newest first.
    pub page: Page,
    /// The mail under the cursor.
    pub cursor: Option<MailId>,
    /// Where the cursor is on the screen.
    pub viewport: Viewport,
    /// Everything about the mail under the cursor, once it was read.
    pub detail: Option<Box<Detail>>,
    /// Its link, where this process caught the mail.
    pub caught: Option<String>,
    /// Whose address is to be corrected as soon as they were read.
    pub correcting: Option<UserId>,
}

impl MailScreen {
    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.page.mails.iter().position(|mail| Some(mail.id) == self.cursor)
    }

    /// The mail under the cursor.
    pub fn mail(&self) -> Option<&Mail> {
        self.index().map(|at| &self.page.mails[at])
    }

    /// Everything about the mail under the cursor.
    pub fn detail(&self) -> Option<&Detail> {
        self.detail.as_deref().filter(|detail| Some(detail.mail.id) == self.cursor)
    }

    /// How many to read so that nothing that was there goes away.
    fn wanted(&self) -> u16 {
        u16::try_from(self.page.mails.len()).unwrap_or(MOST).clamp(WINDOW, MOST)
    }
}
