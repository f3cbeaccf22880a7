//! Marks and tasks for many, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::msg::{Change, Msg, Read};
use crate::app::users::bulk::{Chunk, Resolved};
use crate::app::users::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::query::{UserQuery, View};
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::shell::{Effect, Shell};
use crate::tui::tests::{answer, detail_of, picture, pictures, press, session, type_in, users_changes, users_reads};

fn marked(state: &Shell) -> Vec<i64> {
    match &state.screens.users.marks {
        Selection::Users(users) => users.iter().map(|id| id.0).collect(),
        Selection::Found(_, but) => but.iter().map(|id| -id.0).collect(),
    }
}

fn resolved(count: i64) -> Resolved {
    let names = ["Grace Hopper", "Ingrid Gram", "渡辺 直美\u{1b}"].map(str::to_owned).to_vec();
    Resolved { people: (1..=count).map(|id| (UserId(id), 1)).collect(), names, only: None, hidden: 2, views: 0 }
}

/// What a task is about is fixed: these.
fn resolve(state: &mut Shell, effects: &[Effect], resolved: Resolved) -> Vec<Effect> {
    let [Read::Resolve(task, selection, _)] = users_reads(effects)[..] else { panic!("{effects:?}") };
    answer(state, Msg::Resolved(task.clone(), selection.clone(), Ok(resolved)))
}

/// The question before a task for so many.
fn asked(key: char, count: i64) -> Shell {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char(key));
    resolve(&mut state, &effects, resolved(count));
    state
}

/// The task and how many people of it are changed next.
fn chunk(effects: &[Effect]) -> Option<(Task, usize)> {
    let changes = users_changes(effects);
    if let [Change::Chunk(task, people)] = changes[..] { Some((task.clone(), people.len())) } else { None }
}

/// A chunk is done; at the end nobody came later.
fn done(state: &mut Shell, done: u64, refused: &[(&str, &str)]) -> Vec<Effect> {
    let refused = refused.iter().map(|(who, why)| ((*who).to_owned(), (*why).to_owned())).collect();
    let effects = answer(state, Msg::Chunk(Ok(Chunk { done, refused, ..Chunk::default() })));
    let looks_for_late_ones = matches!(users_reads(&effects)[..], [Read::CameLater(..)]);
    if looks_for_late_ones { answer(state, Msg::CameLater(Ok(0))) } else { effects }
}

#[test]
fn space_marks_and_goes_on_a_range_ends_at_the_cursor_and_escape_forgets() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    assert_eq!((marked(&state), state.screens.users.cursor()), (vec![1], Some(UserId(2))));
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Char('k'));
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(marked(&state), [1], "the second time takes the mark away");
    press(&mut state, KeyCode::Char('V'));
    assert!(
        state.ctx.toast.as_ref().unwrap().text.contains("Mark one end with Space"),
        "an end that is taken away is none"
    );
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Char('G'));
    press(&mut state, KeyCode::Char('V'));
    assert_eq!(marked(&state), [1, 3, 4, 5]);
    assert!(picture(&state, 120, 36).contains("5 users · 4 marked"));
    press(&mut state, KeyCode::Esc);
    assert!(state.screens.users.marks.is_empty());
    press(&mut state, KeyCode::Char('V'));
    assert!(state.screens.users.marks.is_empty(), "no range begins where nothing is marked any longer");
    assert!(state.ctx.toast.unwrap().text.contains("Mark one end with Space"));
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
    let [Read::Resolve(Task::Act(Action::Resend), Selection::Found(query, but), _)] = users_reads(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((query, but.len()), (&UserQuery::default(), 1));
    state.screens.users.query.view = View::Expired;
    assert!(picture(&state, 120, 36).contains("all of another view marked"));
    press(&mut state, KeyCode::Char(' '));
    assert_eq!(marked(&state), [-1], "nobody here can be marked beside them");
    assert!(state.ctx.toast.as_ref().unwrap().text.contains("Esc clears those marks"));
    state.screens.users.query.view = View::All;
    press(&mut state, KeyCode::Char('*'));
    press(&mut state, KeyCode::Char('*'));
    assert!(state.screens.users.marks.is_empty());
}

