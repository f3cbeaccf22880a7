//! What commands do in the list of users: acting on whom is under the cursor, or on all who are marked.

use std::collections::BTreeSet;

use tui_input::Input;

use super::forms::{self, at};
use super::msg::{Change, Effect, Msg, NamesFor, Read};
use super::navigate::{self, after_moving, choose_order, choose_view, motion, rows};
use super::possible::{on, possible, suspends};
use super::state::Users;
use super::{marks, tasks};
use crate::app::links::renew;
use crate::domain::action::{Action, Asks};
use crate::domain::change::Change as Changes;
use crate::domain::policy::meant;
use crate::domain::query::{SortKey, View};
use crate::domain::role::OrganisationRole;
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::text::capital;
use crate::domain::user::{User, UserId};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::{Dialog, Form, Menu, Question, Window};
use crate::tui::effect::open;
use crate::tui::keymap::{Command, ScreenCommand, UsersCommand};
use crate::tui::refused::about;

/// Whether somebody is marked.
pub fn has_marks(users: &Users) -> bool {
    !users.marks.is_empty()
}

/// Does what a key, a line of the palette or a click asks for.
pub fn command(users: &mut Users, ctx: &mut Ctx, command: ScreenCommand<UsersCommand>) -> Vec<Effect> {
    // The same action again before its answer is somebody's second press, and means nothing.
    if let (ScreenCommand::Act(action), Some(id)) = (command, users.cursor()) {
        let action = users.user().map_or(action, |user| meant(action, user));
        if users.in_flight.contains(&(id, action)) {
            return Vec::new();
        }
    }
    users.pending = users.cursor().filter(|id| waits(users, command, *id)).map(|id| (id, command));
    if let Some((id, _)) = users.pending {
        let is_busy = users.in_flight.iter().any(|(user, _)| *user == id);
        return if is_busy { Vec::new() } else { vec![Effect::Read(Read::Detail(id))] };
    }
    match command {
        ScreenCommand::Act(Action::Invite) => match possible(users, ctx, command) {
            Ok(()) => open_form(ctx, forms::invite(ctx)),
            Err(why) => refuse(ctx, &why),
        },
        ScreenCommand::Act(action) => act_or_ask(users, ctx, action),
        ScreenCommand::Own(command) => own(users, ctx, command),
        ScreenCommand::Move(by) => motion(users, ctx, by),
        ScreenCommand::Open => match possible(users, ctx, command) {
            Ok(()) => open(ctx, Dialog::Whole(Window::default())),
            Err(why) => refuse(ctx, &why),
        },
        ScreenCommand::Back => navigate::back(users),
    }
}

/// Whether a command must wait: until everything about the user under the cursor was read, or until an earlier change
/// to them is answered.
fn waits(users: &Users, command: ScreenCommand<UsersCommand>, id: UserId) -> bool {
    let is_about_one = match command {
        ScreenCommand::Own(command) => {
            let about_one = [UsersCommand::SuspendOrReactivate, UsersCommand::Role, UsersCommand::Workspaces];
            users.marks.is_empty() && about_one.contains(&command)
        }
        ScreenCommand::Act(action) => Changes::of(action).is_some() && for_marked(users, action).is_none(),
        ScreenCommand::Move(_) | ScreenCommand::Open | ScreenCommand::Back => false,
    };
    is_about_one && (users.user().is_none() || users.in_flight.iter().any(|(user, _)| *user == id))
}

