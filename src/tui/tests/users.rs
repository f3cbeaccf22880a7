//! The list of users and its dialogs: keys in, effects and screens out.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::{
    NOW, answer, buffer, changes, detail_of, done, go_to, key_at, picture, pictures, press, read_page, row, save,
    session, type_in,
};
use crate::app::users::act::Act;
use crate::app::users::list::Page;
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::link::{Link, LinkId, Purpose};
use crate::domain::query::{Anchor, UserQuery, View};
use crate::domain::status::Status;
use crate::domain::time::days;
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::message::{Effect, Msg, Refused, Request};
use crate::tui::session::Happened;
use crate::tui::state::State;
use crate::tui::update::{undoable, update};

#[test]
fn the_list_at_every_size() {
    let mut state = session();
    go_to(&mut state, "Grace");
    pictures("users", &mut state);
    type_in(&mut state, "  /gra");
    pictures("search", &mut state);
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
fn a_key_that_waited_for_somebody_acts_on_nobody_else() {
    let mut state = session();
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('r'));
    // Ingrid goes away; the cursor is on whoever took the place.
    let rows: Vec<_> = state.users.page.rows.iter().filter(|row| row.id != UserId(3)).cloned().collect();
    read_page(&mut state, Anchor::Around(UserId(3)), rows.clone());
    let gone = Refused { code: "no_such_user", message: "there is no such user".to_owned(), hint: None };
    update(&mut state, Msg::Detail(UserId(3), Err(gone)));
    assert_eq!(state.toast.as_ref().unwrap().text, "there is no such user");
    assert_eq!(state.users.cursor, Some(UserId(4)));
    let next = detail_of(&rows[2]);
    assert!(update(&mut state, Msg::Detail(UserId(4), Ok(next))).is_empty());
}

#[test]
fn whoever_is_in_the_bin_is_found_there_and_whoever_is_gone_is_said_to_be() {
    let mut state = session();
    let rows = state.users.page.rows.clone();
    crate::tui::screens::users::update::find(&mut state, UserId(77));
    read_page(&mut state, Anchor::Start, rows.clone());
    assert_eq!(state.users.cursor, Some(UserId(77)), "a page asked for before is no answer");
    let effects = read_page(&mut state, Anchor::Around(UserId(77)), rows.clone());
    assert!(matches!(effects.first(), Some(Effect::Page(query, Anchor::Around(_))) if query.view == View::Deleted));
    read_page(&mut state, Anchor::Around(UserId(77)), Vec::new());
    assert!(state.toast.as_ref().unwrap().text.contains("gone for good"));
    assert_eq!(state.users.query.view, View::All);
    read_page(&mut state, Anchor::Start, rows);
    assert_eq!(state.users.cursor, Some(UserId(1)));
}

#[test]
fn to_the_last_row_means_the_last_row_whatever_is_read_meanwhile() {
    let mut state = session();
    let rows = state.users.page.rows.clone();
    state.users.page.after = true;
    let effects = press(&mut state, KeyCode::Char('G'));
    assert!(matches!(effects.as_slice(), [Effect::Page(_, Anchor::End)]));
    read_page(&mut state, Anchor::Start, rows[..2].to_vec());
    assert_eq!(state.users.cursor, None);
    read_page(&mut state, Anchor::End, rows[2..].to_vec());
    assert_eq!(state.users.cursor, Some(UserId(5)));
}

#[test]
fn what_was_stored_before_todays_rules_does_not_keep_the_rest_from_being_saved() {
    let mut state = session();
    go_to(&mut state, "Eve");
    press(&mut state, KeyCode::Char('e'));
    for _ in 0..4 {
        press(&mut state, KeyCode::Tab);
    }
    press(&mut state, KeyCode::Right);
    let effects = save(&mut state);
    let [Effect::Ask(_, Request::Edit(request))] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(request.name.is_none() && request.language.is_some());
}

#[test]
fn a_key_on_somebody_who_has_just_changed_reads_again_first() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let mut rows = state.users.page.rows.clone();
    (rows[1].status, rows[1].version) = (Status::Active, 2);
    read_page(&mut state, Anchor::Start, rows.clone());
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
    update(&mut state, Msg::Page(earlier, Anchor::Start, Ok(Page::default())));
    assert_eq!(state.users.page.rows.len(), 5);
}

