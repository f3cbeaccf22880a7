//! What the list of emails reads and changes, and what comes back.

use std::sync::Arc;

use crate::app::mail::list_mails::Detail;
use crate::app::mail::retry_mail::Failed;
use crate::domain::action::Action;
use crate::domain::content::Words;
use crate::domain::email::Email;
use crate::domain::mail::{Mail, MailId, MailState};
use crate::domain::query::NewestRows;
use crate::tui::ctx::Number;
use crate::tui::effect;
use crate::tui::refused::Refused;
use crate::tui::widgets::cursor_list::Window;

/// What the screen asks for.
pub type Effect = effect::Effect<Read, Change, Msg>;

/// Which emails are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    #[default]
    All,
    /// Those that wait or are being sent.
    Waiting,
    /// Those that were given up.
    Failed,
    /// Those that the relay accepted.
    Accepted,
    /// Those that were withdrawn, or whose time was over.
    Ended,
}

impl Filter {
    /// Every filter, in the order of the menu.
    pub const ALL: [Self; 5] = [Self::All, Self::Waiting, Self::Failed, Self::Accepted, Self::Ended];

    pub const fn words(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Accepted => "accepted by relay",
            Self::Ended => "cancelled or expired",
        }
    }

    /// The states that it shows; all when empty.
    pub const fn states(self) -> &'static [MailState] {
        match self {
            Self::All => &[],
            Self::Waiting => &[MailState::Queued, MailState::Sending],
            Self::Failed => &[MailState::Dead],
            Self::Accepted => &[MailState::Sent],
            Self::Ended => &[MailState::Cancelled, MailState::Expired],
        }
    }
}

/// Something to be read.
#[derive(Debug, Clone)]
pub enum Read {
    Page(Filter, Window),
    Detail(MailId),
    /// What an email says.
    Preview(MailId),
    /// Which failed emails can be retried.
    Failed,
}

/// Something to be changed.
#[derive(Debug, Clone)]
pub enum Change {
    Retry(MailId),
    Cancel(MailId),
    /// Retry these failed emails.
    RetryAll(Arc<[MailId]>),
    /// Send a test email there.
    Test(Number, Email),
}

/// What comes to the screen.
#[derive(Debug, Clone)]
pub enum Msg {
    // answers to reads
    Page(Filter, Window, Result<NewestRows<Mail>, Refused>),
    /// Everything about an email, with its link where this process caught it.
    Detail(MailId, Result<Box<(Detail, Option<String>)>, Refused>),
    Preview(MailId, Result<Box<Words>, Refused>),
    Failed(Result<Failed, Refused>),
    // answers to changes
    Steered(Action, Result<Box<Mail>, Refused>),
    RetriedAll(Result<u64, Refused>),
    TestSent(Number, Email, Result<(), Refused>),
    // what dialogs send
    Show(Filter),
    Cancel(MailId),
    RetryAll(Arc<[MailId]>),
    Test(Number, Email),
}
