//! What the audit log reads, and what comes back. Nothing is changed there.

use std::convert::Infallible;

use crate::app::audit::list_audit::Request;
use crate::app::audit::verify_audit::Verified;
use crate::domain::action::Action;
use crate::domain::audit::Entry;
use crate::domain::query::NewestRows;
use crate::domain::time::Timestamp;
use crate::tui::effect;
use crate::tui::refused::Refused;
use crate::tui::widgets::cursor_list::Window;

/// What the screen asks for.
pub type Effect = effect::Effect<Read, Infallible, Msg>;

/// Which entries are shown, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only what happened to this user.
    pub user: String,
    /// Only what this one did.
    pub actor: String,
    pub action: Option<Action>,
    /// Only from then on: as it was typed, and the moment that it is.
    pub since: (String, Option<Timestamp>),
    /// Only before then.
    pub until: (String, Option<Timestamp>),
}

impl Filter {
    /// What it asks for.
    pub fn request(&self, limit: u16) -> Request {
        let named = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Request {
            user: named(&self.user),
            actor: named(&self.actor),
            action: self.action,
            since: self.since.1,
            until: self.until.1,
            limit,
            ..Request::default()
        }
    }

    /// What it leaves out, in words; empty if nothing.
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |word: &str, text: &str| {
            if !text.is_empty() {
                parts.push(format!("{word}{text}"));
            }
        };
        add("to ", &self.user);
        add("by ", &self.actor);
        add("", self.action.map_or("", Action::past));
        add("since ", &self.since.0);
        add("before ", &self.until.0);
        parts.join(", ")
    }
}

/// Something to be read.
#[derive(Debug, Clone)]
pub enum Read {
    Page(Filter, Window),
    /// Walk the chain over the log.
    Verify,
}

/// What comes to the screen.
#[derive(Debug, Clone)]
pub enum Msg {
    Page(Filter, Window, Result<NewestRows<Entry>, Refused>),
    Verified(Result<Verified, Refused>),
    /// What the form of the filter sends.
    Show(Filter),
}
