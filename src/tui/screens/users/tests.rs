//! The list of users and its dialogs: keys in, effects and screens out.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::msg::{Change, Msg, Read};
use crate::app::users::list::Page;
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::link::{Link, LinkId, Purpose};
use crate::domain::query::{UserQuery, View};
use crate::domain::role::OrganisationRole;
use crate::domain::status::Status;
use crate::domain::time::days;
use crate::domain::user::{User, UserId};
use crate::tui::dialogs::Dialog;
use crate::tui::effect::Terminal;
use crate::tui::session::Happened;
use crate::tui::shell::{Effect, Msg as ShellMsg, Read as ShellRead, Shell, happened, update};
use crate::tui::tests::{
    NOW, answer, buffer, changes, detail_of, go_to, key_at, picture, pictures, press, read, read_page, refused, row,
    save, session, type_in, users_changes, users_reads,
};
use crate::tui::widgets::cursor_list::Window;

/// What a key changes of the users.
fn changed(effects: &[Effect]) -> Vec<(Action, UserId, i64)> {
    let one = |change: &&Change| match change {
        Change::Act(action, user, version) => (*action, *user, *version),
        Change::Invite(..) | Change::Edit(..) | Change::Chunk(..) => panic!("{change:?}"),
    };
    users_changes(effects).iter().map(one).collect()
}

/// The pages that are read.
fn pages(effects: &[Effect]) -> Vec<(UserQuery, Window)> {
    users_reads(effects)
        .into_iter()
        .filter_map(|read| if let Read::Page(query, window) = read { Some((query.clone(), *window)) } else { None })
        .collect()
}

/// The action on a user is done, and left them so.
fn acted(state: &mut Shell, action: Action, user: User) -> Vec<Effect> {
    answer(state, Msg::Acted(action, user.id, Ok(Box::new(user))))
}

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
    let toast = state.ctx.toast.unwrap();
    assert!(toast.bad);
    assert_eq!(toast.text, "Ada Lovelace is already active; send a password reset instead.");
}

#[test]
fn an_expired_invitation_is_sent_again_with_one_key() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let effects = press(&mut state, KeyCode::Char('r'));
    assert_eq!(changed(&effects), [(Action::Resend, UserId(3), 1)]);
}

#[test]
fn pressed_twice_it_is_sent_once_and_the_next_key_knows_what_was_stored() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    press(&mut state, KeyCode::Char('r'));
    assert!(press(&mut state, KeyCode::Char('r')).is_empty(), "the first press is not answered yet");
    let mut user = detail_of(state.screens.users.list.current().unwrap()).user;
    user.version = 2;
    acted(&mut state, Action::Resend, user);
    let toast = state.ctx.toast.as_ref().unwrap();
    assert!(!toast.bad && toast.text.starts_with("Ingrid Gram: invitation resent"), "{}", toast.text);
    assert_eq!(
        changed(&press(&mut state, KeyCode::Char('r'))),
        [(Action::Resend, UserId(3), 2)],
        "nobody else changed it"
    );
}

#[test]
fn another_key_for_the_same_person_waits_until_the_first_is_stored() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    press(&mut state, KeyCode::Char('r'));
    assert!(press(&mut state, KeyCode::Char('y')).is_empty());
    let mut user = detail_of(state.screens.users.list.current().unwrap()).user;
    user.version = 2;
    let effects = acted(&mut state, Action::Resend, user);
    assert!(users_reads(&effects).iter().any(|read| matches!(read, Read::Link(UserId(3)))), "{effects:?}");
}

#[test]
fn whoever_leaves_the_view_by_an_action_stays_under_the_cursor_until_it_moves() {
    let mut state = session();
    state.screens.users.query.view = View::Expired;
    let rows: Vec<_> = state.screens.users.list.rows().to_vec();
    read_page(&mut state, Window::Around(1), rows.clone());
    go_to(&mut state, "Ingrid");
    press(&mut state, KeyCode::Char('r'));
    let mut user = detail_of(state.screens.users.list.current().unwrap()).user;
    user.version = 2;
    acted(&mut state, Action::Resend, user);
    let left: Vec<_> = rows.into_iter().filter(|row| row.id != UserId(3)).collect();
    read_page(&mut state, Window::Around(3), left);
    assert_eq!(state.screens.users.cursor(), Some(UserId(3)), "a second key hits nobody who slid there");
    press(&mut state, KeyCode::Char('j'));
    assert_eq!((state.screens.users.cursor(), state.screens.users.list.row(3)), (Some(UserId(4)), None));
}

