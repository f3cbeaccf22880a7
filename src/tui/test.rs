//! Sessions without a terminal or a database: keys in, effects and screens out.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::canvas::Canvas;
use super::dialogs::Dialog;
use super::keymap::Keymap;
use super::message::Request;
use super::message::Said;
use super::message::{Done, Effect, Msg, Refused};
use super::screens::mail::MailScreen;
use super::screens::users::Users;
use super::session::Happened;
use super::state::{Here, Me, Screen, State};
use super::theme::Theme;
use super::update::{undoable, update};
use super::view::draw;
use crate::app::act::Act;
use crate::app::list::{Hits, Page};
use crate::app::revision::Revision;
use crate::app::show::Detail;
use crate::app::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::email_change::{EmailChange, EmailChangeId};
use crate::domain::invitation::{Invitation, InvitationId};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::policy::Authority;
use crate::domain::query::{Counts, UserQuery, View};
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

const fn changes(changes: i64) -> Revision {
    Revision { changes, tries: 0 }
}

fn key_at(key: KeyEvent, now: Timestamp) -> Msg {
    Msg::Happened(Happened::Key(key, now))
}

fn done(user: User, undo: Option<Undoable>) -> Box<Done> {
    Box::new(Done { user: Some(user), said: Said::Plain, undo })
}

fn detail_of(row: &UserRow) -> Box<Detail> {
    let invitation = row.open_expires_at.map(|expires_at| Invitation {
        id: InvitationId(1),
        user: row.id,
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
        me: Me { shown: "operator root".to_owned(), email: None, authority: Authority::FULL },
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
        counts: Some(Counts { active: 1, invited: 3, expired: 1, suspended: 1, deleted: 0, attention: 2 }),
        health: None,
        dialogs: Vec::new(),
        toast: None,
        undo: None,
        revision: Some(changes(1)),
        begun: true,
        looking: false,
        seconds: 0,
        dirty: false,
    };
    let page = Page { rows, ..Page::default() };
    update(&mut state, Msg::Page(UserQuery::default(), Ok(page)));
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

pub fn type_in(state: &mut State, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| press(state, KeyCode::Char(c))).collect()
}

fn go_to(state: &mut State, name: &str) {
    while !state.users.row().unwrap().name.as_str().starts_with(name) {
        press(state, KeyCode::Char('j'));
    }
    read_detail(state);
}

fn buffer(state: &State, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| draw(state, &mut Canvas::new(frame))).unwrap();
    terminal.backend().buffer().clone()
}

/// The screen's text, and below it where which style begins.
pub fn picture(state: &State, columns: u16, rows: u16) -> String {
    let buffer = buffer(state, columns, rows);
    let (mut text, mut styles) = (String::new(), String::new());
    for y in 0..rows {
        let mut last = None;
        let mut covered = 0;
        for x in 0..columns {
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

#[test]
fn screens_at_four_sizes() {
    let mut state = session();
    go_to(&mut state, "Grace");
    for (columns, rows) in [(120, 36), (80, 24), (60, 20), (40, 10)] {
        state.size = (columns, rows);
        insta::assert_snapshot!(format!("users_{columns}x{rows}"), picture(&state, columns, rows));
    }
    press(&mut state, KeyCode::Char('D'));
    for (columns, rows) in [(120, 36), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(format!("delete_{columns}x{rows}"), picture(&state, columns, rows));
    }
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "zoe@");
    for (columns, rows) in [(120, 36), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(format!("invite_{columns}x{rows}"), picture(&state, columns, rows));
    }
}

#[test]
fn an_active_user_cannot_be_sent_an_invitation_and_the_way_out_is_said() {
    let mut state = session();
    assert!(press(&mut state, KeyCode::Char('r')).is_empty());
    let toast = state.toast.unwrap();
    assert!(toast.bad);
    assert!(toast.text.contains("Ada Lovelace is already active; send a password reset instead"), "{}", toast.text);
}

#[test]
fn an_expired_invitation_is_sent_again_with_one_key() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let effects = press(&mut state, KeyCode::Char('r'));
    assert!(matches!(effects.as_slice(), [Effect::Change(Act::Resend, UserId(3), Some(1))]));
}

#[test]
fn a_key_pressed_before_the_person_was_read_is_not_lost() {
    let mut state = session();
    press(&mut state, KeyCode::Char('j'));
    let reads = press(&mut state, KeyCode::Char('y'));
    assert!(matches!(reads.as_slice(), [Effect::Detail(UserId(2))]), "read at once instead of after a rest");
    let detail = detail_of(state.users.row().unwrap());
    let effects = update(&mut state, Msg::Detail(UserId(2), Ok(detail)));
    assert!(matches!(effects.as_slice(), [Effect::Link(UserId(2))]));
}

#[test]
fn a_key_on_somebody_who_has_just_changed_reads_again_first() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let mut rows = state.users.page.rows.clone();
    (rows[1].status, rows[1].version) = (Status::Active, 2);
    update(&mut state, Msg::Page(UserQuery::default(), Ok(Page { rows: rows.clone(), ..Page::default() })));
    let reads = press(&mut state, KeyCode::Char('r'));
    assert!(matches!(reads.as_slice(), [Effect::Detail(UserId(2))]));
    let mut detail = detail_of(&rows[1]);
    detail.user.version = 2;
    assert!(update(&mut state, Msg::Detail(UserId(2), Ok(detail))).is_empty());
    assert!(state.toast.unwrap().text.contains("already active"));
}