fn own(users: &mut Users, ctx: &mut Ctx, command: UsersCommand) -> Vec<Effect> {
    match command {
        UsersCommand::SuspendOrReactivate => {
            let action = suspends(users);
            act_or_ask(users, ctx, action)
        }
        UsersCommand::Workspaces => workspaces(users, ctx),
        UsersCommand::Role if users.marks.is_empty() => edit_at(users, ctx, at::ROLE),
        UsersCommand::Role => {
            if let Err(why) = possible(users, ctx, ScreenCommand::Own(command)) {
                return refuse(ctx, &why);
            }
            let items = OrganisationRole::ALL.map(|role| (role.words().to_owned(), Msg::Role(role))).to_vec();
            open(ctx, Dialog::Menu(Menu::new("Role of everybody who is marked".to_owned(), items, 0)))
        }
        UsersCommand::Search => {
            users.search = Some(Input::new(users.query.search.clone()));
            Vec::new()
        }
        UsersCommand::Mark => marks::mark(users, ctx),
        UsersCommand::MarkRange => {
            match possible(users, ctx, ScreenCommand::Own(command)) {
                Ok(()) => marks::mark_range(users, ctx),
                Err(_) => marks::say_how(ctx),
            }
            Vec::new()
        }
        UsersCommand::MarkAll => {
            marks::mark_all(users);
            Vec::new()
        }
        UsersCommand::ViewMenu => {
            let items = View::ALL.map(|view| (view.words().to_owned(), Msg::Show(view))).to_vec();
            let at = View::ALL.iter().position(|view| *view == users.query.view).unwrap_or(0);
            open(ctx, Dialog::Menu(Menu::new("View".to_owned(), items, at)))
        }
        UsersCommand::OrderMenu => {
            let items = SortKey::ALL.map(|key| (key.words().to_owned(), Msg::Sort(key))).to_vec();
            let at = SortKey::ALL.iter().position(|key| *key == users.query.order.key).unwrap_or(0);
            open(ctx, Dialog::Menu(Menu::new("Order · choose it again to reverse it".to_owned(), items, at)))
        }
        UsersCommand::Show(view) => choose_view(users, view),
        UsersCommand::Sort(key) => choose_order(users, key),
        UsersCommand::Find(user) => navigate::find(users, user),
    }
}

/// Says why something is not possible.
fn refuse(ctx: &mut Ctx, why: &str) -> Vec<Effect> {
    ctx.refuse(why);
    Vec::new()
}

fn open_form(ctx: &mut Ctx, form: Form<Msg>) -> Vec<Effect> {
    open(ctx, Dialog::Form(Box::new(form)))
}

/// What an action means for all who are marked, if somebody is and it can be done for many.
fn for_marked(users: &Users, action: Action) -> Option<Task> {
    Task::of(action).filter(|_| !users.marks.is_empty())
}

/// An action on all who are marked, or on the user under the cursor.
fn act_or_ask(users: &mut Users, ctx: &mut Ctx, action: Action) -> Vec<Effect> {
    match for_marked(users, action) {
        Some(task) => match possible(users, ctx, ScreenCommand::Act(action)) {
            Ok(()) => tasks::ask(users, task),
            Err(why) => refuse(ctx, &why),
        },
        None => act(users, ctx, action),
    }
}

/// An action on the user under the cursor: refused at once with the reason, asked about, or done.
fn act(users: &mut Users, ctx: &mut Ctx, action: Action) -> Vec<Effect> {
    let Some(user) = users.user().cloned() else {
        return possible(users, ctx, ScreenCommand::Act(action)).map_or_else(|why| refuse(ctx, &why), |()| Vec::new());
    };
    if is_refused(ctx, action, &user) {
        return Vec::new();
    }
    match (action, action.spec().asks) {
        (Action::ShowLink, _) => vec![Effect::Read(Read::Link(user.id))],
        (Action::Edit, _) => edit(ctx, (&user, users.views()), at::NAME),
        // The same question as for many.
        (action, Asks::Word(_)) => {
            let only = Selection::Users(BTreeSet::from([user.id]));
            tasks::ask_about(users, Task::Act(action), only)
        }
        (action, Asks::Nothing) => act_now(users, action, user.id, user.version),
        (action, Asks::Yes) => {
            let question = question(ctx, action, &user, users.views());
            open(ctx, Dialog::Question(Box::new(question)))
        }
    }
}

/// Does an action to the version of a user that was seen.
pub fn act_now(users: &mut Users, action: Action, id: UserId, version: i64) -> Vec<Effect> {
    users.in_flight.push((id, action));
    vec![Effect::Change(Change::Act(action, id, version))]
}