#[test]
fn another_view_keeps_the_person_or_begins_at_its_top() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let rows: Vec<_> = state.screens.users.list.rows().to_vec();
    press(&mut state, KeyCode::Char('f'));
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Down);
    assert_eq!(pages(&press(&mut state, KeyCode::Enter))[0].1, Window::Around(3));
    read_page(&mut state, Window::Around(3), vec![rows[1].clone(), rows[2].clone()]);
    assert_eq!(state.screens.users.cursor(), Some(UserId(3)));
    state.screens.users.query.view = View::Active;
    let window = state.screens.users.list.renew();
    read_page(&mut state, window, vec![rows[0].clone()]);
    assert_eq!(state.screens.users.cursor(), Some(UserId(1)));
}

#[test]
fn before_the_first_page_nobody_is_said_to_be_missing() {
    let mut state = session();
    state.screens.users = super::Users::default();
    assert!(!picture(&state, 120, 36).contains("No users yet"));
    read_page(&mut state, Window::Start, Vec::new());
    assert!(picture(&state, 120, 36).contains("No users yet. i invites one."));
}

#[test]
fn a_key_pressed_before_the_person_was_read_is_not_lost() {
    let mut state = session();
    press(&mut state, KeyCode::Char('j'));
    let reads = press(&mut state, KeyCode::Char('y'));
    assert!(matches!(users_reads(&reads)[..], [Read::Detail(UserId(2))]), "read at once instead of after a rest");
    let detail = detail_of(state.screens.users.list.current().unwrap());
    let effects = answer(&mut state, Msg::Detail(UserId(2), Ok(detail)));
    assert!(matches!(users_reads(&effects)[..], [Read::Link(UserId(2))]));
}

#[test]
fn a_key_that_waited_for_somebody_who_is_gone_acts_on_nobody() {
    let mut state = session();
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('r'));
    let rows: Vec<_> = state.screens.users.list.rows().iter().filter(|row| row.id != UserId(3)).cloned().collect();
    read_page(&mut state, Window::Around(3), rows);
    let effects = answer(&mut state, Msg::Detail(UserId(3), Err(refused("there is no user #3"))));
    assert!(effects.is_empty());
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "There is no user #3.");
    assert_eq!(state.screens.users.cursor(), Some(UserId(3)), "until it is moved on");
}

#[test]
fn whoever_is_in_the_bin_is_found_there_and_whoever_is_gone_is_said_to_be() {
    let mut state = session();
    let rows = state.screens.users.list.rows().to_vec();
    super::find(&mut state.screens.users, UserId(77));
    read_page(&mut state, Window::Start, rows.clone());
    assert_eq!(state.screens.users.cursor(), Some(UserId(77)), "a page asked for before is no answer");
    let effects = read_page(&mut state, Window::Around(77), rows.clone());
    let (query, window) = pages(&effects).remove(0);
    assert_eq!((query.view, window), (View::Deleted, Window::Around(77)));
    read_page(&mut state, Window::Around(77), Vec::new());
    assert!(state.ctx.toast.as_ref().unwrap().text.contains("gone for good"));
    assert_eq!(state.screens.users.query.view, View::All);
    read_page(&mut state, Window::Start, rows);
    assert_eq!(state.screens.users.cursor(), Some(UserId(1)));
}

#[test]
fn to_the_last_row_means_the_last_row_whatever_is_read_meanwhile() {
    let mut state = session();
    let rows = state.screens.users.list.rows().to_vec();
    read(&mut state, Window::Around(1), Page { rows: rows.clone(), after: true, ..Page::default() });
    let effects = press(&mut state, KeyCode::Char('G'));
    assert_eq!(pages(&effects)[0].1, Window::End);
    read_page(&mut state, Window::Start, rows[..2].to_vec());
    assert_eq!(state.screens.users.cursor(), None);
    read_page(&mut state, Window::End, rows[2..].to_vec());
    assert_eq!(state.screens.users.cursor(), Some(UserId(5)));
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
    let [Change::Edit(_, request)] = users_changes(&effects)[..] else { panic!("{effects:?}") };
    assert!(request.name.is_none() && request.language.is_some());
}

