//! The lock: who leaves, who comes back, and what is kept meanwhile.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{NOW, key_at, picture, pictures, press, session, type_in};
use crate::app::users::bulk::{Chunk, Resolved};
use crate::domain::time::{Timestamp, minutes};
use crate::tui::dialogs::Dialog;
use crate::tui::message::{Effect, Msg, Refused};
use crate::tui::session::Happened;
use crate::tui::state::State;
use crate::tui::update::update;

fn open_for(minutes_: u64) -> State {
    let mut state = session();
    state.me.email = Some("ada@example.org".to_owned());
    state.lock.after = Some(minutes(minutes_));
    tick(&mut state, NOW);
    state
}

fn tick(state: &mut State, now: Timestamp) -> Vec<Effect> {
    update(state, Msg::Happened(Happened::Tick(now)))
}

fn locked(state: &mut State) {
    let later = state.now.plus(minutes(15));
    tick(state, later);
    assert!(state.lock.is_on());
}

fn wrong() -> Refused {
    Refused { code: "wrong_sign_in", message: "e-mail address or password is wrong".to_owned(), hint: None }
}

#[test]
fn it_locks_after_its_time_and_shows_nothing_of_what_was_there() {
    let mut state = open_for(15);
    tick(&mut state, NOW.plus(minutes(14)));
    assert!(!state.lock.is_on());
    press(&mut state, KeyCode::Char('j'));
    tick(&mut state, NOW.plus(minutes(16)));
    assert!(!state.lock.is_on(), "a key begins the time anew");
    locked(&mut state);
    pictures("locked", &mut state);
    let shown = picture(&state, 120, 36);
    assert!(!shown.contains("grace@navy.example") && !shown.contains("Users"), "{shown}");
}

#[test]
fn a_half_filled_form_is_there_again_once_the_password_is_right() {
    let mut state = open_for(15);
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë");
    locked(&mut state);
    assert!(press(&mut state, KeyCode::Esc).is_empty() && state.lock.is_on(), "there is nowhere to leave to");
    type_in(&mut state, "not my password");
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Unlock(_)]), "{effects:?}");
    assert!(!format!("{effects:?}").contains("password\""), "it is printed nowhere: {effects:?}");
    update(&mut state, Msg::Unlocked(Err(wrong())));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("password is wrong") && !shown.contains('•') && !shown.contains("Zoë"), "{shown}");
    type_in(&mut state, "violet tractor sings twice");
    press(&mut state, KeyCode::Enter);
    update(&mut state, Msg::Unlocked(Ok(())));
    let [Dialog::Form(form)] = state.dialogs.as_slice() else { panic!("the form is there") };
    assert_eq!(form.fields.value(0), "Zoë", "and nothing of the password is in it");
}

#[test]
fn clicks_wheel_and_keys_reach_nothing_behind_it_and_control_c_leaves() {
    let mut state = open_for(15);
    let cursor = state.users.cursor;
    locked(&mut state);
    update(&mut state, Msg::Happened(Happened::Wheel(1)));
    update(&mut state, Msg::Happened(Happened::Paste("pasted".to_owned())));
    press(&mut state, KeyCode::Char('D'));
    assert_eq!((state.users.cursor, state.dialogs.len()), (cursor, 0));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let now = state.now;
    assert!(matches!(update(&mut state, key_at(interrupt, now)).as_slice(), [Effect::Quit]));
}

#[test]
fn an_action_for_many_goes_on_while_it_is_locked() {
    let mut state = open_for(15);
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char('s'));
    let [Effect::Resolve(each, selection, _)] = effects.as_slice() else { panic!("{effects:?}") };
    let resolved = Resolved { count: 50, names: vec!["Ada".to_owned()], hidden: 0 };
    update(&mut state, Msg::Resolved(each.clone(), selection.clone(), Ok(resolved)));
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    locked(&mut state);
    let effects = update(&mut state, Msg::Chunk(Ok(Chunk { done: 50, ..Chunk::default() })));
    assert!(!effects.is_empty() && state.lock.is_on());
    update(&mut state, Msg::Unlocked(Ok(())));
    assert!(state.dialogs.is_empty() && state.toast.is_some());
}

#[test]
fn the_operator_and_whoever_switched_it_off_are_not_locked_out() {
    let mut operator = open_for(15);
    operator.me.email = None;
    let mut off = open_for(15);
    off.lock.after = None;
    for state in [&mut operator, &mut off] {
        tick(state, NOW.plus(minutes(600)));
        assert!(!state.lock.is_on());
    }
}
