//! Commands done: what a key, a line of the palette or a click asks for.

use super::dialogs::form::{Form, at};
use super::dialogs::menu::{Choice, Menu};
use super::dialogs::{Dialog, leave, open};
use super::keymap::{Command, Context, Row};
use super::message::Effect;
use super::possible::{change, possible, suspends};
use super::screens::audit::update as log;
use super::screens::mail::update as mails;
use super::screens::users::{marks, update as users};
use super::screens::workspaces::update as places;
use super::state::{Screen, State};
use crate::app::users::bulk::Each;
use crate::domain::action::Action;
use crate::domain::query::Anchor;
use crate::domain::selection::Selection;
use crate::domain::status::Status;

/// Whether a command acts on what is under the cursor.
pub fn is_about_a_row(command: Command) -> bool {
    match command {
        Command::SuspendOrReactivate
        | Command::Workspaces
        | Command::ShowUser
        | Command::CopyCaught
        | Command::Preview
        | Command::CorrectAddress
        | Command::Act(Action::RetryMail | Action::CancelMail | Action::RenameWorkspace | Action::DeleteWorkspace) => {
            true
        }
        Command::Act(action) => change(action).is_some(),
        _ => false,
    }
}

/// Whether a command that acts on what is under the cursor can be done to all who are marked as well.
pub fn is_for_many(command: Command) -> bool {
    match command {
        Command::SuspendOrReactivate | Command::Workspaces | Command::Role => true,
        Command::Act(action) => Each::of(action).is_some(),
        _ => false,
    }
}

