//! What happens to the list of users: an answer came, or somebody chose something in a dialog.

use super::commands::act_now;
use super::msg::{Change, Effect, Msg, Read};
use super::navigate::{choose_order, choose_view};
use super::state::Users;
use super::{answers, tasks};
use crate::domain::task::Task;
use crate::tui::ctx::Ctx;

/// A message came: an answer, or what somebody chose in a dialog.
pub fn update(users: &mut Users, ctx: &mut Ctx, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Act(action, id, version) => act_now(users, action, id, version),
        Msg::Invite(number, request) => vec![Effect::Change(Change::Invite(number, request))],
        Msg::Edit(number, request) => vec![Effect::Change(Change::Edit(number, request))],
        Msg::Choose(names_for) => vec![Effect::Read(Read::Names(names_for))],
        Msg::Chosen(names_for, chosen) => answers::on_chosen(users, ctx, names_for, chosen),
        Msg::Role(role) => tasks::ask(users, Task::Role(role)),
        Msg::Show(view) => choose_view(users, view),
        Msg::Sort(key) => choose_order(users, key),
        Msg::Begin(number) => tasks::begin(users, ctx, number),
        Msg::Stop => {
            tasks::stop(users);
            Vec::new()
        }
        Msg::Page(..)
        | Msg::Hits(..)
        | Msg::Rested(_)
        | Msg::Detail(..)
        | Msg::Link(_)
        | Msg::Names(..)
        | Msg::Resolved(..)
        | Msg::CameLater(_)
        | Msg::Acted(..)
        | Msg::Invited(..)
        | Msg::Edited(..)
        | Msg::Chunk(_) => answers::on_answer(users, ctx, msg),
    }
}
