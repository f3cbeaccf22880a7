//! Which screen something concerns: commands, clicks, and what is asked of the screen that is shown.

use std::convert::Infallible;

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::msg::{Change, Lifted, Msg, Read};
use super::state::Shell;
use crate::domain::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Command, Row, ShellCommand, UsersCommand};
use crate::tui::screen::Screen;
use crate::tui::screens::audit::{self, AuditScreen};
use crate::tui::screens::mail::{self, MailScreen};
use crate::tui::screens::users::{self, Users};
use crate::tui::screens::workspaces::{self, WorkspaceScreen};

/// What the users' screen answers, as effects of the shell.
pub fn in_users(shell: &mut Shell, f: impl FnOnce(&mut Users, &mut Ctx) -> Vec<users::Effect>) -> Vec<Lifted> {
    let effects = f(&mut shell.users, &mut shell.ctx);
    effects.into_iter().map(|one| one.lift(Read::Users, Change::Users, Msg::Users)).collect()
}

/// The same of the mail screen.
pub fn in_mail(shell: &mut Shell, f: impl FnOnce(&mut MailScreen, &mut Ctx) -> Vec<mail::Effect>) -> Vec<Lifted> {
    let effects = f(&mut shell.mail, &mut shell.ctx);
    effects.into_iter().map(|one| one.lift(Read::Mail, Change::Mail, Msg::Mail)).collect()
}

/// The same of the workspaces' screen.
pub fn in_workspaces(
    shell: &mut Shell,
    f: impl FnOnce(&mut WorkspaceScreen, &mut Ctx) -> Vec<workspaces::Effect>,
) -> Vec<Lifted> {
    let effects = f(&mut shell.workspaces, &mut shell.ctx);
    effects.into_iter().map(|one| one.lift(Read::Workspaces, Change::Workspaces, Msg::Workspaces)).collect()
}

/// The same of the audit log, which changes nothing.
pub fn in_audit(shell: &mut Shell, f: impl FnOnce(&mut AuditScreen, &mut Ctx) -> Vec<audit::Effect>) -> Vec<Lifted> {
    let effects = f(&mut shell.audit, &mut shell.ctx);
    let nothing = |never: Infallible| -> Change { match never {} };
    effects.into_iter().map(|one| one.lift(Read::Audit, nothing, Msg::Audit)).collect()
}

/// Which screen a command belongs to: its own, whatever is shown, or the one that is shown.
pub const fn screen_of(shell: &Shell, command: Command) -> Screen {
    match command {
        Command::Users(_) => Screen::Users,
        Command::Mail(_) => Screen::Mail,
        Command::Audit(_) => Screen::Audit,
        Command::Act(_) | Command::Move(_) | Command::Open | Command::Shell(_) | Command::Dialog(_) => shell.screen,
    }
}

/// A command for the screen that it belongs to.
pub fn command(shell: &mut Shell, command: Command) -> Vec<Lifted> {
    match screen_of(shell, command) {
        Screen::Users => in_users(shell, |screen, ctx| users::command(screen, ctx, command)),
        Screen::Mail => in_mail(shell, |screen, ctx| mail::command(screen, ctx, command)),
        Screen::Workspaces => in_workspaces(shell, |screen, ctx| workspaces::command(screen, ctx, command)),
        Screen::Audit => in_audit(shell, |screen, ctx| audit::command(screen, ctx, command)),
    }
}

/// A click on a row of the screen.
pub fn click(shell: &mut Shell, number: i64) -> Vec<Lifted> {
    match shell.screen {
        Screen::Users => in_users(shell, |screen, ctx| users::click(screen, ctx, number)),
        Screen::Mail => in_mail(shell, |screen, ctx| mail::click(screen, ctx, number)),
        Screen::Workspaces => in_workspaces(shell, |screen, ctx| workspaces::click(screen, ctx, number)),
        Screen::Audit => in_audit(shell, |screen, ctx| audit::click(screen, ctx, number)),
    }
}

