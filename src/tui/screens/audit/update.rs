//! The audit log: what it shows, and what keys do to it.

use super::super::users;
use crate::app::audit::list_audit::{Page, Request};
use crate::app::audit::verify_audit::Verified;
use crate::domain::action::Action;
use crate::domain::query::Anchor;
use crate::domain::time::Timestamp;
use crate::tui::commands::refuse;
use crate::tui::dialogs::form::Form;
use crate::tui::dialogs::{Dialog, open};
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::possible::possible;
use crate::tui::state::State;
use crate::tui::widgets::text::thousands;

/// How many entries are read at first, and more each time the cursor comes near the end.
pub const WINDOW: u16 = 200;
/// The most that are read; older ones are found with a filter, or with `rsvp audit list`.
pub const MOST: u16 = 1_000;

/// Which entries are shown, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only what happened to this user.
    pub user: String,
    /// Only what this one did.
    pub actor: String,
    /// Only this.
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

/// Reads the log again.
pub fn reload(state: &State) -> Vec<Effect> {
    vec![Effect::Audit(state.audit.filter.clone(), state.audit.wanted())]
}

/// Entries were read.
pub fn on_page(state: &mut State, filter: &Filter, page: Page) -> Vec<Effect> {
    let screen = &mut state.audit;
    if *filter != screen.filter {
        return Vec::new();
    }
    let before = screen.index();
    if screen.page != page {
        screen.page = page;
        state.dirty = true;
    }
    let screen = &mut state.audit;
    if screen.index().is_none() {
        let last = screen.page.entries.len().saturating_sub(1);
        screen.cursor = screen.page.entries.get(before.unwrap_or(0).min(last)).map(|entry| entry.id);
    }
    Vec::new()
}

/// Shows other entries.
pub fn choose(state: &mut State, filter: Filter) -> Vec<Effect> {
    state.audit = super::AuditScreen { filter, ..super::AuditScreen::default() };
    reload(state)
}

/// Asks which entries are to be shown.
pub fn ask_filter(state: &mut State) -> Vec<Effect> {
    let form = Form::audit_filter(&state.audit.filter, state.now, &state.zone);
    open(state, Dialog::Form(Box::new(form)))
}

/// Moves the cursor to a row.
fn go(state: &mut State, to: usize) -> Vec<Effect> {
    let last = state.audit.page.entries.len().saturating_sub(1);
    let to = to.min(last);
    let Some(id) = state.audit.page.entries.get(to).map(|entry| entry.id) else { return Vec::new() };
    let room = state.list_rows();
    let from = state.audit.index().unwrap_or(0);
    state.audit.viewport.went(from, to, room);
    state.audit.cursor = Some(id);
    let near_the_end = to + 20 > last && state.audit.page.next.is_some() && state.audit.wanted() < MOST;
    if !near_the_end {
        return Vec::new();
    }
    let more = state.audit.wanted().saturating_add(WINDOW).min(MOST);
    vec![Effect::Audit(state.audit.filter.clone(), more)]
}

/// Moves the cursor to an entry that was read.
pub fn go_to(state: &mut State, id: i64) -> Vec<Effect> {
    let at = state.audit.page.entries.iter().position(|entry| entry.id == id);
    at.map_or_else(Vec::new, |at| go(state, at))
}

/// Moves the cursor by so many rows.
pub fn step(state: &mut State, by: i32) -> Vec<Effect> {
    let from = state.audit.index().unwrap_or(0);
    let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    go(state, if by < 0 { from.saturating_sub(rows) } else { from.saturating_add(rows) })
}

/// Moves the cursor to the first or the last row that was read.
pub fn jump(state: &mut State, anchor: &Anchor) -> Vec<Effect> {
    go(state, if matches!(anchor, Anchor::End) { usize::MAX } else { 0 })
}

/// Shows the user whom the entry is about.
pub fn show_user(state: &mut State) -> Vec<Effect> {
    match state.audit.entry().and_then(|entry| entry.subject) {
        Some(user) => users::update::find(state, user),
        None => refuse(state, Command::ShowUser),
    }
}

/// Walks the chain over the log.
pub fn verify(state: &mut State) -> Vec<Effect> {
    if possible(state, Command::VerifyAudit).is_err() {
        return refuse(state, Command::VerifyAudit);
    }
    state.say("walking the chain…");
    vec![Effect::VerifyAudit]
}

/// The chain was walked.
pub fn on_verified(state: &mut State, found: &Verified) -> Vec<Effect> {
    state.dirty = true;
    if let Some(broken) = &found.broken {
        let entry = broken.entry.map_or(String::new(), |entry| format!(", entry {entry}"));
        state.warn(format!("the audit log is broken at link {}{entry}: {}", broken.seq, broken.why));
        return Vec::new();
    }
    let unsealed = if found.unsealed == 0 { String::new() } else { format!("; {} not sealed yet", found.unsealed) };
    let (sealed, equal) = (thousands(found.sealed), state.equal("rsvp audit verify"));
    state.say(format!("{sealed} entries are sealed and as they were written{unsealed}{equal}"));
    Vec::new()
}