#[test]
fn a_key_on_somebody_who_has_just_changed_reads_again_first() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let mut rows = state.screens.users.list.rows().to_vec();
    (rows[1].status, rows[1].version) = (Status::Active, 2);
    read_page(&mut state, Window::Around(2), rows.clone());
    let reads = press(&mut state, KeyCode::Char('r'));
    assert!(matches!(users_reads(&reads)[..], [Read::Detail(UserId(2))]));
    let mut detail = detail_of(&rows[1]);
    detail.user.version = 2;
    assert!(answer(&mut state, Msg::Detail(UserId(2), Ok(detail))).is_empty());
    assert!(state.ctx.toast.unwrap().text.contains("already active"));
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
    assert_eq!(changed(&effects), [(Action::Delete, UserId(2), 1)]);
}

#[test]
fn a_dialog_does_not_act_on_keys_that_were_on_their_way() {
    let mut state = session();
    press(&mut state, KeyCode::Char('D'));
    let at = state.ctx.now;
    happened(&mut state, key_at(KeyEvent::from(KeyCode::Tab), at));
    assert!(happened(&mut state, key_at(KeyEvent::from(KeyCode::Enter), at)).is_empty());
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Question(_))]));
}

#[test]
fn searching_asks_for_each_letter_and_an_old_answer_is_passed_over() {
    let mut state = session();
    press(&mut state, KeyCode::Char('/'));
    let effects = type_in(&mut state, "gr");
    assert_eq!(pages(&effects).len(), 2);
    let earlier = UserQuery { search: "g".to_owned(), ..UserQuery::default() };
    answer(&mut state, Msg::Page(earlier, Window::Start, Ok(Page::default())));
    assert_eq!(state.screens.users.list.rows().len(), 5);
}

#[test]
fn the_cursor_stays_on_the_person_when_others_come() {
    let mut state = session();
    go_to(&mut state, "Ingrid");
    let mut rows = state.screens.users.list.rows().to_vec();
    rows.insert(0, row(9, "Aaron", "aaron@example.org", Status::Invited, None));
    read_page(&mut state, Window::Around(3), rows);
    assert_eq!(state.screens.users.cursor(), Some(UserId(3)));
}

#[test]
fn an_idle_list_looks_once_a_second_and_reads_only_after_a_change() {
    let mut state = session();
    let tick = |state: &mut Shell| happened(state, Happened::Tick(NOW));
    assert!(matches!(tick(&mut state).as_slice(), [Effect::Read(ShellRead::Revision)]));
    assert!(tick(&mut state).is_empty());
    assert!(update(&mut state, ShellMsg::Revision(Ok(changes(1)))).is_empty());
    state.ctx.dirty = false;
    assert!(!update(&mut state, ShellMsg::Revision(Ok(changes(2)))).is_empty());
}

#[test]
fn what_is_read_first_is_read_once() {
    let mut state = session();
    state.revision = None;
    assert!(happened(&mut state, Happened::Tick(NOW)).is_empty(), "nothing can have changed yet");
    let page = Msg::Page(UserQuery::default(), Window::Start, Ok(Page::default()));
    let effects = update(&mut state, ShellMsg::Begun(Ok(changes(7)), page));
    assert!(pages(&effects).is_empty(), "{effects:?}");
    happened(&mut state, Happened::Tick(NOW));
    assert!(update(&mut state, ShellMsg::Revision(Ok(changes(7)))).is_empty(), "that is what was read");
}

