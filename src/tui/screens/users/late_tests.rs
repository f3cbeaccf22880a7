//! Answers that come late, for somebody else, or not at all.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::msg::{Change, Msg, Read};
use crate::app::users::list::Page;
use crate::domain::action::Action;
use crate::domain::user::UserId;
use crate::tui::session::Happened;
use crate::tui::shell::{Effect, Msg as ShellMsg, Read as ShellRead, Shell, happened, update};
use crate::tui::tests::{
    answer, detail_of, go_to, picture, press, read_detail, read_page, refused, session, type_in, users_changes,
    users_reads,
};
use crate::tui::widgets::cursor_list::Window;

#[test]
fn a_key_that_waits_is_for_nobody_else_once_the_cursor_is_elsewhere() {
    let mut state = session();
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('r'));
    assert!(press(&mut state, KeyCode::Char('y')).is_empty(), "it waits for the answer");
    state.screens.users.list.go_to(3, false);
    let resent = detail_of(&state.screens.users.list.rows()[1]).user;
    let effects = answer(&mut state, Msg::Acted(Action::Resend, UserId(2), Ok(Box::new(resent))));
    assert!(users_reads(&effects).iter().all(|read| !matches!(read, Read::Link(_))), "{effects:?}");
}

#[test]
fn what_could_not_be_read_is_read_again_each_second_until_it_was() {
    let mut state = session();
    state.revision = None;
    let query = state.screens.users.query.clone();
    answer(&mut state, Msg::Page(query, Window::Start, Err(refused("the database is busy"))));
    assert!(state.ctx.toast.as_ref().unwrap().bad);
    let now = state.ctx.now.plus(Duration::from_secs(1));
    let effects = happened(&mut state, Happened::Tick(now));
    assert!(users_reads(&effects).iter().any(|read| matches!(read, Read::Page(..))), "{effects:?}");
    assert!(effects.iter().any(|one| matches!(one, Effect::Read(ShellRead::Revision))), "{effects:?}");
}

/// What a key does that was typed in one go with a search, which finds Grace.
fn typed_in_one_go_with_a_search(key: char) -> (Shell, Vec<Effect>) {
    let mut state = session();
    let grace = state.screens.users.list.rows().iter().find(|row| row.name.as_str().contains("Grace")).unwrap().clone();
    go_to(&mut state, "Ada");
    read_detail(&mut state);
    type_in(&mut state, "/gra");
    press(&mut state, KeyCode::Enter);
    assert_eq!(format!("{:?}", press(&mut state, KeyCode::Char(key))), "[]", "it waits for what the search finds");
    assert!(state.dialogs.is_empty());
    let mut effects = read_page(&mut state, Window::Start, vec![grace.clone()]);
    effects.extend(answer(&mut state, Msg::Detail(grace.id, Ok(detail_of(&grace)))));
    (state, effects)
}

#[test]
fn a_key_typed_in_one_go_with_a_search_is_for_whom_the_search_finds() {
    let (_, effects) = typed_in_one_go_with_a_search('y');
    assert!(users_reads(&effects).iter().any(|read| matches!(read, Read::Link(UserId(2), ..))), "{effects:?}");
    let (_, effects) = typed_in_one_go_with_a_search('r');
    let changes = users_changes(&effects);
    assert!(matches!(changes[..], [Change::Act(Action::Resend, UserId(2), _)]), "{changes:?}");
    let (state, _) = typed_in_one_go_with_a_search('D');
    assert!(picture(&state, 120, 36).contains("Delete Grace"), "{}", picture(&state, 120, 36));
}

#[test]
fn keys_typed_ahead_keep_their_order_and_end_with_a_list_that_could_not_be_read() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let rows = state.screens.users.list.rows().to_vec();
    type_in(&mut state, "/b");
    press(&mut state, KeyCode::Enter);
    type_in(&mut state, "j/c");
    assert!(state.screens.users.search.is_none(), "the second search waits behind the key before it");
    read_page(&mut state, Window::Start, rows);
    assert_eq!(state.screens.users.query.search, "bc", "a search goes on from the text that was there");
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Char('D'));
    let query = state.screens.users.query.clone();
    answer(&mut state, Msg::Page(query.clone(), Window::Start, Err(refused("the database is busy"))));
    answer(&mut state, Msg::Page(query, Window::Start, Ok(Page::default())));
    assert!(state.dialogs.is_empty() && state.ahead.is_empty(), "nobody was there to delete");
}

#[test]
fn a_name_and_enter_typed_in_one_go_into_the_palette_wait_for_the_people_it_finds() {
    let mut state = session();
    let grace = state.screens.users.list.rows().iter().find(|row| row.name.as_str().contains("Grace")).unwrap().clone();
    go_to(&mut state, "Ada");
    type_in(&mut state, ":zzgrace");
    assert!(press(&mut state, KeyCode::Enter).is_empty() && press(&mut state, KeyCode::Char('y')).is_empty());
    let found = Page { rows: vec![grace.clone()], ..Page::default() };
    let effects = update(&mut state, ShellMsg::People("zzgrace".to_owned(), Ok(found)));
    assert!(state.dialogs.is_empty());
    assert_eq!(state.screens.users.list.cursor(), Some(grace.id.0));
    assert!(users_reads(&effects).iter().all(|read| !matches!(read, Read::Link(_))), "her row is not there yet");
    let window = Window::Around(grace.id.0);
    let mut effects = read_page(&mut state, window, vec![grace.clone()]);
    effects.extend(answer(&mut state, Msg::Detail(grace.id, Ok(detail_of(&grace)))));
    assert!(users_reads(&effects).iter().any(|read| matches!(read, Read::Link(id) if *id == grace.id)), "{effects:?}");
}

#[test]
fn a_name_that_nobody_has_stays_in_the_palette_and_the_next_key_with_it() {
    let mut state = session();
    go_to(&mut state, "Ada");
    type_in(&mut state, ":zznobody");
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Char('y'));
    update(&mut state, ShellMsg::People("zznobody".to_owned(), Err(refused("the database is busy"))));
    assert_eq!(state.dialogs.len(), 1, "it says that nothing matches");
    assert!(state.ahead.is_empty());
}
