//! Whether a command would do something now, and why not: what hints and lists grey out, and what a key says instead.

use super::keymap::Command;
use super::state::{Screen, State};
use crate::app::users::bulk::Each;
use crate::domain::action::Action;
use crate::domain::change::Change;
use crate::domain::explain::Explain as _;
use crate::domain::mail::{Mail, MailState};
use crate::domain::policy::{Denied, Power, allow};
use crate::domain::status::Status;
use crate::domain::user::User;

/// The change that an action makes, if it makes one to a user.
pub const fn change(action: Action) -> Option<Change> {
    match action {
        Action::Resend => Some(Change::Resend),
        Action::ShowLink => Some(Change::ShowLink),
        Action::Revoke => Some(Change::Revoke),
        Action::Edit => Some(Change::Edit { profile: true, email: false, administrator: None, memberships: None }),
        Action::ResetPassword => Some(Change::ResetPassword),
        Action::Suspend => Some(Change::Suspend),
        Action::Reactivate => Some(Change::Reactivate),
        Action::Delete => Some(Change::Delete),
        Action::Restore => Some(Change::Restore),
        Action::Erase => Some(Change::Erase),
        _ => None,
    }
}

/// The change that choosing workspaces makes.
fn memberships(user: &User) -> Change {
    let all = user.memberships.iter().map(|m| (m.workspace, m.role)).collect();
    Change::Edit { profile: false, email: false, administrator: None, memberships: Some(all) }
}

/// What suspending would be for the user who is shown.
pub fn suspends(state: &State) -> Action {
    let suspended = state.users.shown_user().is_some_and(|user| user.status == Status::Suspended);
    if suspended { Action::Reactivate } else { Action::Suspend }
}

/// Whether a command would do something now; otherwise why not, and what to do instead.
pub fn possible(state: &State, command: Command) -> Result<(), String> {
    let nobody = || "nobody is under the cursor".to_owned();
    let mail = || state.mail.mail().ok_or_else(|| "no mail is under the cursor".to_owned());
    let workspace =
        || state.workspaces.workspace().map(drop).ok_or_else(|| "no workspace is under the cursor".to_owned());
    let action = match command {
        Command::Act(Action::CreateWorkspace) => return may(state, &Change::CreateWorkspace),
        Command::Act(Action::RenameWorkspace) => {
            return may(state, &Change::RenameWorkspace).and_then(|()| workspace());
        }
        Command::Act(Action::DeleteWorkspace) => {
            return may(state, &Change::DeleteWorkspace).and_then(|()| workspace());
        }
        Command::Act(Action::TestMail) => return may(state, &Change::TestMail),
        Command::Open if state.screen == Screen::Workspaces => return workspace(),
        Command::Act(action @ (Action::RetryMail | Action::CancelMail)) => {
            return mail().and_then(|mail| steers(action, mail));
        }
        Command::Act(Action::Undo) if state.undo.is_none() => {
            return Err(
                "only an invitation, deletion, suspension or role of one user in this session can be undone".to_owned()
            );
        }
        Command::Act(action) => action,
        Command::SuspendOrReactivate => suspends(state),
        Command::Workspaces => Action::Edit,
        Command::Role if state.users.marks.is_empty() => Action::Edit,
        Command::RetryAll => {
            let failed = state.health.as_ref().is_some_and(|health| health.dead > 0);
            return if failed { Ok(()) } else { Err("no mail failed".to_owned()) };
        }
        Command::ShowUser | Command::CorrectAddress if state.screen == Screen::Mail => {
            return mail().and_then(|mail| mail.user.map(drop).ok_or_else(|| "a test mail goes to no user".to_owned()));
        }
        Command::CopyCaught => {
            return match (&state.mail.caught, state.here.demo) {
                (Some(_), _) => Ok(()),
                (None, true) => Err("this mail was not caught, or carries no link".to_owned()),
                (None, false) => {
                    Err("a mail's code is shown to nobody; an invitation's link is copied in the list of users"
                        .to_owned())
                }
            };
        }
        Command::ShowUser => {
            let subject = state.audit.entry().map(|entry| entry.subject.is_some());
            return match subject {
                Some(true) => Ok(()),
                Some(false) => Err("this entry is about no user".to_owned()),
                None => Err("no entry is under the cursor".to_owned()),
            };
        }
        Command::ToShell if state.me.restricted => {
            return Err("there is no shell for you here".to_owned());
        }
        Command::VerifyAudit => {
            let all = state.me.authority.power == Power::All;
            return if all { Ok(()) } else { Err(Denied::AdministratorsOnly.to_string()) };
        }
        Command::Open if state.screen == Screen::Audit => {
            return state.audit.entry().map(drop).ok_or_else(|| "no entry is under the cursor".to_owned());
        }
        Command::MarkRange if state.users.range_from.is_none() => return Err("mark one end first".to_owned()),
        Command::Open if state.screen == Screen::Users => return state.users.cursor.map(drop).ok_or_else(nobody),
        Command::Open | Command::Preview => return mail().map(drop),
        _ => return Ok(()),
    };
    if !state.users.marks.is_empty() && (Each::of(action).is_some() || command == Command::Workspaces) {
        return Ok(());
    }
    let change = match (command, state.users.shown_user()) {
        (Command::Workspaces, Some(user)) => Some(memberships(user)),
        _ => change(action),
    };
    match (change, state.users.shown_user()) {
        (Some(change), Some(user)) => on(state, action, &change, user).map_err(|why| {
            // Who it is stands beside it.
            why.strip_prefix(&format!("{} is ", user.name)).map_or(why.clone(), str::to_owned)
        }),
        (Some(_), None) => Err(nobody()),
        (None, _) => Ok(()),
    }
}

/// Whether a change that concerns no user is possible.
fn may(state: &State, change: &Change) -> Result<(), String> {
    allow(&state.me.authority, change, None).map_err(|denied| denied.to_string())
}

/// Whether an action on a user is possible.
pub fn on(state: &State, action: Action, change: &Change, user: &User) -> Result<(), String> {
    if let Err(denied) = allow(&state.me.authority, change, Some(user)) {
        let hint = denied.hint().unwrap_or_default();
        return Err(format!("{} is {denied}; {hint}", user.name));
    }
    if let Some(change) = user.moving(state.now).filter(|_| action == Action::ResetPassword) {
        let keep = state.user_key(Command::Act(Action::Revoke));
        return Err(format!("{} waits to be confirmed as the new address; {keep} keeps the old one", change.to));
    }
    Ok(())
}

fn steers(action: Action, mail: &Mail) -> Result<(), String> {
    if matches!(mail.state, MailState::Queued | MailState::Dead) {
        return Ok(());
    }
    let verb = if action == Action::RetryMail { "retried" } else { "cancelled" };
    Err(format!("mail {} {}; only one that waits or failed can be {verb}", mail.id.0, mail.state.words()))
}
