//! The lock: who leaves, who comes back, and what is kept meanwhile.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{NOW, answer, key_at, picture, pictures, press, refused, session, type_in, users_changes, users_reads};
use crate::app::users::bulk::{Chunk, Resolved};
use crate::domain::explain::Kind;
use crate::domain::time::{Timestamp, minutes};
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::effect::Terminal;
use crate::tui::refused::Refused;
use crate::tui::screens::users;
use crate::tui::session::Happened;
use crate::tui::shell::{Change, Effect, Msg, Shell, happened, update};

fn open_for(minutes_: u64) -> Shell {
    let mut state = session();
    state.ctx.me.email = Some("ada@example.org".to_owned());
    state.lock.after = Some(minutes(minutes_));
    tick(&mut state, NOW);
    state
}

fn tick(state: &mut Shell, now: Timestamp) -> Vec<Effect> {
    happened(state, Happened::Tick(now))
}

fn locked(state: &mut Shell) {
    let later = state.ctx.now.plus(minutes(15));
    tick(state, later);
    assert!(state.lock.is_on());
}

fn wrong() -> Refused {
    Refused { kind: Kind::Failed, ..refused("email address or password is wrong") }
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
    assert!(matches!(effects.as_slice(), [Effect::Change(Change::Unlock(_))]), "{effects:?}");
    assert!(!format!("{effects:?}").contains("password\""), "it is printed nowhere: {effects:?}");
    update(&mut state, Msg::Unlocked(Err(wrong())));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("password is wrong") && !shown.contains('•') && !shown.contains("Zoë"), "{shown}");
    type_in(&mut state, "violet tractor sings twice");
    press(&mut state, KeyCode::Enter);
    update(&mut state, Msg::Unlocked(Ok(())));
    let [(_, Dialog::Form(form))] = state.dialogs.as_slice() else { panic!("the form is there") };
    assert_eq!(form.fields.value(0), "Zoë", "and nothing of the password is in it");
}

#[test]
fn clicks_wheel_and_keys_reach_nothing_behind_it_and_control_c_leaves() {
    let mut state = open_for(15);
    let cursor = state.screens.users.cursor();
    locked(&mut state);
    happened(&mut state, Happened::Wheel(1));
    happened(&mut state, Happened::Paste("pasted".to_owned()));
    press(&mut state, KeyCode::Char('D'));
    assert_eq!((state.screens.users.cursor(), state.dialogs.len()), (cursor, 0));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let now = state.ctx.now;
    assert!(matches!(happened(&mut state, key_at(interrupt, now)).as_slice(), [Effect::Terminal(Terminal::Quit)]));
}

#[test]
fn an_action_for_many_goes_on_while_it_is_locked() {
    let mut state = open_for(15);
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char('s'));
    let [users::Read::Resolve(task, selection, _)] = users_reads(&effects)[..] else { panic!("{effects:?}") };
    let people = (1..=50).map(|id| (UserId(id), 1)).collect();
    let resolved = Resolved { people, names: vec!["Ada".to_owned()], ..Resolved::default() };
    answer(&mut state, users::Msg::Resolved(task.clone(), selection.clone(), Ok(resolved)));
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    locked(&mut state);
    let effects = answer(&mut state, users::Msg::Chunk(Ok(Chunk { done: 25, ..Chunk::default() })));
    assert_eq!(users_changes(&effects).len(), 1, "the next ones: {effects:?}");
    answer(&mut state, users::Msg::Chunk(Ok(Chunk { done: 25, ..Chunk::default() })));
    let effects = answer(&mut state, users::Msg::CameLater(Ok(0)));
    assert!(!effects.is_empty() && state.lock.is_on());
    update(&mut state, Msg::Unlocked(Ok(())));
    assert!(state.dialogs.is_empty() && state.ctx.toast.is_some());
}

#[test]
fn the_operator_and_whoever_switched_it_off_are_not_locked_out() {
    let mut operator = open_for(15);
    operator.ctx.me.email = None;
    let mut off = open_for(15);
    off.lock.after = None;
    for state in [&mut operator, &mut off] {
        tick(state, NOW.plus(minutes(600)));
        assert!(!state.lock.is_on());
    }
}

#[test]
fn the_first_key_after_a_long_silence_finds_it_locked_and_does_nothing() {
    let mut state = open_for(15);
    // A laptop was closed: no second passed in between.
    let woke = state.ctx.now.plus(minutes(8 * 60));
    for key in ['D', 'x'] {
        assert!(happened(&mut state, key_at(KeyEvent::from(KeyCode::Char(key)), woke)).is_empty());
        assert!(state.lock.is_on() && state.dialogs.is_empty());
    }
    let shown = picture(&state, 80, 24);
    assert!(
        !shown.contains("grace@navy.example") && shown.matches('•').count() == 1,
        "the first is no password: {shown}"
    );
}