/// The words of a row, as they fit whom it would concern.
pub fn words(state: &State, row: &'static Row) -> &'static str {
    match row.command {
        Command::SuspendOrReactivate => suspends(state).words(),
        Command::Open if state.screen == Screen::Workspaces => "users of this workspace",
        _ => row.words,
    }
}

/// The command line that does the same.
pub fn command_line(state: &State, command: Command) -> Option<String> {
    if state.me.restricted {
        return None;
    }
    let user = || state.users.shown_user().map(|user| shell(user.email.as_str()));
    let mail = || state.mail.mail().map(|mail| mail.id.0);
    let workspace = || state.workspaces.workspace().map(|one| shell(one.name.as_str()));
    let act = |action: Action| Some(format!("rsvp {} {}", action.name(), user()?));
    match command {
        Command::Act(Action::Invite) => Some("rsvp invite ADDRESS".to_owned()),
        Command::Act(Action::RetryMail) => Some(format!("rsvp mail retry {}", mail()?)),
        Command::Act(Action::CancelMail) => Some(format!("rsvp mail cancel {}", mail()?)),
        Command::Act(Action::TestMail) => Some("rsvp mail test ADDRESS".to_owned()),
        Command::Act(action) if change(action).is_some() && state.users.marks.is_empty() => act(action),
        Command::SuspendOrReactivate if state.users.marks.is_empty() => act(suspends(state)),
        Command::RetryAll => Some("rsvp mail retry --failed".to_owned()),
        Command::Act(Action::CreateWorkspace) => Some("rsvp workspace create NAME".to_owned()),
        Command::Act(Action::RenameWorkspace) => Some(format!("rsvp workspace rename {} NAME", workspace()?)),
        Command::Act(Action::DeleteWorkspace) => Some(format!("rsvp workspace delete {}", workspace()?)),
        Command::Open if state.screen == Screen::Workspaces => Some(format!("rsvp list --workspace {}", workspace()?)),
        Command::Preview => Some(format!("rsvp mail preview {}", mail()?)),
        Command::VerifyAudit => Some("rsvp audit verify".to_owned()),
        Command::AuditFilter => Some("rsvp audit list".to_owned()),
        Command::Open if state.screen == Screen::Audit => None,
        Command::Open if state.screen == Screen::Users => Some(format!("rsvp show {}", user()?)),
        Command::Open => Some(format!("rsvp mail show {}", mail()?)),
        _ => None,
    }
}

/// A text as a shell reads it: quoted where it has more than letters, digits and the signs that mean nothing there.
pub fn shell(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "@.-_+".contains(c)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Does what is asked for.
pub fn run(state: &mut State, command: Command) -> Vec<Effect> {
    let waits = needs_the_user(state, command) && state.users.cursor.is_some() && state.users.user().is_none();
    // What was said is over when something else is done; moving about does nothing.
    if !command.moves() {
        state.toast = None;
    }
    state.mail.correcting = None;
    state.users.pending = state.users.cursor.filter(|_| waits).map(|user| (user, command));
    if let Some((user, _)) = state.users.pending {
        return vec![Effect::Detail(user)];
    }
    let on_mails = state.screen == Screen::Mail;
    match command {
        Command::Act(action @ (Action::CreateWorkspace | Action::RenameWorkspace | Action::DeleteWorkspace)) => {
            places::act(state, action)
        }
        Command::Act(Action::Invite) => open_form(state, Form::invite(state.valid_for)),
        Command::Act(Action::TestMail) => {
            let to = state.me.email.clone().unwrap_or_default();
            open_form(state, Form::test_mail(&to))
        }
        Command::Act(Action::Undo) => match state.undo.take() {
            Some(undo) => vec![Effect::Undo(undo)],
            None => refuse(state, command),
        },
        Command::Act(action @ (Action::RetryMail | Action::CancelMail)) => mails::act(state, action),
        Command::Act(action) => users::act_or_ask(state, action),
        Command::SuspendOrReactivate => {
            let suspended = state.users.row().is_some_and(|row| row.status == Status::Suspended);
            users::act_or_ask(state, if suspended { Action::Reactivate } else { Action::Suspend })
        }
        Command::Workspaces => users::workspaces(state),
        Command::Role if state.users.marks.is_empty() => users::edit_at(state, at::ROLE),
        Command::Role => open_menu(state, Choice::Role),
        Command::RetryAll => mails::retry_all(state),
        Command::ShowUser if state.screen == Screen::Audit => log::show_user(state),
        Command::ShowUser => mails::show_user(state),
        Command::AuditFilter => log::ask_filter(state),
        Command::VerifyAudit => log::verify(state),
        Command::CopyCaught => mails::copy_caught(state),
        Command::Preview => state.mail.cursor.map(Effect::Preview).into_iter().collect(),
        Command::CorrectAddress if on_mails => mails::correct_address(state),
        Command::CorrectAddress => users::edit_at(state, at::EMAIL),
        Command::Go(screen) => go(state, screen),
        Command::Show(view) => {
            state.screen = Screen::Users;
            users::choose_view(state, view)
        }
        Command::Sort(key) => {
            state.screen = Screen::Users;
            users::choose_order(state, key)
        }
        Command::Find(user) => users::find(state, user),
        Command::Move(by) => step(state, by),
        Command::Page(by) => step(state, by * i32::try_from(state.list_rows()).unwrap_or(1)),
        Command::First => jump(state, Anchor::Start),
        Command::Last => jump(state, Anchor::End),
        Command::Mark => marks::mark(state),
        Command::MarkRange => marks::mark_range(state),
        Command::MarkAll => marks::mark_all(state),
        Command::Search => {
            state.users.search = Some(tui_input::Input::new(state.users.query.search.clone()));
            Vec::new()
        }
        Command::Open if state.screen == Screen::Workspaces => places::show_users(state),
        Command::Open => match possible(state, command) {
            Ok(()) => open(state, Dialog::Whole(super::dialogs::whole::Whole::default())),
            Err(_) => Vec::new(),
        },
        Command::ViewMenu => open_menu(state, if on_mails { Choice::Mails } else { Choice::View }),
        Command::OrderMenu => open_menu(state, Choice::Order),
        Command::Palette => open(state, Dialog::Palette(super::dialogs::palette::Palette::default())),
        Command::Help => open(state, Dialog::Help(super::dialogs::help::Help::default())),
        Command::Back => back(state),
        Command::Redraw => vec![Effect::Redraw],
        Command::ToShell if state.me.restricted => refuse(state, command),
        Command::ToShell => vec![Effect::ToShell],
        Command::Quit => leave::quit(state),
        Command::Interrupt => vec![Effect::Quit],
        Command::Dead(instead) => {
            let text = state.keymap.instead(Context::of_screen(state.screen)[0], instead);
            state.warn(text);
            Vec::new()
        }
        // These are for dialogs.
        Command::Press | Command::Save | Command::Close | Command::Switch => Vec::new(),
    }
}

fn step(state: &mut State, by: i32) -> Vec<Effect> {
    match state.screen {
        Screen::Users => users::step(state, by),
        Screen::Mail => mails::step(state, by),
        Screen::Workspaces => places::step(state, by),
        Screen::Audit => log::step(state, by),
    }
}

fn jump(state: &mut State, anchor: Anchor) -> Vec<Effect> {
    match state.screen {
        Screen::Users => users::jump(state, anchor),
        Screen::Mail => mails::jump(state, &anchor),
        Screen::Workspaces => places::jump(state, &anchor),
        Screen::Audit => log::jump(state, &anchor),
    }
}

/// Clears the search or the filter, then the workspace, then the marks.
fn back(state: &mut State) -> Vec<Effect> {
    if state.screen == Screen::Audit && state.audit.filter != log::Filter::default() {
        return log::choose(state, log::Filter::default());
    }
    let query = &state.users.query;
    if state.screen != Screen::Users {
        return Vec::new();
    }
    if !query.search.is_empty() {
        return users::search(state, String::new());
    }
    if query.workspace.is_some() {
        return users::choose_workspace(state, None);
    }
    state.users.marks = Selection::default();
    Vec::new()
}

/// Whether a command acts on the user under the cursor, so that everything about it must have been read.
fn needs_the_user(state: &State, command: Command) -> bool {
    match command {
        Command::SuspendOrReactivate | Command::Role | Command::Workspaces => state.users.marks.is_empty(),
        Command::CorrectAddress => state.screen == Screen::Users,
        Command::Act(action) => change(action).is_some() && marks::for_marked(state, action).is_none(),
        _ => false,
    }
}

/// Says why a command is not possible.
pub fn refuse(state: &mut State, command: Command) -> Vec<Effect> {
    if let Err(why) = possible(state, command) {
        state.warn(why);
    }
    Vec::new()
}

fn open_form(state: &mut State, form: Form) -> Vec<Effect> {
    open(state, Dialog::Form(Box::new(form)))
}

fn open_menu(state: &mut State, choice: Choice) -> Vec<Effect> {
    let menu = Menu::new(state, choice);
    open(state, Dialog::Menu(menu))
}

fn go(state: &mut State, screen: Screen) -> Vec<Effect> {
    state.screen = screen;
    state.users.search = None;
    match screen {
        Screen::Users => Vec::new(),
        Screen::Mail => mails::reload(&state.mail),
        Screen::Workspaces => vec![Effect::AllWorkspaces],
        Screen::Audit => log::reload(state),
    }
}
