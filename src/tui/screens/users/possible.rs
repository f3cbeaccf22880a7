//! Whether a command would do something to the users now, and why not; its words here; and the command line that does
//! the same.

use super::state::Users;
use crate::app::Failure;
use crate::domain::action::{Action, Reach};
use crate::domain::change::Change;
use crate::domain::command_line::shell;
use crate::domain::explain::Explain as _;
use crate::domain::policy::{allow, editable, invites, reaches};
use crate::domain::status::Status;
use crate::domain::task::Task;
use crate::domain::user::User;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Command, Row, ScreenCommand, UsersCommand};
use crate::tui::refused::clause;
use crate::tui::screen::Screen;

/// What suspending would be: for all who are marked, as far as the list shows them, or for whoever is under the cursor.
pub fn suspends(users: &Users) -> Action {
    let concerned: Vec<_> = if users.marks.is_empty() {
        users.list.current().into_iter().collect()
    } else {
        users.list.rows().iter().filter(|row| users.marks.has(row.id, &users.query)).collect()
    };
    let suspended = !concerned.is_empty() && concerned.iter().all(|row| row.status == Status::Suspended);
    if suspended { Action::Reactivate } else { Action::Suspend }
}

/// The words of a command, and in brief, where they depend on whom it would concern.
pub fn words(users: &Users, row: &'static Row) -> Option<(&'static str, &'static str)> {
    (row.command == Command::Users(UsersCommand::SuspendOrReactivate)).then(|| {
        let action = suspends(users);
        (action.words(), if action == Action::Reactivate { "reactivate" } else { row.brief })
    })
}

/// Whether a command would do something now; otherwise why not, and what to do instead, as a clause.
pub fn possible(users: &Users, ctx: &Ctx, command: ScreenCommand<UsersCommand>) -> Result<(), String> {
    let nobody = || "no user is under the cursor".to_owned();
    match command {
        ScreenCommand::Act(action) => possible_action(users, ctx, action),
        ScreenCommand::Open => users.cursor().map(drop).ok_or_else(nobody),
        ScreenCommand::Own(command) => match command {
            UsersCommand::SuspendOrReactivate => possible_action(users, ctx, suspends(users)),
            UsersCommand::Role if users.marks.is_empty() => {
                let user = users.shown_user().ok_or_else(nobody)?;
                on(ctx, Action::Edit, &role(user), user)
            }
            UsersCommand::Workspaces if users.marks.is_empty() => {
                let user = users.shown_user().ok_or_else(nobody)?;
                on(ctx, Action::Edit, &memberships(user), user)
            }
            UsersCommand::Role => reached(ctx, Reach::Administrators),
            UsersCommand::Workspaces => reached(ctx, Reach::WorkspaceAdministrators),
            UsersCommand::MarkRange if users.range_from.is_none() => Err("mark one end first".to_owned()),
            UsersCommand::Search
            | UsersCommand::Mark
            | UsersCommand::MarkRange
            | UsersCommand::MarkAll
            | UsersCommand::ViewMenu
            | UsersCommand::OrderMenu
            | UsersCommand::Show(_)
            | UsersCommand::Sort(_)
            | UsersCommand::Find(_) => Ok(()),
        },
        ScreenCommand::Move(_) | ScreenCommand::Back => Ok(()),
    }
}

fn possible_action(users: &Users, ctx: &Ctx, action: Action) -> Result<(), String> {
    if !users.marks.is_empty() && Task::of(action).is_some() {
        reached(ctx, action.spec().reach)?;
        return has_left(ctx, action);
    }
    if action == Action::Invite {
        invites(&ctx.me.authority).map_err(clause)?;
        return has_left(ctx, action);
    }
    let Some(change) = Change::of(action) else { return Ok(()) };
    let user = users.shown_user().ok_or_else(|| "no user is under the cursor".to_owned())?;
    on(ctx, action, &change, user)
}

/// Whether one more email may be sent, for what sends one: said before a form is filled in or a question answered.
fn has_left(ctx: &Ctx, action: Action) -> Result<(), String> {
    let sends = matches!(action, Action::Invite | Action::Resend | Action::ResetPassword);
    let allowance = ctx.health.as_ref().and_then(|health| health.allowance).filter(|all| sends && all.left == 0);
    allowance.map_or(Ok(()), |all| {
        let spent = Failure::SentEnough(all);
        Err(spent.hint().map_or_else(|| spent.to_string(), |hint| format!("{spent}; {hint}")))
    })
}

/// The change that choosing a role makes: the one that they have counts as another.
const fn role(user: &User) -> Change {
    Change::Edit { profile: false, email: false, role: Some(user.organisation_role), memberships: None }
}

/// The change that choosing workspaces makes.
fn memberships(user: &User) -> Change {
    let all = user.memberships.iter().map(|m| (m.workspace, m.role)).collect();
    Change::Edit { profile: false, email: false, role: None, memberships: Some(all) }
}

/// Whether what is done to all who are marked could be done to anybody.
fn reached(ctx: &Ctx, reach: Reach) -> Result<(), String> {
    reaches(&ctx.me.authority, reach).map_err(clause)
}

/// Whether an action on a user is possible; otherwise why not, and what to do instead.
pub fn on(ctx: &Ctx, action: Action, change: &Change, user: &User) -> Result<(), String> {
    let authority = &ctx.me.authority;
    // An edit is possible where any field is, and the form has only those.
    let is_form = matches!(change, Change::Edit { role: None, memberships: None, .. });
    let allowed = if is_form { editable(authority, user).map(drop) } else { allow(authority, change, Some(user)) };
    if let Err(denied) = allowed {
        return Err(clause(denied));
    }
    has_left(ctx, action)?;
    if let Some(change) = user.moving(ctx.now).filter(|_| action == Action::ResetPassword) {
        let keep = ctx.key_on(Screen::Users, Command::Act(Action::Revoke));
        return Err(format!(
            "{} hasn't been confirmed as the new address yet; {keep} keeps the current one",
            change.to
        ));
    }
    Ok(())
}

/// The command line that does the same, where one does.
pub fn command_line(users: &Users, command: ScreenCommand<UsersCommand>) -> Option<String> {
    // Of whoever is under the cursor, whether or not their detail was read.
    let user = || users.list.current().map(|row| shell(row.email.as_str()));
    let act = |action: Action| Some(format!("rsvp {} {}", action.name(), user()?));
    let action = match command {
        ScreenCommand::Open => return Some(format!("rsvp show {}", user()?)),
        ScreenCommand::Act(action) => action,
        ScreenCommand::Own(command) => {
            if command != UsersCommand::SuspendOrReactivate {
                return None;
            }
            suspends(users)
        }
        ScreenCommand::Move(_) | ScreenCommand::Back => {
            return None;
        }
    };
    if action == Action::Invite {
        return Some("rsvp invite ADDRESS".to_owned());
    }
    if Change::of(action).is_some() && users.marks.is_empty() { act(action) } else { None }
}

/// The key of a command of this screen, as a sentence names it.
pub fn key(ctx: &Ctx, command: Command) -> String {
    ctx.key_on(Screen::Users, command)
}
