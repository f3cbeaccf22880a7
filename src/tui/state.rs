//! What the main screens show, and nothing else.

use std::time::Duration;

use jiff::tz::TimeZone;
use tui_input::Input;

use super::bulk::{Asked, Ended, Running};
use super::form::Form;
use super::keymap::{Binding, Command, offered};
use super::mail::{Filter, MailScreen};
use super::message::Effect;
use super::theme::Theme;
use crate::app::health::Health;
use crate::app::list::{Hits, Page};
use crate::app::revision::Revision;
use crate::app::show::Detail;
use crate::app::undo::Undoable;
use crate::domain::content::Words;
use crate::domain::policy::Authority;
use crate::domain::query::{Counts, SortKey, UserQuery, View};
use crate::domain::selection::Selection;
use crate::domain::text::fold;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId, UserRow};

/// How long a message stays, and an error longer.
pub const TOAST: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(10));
/// How long a dialog waits after the last key before Enter counts.
pub const ARMED_AFTER: Duration = Duration::from_millis(250);

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// The users.
    Users,
    /// The mails.
    Mail,
}

impl Screen {
    /// Every screen, in the order of their keys.
    pub const ALL: [Self; 2] = [Self::Users, Self::Mail];
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
    /// How long links work unless said otherwise.
    pub valid_for: Duration,
    /// Most mails in a minute, if the relay counts them.
    pub per_minute: Option<u32>,
    /// Which screen is shown.
    pub screen: Screen,
    /// What the list shows.
    pub query: UserQuery,
    /// The search while it is typed.
    pub search: Option<Input>,
    /// The rows that were read.
    pub page: Page,
    /// How many rows there are in all.
    pub hits: Option<Hits>,
    /// How many users of each kind there are.
    pub counts: Option<Counts>,
    /// Whether mail flows and links are served.
    pub health: Option<Box<Health>>,
    /// The user under the cursor.
    pub cursor: Option<UserId>,
    /// Who is marked.
    pub marks: Selection,
    /// The row that was marked last, where a range begins.
    pub range_from: Option<UserId>,
    /// Everything about the user that was read last; mostly the one under the cursor.
    pub detail: Option<Box<Detail>>,
    /// A key that came before the user under the cursor was read: it counts as soon as that is there.
    pub pending: Option<Command>,
    /// The mails.
    pub mail: MailScreen,
    /// The dialogs; the last one gets the key.
    pub dialogs: Vec<Dialog>,
    /// A message.
    pub toast: Option<Toast>,
    /// What `u` takes back.
    pub undo: Option<Undoable>,
    /// How far changes had come at the last look.
    pub revision: Option<Revision>,
    /// Whether the first page was read.
    pub begun: bool,
    /// Whether a look is under way.
    pub looking: bool,
    /// Seconds since the start.
    pub seconds: u64,
    /// Whether the screen must be drawn.
    pub dirty: bool,
}

/// A dialog.
pub enum Dialog {
    /// Asks before something is done.
    Confirm(Confirm),
    /// A form.
    Form(Box<Form>),
    /// Shows a link.
    Link {
        /// Whose.
        user: Box<User>,
        /// The link.
        link: String,
    },
    /// Chooses a view or an order.
    Menu(Menu),
    /// All actions.
    Palette(Palette),
    /// What a mail says.
    Preview(Preview),
    /// Asks before an action for many.
    Asked(Box<Asked>),
    /// An action for many is under way.
    Running(Running),
    /// What came of an action for many.
    Ended(Ended),
    /// Whether to leave while mails wait that nobody else would send.
    Leave(Leave),
    /// The whole detail, from this line on.
    Detail(usize),
    /// The keys, from this line on.
    Help(usize),
}

/// What a menu chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The view.
    View,
    /// The order.
    Order,
    /// Which mails.
    Mails,
}

/// A menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    /// What it chooses.
    pub choice: Choice,
    /// The line with the focus.
    pub at: usize,
}

impl Menu {
    /// The words of its lines.
    pub fn items(self) -> Vec<&'static str> {
        match self.choice {
            Choice::View => View::ALL.iter().map(|view| view.words()).collect(),
            Choice::Order => SortKey::ALL.iter().map(|key| key.words()).collect(),
            Choice::Mails => Filter::ALL.iter().map(|filter| filter.words()).collect(),
        }
    }
}

/// All actions, filtered by what is typed.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The line with the focus.
    pub at: usize,
}

impl Palette {
    /// The actions that have every typed word.
    pub fn found(&self, screen: Screen) -> Vec<&'static Binding> {
        let typed = fold(self.input.value());
        offered(screen).filter(|binding| typed.split(' ').all(|word| binding.words.contains(word))).collect()
    }
}

/// What a mail says.
pub struct Preview {
    /// Its number.
    pub mail: i64,
    /// Its words.
    pub words: Box<Words>,
    /// Whether the HTML is shown instead of the plain text.
    pub html: bool,
    /// The first line that is shown.
    pub first: usize,
}

/// Leaving while mails wait that only this program sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// How many wait.
    pub waiting: u64,
    /// The button with the focus.
    pub at: usize,
    /// Whether somebody chose to wait for them: it ends by itself when none is left.
    pub waits: bool,
    /// When the last key came.
    pub last_key_at: Timestamp,
}

impl Leave {
    /// What can be done: wait for the mails and then leave, leave now, stay.
    pub const BUTTONS: [&'static str; 3] = ["Wait", "Quit now", "Stay"];
}

/// Asks before something is done.
pub struct Confirm {
    /// The question.
    pub title: String,
    /// To what or whom, as resolved when the dialog opened.
    pub about: String,
    /// What happens.
    pub what: String,
    /// The button that does it.
    pub button: String,
    /// What does it.
    pub effect: Effect,
    /// Whether the focus is on doing it; at first it is on Cancel.
    pub yes: bool,
    /// When the last key came.
    pub last_key_at: Timestamp,
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
    /// The row under the cursor.
    pub fn row(&self) -> Option<&UserRow> {
        self.page.rows.iter().find(|row| Some(row.id) == self.cursor)
    }

    /// Where the cursor is in what was read.
    pub fn index(&self) -> Option<usize> {
        self.page.rows.iter().position(|row| Some(row.id) == self.cursor)
    }

    /// The user under the cursor, once everything about it was read; not what was read before a change that the row
    /// shows already.
    pub fn user(&self) -> Option<&User> {
        let seen = self.row().map_or(0, |row| row.version);
        let user = self.detail.as_ref().map(|detail| &detail.user)?;
        (Some(user.id) == self.cursor && user.version >= seen).then_some(user)
    }

    /// The user whom the detail shows: while the cursor moves on, the one before.
    pub fn shown_user(&self) -> Option<&User> {
        self.detail.as_ref().map(|detail| &detail.user).filter(|_| self.cursor.is_some())
    }

    /// How many rows of a list fit on the screen.
    pub fn list_rows(&self) -> usize {
        usize::from(self.size.1.saturating_sub(10)).max(1)
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