#[test]
fn a_narrow_row_of_hints_shows_what_can_be_done_for_all_who_are_marked() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    state.ctx.size = (80, 24);
    let shown = picture(&state, 80, 24);
    let hints = shown.lines().take_while(|line| !line.starts_with("--")).last().unwrap();
    assert!(hints.contains("r resend") && !hints.contains("edit"), "{hints}");
}

#[test]
fn the_question_names_some_and_says_how_many_are_not_to_be_seen() {
    let mut state = asked('r', 37);
    pictures("asked", &mut state);
    assert!(press(&mut state, KeyCode::Enter).is_empty() && state.dialogs.is_empty(), "Cancel has the focus");
    assert!(!state.screens.users.marks.is_empty(), "and nobody lost the mark");
}

#[test]
fn many_are_changed_some_at_a_time_and_each_refusal_is_told() {
    let mut state = asked('r', 50);
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(chunk(&effects), Some((Task::Act(Action::Resend), 25)));
    let refused = [("Ada Lovelace <ada@example.org>", "this user is already active: send a password reset")];
    let effects = done(&mut state, 24, &refused);
    assert_eq!(chunk(&effects), Some((Task::Act(Action::Resend), 25)));
    pictures("running", &mut state);
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("25 of 50 · 1 refused") && shown.contains("Esc stops"), "{shown}");
    press(&mut state, KeyCode::Esc);
    assert!(picture(&state, 80, 24).contains("stops after these"));
    done(&mut state, 20, &[]);
    pictures("ended", &mut state);
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Invitation resent: 44 users, then stopped; 1 refused."), "{shown}");
    assert!(shown.contains("✗ 1 user · This user is already active: send a password reset."), "{shown}");
    assert!(shown.contains("Ada Lovelace <ada@example.org>"), "{shown}");
    assert!(state.screens.users.marks.is_empty());
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty());
}

#[test]
fn whoever_matched_only_after_the_question_is_said_not_to_be_touched() {
    let mut state = asked('D', 2);
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    let effects = answer(&mut state, Msg::Chunk(Ok(Chunk { done: 2, ..Chunk::default() })));
    assert!(matches!(users_reads(&effects)[..], [Read::CameLater(..)]), "{effects:?}");
    answer(&mut state, Msg::CameLater(Ok(1)));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Deleted: 2 users; 0 refused.") && shown.contains("1 user matched only after"), "{shown}");
}

#[test]
fn somebody_is_erased_only_from_all_actions_and_after_a_typed_word() {
    let mut state = session();
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "erase user");
    let effects = press(&mut state, KeyCode::Enter);
    let [Read::Resolve(Task::Act(Action::Erase), selection, _)] = users_reads(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*selection, Selection::Users([UserId(1)].into()));
    let names = vec!["Ada Lovelace <ada@example.org>".to_owned()];
    let who = Resolved { people: vec![(UserId(1), 1)], names, ..Resolved::default() };
    resolve(&mut state, &effects, who.clone());
    pictures("erase", &mut state);
    type_in(&mut state, "delete");
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "another word is no");
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty());
    resolve(&mut state, &effects, who);
    type_in(&mut state, "erase");
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(chunk(&effects), Some((Task::Act(Action::Erase), 1)));
}

#[test]
fn anything_for_more_than_fifty_is_done_only_after_their_number_is_typed() {
    let mut state = asked('s', 49_751);
    press(&mut state, KeyCode::Tab);
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "the number is missing");
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Question(_))]));
    pictures("typed_word", &mut state);
    type_in(&mut state, "49751");
    assert!(picture(&state, 80, 24).contains("Type 49751 to confirm: 49751"));
    assert_eq!(chunk(&press(&mut state, KeyCode::Enter)), Some((Task::Act(Action::Suspend), 25)));
}

