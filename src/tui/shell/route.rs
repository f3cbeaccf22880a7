//! The way to the screens: what the shell itself says of a command, and the effects of screens as effects of the shell.

use super::msg::{Change, Lifted, Msg, Read};
use super::screens::{self, ScreenMsg};
use super::state::Shell;
use crate::domain::action::Action;
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Command, Row, ShellCommand, UsersCommand};
use crate::tui::screen::Screen;
use crate::tui::screens::users::{self, Users};

fn lifted(effects: Vec<screens::Effect>) -> Vec<Lifted> {
    effects.into_iter().map(|one| one.lift(Read::Screen, Change::Screen, Msg::Screen)).collect()
}

/// What the list of users answers.
pub fn in_users(shell: &mut Shell, f: impl FnOnce(&mut Users, &mut Ctx) -> Vec<users::Effect>) -> Vec<Lifted> {
    lifted(screens::in_users(&mut shell.screens, &mut shell.ctx, f))
}

/// A message came to a screen.
pub fn update(shell: &mut Shell, msg: ScreenMsg) -> Vec<Lifted> {
    lifted(screens::update(&mut shell.screens, &mut shell.ctx, msg))
}

/// A command for the screen that it belongs to.
pub fn command(shell: &mut Shell, command: Command) -> Vec<Lifted> {
    lifted(screens::command(&mut shell.screens, &mut shell.ctx, shell.screen, command))
}

/// A click on a row of the screen that is shown.
pub fn click(shell: &mut Shell, number: i64) -> Vec<Lifted> {
    lifted(screens::click(&mut shell.screens, &mut shell.ctx, shell.screen, number))
}

/// Reads a screen again.
pub fn reload(shell: &mut Shell, screen: Screen) -> Vec<Lifted> {
    lifted(screens::reload(&mut shell.screens, &mut shell.ctx, screen))
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
    if goes_to_users(command) { Ok(()) } else { screens::possible(&shell.screens, ctx, shell.screen, command) }
}

/// Whether a command goes to the list of users and chooses something there.
pub const fn goes_to_users(command: Command) -> bool {
    matches!(command, Command::Users(UsersCommand::Show(_) | UsersCommand::Sort(_) | UsersCommand::Find(_)))
}

/// The command line that does the same, for whoever has a shell.
pub fn command_line(shell: &Shell, command: Command) -> Option<String> {
    if shell.ctx.me.restricted { None } else { screens::command_line(&shell.screens, shell.screen, command) }
}

/// The words of a row of the table, as they fit what it would concern, and in brief.
pub fn words(shell: &Shell, row: &'static Row) -> (&'static str, &'static str) {
    screens::words(&shell.screens, shell.screen, row)
}
