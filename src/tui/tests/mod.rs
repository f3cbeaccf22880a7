//! Sessions without a terminal or a database: what the stories share.

mod audit;
mod bulk;
mod dialogs;
mod lock;
mod mail;
mod start;
mod users;
mod workspaces;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::canvas::Canvas;
use super::keymap::Keymap;
use super::message::{Done, Effect, Msg, Refused, Said, Unsaved};
use super::screens::audit::AuditScreen;
use super::screens::lock::Lock;
use super::screens::mail::MailScreen;
use super::screens::users::Users;
use super::screens::workspaces::WorkspaceScreen;
use super::session::Happened;
use super::state::{Here, Me, Screen, State};
use super::theme::Theme;
use super::update::update;
use super::view::draw;
use crate::app::upkeep::revision::Revision;
use crate::app::users::list::{Hits, Page};
use crate::app::users::show::Detail;
use crate::app::users::undo::Undoable;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::link::{Link, LinkId, Purpose};
use crate::domain::name::Name;
use crate::domain::policy::Authority;
use crate::domain::query::{Anchor, Counts};
use crate::domain::status::Status;
use crate::domain::time::{Timestamp, days, hours};
use crate::domain::user::{User, UserId, UserRow};

pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub fn row(id: i64, name: &str, email: &str, status: Status, expires: Option<Timestamp>) -> UserRow {
    UserRow {
        id: UserId(id),
        name: Name::stored(name.to_owned()),
        email: Email::stored(email.to_owned()),
        is_administrator: false,
        status,
        open_expires_at: expires,
        mail_failed: false,
        asked: false,
        invited_at: None,
        last_sign_in_at: None,
        version: 1,
    }
}

pub const fn changes(changes: i64) -> Revision {
    Revision { changes, tries: 0 }
}

pub fn key_at(key: KeyEvent, now: Timestamp) -> Msg {
    Msg::Happened(Happened::Key(key, now))
}

pub fn done(user: User, undo: Option<Undoable>) -> Box<Done> {
    Box::new(Done { user: Some(user), said: Said::Plain, undo })
}

pub fn detail_of(row: &UserRow) -> Box<Detail> {
    let invitation = row.open_expires_at.map(|expires_at| Link {
        id: LinkId(1),
        purpose: Purpose::Invitation,
        user: row.id,
        to: row.email.clone(),
        other: None,
        issued_by: None,
        issued_at: NOW.minus(days(5)),
        expires_at,
        ended: None,
        message: None,
    });
    let user = User {
        email_change: None,
        id: row.id,
        name: row.name.clone(),
        email: row.email.clone(),
        is_administrator: false,
        language: Language::English,
        status: row.status,
        has_password: row.status == Status::Active,
        created_at: NOW,
        last_sign_in_at: None,
        asked_at: None,
        mail_failed_at: None,
        suspended_at: None,
        deleted_at: None,
        version: 1,
        memberships: Vec::new(),
        elsewhere: 0,
        invitation,
    };
    Box::new(Detail { user, invitations: Vec::new(), mails: Vec::new(), history: Vec::new() })
}

pub fn session() -> State {
    let rows = vec![
        row(1, "Ada Lovelace", "ada@example.org", Status::Active, None),
        row(2, "Grace Hopper", "grace@navy.example", Status::Invited, Some(NOW.plus(hours(52)))),
        row(3, "Ingrid Gram", "gram@example.org", Status::Invited, Some(NOW.minus(days(3)))),
        row(4, "渡辺 直美", "naomi@example.jp", Status::Suspended, None),
        row(5, "Eve\u{202e}\u{1b}[31m", "eve@example.org", Status::Invited, None),
    ];
    let mut state = State {
        organisation: "Example Ltd".to_owned(),
        me: Me { shown: "operator root".to_owned(), email: None, authority: Authority::FULL, restricted: false },
        here: Here::default(),
        size: (120, 36),
        now: NOW,
        zone: TimeZone::UTC,
        theme: Theme::ANSI16,
        keymap: Arc::new(Keymap::default()),
        valid_for: days(7),
        per_minute: None,
        screen: Screen::Users,
        users: Users { hits: Some(Hits { count: 5, more: false }), ..Users::default() },
        mail: MailScreen::default(),
        workspaces: WorkspaceScreen::default(),
        audit: AuditScreen::default(),
        counts: Some(Counts { active: 1, invited: 3, expired: 1, suspended: 1, deleted: 0, attention: 2 }),
        health: None,
        lock: Lock::default(),
        dialogs: Vec::new(),
        toast: None,
        undo: None,
        asked: 0,
        revision: Some(changes(1)),
        begun: true,
        looking: false,
        seconds: 0,
        dirty: false,
    };
    read_page(&mut state, Anchor::Start, rows);
    read_detail(&mut state);
    state
}

