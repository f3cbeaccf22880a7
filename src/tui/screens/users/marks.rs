//! Marks: who is marked for a task.

use std::collections::BTreeSet;

use super::msg::Effect;
use super::navigate::motion;
use super::state::Users;
use crate::domain::selection::Selection;
use crate::domain::user::UserId;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Command, Motion, UsersCommand};
use crate::tui::screen::Screen;

/// Marks whoever is under the cursor, or takes the mark away, and goes on to the next.
pub fn mark(users: &mut Users, ctx: &mut Ctx) -> Vec<Effect> {
    let Some(id) = users.cursor() else { return Vec::new() };
    if is_of_another_view(users, ctx) {
        return Vec::new();
    }
    let marked = users.marks.has(id, &users.query);
    users.marks.set(id, !marked);
    users.range_from = (!marked).then_some(id);
    motion(users, ctx, Motion::Step(1))
}

/// Whether all of another view are marked, of whom nobody here can be told apart; says so.
fn is_of_another_view(users: &Users, ctx: &mut Ctx) -> bool {
    let other = matches!(&users.marks, Selection::Found(query, _) if !query.finds_same(&users.query));
    if other {
        let back = ctx.key(Command::Back);
        let all = ctx.key_on(Screen::Users, Command::Users(UsersCommand::MarkAll));
        ctx.warn(format!(
            "All users of another view are marked. {back} clears those marks; {all} marks all here instead."
        ));
    }
    other
}

/// Marks everybody from the row that was marked last to the cursor.
pub fn mark_range(users: &mut Users, ctx: &mut Ctx) {
    let (Some(to), from) = (users.list.index(), users.range_from) else { return };
    if is_of_another_view(users, ctx) {
        return;
    }
    let at = |id: Option<UserId>| users.list.rows().iter().position(|row| Some(row.id) == id);
    let Some(from) = at(from) else {
        say_how(ctx);
        return;
    };
    for row in &users.list.rows()[from.min(to)..=from.max(to)] {
        users.marks.set(row.id, true);
    }
    users.range_from = users.cursor();
}

/// Says how a range is marked.
pub fn say_how(ctx: &mut Ctx) {
    let key = |command| ctx.key_on(Screen::Users, Command::Users(command));
    let (mark, range) = (key(UsersCommand::Mark), key(UsersCommand::MarkRange));
    ctx.warn(format!("Mark one end with {mark}, go to the other end, then press {range}."));
}

/// Marks everybody whom the list finds, seen or not; or nobody, if all are marked.
pub fn mark_all(users: &mut Users) {
    let all = matches!(&users.marks, Selection::Found(query, but) if but.is_empty() && query.finds_same(&users.query));
    users.range_from = None;
    users.marks = if all { Selection::default() } else { Selection::Found(users.query.clone(), BTreeSet::new()) };
}