#[test]
fn what_was_done_before_a_task_cannot_be_undone_after_it() {
    let mut state = asked('D', 3);
    press(&mut state, KeyCode::Tab);
    assert_eq!(chunk(&press(&mut state, KeyCode::Enter)), Some((Task::Act(Action::Delete), 3)));
    let before = detail_of(state.screens.users.list.current().unwrap()).user;
    state.ctx.undo = Some(Undoable { action: Action::Delete, user: before.id, version: 1, role_before: None });
    done(&mut state, 3, &[]);
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "Deleted: 3 users");
    assert!(press(&mut state, KeyCode::Char('u')).is_empty(), "undo takes back no older action behind their back");
    assert!(state.ctx.toast.unwrap().text.contains("Nothing that you did here can be undone now"));
}

#[test]
fn a_task_is_asked_about_once_however_often_its_key_is_pressed() {
    let mut state = session();
    press(&mut state, KeyCode::Char('*'));
    let effects = press(&mut state, KeyCode::Char('D'));
    assert!(press(&mut state, KeyCode::Char('D')).is_empty(), "the first is not answered yet");
    resolve(&mut state, &effects, resolved(3));
    assert_eq!(state.dialogs.len(), 1);
    press(&mut state, KeyCode::Esc);
    assert!(!press(&mut state, KeyCode::Char('D')).is_empty(), "and may be asked about anew");
}

#[test]
fn one_key_suspends_or_reactivates_by_who_is_marked_and_not_by_whom_the_cursor_went_on_to() {
    let mut state = session();
    crate::tui::tests::go_to(&mut state, "Ingrid");
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char('s'));
    assert!(matches!(users_reads(&effects)[..], [Read::Resolve(Task::Act(Action::Suspend), ..)]), "{effects:?}");
}

#[test]
fn who_came_later_is_not_counted_and_what_was_done_is_told_all_the_same() {
    let mut state = asked('D', 2);
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    answer(&mut state, Msg::Chunk(Ok(Chunk { done: 2, ..Chunk::default() })));
    answer(&mut state, Msg::CameLater(Err(crate::tui::tests::refused("the database is busy"))));
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "Deleted: 2 users");
}

#[test]
fn a_mistyped_number_is_told_and_can_be_corrected_and_may_have_its_thousands_set_apart() {
    let mut state = asked('s', 2_986);
    type_in(&mut state, "2987");
    assert!(press(&mut state, KeyCode::Enter).is_empty());
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Question(_))]), "it stays");
    assert!(picture(&state, 80, 24).contains("That isn't 2986."), "{}", picture(&state, 80, 24));
    for _ in 0..4 {
        press(&mut state, KeyCode::Backspace);
    }
    type_in(&mut state, "2,986");
    assert!(chunk(&press(&mut state, KeyCode::Enter)).is_some());
}

#[test]
fn whoever_may_have_been_changed_or_not_is_counted_as_neither() {
    let mut state = asked('D', 3);
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Enter);
    let unknown = vec![("Grace Hopper <grace@navy.example>".to_owned(), "nobody knows".to_owned())];
    let effects = answer(&mut state, Msg::Chunk(Ok(Chunk { done: 2, unknown, ..Chunk::default() })));
    assert!(matches!(users_reads(&effects)[..], [Read::CameLater(..)]), "{effects:?}");
    answer(&mut state, Msg::CameLater(Ok(0)));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Deleted: 2 users; 0 refused; 1 not known."), "{shown}");
    assert!(shown.contains("? 1 user · Nobody knows."), "{shown}");
}

#[test]
fn a_task_about_one_person_names_them() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char('D'));
    let only = Some(crate::domain::name::Name::stored("Ada Lovelace".to_owned()));
    resolve(&mut state, &effects, Resolved { only, hidden: 0, ..resolved(1) });
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Delete Ada Lovelace?") && shown.contains("[ Delete user ]"), "{shown}");
}
