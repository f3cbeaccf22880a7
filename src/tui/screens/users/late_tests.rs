//! Answers that come late, for somebody else, or not at all.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::msg::{Msg, Read};
use crate::domain::action::Action;
use crate::domain::user::UserId;
use crate::tui::session::Happened;
use crate::tui::shell::{Effect, Read as ShellRead, happened};
use crate::tui::tests::{answer, detail_of, go_to, press, refused, session, users_reads};
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
