//! Sessions without a terminal or a database: what the stories share.

mod dialogs;
mod effects;
mod lock;
mod start;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::canvas::Canvas;
use super::ctx::{Ctx, Here};
use super::keymap::Keymap;
use super::me::Me;
use super::refused::{Refused, Unsaved};
use super::screens::users;
use super::session::Happened;
use super::shell::{
    Change, Effect, Lock, Msg, Read, ScreenChange, ScreenMsg, ScreenRead, Shell, draw, happened, update,
};
use super::theme::Theme;
use super::widgets::cursor_list::Window;
use crate::app::links::renew::Renewed;
use crate::app::upkeep::revision::Revision;
use crate::app::users::edit::{self, Edited};
use crate::app::users::list::{Hits, Page};
use crate::app::users::show::Detail;
use crate::domain::email::Email;
use crate::domain::explain::Kind;
use crate::domain::link::Link;
use crate::domain::name::Name;
use crate::domain::policy::Authority;
use crate::domain::query::Counts;
use crate::domain::role::OrganisationRole;
use crate::domain::status::Status;
use crate::domain::test;
use crate::domain::time::{Timestamp, days, hours};
use crate::domain::user::{User, UserId, UserRow};

pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub fn row(id: i64, name: &str, email: &str, status: Status, expires: Option<Timestamp>) -> UserRow {
    UserRow {
        id: UserId(id),
        name: Name::stored(name.to_owned()),
        email: Email::stored(email.to_owned()),
        organisation_role: OrganisationRole::None,
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

pub fn key_at(key: KeyEvent, now: Timestamp) -> Happened {
    Happened::Key(key, now)
}

/// What an answer says that something was not done.
pub fn refused(message: &str) -> Refused {
    Refused {
        kind: Kind::Failed,
        message: message.to_owned(),
        hint: None,
        hint_without_shell: None,
        ends_session: false,
    }
}

/// What is read of the users.
pub fn users_reads(effects: &[Effect]) -> Vec<&users::Read> {
    effects
        .iter()
        .filter_map(|one| if let Effect::Read(Read::Screen(ScreenRead::Users(read))) = one { Some(read) } else { None })
        .collect()
}

/// What is changed of the users.
pub fn users_changes(effects: &[Effect]) -> Vec<&users::Change> {
    effects
        .iter()
        .filter_map(|one| {
            if let Effect::Change(Change::Screen(ScreenChange::Users(change))) = one { Some(change) } else { None }
        })
        .collect()
}

/// An answer to the list of users.
pub fn answer(state: &mut Shell, msg: users::Msg) -> Vec<Effect> {
    update(state, Msg::Screen(ScreenMsg::Users(msg)))
}

pub fn detail_of(row: &UserRow) -> Box<Detail> {
    let user = test::user(row.id.0, row.status);
    let invitation = row.open_expires_at.map(|expires_at| Link {
        issued_at: NOW.minus(days(5)),
        expires_at,
        ..test::invitation(row.id, row.email.clone())
    });
    let user = User { name: row.name.clone(), email: row.email.clone(), created_at: NOW, invitation, ..user };
    Box::new(Detail { user, views: 0, invitations: Vec::new(), mails: Vec::new(), history: Vec::new() })
}

/// The operator at the shell.
pub fn operator() -> Me {
    Me { shown: "operator root".to_owned(), email: None, authority: Authority::FULL, restricted: false }
}

pub fn session() -> Shell {
    let rows = vec![
        row(1, "Ada Lovelace", "ada@example.org", Status::Active, None),
        row(2, "Grace Hopper", "grace@navy.example", Status::Invited, Some(NOW.plus(hours(52)))),
        row(3, "Ingrid Gram", "gram@example.org", Status::Invited, Some(NOW.minus(days(3)))),
        row(4, "渡辺 直美", "naomi@example.jp", Status::Suspended, None),
        row(5, "Eve\u{202e}\u{1b}[31m", "eve@example.org", Status::Invited, None),
    ];
    let ctx = Ctx {
        organisation: "Example Ltd".to_owned(),
        me: operator(),
        here: Here { sends: false, ..Here::default() },
        size: (120, 36),
        rows: 30,
        now: NOW,
        zone: TimeZone::UTC,
        theme: Theme::ANSI16,
        keymap: Arc::new(Keymap::default()),
        valid_for: days(7),
        per_minute: None,
        health: None,
        undo: None,
        toast: None,
        dirty: false,
        stale: false,
        numbers: 0,
    };
    let mut state = Shell::new(ctx, Lock::default());
    state.screens.users.hits = Some(Hits { count: 5, more: false });
    state.counts = Some(Counts { active: 1, invited: 3, expired: 1, suspended: 1, deleted: 0, attention: 2 });
    state.revision = Some(changes(1));
    read_page(&mut state, Window::Start, rows);
    read_detail(&mut state);
    state.ctx.dirty = false;
    state
}

pub fn read_detail(state: &mut Shell) {
    let detail = detail_of(state.screens.users.list.current().unwrap());
    answer(state, users::Msg::Detail(detail.user.id, Ok(detail)));
}

pub fn press(state: &mut Shell, code: KeyCode) -> Vec<Effect> {
    let later = state.ctx.now.plus(Duration::from_millis(300));
    happened(state, key_at(KeyEvent::new(code, KeyModifiers::NONE), later))
}

/// The edit that was asked for is not saved, because somebody else made this of the user meanwhile.
pub fn changed_to(change: &users::Change, user: User) -> users::Msg {
    let users::Change::Edit(number, request) = change else { panic!("{change:?}") };
    let refused = Refused { kind: Kind::Changed, ..refused("someone changed this user") };
    users::Msg::Edited(*number, request.clone(), Err(Unsaved { refused, theirs: Some(Box::new(user)) }))
}

/// The edit that was asked for is saved.
pub fn edited(change: &users::Change, user: User, changed: Vec<edit::Field>) -> users::Msg {
    let users::Change::Edit(number, request) = change else { panic!("{change:?}") };
    let done = Edited { user, changed, invited_anew: false, renewed: Renewed::Nothing, replaced: 0, asked: None };
    users::Msg::Edited(*number, request.clone(), Ok(Box::new(done)))
}

pub fn save(state: &mut Shell) -> Vec<Effect> {
    let now = state.ctx.now;
    happened(state, key_at(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL), now))
}

/// A page of these rows is read, of those that there are.
pub fn read_page(state: &mut Shell, window: Window, rows: Vec<UserRow>) -> Vec<Effect> {
    read(state, window, Page { rows, ..Page::default() })
}

/// A page is read.
pub fn read(state: &mut Shell, window: Window, page: Page) -> Vec<Effect> {
    let query = state.screens.users.query.clone();
    answer(state, users::Msg::Page(query, window, Ok(page)))
}

pub fn type_in(state: &mut Shell, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| press(state, KeyCode::Char(c))).collect()
}

pub fn go_to(state: &mut Shell, name: &str) {
    while !state.screens.users.list.current().unwrap().name.as_str().starts_with(name) {
        press(state, KeyCode::Char('j'));
    }
    read_detail(state);
}

pub fn buffer(state: &Shell, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(state, &mut Canvas::new(frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen's text, and below it where which style begins.
pub fn picture(state: &Shell, columns: u16, rows: u16) -> String {
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
pub fn pictures(name: &str, state: &mut Shell) {
    for (columns, rows) in SIZES {
        state.ctx.size = (columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), picture(state, columns, rows));
    }
    state.ctx.size = (80, 24);
    let theme = std::mem::replace(&mut state.ctx.theme, Theme::MONO);
    insta::assert_snapshot!(format!("{name}_mono"), picture(state, 80, 24));
    state.ctx.theme = theme;
}