pub fn read_detail(state: &mut State) {
    let detail = detail_of(state.users.row().unwrap());
    update(state, Msg::Detail(detail.user.id, Ok(detail)));
}

pub fn press(state: &mut State, code: KeyCode) -> Vec<Effect> {
    let later = state.now.plus(Duration::from_millis(300));
    update(state, key_at(KeyEvent::new(code, KeyModifiers::NONE), later))
}

/// What was asked for last is done, or not.
pub fn answer(state: &mut State, answer: Result<Box<Done>, Unsaved>) -> Vec<Effect> {
    let number = state.asked;
    update(state, Msg::Answered(number, answer))
}

/// Somebody else made this of the user meanwhile.
pub fn changed_to(user: User) -> Unsaved {
    let refused = Refused { code: "changed_meanwhile", message: "changed".to_owned(), hint: None };
    Unsaved { refused, theirs: Some(Box::new(user)) }
}

pub fn save(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    update(state, key_at(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL), now))
}

/// A page of these rows is read, of those that there are.
pub fn read_page(state: &mut State, anchor: Anchor, rows: Vec<UserRow>) -> Vec<Effect> {
    let query = state.users.query.clone();
    update(state, Msg::Page(query, anchor, Ok(Page { rows, ..Page::default() })))
}

pub fn type_in(state: &mut State, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| press(state, KeyCode::Char(c))).collect()
}

pub fn go_to(state: &mut State, name: &str) {
    while !state.users.row().unwrap().name.as_str().starts_with(name) {
        press(state, KeyCode::Char('j'));
    }
    read_detail(state);
}

pub fn buffer(state: &State, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(state, &mut Canvas::new(frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen's text, and below it where which style begins.
pub fn picture(state: &State, columns: u16, rows: u16) -> String {
    described(&buffer(state, columns, rows))
}

/// A buffer's text, and below it where which style begins.
pub fn described(buffer: &Buffer) -> String {
    let (mut text, mut styles) = (String::new(), String::new());
    for y in 0..buffer.area.height {
        let mut last = None;
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            // A wide letter covers the cell after it.
            if covered == 0 {
                text.push_str(cell.symbol());
                covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
            }
            covered -= 1;
            let style = (cell.fg, cell.modifier);
            if last != Some(style) {
                if last.is_some() || style != (ratatui::style::Color::Reset, ratatui::style::Modifier::empty()) {
                    let _ = writeln!(styles, "{y}:{x} {:?} {:?}", style.0, style.1);
                }
                last = Some(style);
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    format!("{text}-- styles --\n{styles}")
}

/// The sizes at which everything is looked at.
pub const SIZES: [(u16, u16); 4] = [(120, 36), (80, 24), (60, 20), (40, 10)];

/// Pictures at each size, and one without colour.
pub fn pictures(name: &str, state: &mut State) {
    for (columns, rows) in SIZES {
        state.size = (columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), picture(state, columns, rows));
    }
    state.size = (80, 24);
    let theme = std::mem::replace(&mut state.theme, Theme::MONO);
    insta::assert_snapshot!(format!("{name}_mono"), picture(state, 80, 24));
    state.theme = theme;
}