#[test]
fn delete_asks_with_cancel_focused_and_enter_alone_deletes_nobody() {
    let mut state = session();
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('D'));
    assert!(press(&mut state, KeyCode::Enter).is_empty());
    assert!(state.dialogs.is_empty());

    press(&mut state, KeyCode::Char('D'));
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Change(Act::Delete, UserId(2), Some(1))]));
}

#[test]
fn a_dialog_does_not_act_on_keys_that_were_on_their_way() {
    let mut state = session();
    press(&mut state, KeyCode::Char('D'));
    let at = state.now;
    update(&mut state, key_at(KeyEvent::from(KeyCode::Tab), at));
    assert!(update(&mut state, key_at(KeyEvent::from(KeyCode::Enter), at)).is_empty());
    assert!(matches!(state.dialogs.as_slice(), [Dialog::Confirm(_)]));
}

#[test]
fn searching_asks_for_each_letter_and_an_old_answer_is_passed_over() {
    let mut state = session();
    press(&mut state, KeyCode::Char('/'));
    let effects = type_in(&mut state, "gr");
    assert_eq!(effects.iter().filter(|e| matches!(e, Effect::Page(..))).count(), 2);
    let earlier = UserQuery { search: "g".to_owned(), ..UserQuery::default() };
    update(&mut state, Msg::Page(earlier, Ok(Page::default())));
    assert_eq!(state.users.page.rows.len(), 5);
}

#[test]
fn the_cursor_stays_on_the_person_when_others_come_and_on_the_place_when_the_person_goes() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let mut rows = state.users.page.rows.clone();
    rows.insert(0, row(9, "Aaron", "aaron@example.org", Status::Invited, None));
    update(&mut state, Msg::Page(UserQuery::default(), Ok(Page { rows: rows.clone(), ..Page::default() })));
    assert_eq!(state.users.cursor, Some(UserId(3)));
    rows.retain(|row| row.id != UserId(3));
    update(&mut state, Msg::Page(UserQuery::default(), Ok(Page { rows, ..Page::default() })));
    assert_eq!(state.users.cursor, Some(UserId(4)));
}

#[test]
fn an_idle_list_looks_once_a_second_and_reads_only_after_a_change() {
    let mut state = session();
    assert!(matches!(update(&mut state, Msg::Happened(Happened::Tick(NOW))).as_slice(), [Effect::Revision]));
    assert!(update(&mut state, Msg::Happened(Happened::Tick(NOW))).is_empty());
    assert!(update(&mut state, Msg::Revision(Ok(changes(1)))).is_empty());
    state.dirty = false;
    assert!(!update(&mut state, Msg::Revision(Ok(changes(2)))).is_empty());
}

#[test]
fn the_form_tells_errors_while_typing_and_saves_when_all_is_right() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë Quinn");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "zoe@");
    assert!(picture(&state, 120, 36).contains("✗ “zoe@” is not an e-mail address"));
    type_in(&mut state, "example.org");
    let save = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    let effects = update(&mut state, key_at(save, NOW));
    let [Effect::Ask(Request::Invite(request))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((request.name.as_str(), request.email.as_str(), request.hold), ("Zoë Quinn", "zoe@example.org", true));
}

#[test]
fn a_refused_invitation_keeps_what_was_typed_and_says_why() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Ada");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "ada@example.org");
    let save = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    assert!(matches!(update(&mut state, key_at(save, NOW)).as_slice(), [Effect::Ask(Request::Invite(_))]));
    assert!(update(&mut state, key_at(save, NOW)).is_empty(), "sent once");
    let refused = Refused { code: "failed", message: "Ada is active already".to_owned(), hint: None };
    update(&mut state, Msg::Answered(Err(refused.into())));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("✗ Ada is active already") && shown.contains("ada@example.org"), "{shown}");
    assert!(matches!(update(&mut state, key_at(save, NOW)).as_slice(), [Effect::Ask(Request::Invite(_))]));
    let user = detail_of(&state.users.page.rows[0]).user;
    update(&mut state, Msg::Answered(Ok(done(user, None))));
    assert!(state.dialogs.is_empty());
}

