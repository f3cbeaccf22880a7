//! The list of emails as it is.

use super::msg::Filter;
use crate::app::mail::list_mails::Detail;
use crate::domain::mail::{Mail, MailId};
use crate::tui::widgets::cursor_list::{CursorList, Row};

impl Row for Mail {
    fn number(&self) -> i64 {
        self.id.0
    }
}

/// The screen as it is.
#[derive(Default)]
pub struct MailScreen {
    pub filter: Filter,
    /// The emails, the newest first.
    pub list: CursorList<Mail>,
    /// Everything about the email under the cursor, once it was read.
    pub detail: Option<Box<Detail>>,
    /// Its link, where this process caught the email: read through [`Self::caught`].
    pub caught: Option<String>,
}

impl MailScreen {
    pub fn cursor(&self) -> Option<MailId> {
        self.list.cursor().map(MailId)
    }

    /// The link of the email under the cursor, where this process caught it.
    pub fn caught(&self) -> Option<&str> {
        self.caught.as_deref().filter(|_| self.detail().is_some())
    }

    /// Everything about the email under the cursor.
    pub fn detail(&self) -> Option<&Detail> {
        self.detail.as_deref().filter(|detail| Some(detail.mail.id) == self.cursor())
    }
}