/// Says why an action on a user is not possible, if it is not.
fn is_refused(ctx: &mut Ctx, action: Action, user: &User) -> bool {
    let why = Changes::of(action).and_then(|change| on(ctx, action, &change, user).err());
    let refused = why.is_some();
    if let Some(why) = why {
        ctx.warn(about(&user.name, &why));
    }
    refused
}

/// Chooses workspaces: of the user under the cursor, or one for all who are marked.
fn workspaces(users: &Users, ctx: &mut Ctx) -> Vec<Effect> {
    if !users.marks.is_empty() {
        if let Err(why) = possible(users, ctx, ScreenCommand::Own(UsersCommand::Workspaces)) {
            return refuse(ctx, &why);
        }
        return vec![Effect::Read(Read::Names(NamesFor::Marked))];
    }
    match (possible(users, ctx, ScreenCommand::Own(UsersCommand::Workspaces)), users.user()) {
        (Ok(()), Some(user)) => vec![Effect::Read(Read::Names(NamesFor::User(Box::new(user.clone()))))],
        (Ok(()), None) => Vec::new(),
        (Err(why), _) => refuse(ctx, &why),
    }
}

/// Opens the form of the user under the cursor at a field.
fn edit_at(users: &Users, ctx: &mut Ctx, field: usize) -> Vec<Effect> {
    match users.user() {
        Some(user) => edit(ctx, (&user.clone(), users.views()), field),
        None => refuse(ctx, "no user is under the cursor"),
    }
}

/// Opens the form of a user at a field.
pub fn edit(ctx: &mut Ctx, (user, views): (&User, u64), field: usize) -> Vec<Effect> {
    if is_refused(ctx, Action::Edit, user) {
        return Vec::new();
    }
    open_form(ctx, forms::edit(ctx, user, views).focused(field))
}

/// The question before an action on one user, who was shown so many links of others that work still.
fn question(ctx: &Ctx, action: Action, user: &User, views: u64) -> Question<Msg> {
    let action = meant(action, user);
    let spec = action.spec();
    let title = spec.question.replace("{}", user.name.as_str());
    let mut about = vec![user.email.as_str().to_owned(), user.status.name().to_owned(), user.role().words().to_owned()];
    about.extend(user.memberships.iter().map(|m| m.name.as_str().to_owned()));
    let mut what = spec.consequence.to_owned();
    if let Some(views) = renew::of_views(views).filter(|_| spec.removes) {
        what = format!("{what} {views}");
    }
    if let (Action::ResetPassword, Some(left)) = (action, ctx.health.as_ref().and_then(|health| health.allowance)) {
        what = format!("{what} {}", left.words());
    }
    if spec.undoable {
        let undo = ctx.key(Command::Act(Action::Undo));
        what = format!("{what} {undo} undoes this.");
    }
    if let (Action::KeepEmail, Some(change)) = (action, &user.email_change) {
        what = format!("{} can no longer be confirmed. {} stays the address.", change.to, user.email);
    }
    let message = Msg::Act(action, user.id, user.version);
    Question::confirm(ctx, title, about.join(" · "), what, capital(spec.words), message)
}

/// Opens the form of a user at the address, as soon as they were read. An invited user is invited anew there.
pub fn correct(users: &mut Users, user: UserId) -> Vec<Effect> {
    users.correcting = Some(user);
    vec![Effect::Read(Read::Detail(user))]
}

/// Whoever goes on to something else is not interrupted by that form.
pub const fn correct_nobody(users: &mut Users) {
    users.correcting = None;
}

/// Moves the cursor to a user who was clicked; a second click opens them.
pub fn click(users: &mut Users, ctx: &mut Ctx, number: i64) -> Vec<Effect> {
    if users.list.cursor() == Some(number) {
        return command(users, ctx, ScreenCommand::Open);
    }
    let room = rows(users, ctx);
    let moved = users.list.click(number, room);
    after_moving(users, moved)
}
