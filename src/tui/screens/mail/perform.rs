//! The list of emails at work: calls the use cases that its effects ask for.

use std::sync::Arc;

use super::msg::{Change, Msg, Read};
use crate::app::App;
use crate::app::mail::preview_mail::{self, Wording};
use crate::app::mail::{cancel_mail, list_mails, retry_mail, test_mail};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::tui::reads::Slot;
use crate::tui::refused::Refused;

/// Rows that are read at once.
const ROWS: u64 = 200;

/// Finds the link in an email that this process caught, by the email's Message-ID.
pub type Caught = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl Read {
    /// Which reads of the same kind it overtakes.
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Page(..) => Some(Slot("emails")),
            Self::Detail(_) => Some(Slot("email")),
            Self::Failed => Some(Slot("failed emails")),
            Self::Preview(_) => None,
        }
    }
}

/// Reads what an effect asks for.
pub async fn read(app: &App, actor: &Actor, caught: Option<&Caught>, wording: Wording, read: Read) -> Msg {
    match read {
        Read::Page(filter, window) => {
            let read = list_mails::window(app, actor, filter.states(), window.into(), ROWS).await;
            Msg::Page(filter, window, read.map_err(Refused::from))
        }
        Read::Detail(id) => {
            let read = list_mails::show(app, actor, id).await.map_err(Refused::from);
            let with_link = |detail: list_mails::Detail| {
                let link = caught.and_then(|caught| caught(&detail.message_id));
                Box::new((detail, link))
            };
            Msg::Detail(id, read.map(with_link))
        }
        Read::Preview(id) => {
            let words = preview_mail::run(app, actor, id, wording).await;
            Msg::Preview(id, words.map(Box::new).map_err(Refused::from))
        }
        Read::Failed => Msg::Failed(retry_mail::look(app, actor).await.map_err(Refused::from)),
    }
}

/// Changes what an effect asks for.
pub async fn change(app: &App, actor: &Actor, change: Change) -> Msg {
    match change {
        Change::Retry(id) => {
            let done = retry_mail::run(app, actor, id).await;
            Msg::Steered(Action::RetryMail, done.map(Box::new).map_err(Refused::from))
        }
        Change::Cancel(id) => {
            let done = cancel_mail::run(app, actor, id).await;
            Msg::Steered(Action::CancelMail, done.map(Box::new).map_err(Refused::from))
        }
        Change::RetryAll(these) => {
            Msg::RetriedAll(retry_mail::retry_these(app, actor, &these).await.map_err(Refused::from))
        }
        Change::Test(number, to) => {
            let done = test_mail::run(app, actor, &to).await;
            Msg::TestSent(number, to, done.map(drop).map_err(Refused::from))
        }
    }
}