/// Ada, whose new address waits to be confirmed.
fn moving() -> Shell {
    let mut state = session();
    go_to(&mut state, "Ada Lovelace");
    let detail = state.screens.users.detail.as_mut().unwrap();
    detail.user.email_change = Some(Link {
        id: LinkId(1),
        purpose: Purpose::ConfirmEmail,
        user: detail.user.id,
        other: Some(detail.user.email.clone()),
        issued_by: None,
        power_rises: 0,
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
    assert!(shown.contains("New email  ada@elsewhere.example"), "{shown}");
    assert!(press(&mut state, KeyCode::Char('p')).is_empty() && state.dialogs.is_empty());
    assert!(state.ctx.toast.as_ref().unwrap().text.contains("x keeps the current one"));
    press(&mut state, KeyCode::Char('x'));
    let asked = picture(&state, 120, 36);
    assert!(asked.contains("Keep the current address of Ada Lovelace?"), "{asked}");
    assert!(asked.contains("ada@elsewhere.example can no longer be confirmed"), "{asked}");
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(changed(&effects), [(Action::KeepEmail, UserId(1), 1)]);
}

#[test]
fn a_deletion_can_still_be_undone_after_a_resend() {
    let mut state = session();
    let of = |state: &Shell, at: usize| detail_of(&state.screens.users.list.rows()[at]).user;
    let (deleted, resent) = (of(&state, 1), of(&state, 2));
    acted(&mut state, Action::Delete, deleted.clone());
    let text = state.ctx.toast.as_ref().unwrap().text.clone();
    assert!(text.contains("u undoes this · rsvp delete grace@navy.example"), "{text}");
    acted(&mut state, Action::Resend, resent);
    assert!(!state.ctx.toast.as_ref().unwrap().text.contains("undoes"));
    let effects = press(&mut state, KeyCode::Char('u'));
    let [Effect::Change(crate::tui::shell::Change::Undo(what))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((what.action, what.user), (Action::Delete, UserId(2)));
    update(&mut state, ShellMsg::Undone(what.clone(), Ok(Box::new(deleted))));
    assert_eq!(state.screens.users.cursor(), Some(UserId(2)), "and the cursor is on whoever came back");
}

#[test]
fn menus_choose_the_view_and_reverse_the_order() {
    let mut state = session();
    press(&mut state, KeyCode::Char('f'));
    assert!(picture(&state, 80, 24).contains("needs attention"));
    for _ in 0..9 {
        press(&mut state, KeyCode::Char('j'));
    }
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(pages(&effects)[0].0.view, View::Deleted);
    press(&mut state, KeyCode::Char('o'));
    press(&mut state, KeyCode::Enter);
    assert!(state.screens.users.query.order.descending);
}

#[test]
fn every_key_of_the_help_can_be_reached_in_a_small_window() {
    let mut state = session();
    state.ctx.size = (40, 10);
    press(&mut state, KeyCode::Char('?'));
    for _ in 0..60 {
        press(&mut state, KeyCode::Down);
    }
    assert!(picture(&state, 40, 10).contains("close, or quit"));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(happened(&mut state, key_at(interrupt, NOW)).is_empty());
    assert!(matches!(happened(&mut state, key_at(interrupt, NOW)).as_slice(), [Effect::Terminal(Terminal::Quit)]));
}

#[test]
fn an_ascii_terminal_gets_nothing_else_and_still_tells_the_statuses_apart() {
    let mut state = session();
    state.ctx.here.ascii = true;
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
            state.ctx.size = (columns, rows);
            let now = state.ctx.now.plus(Duration::from_millis(300));
            happened(&mut state, key_at(key, now));
            if pastes {
                happened(&mut state, Happened::Paste(format!("text {at}\u{1b}[2J\n")));
            }
            happened(&mut state, Happened::Wheel(if pastes { 1 } else { -1 }));
            let drawn = buffer(&state, columns, rows);
            prop_assert_eq!((drawn.area.width, drawn.area.height), (columns, rows));
            if let Some(row) = state.screens.users.list.current() {
                let detail = detail_of(row);
                answer(&mut state, Msg::Detail(detail.user.id, Ok(detail)));
            }
        }
    }
}

#[test]
fn the_way_in_by_key_is_a_field_of_whoever_may_close_it() {
    let mut state = session();
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('e'));
    for _ in 0..5 {
        press(&mut state, KeyCode::Tab);
    }
    press(&mut state, KeyCode::Right);
    pictures("edit_ssh", &mut state);
    assert!(picture(&state, 80, 24).contains("No SSH key can stand for them any more"));
    let effects = save(&mut state);
    let [Change::Edit(_, request)] = users_changes(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((request.ssh, &request.name, request.role), (Some(false), &None, None));

    let mut state = session();
    state.ctx.me.authority.organisation = OrganisationRole::Helpdesk;
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('e'));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Edit Grace Hopper") && !shown.contains("SSH key"), "{shown}");
}