#[test]
fn the_cursor_stays_on_the_person_when_others_come_and_on_the_place_when_the_person_goes() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let mut rows = state.users.page.rows.clone();
    rows.insert(0, row(9, "Aaron", "aaron@example.org", Status::Invited, None));
    read_page(&mut state, Anchor::Start, rows.clone());
    assert_eq!(state.users.cursor, Some(UserId(3)));
    rows.retain(|row| row.id != UserId(3));
    read_page(&mut state, Anchor::Start, rows);
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
    let effects = save(&mut state);
    let [Effect::Ask(_, Request::Invite(request))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((request.name.as_str(), request.email.as_str(), request.hold), ("Zoë Quinn", "zoe@example.org", true));
}

#[test]
fn a_refused_invitation_keeps_what_was_typed_and_says_why() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Ada");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "ada@example.org");
    assert!(matches!(save(&mut state).as_slice(), [Effect::Ask(_, Request::Invite(_))]));
    assert!(save(&mut state).is_empty(), "sent once");
    let refused = Refused { code: "failed", message: "Ada is active already".to_owned(), hint: None };
    answer(&mut state, Err(refused.into()));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("✗ Ada is active already") && shown.contains("ada@example.org"), "{shown}");
    assert!(matches!(save(&mut state).as_slice(), [Effect::Ask(_, Request::Invite(_))]));
    let user = detail_of(&state.users.page.rows[0]).user;
    answer(&mut state, Ok(done(user, None)));
    assert!(state.dialogs.is_empty());
}

/// Ada, whose new address waits to be confirmed.
fn moving() -> State {
    let mut state = session();
    go_to(&mut state, "Ada Lovelace");
    let detail = state.users.detail.as_mut().unwrap();
    detail.user.email_change = Some(Link {
        id: LinkId(1),
        purpose: Purpose::ConfirmEmail,
        user: detail.user.id,
        other: Some(detail.user.email.clone()),
        issued_by: None,
        message: None,
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
    let restored = Box::new(of(&state, 1));
    update(&mut state, Msg::Undone(Action::Delete, Ok(restored)));
    assert_eq!(state.users.cursor, Some(UserId(2)), "and the cursor is on whoever came back");
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

/// Any key that a keyboard has: those that mean something more often than others.
fn any_key() -> impl Strategy<Value = KeyEvent> {
    let named = prop_oneof![
        Just(KeyCode::Enter),
        Just(KeyCode::Tab),
        Just(KeyCode::BackTab),
        Just(KeyCode::Up),
        Just(KeyCode::Down),
        Just(KeyCode::Left),
        Just(KeyCode::Right),
        Just(KeyCode::Backspace),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        Just(KeyCode::PageUp),
        Just(KeyCode::PageDown),
    ];
    let letter = proptest::sample::select("reypxwsDbi/ V*fod1234c:?ujkgGvtax@qR".chars().collect::<Vec<_>>());
    prop_oneof![
        4 => letter.prop_map(|c| KeyEvent::from(KeyCode::Char(c))),
        3 => named.prop_map(KeyEvent::from),
        1 => any::<char>().prop_map(|c| KeyEvent::from(KeyCode::Char(c))),
        1 => Just(KeyEvent::from(KeyCode::Esc)),
        1 => proptest::sample::select(vec!['s', 'a', 'w', 'u', 'k', 'p'])
            .prop_map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)),
    ]
}

proptest! {
    // Each case draws up to forty screens of up to thirty thousand cells.
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_size_and_no_key_panics(
        steps in proptest::collection::vec((any_key(), 1_u16..300, 1_u16..100, any::<bool>()), 0..40),
    ) {
        let mut state = session();
        for (at, (key, columns, rows, pastes)) in steps.into_iter().enumerate() {
            state.size = (columns, rows);
            let now = state.now.plus(Duration::from_millis(300));
            update(&mut state, key_at(key, now));
            if pastes {
                update(&mut state, Msg::Happened(Happened::Paste(format!("text {at}\u{1b}[2J\n"))));
            }
            update(&mut state, Msg::Happened(Happened::Wheel(if pastes { 1 } else { -1 })));
            let drawn = buffer(&state, columns, rows);
            prop_assert_eq!((drawn.area.width, drawn.area.height), (columns, rows));
            if let Some(id) = state.users.cursor
                && let Some(row) = state.users.page.rows.iter().find(|row| row.id == id)
            {
                let detail = detail_of(row);
                update(&mut state, Msg::Detail(id, Ok(detail)));
            }
        }
    }
}
