//! What all screens share: who acts, the moment, the zone, the styles, the keys, and the message at the bottom.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::keymap::{Command, Context, Keymap};
use super::me::Me;
use super::refused::{Refused, sentence};
use super::screen::Screen;
use super::theme::Theme;
use crate::app::upkeep::health::Health;
use crate::app::users::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::node::Alive;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// How long a message stays, and an error longer.
const TOAST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10));

/// What is true of this program's run, and stays so.
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Here {
    /// Whether this is a demo, which leaves no trace and catches its own emails.
    pub demo: bool,
    /// Whether this program sends emails itself, so that leaving may stop them.
    pub sends: bool,
    /// Whether the settings say how emails are sent, by whichever program.
    pub has_transport: bool,
    /// Whether glyphs must be ASCII, because the terminal shows no others.
    pub ascii: bool,
}

/// A message at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    /// Whether something is wrong.
    pub bad: bool,
    /// Whether it says that what is shown could not be read.
    pub unread: bool,
    pub until: Timestamp,
}

/// Numbers a dialog, and the request whose answer it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub u64);

/// What all screens share.
pub struct Ctx {
    pub organisation: String,
    pub me: Me,
    pub here: Here,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Rows that a list of the screen has room for, its heading left out.
    pub rows: usize,
    /// The present moment, as far as the screen knows.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: TimeZone,
    pub theme: Theme,
    pub keymap: Arc<Keymap>,
    /// How long links work unless said otherwise.
    pub valid_for: Duration,
    /// Most emails in a minute, if the relay counts them.
    pub per_minute: Option<u32>,
    /// Whether mail flows and links are served, once that was read.
    pub health: Option<Box<Health>>,
    /// What undo would take back.
    pub undo: Option<Undoable>,
    pub toast: Option<Toast>,
    /// Whether the screen must be drawn.
    pub dirty: bool,
    /// Whether something that is shown could not be read as it is now.
    pub stale: bool,
    /// How many numbers were given out.
    pub numbers: u64,
}

impl Ctx {
    /// A number that nothing has had yet.
    pub const fn number(&mut self) -> Number {
        self.numbers += 1;
        Number(self.numbers)
    }

    /// The key of a command of a screen, as a sentence names it.
    pub fn key_on(&self, screen: Screen, command: Command) -> String {
        self.keymap.label(Context::of_screen(screen)[0], command)
    }

    /// The key of a command of every screen, as a sentence names it.
    pub fn key(&self, command: Command) -> String {
        self.keymap.label(Context::Everywhere, command)
    }

    /// The equal command line behind what was done, for whoever has a shell.
    pub fn equal(&self, command: &str) -> String {
        if self.me.restricted { String::new() } else { format!(" · {command}") }
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.dirty = true;
        self.toast = Some(Toast { text: text.into(), bad: false, unread: false, until: self.now.plus(TOAST.0) });
    }

    /// Says that something is wrong, or not possible.
    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        // What fails again each second is said once, and stays as long as it fails.
        self.dirty |= self.toast.as_ref().is_none_or(|toast| toast.text != text);
        self.toast = Some(Toast { text, bad: true, unread: false, until: self.now.plus(TOAST.1) });
    }

    /// Says why something is not possible: a clause becomes a sentence.
    pub fn refuse(&mut self, why: &str) {
        self.warn(sentence(why));
    }

    /// Says why something could not be read or done.
    pub fn refused(&mut self, refused: &Refused) {
        self.warn(refused.sentences(&self.me));
    }

    /// Says why what is shown could not be read; it is tried again each second.
    pub fn unread(&mut self, refused: &Refused) {
        self.refused(refused);
        self.stale = true;
        if let Some(toast) = &mut self.toast {
            toast.unread = true;
        }
    }

    /// Everything can be read again.
    pub fn is_read(&mut self) {
        self.dirty |= self.toast.take_if(|toast| toast.unread).is_some();
    }

    /// Whether an email that is due leaves by itself: somebody sends, and the relay takes emails as far as is known.
    pub fn mail_flows(&self) -> bool {
        let health = self.health.as_deref();
        let sends = self.here.sends || health.is_some_and(|health| health.worker == Alive::Now);
        sends && health.is_none_or(|health| health.relay.is_none() && health.held_at.is_none())
    }

    /// Whether undo would take back this action on this user.
    pub fn undoes(&self, action: Action, user: UserId) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.action == action && undo.user == user)
    }
}
