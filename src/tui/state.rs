//! What the main screens show, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::dialogs::Dialog;
use super::keymap::{Command, Context, Keymap};
use super::message::{Effect, Request};
use super::screens::audit::AuditScreen;
use super::screens::lock::Lock;
use super::screens::mail::MailScreen;
use super::screens::users::Users;
use super::screens::workspaces::WorkspaceScreen;
use super::theme::Theme;
use super::view::list_height;
use crate::app::upkeep::health::Health;
use crate::app::upkeep::revision::Revision;
use crate::app::users::undo::Undoable;
use crate::domain::policy::Authority;
use crate::domain::query::Counts;
use crate::domain::time::Timestamp;

/// How long a message stays, and an error longer.
pub const TOAST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10));

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The users.
    Users,
    /// The mails.
    Mail,
    /// The workspaces.
    Workspaces,
    /// The audit log.
    Audit,
}

impl Screen {
    /// Every screen, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Users, Self::Mail, Self::Workspaces, Self::Audit];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Mail => "Mail",
            Self::Workspaces => "Workspaces",
            Self::Audit => "Audit",
        }
    }

    /// Its name where there is little room.
    pub const fn brief(self) -> &'static str {
        match self {
            Self::Workspaces => "Wksp",
            other => other.name(),
        }
    }
}

/// Who acts, as far as the screen needs to know.
#[derive(Debug, Clone)]
pub struct Me {
    /// As the head says it.
    pub shown: String,
    /// The address of whoever signed in; the operator has none.
    pub email: Option<String>,
    /// What they may do, to grey out what is not possible; use cases decide again.
    pub authority: Authority,
    /// Whether an SSH key brought them here and they have no shell: command lines are no use then, and Ctrl-Z leads nowhere.
    pub restricted: bool,
}

/// What is true of this program's run, and stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Here {
    /// Whether this is a demo, which leaves no trace and catches its own mails.
    pub demo: bool,
    /// Whether mails are sent from this program, so that leaving may stop them.
    pub sends: bool,
    /// Whether glyphs must be ASCII, because the terminal shows no others.
    pub ascii: bool,
}

/// Everything that is shown.
pub struct State {
    /// The organisation's name.
    pub organisation: String,
    /// Who acts.
    pub me: Me,
    /// What is true of this program's run, and stays so.
    pub here: Here,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The present moment, as far as the screen knows.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: TimeZone,
    /// Styles.
    pub theme: Theme,
    /// Keys.
    pub keymap: Arc<Keymap>,
    /// How long links work unless said otherwise.
    pub valid_for: Duration,
    /// Most mails in a minute, if the relay counts them.
    pub per_minute: Option<u32>,
    /// Which screen is shown.
    pub screen: Screen,
    /// The users.
    pub users: Users,
    /// The mails.
    pub mail: MailScreen,
    /// The workspaces.
    pub workspaces: WorkspaceScreen,
    /// The audit log.
    pub audit: AuditScreen,
    /// How many users of each kind there are.
    pub counts: Option<Counts>,
    /// Whether mail flows and links are served.
    pub health: Option<Box<Health>>,
    /// Whether it is locked, because nobody touched the keyboard for long.
    pub lock: Lock,
    /// The dialogs; the last one gets the key.
    pub dialogs: Vec<Dialog>,
    /// A message.
    pub toast: Option<Toast>,
    /// What undo takes back.
    pub undo: Option<Undoable>,
    /// How far changes had come at the last look.
    pub revision: Option<Revision>,
    /// How many requests were asked for: the number of the last one.
    pub asked: u64,
    /// Whether the first page was read.
    pub begun: bool,
    /// Whether a look is under way.
    pub looking: bool,
    /// Seconds since the start.
    pub seconds: u64,
    /// Whether the screen must be drawn.
    pub dirty: bool,
}

/// A message at the bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// Whether something is wrong.
    pub bad: bool,
    /// Until when.
    pub until: Timestamp,
}

impl State {
    /// How many rows of a list fit on the screen.
    pub fn list_rows(&self) -> usize {
        let searched =
            self.screen == Screen::Users && (self.users.search.is_some() || !self.users.query.search.is_empty());
        // The frame and the columns' names, and the search where there is one.
        list_height(self).saturating_sub(3 + usize::from(searched)).max(1)
    }

    /// The contexts whose keys count on the screen, outside dialogs and text.
    pub const fn contexts(&self) -> [Context; 4] {
        Context::of_screen(self.screen)
    }

    /// The key to be told for a command of the list of users.
    pub fn user_key(&self, command: Command) -> String {
        self.keymap.told(Context::Users, command)
    }

    /// The key to be told for a command of every screen.
    pub fn key(&self, command: Command) -> String {
        self.keymap.told(Context::Everywhere, command)
    }

    /// Asks for something under a number of its own.
    pub fn ask(&mut self, request: Request) -> Effect {
        self.asked += 1;
        Effect::Ask(self.asked, request)
    }

    /// The equal command line behind what was done, for whoever has a shell.
    pub fn equal(&self, command: &str) -> String {
        if self.me.restricted { String::new() } else { format!(" · {command}") }
    }

    /// Says something.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: false, until: self.now.plus(TOAST.0) });
    }

    /// Says that something is wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), bad: true, until: self.now.plus(TOAST.1) });
    }
}