/// Reads a screen again.
pub fn reload(shell: &mut Shell, screen: Screen) -> Vec<Lifted> {
    match screen {
        Screen::Users => in_users(shell, |screen, _| users::reload(screen)),
        Screen::Mail => in_mail(shell, |screen, _| mail::reload(screen)),
        Screen::Workspaces => in_workspaces(shell, |_, _| workspaces::reload()),
        Screen::Audit => in_audit(shell, |screen, _| audit::reload(screen)),
    }
}

/// Whether a command would do something now; otherwise why not, and what to do instead, as a clause.
pub fn possible(shell: &Shell, command: Command) -> Result<(), String> {
    let ctx = &shell.ctx;
    if command == Command::Act(Action::Undo) {
        let nothing = || "nothing that you did here can be undone now".to_owned();
        return ctx.undo.as_ref().map(drop).ok_or_else(nothing);
    }
    if command == Command::Shell(ShellCommand::ToShell) && ctx.me.restricted {
        return Err("you have no shell here".to_owned());
    }
    // These go to their screen and choose something there.
    if matches!(command, Command::Users(UsersCommand::Show(_) | UsersCommand::Sort(_) | UsersCommand::Find(_))) {
        return Ok(());
    }
    match screen_of(shell, command) {
        Screen::Users => users::possible(&shell.users, ctx, command),
        Screen::Mail => mail::possible(&shell.mail, ctx, command),
        Screen::Workspaces => workspaces::possible(&shell.workspaces, ctx, command),
        Screen::Audit => audit::possible(&shell.audit, ctx, command),
    }
}

/// The words of a row of the table, as they fit what it would concern, and in brief.
pub fn words(shell: &Shell, row: &'static Row) -> (&'static str, &'static str) {
    match shell.screen {
        Screen::Users => users::words(&shell.users, row).unwrap_or((row.words, row.brief)),
        Screen::Workspaces => workspaces::words(row).unwrap_or((row.words, row.brief)),
        Screen::Mail | Screen::Audit => (row.words, row.brief),
    }
}

/// The command line that does the same, for whoever has a shell.
pub fn command_line(shell: &Shell, command: Command) -> Option<String> {
    if shell.ctx.me.restricted {
        return None;
    }
    match screen_of(shell, command) {
        Screen::Users => users::command_line(&shell.users, command),
        Screen::Mail => mail::command_line(&shell.mail, command),
        Screen::Workspaces => workspaces::command_line(&shell.workspaces, command),
        Screen::Audit => audit::command_line(command),
    }
}

/// Whether somebody is marked, so that hints show what can be done for many.
pub fn has_marks(shell: &Shell) -> bool {
    shell.screen == Screen::Users && users::has_marks(&shell.users)
}

/// Draws the screen.
pub fn draw(shell: &Shell, canvas: &mut Canvas, body: Rect) {
    let ctx = &shell.ctx;
    match shell.screen {
        Screen::Users => users::draw(&shell.users, ctx, canvas, body),
        Screen::Mail => mail::draw(&shell.mail, ctx, canvas, body),
        Screen::Workspaces => workspaces::draw(&shell.workspaces, ctx, canvas, body),
        Screen::Audit => audit::draw(&shell.audit, ctx, canvas, body),
    }
}

/// Everything about what is under the screen's cursor: a title and all its lines.
pub fn whole(shell: &Shell, width: usize) -> (String, Vec<Line<'static>>) {
    let ctx = &shell.ctx;
    match shell.screen {
        Screen::Users => users::whole(&shell.users, ctx, width),
        Screen::Mail => mail::whole(&shell.mail, ctx, width),
        Screen::Audit => audit::whole(&shell.audit, ctx, width),
        // Opening a workspace shows its users.
        Screen::Workspaces => (String::new(), Vec::new()),
    }
}
