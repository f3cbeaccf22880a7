//! The list of mails: what it shows, and what keys do to it.

use super::super::users;
use super::MailScreen;
use crate::app::mail::list_mails::Page;
use crate::domain::action::Action;
use crate::domain::mail::{MailId, MailState, takes};
use crate::domain::query::Anchor;
use crate::tui::commands::refuse;
use crate::tui::dialogs::confirm::Confirm;
use crate::tui::dialogs::{Dialog, open};
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::possible::possible;
use crate::tui::state::State;

/// How many mails are read at first, and more each time the cursor comes near the end.
pub const WINDOW: u16 = 200;
/// The most that are read; older ones are found with their user, or with `rsvp mail list`.
pub const MOST: u16 = 1000;

/// Which mails are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// Those that wait or are being sent.
    Waiting,
    /// Those that were given up.
    Failed,
    /// Those that the relay accepted.
    Sent,
    /// Those that were withdrawn, or whose time was over.
    Ended,
}

impl Filter {
    /// Every filter, in the order of the menu.
    pub const ALL: [Self; 5] = [Self::All, Self::Waiting, Self::Failed, Self::Sent, Self::Ended];

    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Sent => "accepted by relay",
            Self::Ended => "cancelled or expired",
        }
    }

    /// The states that it shows; all when empty.
    pub fn states(self) -> Vec<MailState> {
        match self {
            Self::All => Vec::new(),
            Self::Waiting => vec![MailState::Queued, MailState::Sending],
            Self::Failed => vec![MailState::Dead],
            Self::Sent => vec![MailState::Sent],
            Self::Ended => vec![MailState::Cancelled, MailState::Expired],
        }
    }
}

/// Reads the mails again.
pub fn reload(screen: &MailScreen) -> Vec<Effect> {
    let mut effects = vec![Effect::Mails(screen.filter, screen.wanted())];
    effects.extend(screen.cursor.map(Effect::MailDetail));
    effects
}

/// Mails were read.
pub fn on_page(state: &mut State, filter: Filter, page: Page) -> Vec<Effect> {
    let screen = &mut state.mail;
    if filter != screen.filter {
        return Vec::new();
    }
    let before = screen.index();
    if screen.page != page {
        screen.page = page;
        state.dirty = true;
    }
    if screen.index().is_some() {
        return Vec::new();
    }
    let last = screen.page.mails.len().saturating_sub(1);
    screen.cursor = screen.page.mails.get(before.unwrap_or(0).min(last)).map(|mail| mail.id);
    screen.cursor.map(Effect::MailDetail).into_iter().collect()
}

/// Shows other mails.
pub fn choose(state: &mut State, filter: Filter) -> Vec<Effect> {
    state.mail = MailScreen { filter, ..MailScreen::default() };
    reload(&state.mail)
}

/// Moves the cursor to a row.
fn go(state: &mut State, to: usize) -> Vec<Effect> {
    let last = state.mail.page.mails.len().saturating_sub(1);
    let to = to.min(last);
    let Some(id) = state.mail.page.mails.get(to).map(|mail| mail.id) else { return Vec::new() };
    if state.mail.cursor == Some(id) {
        return Vec::new();
    }
    let room = state.list_rows();
    state.mail.viewport.went(state.mail.index().unwrap_or(0), to, room);
    state.mail.cursor = Some(id);
    state.mail.correcting = None;
    let mut effects = vec![Effect::MailDetail(id)];
    if to + 20 > last && state.mail.page.next.is_some() {
        let more = state.mail.wanted().saturating_add(WINDOW).min(MOST);
        effects.push(Effect::Mails(state.mail.filter, more));
    }
    effects
}

/// Moves the cursor to a mail that was read.
pub fn go_to(state: &mut State, mail: MailId) -> Vec<Effect> {
    let at = state.mail.page.mails.iter().position(|known| known.id == mail);
    at.map_or_else(Vec::new, |at| go(state, at))
}

/// Moves the cursor by so many rows.
pub fn step(state: &mut State, by: i32) -> Vec<Effect> {
    let from = state.mail.index().unwrap_or(0);
    let rows = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    go(state, if by < 0 { from.saturating_sub(rows) } else { from.saturating_add(rows) })
}

/// Moves the cursor to the first or the last row that was read.
pub fn jump(state: &mut State, anchor: &Anchor) -> Vec<Effect> {
    go(state, if matches!(anchor, Anchor::End) { usize::MAX } else { 0 })
}

/// Shows the user whom the mail goes to.
pub fn show_user(state: &mut State) -> Vec<Effect> {
    match state.mail.mail().map(|mail| mail.user) {
        Some(Some(user)) => users::update::find(state, user),
        _ => refuse(state, Command::ShowUser),
    }
}

/// Opens the form of the user whom the mail goes to at the address, as soon as they were read. An invited user is invited
/// anew there.
pub fn correct_address(state: &mut State) -> Vec<Effect> {
    let user = state.mail.mail().and_then(|mail| mail.user);
    state.mail.correcting = user;
    user.map_or_else(|| refuse(state, Command::CorrectAddress), |user| vec![Effect::Detail(user)])
}

/// Copies the link of a mail that this process caught.
pub fn copy_caught(state: &mut State) -> Vec<Effect> {
    let Some(link) = &state.mail.caught else { return refuse(state, Command::CopyCaught) };
    let copy = Effect::Copy(link.clone());
    state.say("link sent to your terminal's clipboard, if it takes that");
    vec![copy]
}

/// Retries or cancels the mail under the cursor.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if possible(state, Command::Act(action)).is_err() {
        return refuse(state, Command::Act(action));
    }
    let Some(mail) = state.mail.mail() else { return Vec::new() };
    let effect = Effect::Steer(action, mail.id);
    if action == Action::RetryMail {
        return vec![effect];
    }
    let title = format!("Cancel mail {}?", mail.id.0);
    let about = format!("{} to {} <{}>", mail.kind.name(), mail.to_name.as_str(), mail.to.as_str());
    let what = "The mail is not sent. Its link goes on working; revoking the invitation is what ends that.";
    let dialog = Confirm::new(state, title, about, what.to_owned(), "Cancel mail".to_owned(), effect);
    open(state, Dialog::Confirm(dialog))
}

/// Asks before every failed mail is retried.
pub fn retry_all(state: &mut State) -> Vec<Effect> {
    if possible(state, Command::RetryAll).is_err() {
        return refuse(state, Command::RetryAll);
    }
    let failed = state.health.as_ref().map_or(0, |health| health.dead);
    let about = takes(failed, state.per_minute)
        .map_or_else(|| format!("{failed} failed"), |long| format!("{failed} failed · {long}"));
    let what = "Each whose link still works is sent again at once. Those whose link does not are left as they are.";
    let title = "Retry all failed mails?".to_owned();
    let dialog = Confirm::new(state, title, about, what.to_owned(), "Retry all".to_owned(), Effect::RetryAll);
    open(state, Dialog::Confirm(dialog))
}
