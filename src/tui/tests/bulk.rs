//! Marks and actions for many, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::{picture, pictures, press, session, type_in};
use crate::app::users::act::Act;
use crate::app::users::bulk::{Chunk, Each, Place, Resolved};
use crate::domain::action::Action;
use crate::domain::query::{UserQuery, View};
use crate::domain::selection::Selection;
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::message::{Effect, Msg};
use crate::tui::state::State;
use crate::tui::update::{undoable, update};

fn marked(state: &State) -> Vec<i64> {
    match &state.users.marks {
        Selection::Users(users) => users.iter().map(|id| id.0).collect(),
        Selection::Found(_, but) => but.iter().map(|id| -id.0).collect(),
    }
}

fn resolved(count: u64) -> Resolved {
    let names = ["Grace Hopper", "Ingrid Gram", "渡辺 直美\u{1b}"].map(str::to_owned).to_vec();
    Resolved { count, names, hidden: 2 }
}

/// The question before an action for some.
fn asked(key: char, count: u64) -> State {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char(key));
    let [Effect::Resolve(each, selection, _)] = effects.as_slice() else { panic!("{effects:?}") };
    update(&mut state, Msg::Resolved(each.clone(), selection.clone(), Ok(resolved(count))));
    state
}

#[test]
fn space_marks_and_goes_on_a_range_ends_at_the_cursor_and_escape_forgets() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    assert_eq!((marked(&state), state.users.cursor), (vec![1], Some(UserId(2))));
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Char('k'));
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(marked(&state), [1], "the second time takes the mark away");
    press(&mut state, KeyCode::Char('G'));
    press(&mut state, KeyCode::Char('V'));
    assert_eq!(marked(&state), [1, 2, 3, 4, 5]);
    assert!(picture(&state, 120, 36).contains("5 users · 5 marked"));
    press(&mut state, KeyCode::Esc);
    assert!(state.users.marks.is_empty());
    state.users.range_from = None;
    press(&mut state, KeyCode::Char('V'));
    assert!(state.toast.unwrap().text.contains("mark one end with Space"));
}

#[test]
fn a_star_marks_everybody_whom_the_list_finds_and_some_can_be_left_out() {
    let mut state = session();
    press(&mut state, KeyCode::Char('*'));
    assert!(picture(&state, 120, 36).contains("all marked"));
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(marked(&state), [-1]);
    assert!(picture(&state, 120, 36).contains("all but 1 marked"));
    let effects = press(&mut state, KeyCode::Char('r'));
    let [Effect::Resolve(Each::Act(Act::Resend), Selection::Found(query, but), _)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((query, but.len()), (&UserQuery::default(), 1));
    state.users.query.view = View::Expired;
    assert!(picture(&state, 120, 36).contains("all of another view marked"));
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(marked(&state), [-1], "nobody here can be marked beside them");
    assert!(state.toast.as_ref().unwrap().text.contains("Esc forgets them"));
    state.users.query.view = View::All;
    press(&mut state, KeyCode::Char('*'));
    press(&mut state, KeyCode::Char('*'));
    assert!(state.users.marks.is_empty());
}

#[test]
fn a_narrow_row_of_hints_shows_what_can_be_done_for_all_who_are_marked() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    state.size = (80, 24);
    let shown = picture(&state, 80, 24);
    let hints = shown.lines().take_while(|line| !line.starts_with("--")).last().unwrap();
    assert!(hints.contains("r resend") && !hints.contains("edit"), "{hints}");
}

#[test]
fn the_question_names_some_and_says_how_many_are_not_to_be_seen() {
    let mut state = asked('r', 37);
    pictures("asked", &mut state);
    assert!(press(&mut state, KeyCode::Enter).is_empty() && state.dialogs.is_empty(), "Cancel has the focus");
    assert!(!state.users.marks.is_empty(), "and nobody lost the mark");
}

#[test]
fn many_are_changed_some_at_a_time_and_each_refusal_is_told() {
    let mut state = asked('r', 60);
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Chunk(Each::Act(Act::Resend), _, None)]), "{effects:?}");
    let refused =
        vec![("Ada Lovelace <ada@example.org>".to_owned(), "already active: send a password reset".to_owned())];
    let next = Some(Place::User(UserId(25)));
    let effects = update(&mut state, Msg::Chunk(Ok(Chunk { done: 24, refused, next: next.clone() })));
    assert!(matches!(effects.as_slice(), [Effect::Chunk(Each::Act(Act::Resend), _, Some(_))]), "{effects:?}");
    pictures("running", &mut state);
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("25 of 60 · 1 refused") && shown.contains("Esc stops"), "{shown}");
    press(&mut state, KeyCode::Esc);
    assert!(picture(&state, 80, 24).contains("stops after these"));
    update(&mut state, Msg::Chunk(Ok(Chunk { done: 25, refused: Vec::new(), next })));
    pictures("ended", &mut state);
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("invitation sent again: 49 users, then stopped; 1 refused"), "{shown}");
    assert!(shown.contains("✗ already active: send a password reset · 1 user"), "{shown}");
    assert!(shown.contains("Ada Lovelace <ada@example.org>"), "{shown}");
    assert!(state.users.marks.is_empty());
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty());
}

#[test]
fn somebody_is_erased_only_from_all_actions_and_after_a_typed_word() {
    let mut state = session();
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "erase user");
    let effects = press(&mut state, KeyCode::Enter);
    let read = match effects.as_slice() {
        // The one under the cursor is read first.
        [Effect::Detail(user)] => {
            let detail = super::detail_of(state.users.row().unwrap());
            update(&mut state, Msg::Detail(*user, Ok(detail)))
        }
        _ => effects,
    };
    let [Effect::Resolve(each @ Each::Act(Act::Erase), selection, _)] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(*selection, Selection::Users([UserId(1)].into()));
    let who = Resolved { count: 1, names: vec!["Ada Lovelace <ada@example.org>".to_owned()], hidden: 0 };
    update(&mut state, Msg::Resolved(each.clone(), selection.clone(), Ok(who.clone())));
    pictures("erase", &mut state);
    type_in(&mut state, "delete");
    assert!(press(&mut state, KeyCode::Enter).is_empty() && state.dialogs.is_empty(), "another word is no");
    update(&mut state, Msg::Resolved(each.clone(), selection.clone(), Ok(who)));
    type_in(&mut state, "erase");
    assert!(matches!(press(&mut state, KeyCode::Enter).as_slice(), [Effect::Chunk(Each::Act(Act::Erase), _, None)]));
}

#[test]
fn many_go_into_the_bin_only_after_a_typed_word() {
    let mut state = asked('D', 3);
    press(&mut state, KeyCode::Tab);
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "the word is missing");
    assert!(matches!(state.dialogs.as_slice(), [Dialog::Asked(_)]));
    pictures("typed_word", &mut state);
    type_in(&mut state, "delete");
    assert!(picture(&state, 80, 24).contains("Type delete to go on: delete"));
    assert!(matches!(press(&mut state, KeyCode::Enter).as_slice(), [Effect::Chunk(Each::Act(Act::Delete), _, None)]));
    let before = crate::tui::tests::detail_of(state.users.row().unwrap()).user;
    state.undo = Some(undoable(Action::Delete, &before, None));
    update(&mut state, Msg::Chunk(Ok(Chunk { done: 3, ..Chunk::default() })));
    assert_eq!(state.toast.as_ref().unwrap().text, "deleted · 3 users");
    assert!(press(&mut state, KeyCode::Char('u')).is_empty(), "undo takes back no older action behind their back");
    assert!(state.toast.unwrap().text.contains("of one user"));
}
