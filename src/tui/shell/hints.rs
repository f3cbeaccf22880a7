//! The keys that matter now. What is not possible stays in its place, greyed.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::route::{possible, words};
use super::screens::has_marks;
use super::state::Shell;
use crate::domain::action::{Action, Reach};
use crate::domain::policy::reaches;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Binding, Command, MailCommand, ShellCommand, UsersCommand};

/// Draws one row, or two: this person's keys, and the screen's.
pub fn draw(shell: &Shell, canvas: &mut Canvas, area: Rect) {
    let contexts = shell.contexts();
    let all = shell.ctx.keymap.listed(&contexts[..contexts.len() - 1]);
    let is_shown = |command| !is_seldom(shell, command) && !is_for_others(shell, command);
    let shown: Vec<_> = all.into_iter().filter(|b| !b.keys.is_empty() && is_shown(b.command())).collect();
    if area.height < 2 {
        // Where somebody is marked, what concerns only the row under the cursor has no room.
        let marked = has_marks(&shell.screens, shell.screen);
        let possible_now = shown.into_iter().filter(|b| {
            let command = b.command();
            let fits = !marked || !command.is_about_a_row() || command.is_for_marked();
            fits && possible(shell, command).is_ok() && !is_moving(command)
        });
        let (end, mut others): (Vec<_>, Vec<_>) = possible_now
            .partition(|b| matches!(b.command(), Command::Shell(ShellCommand::Help | ShellCommand::Palette)));
        // Three keys for whoever is under the cursor, then the screen's, then what has room.
        let mine = others.iter().take_while(|b| b.command().is_about_a_row()).count();
        others[mine.min(3)..].sort_by_key(|b| b.command().is_about_a_row());
        row(shell, canvas, &others, &end, Rect { height: 1, ..area });
        return;
    }
    let (mine, screens): (Vec<_>, Vec<_>) = shown.into_iter().partition(|b| b.command().is_about_a_row());
    row(shell, canvas, &mine, &[], Rect { height: 1, ..area });
    // How to see the rest is never what has no room.
    let (needed, rest): (Vec<_>, Vec<_>) =
        screens.into_iter().filter(|b| !is_moving(b.command())).partition(|b| is_needed(b.command()));
    row(shell, canvas, &rest, &needed, Rect { y: area.y + 1, height: 1, ..area });
}

/// One row: as many of the keys as fit, those at the end always. Where they do not all fit in verb and object, one word
/// has to do.
fn row(shell: &Shell, canvas: &mut Canvas, keys: &[&Binding], at_the_end: &[&Binding], area: Rect) {
    let width = usize::from(area.width);
    let needs = |binding: &Binding, words: &str| binding.shown().width() + words.width() + 4;
    let all = keys.iter().chain(at_the_end);
    let whole = all.map(|binding| needs(binding, words(shell, binding.row).0)).sum::<usize>() <= width;
    let said = |binding: &Binding| {
        let (words, brief) = words(shell, binding.row);
        if whole { words } else { brief }
    };
    let kept: usize = at_the_end.iter().map(|binding| needs(binding, said(binding))).sum();
    let mut used = kept;
    let fitting = keys.iter().take_while(|binding| {
        used += needs(binding, said(binding));
        used <= width
    });
    let mut x = area.x;
    for binding in fitting.chain(at_the_end) {
        let (shown, words) = (binding.shown(), said(binding));
        let (key, style) = match possible(shell, binding.command()) {
            Ok(()) => (shell.ctx.theme.key(), Style::new()),
            Err(_) => (shell.ctx.theme.quiet(), shell.ctx.theme.quiet()),
        };
        let columns = u16::try_from(shown.width() + words.width() + 2).unwrap_or(u16::MAX);
        let place = Rect { x, width: columns, ..area }.intersection(area);
        canvas.render(
            Line::from_iter([Span::styled(format!(" {shown}"), key), Span::styled(format!(" {words}"), style)]),
            place,
        );
        canvas.offer(place, Target::Command(binding.command()));
        x = x.saturating_add(columns + 2).min(area.right());
    }
}

/// Whether a key is needed too seldom for a hint: the head shows the screens, and ranges matter once there is a mark.
fn is_seldom(shell: &Shell, command: Command) -> bool {
    if command == Command::Mail(MailCommand::CopyCaught) {
        return !shell.ctx.here.demo;
    }
    if matches!(command, Command::Users(UsersCommand::MarkRange | UsersCommand::MarkAll)) {
        return !has_marks(&shell.screens, shell.screen);
    }
    matches!(command, Command::Shell(ShellCommand::Go(_)))
}

/// Whether somebody with this role never does it, whoever is under the cursor.
fn is_for_others(shell: &Shell, command: Command) -> bool {
    let retries = matches!(command, Command::Mail(MailCommand::RetryAll | MailCommand::CorrectAddress));
    let action = if let Command::Act(action) = command {
        Some(action)
    } else if command == Command::Users(UsersCommand::SuspendOrReactivate) {
        Some(Action::Suspend)
    } else {
        retries.then_some(Action::RetryMail)
    };
    let reach = action.map(|action| action.spec().reach).filter(|reach| *reach != Reach::NotAsked);
    reach.is_some_and(|reach| reaches(&shell.ctx.me.authority, reach).is_err())
}

/// Whether a key must not go for want of room: with these everything else is found.
const fn is_needed(command: Command) -> bool {
    matches!(command, Command::Shell(ShellCommand::Palette | ShellCommand::Help | ShellCommand::Quit))
}

/// Whether a key only moves about: everybody finds those.
const fn is_moving(command: Command) -> bool {
    command.moves() || matches!(command, Command::Back)
}