/// Ada, whose new address waits to be confirmed.
fn moving() -> State {
    let mut state = session();
    go_to(&mut state, "Ada Lovelace");
    let detail = state.users.detail.as_mut().unwrap();
    detail.user.email_change = Some(EmailChange {
        id: EmailChangeId(1),
        user: detail.user.id,
        from: detail.user.email.clone(),
        to: Email::stored("ada@elsewhere.example".to_owned()),
        issued_at: NOW,
        expires_at: NOW.plus(days(1)),
        ended: None,
    });
    state
}

#[test]
fn a_new_address_that_waits_is_shown_keeps_resets_away_and_can_be_given_up() {
    let mut state = moving();
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("New e-mail ada@elsewhere.example"), "{shown}");
    assert!(press(&mut state, KeyCode::Char('p')).is_empty() && state.dialogs.is_empty());
    assert!(state.toast.as_ref().unwrap().text.contains("x keeps the old one"));
    press(&mut state, KeyCode::Char('x'));
    let asked = picture(&state, 120, 36);
    assert!(asked.contains("Keep the old address of Ada Lovelace?"), "{asked}");
    assert!(asked.contains("ada@elsewhere.example cannot be confirmed any more"), "{asked}");
    state.now = NOW.plus(Duration::from_secs(1));
    press(&mut state, KeyCode::Tab);
    state.now = NOW.plus(Duration::from_secs(2));
    let effects = update(&mut state, key_at(KeyEvent::from(KeyCode::Enter), NOW.plus(Duration::from_secs(2))));
    assert!(matches!(effects.as_slice(), [Effect::Change(Act::Revoke, UserId(1), Some(1))]), "{effects:?}");
}

#[test]
fn a_deletion_can_still_be_taken_back_after_a_resend() {
    let mut state = session();
    let of = |state: &State, at: usize| detail_of(&state.users.page.rows[at]).user;
    let deleted = done(of(&state, 1), Some(undoable(Action::Delete, &of(&state, 1), None)));
    let resent = done(of(&state, 2), None);
    update(&mut state, Msg::Changed(Action::Delete, Ok(deleted)));
    assert!(state.toast.as_ref().unwrap().text.contains("u undoes this · rsvp delete grace@navy.example"));
    update(&mut state, Msg::Changed(Action::Resend, Ok(resent)));
    assert!(!state.toast.as_ref().unwrap().text.contains("undoes"));
    let effects = press(&mut state, KeyCode::Char('u'));
    assert!(
        matches!(effects.as_slice(), [Effect::Undo(what)] if what.action == Action::Delete && what.user == UserId(2))
    );
}

#[test]
fn menus_choose_the_view_and_turn_the_order_round() {
    let mut state = session();
    press(&mut state, KeyCode::Char('f'));
    assert!(picture(&state, 80, 24).contains("needs attention"));
    for _ in 0..9 {
        press(&mut state, KeyCode::Char('j'));
    }
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.first(), Some(Effect::Page(query, _)) if query.view == View::Deleted));
    press(&mut state, KeyCode::Char('o'));
    press(&mut state, KeyCode::Enter);
    assert!(state.users.query.order.descending);
}

#[test]
fn every_key_of_the_help_can_be_reached_in_a_small_window() {
    let mut state = session();
    state.size = (40, 10);
    press(&mut state, KeyCode::Char('?'));
    for _ in 0..60 {
        press(&mut state, KeyCode::Down);
    }
    assert!(picture(&state, 40, 10).contains("close, or quit"));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(update(&mut state, key_at(interrupt, NOW)).is_empty());
    assert!(matches!(update(&mut state, key_at(interrupt, NOW)).as_slice(), [Effect::Quit]));
}

#[test]
fn an_ascii_terminal_gets_nothing_else_and_still_tells_the_statuses_apart() {
    let mut state = session();
    state.here.ascii = true;
    let shown = picture(&state, 120, 36);
    assert!(shown.is_ascii());
    assert!(shown.contains("* active") && shown.contains("~ invited") && shown.contains("- suspended"), "{shown}");
}

#[test]
fn stored_text_reaches_the_screen_escaped() {
    let mut state = session();
    go_to(&mut state, "Eve");
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Eve\\u{202e}"));
    assert!(shown.chars().all(|c| c == '\n' || !crate::domain::text::is_hostile(c)));
}

proptest! {
    #[test]
    fn no_size_and_no_key_panics(columns in 1_u16..300, rows in 1_u16..100, keys in proptest::collection::vec(any::<char>(), 0..20)) {
        let mut state = session();
        state.size = (columns, rows);
        for key in keys {
            press(&mut state, KeyCode::Char(key));
            press(&mut state, KeyCode::Tab);
        }
        let drawn = buffer(&state, columns, rows);
        prop_assert_eq!(drawn.area.width, columns);
    }
}
