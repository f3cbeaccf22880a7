//! The lock: whoever leaves a terminal open for too long finds nothing on it until the password is typed. What was
//! being filled in, and what is under way, stays and goes on.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::msg::{Change, Effect};
use super::state::{Lock, Shell};
use crate::domain::password::Password;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::frame;
use crate::tui::effect::Terminal;
use crate::tui::keymap::{Command, Context, InDialog, ShellCommand};
use crate::tui::refused::Refused;
use crate::tui::widgets::fields::{Answer, Field, Fields, Leaving, needs};
use crate::tui::widgets::lines::lines;
use crate::tui::widgets::text::{cell, wrapped};

/// Columns of the box.
const COLUMNS: u16 = 70;

fn password() -> Fields {
    let needed = needs(|text| if text.is_empty() { Err("type your password") } else { Ok(()) });
    let mut fields = Fields::new(vec![Field::secret("Password", needed)]);
    fields.leaving = Leaving::Nowhere;
    fields
}

/// Locks if nobody touched the keyboard for long enough by now; whether it was locked just now. Whoever came without a
/// password, as the operator, has a shell beside this that no lock of ours closes.
pub fn lapse(shell: &mut Shell) -> bool {
    let now = shell.ctx.now;
    let touched_at = shell.lock.touched_at.map_or(now, |at| at.believed(now, Duration::ZERO));
    shell.lock.touched_at = Some(touched_at);
    let over = shell.lock.after.is_some_and(|after| now.since(touched_at) >= after);
    let locks = over && !shell.lock.is_on() && shell.ctx.me.email.is_some();
    if locks {
        shell.lock.asks = Some(password());
        shell.ctx.dirty = true;
    }
    locks
}

/// A key while it is locked: for the password, or to leave.
pub fn on_key(shell: &mut Shell, key: KeyEvent) -> Vec<Effect> {
    if shell.ctx.keymap.of_shell(Context::Always, key) == Some(ShellCommand::Interrupt) {
        return vec![Effect::Terminal(Terminal::Quit)];
    }
    let keymap = std::sync::Arc::clone(&shell.ctx.keymap);
    let Some(fields) = &mut shell.lock.asks else { return Vec::new() };
    // Enter on the one field is what everybody presses.
    if keymap.in_dialog(Context::Form, key) == Some(InDialog::Press) && !fields.sending {
        fields.focus = fields.button();
    }
    if fields.key(&keymap, key) != Answer::Saves {
        return Vec::new();
    }
    match Password::typed(fields.all[0].secret_typed()) {
        Ok(password) => vec![Effect::Change(Change::Unlock(password))],
        Err(error) => {
            fields.refuse(error.to_string());
            Vec::new()
        }
    }
}

/// Text was pasted while it is locked.
pub fn on_paste(shell: &mut Shell, text: &str) {
    if let Some(fields) = &mut shell.lock.asks {
        fields.paste(text);
    }
}

/// The password was right, or not.
pub fn on_answer(shell: &mut Shell, answer: Result<(), Refused>) -> Vec<Effect> {
    shell.ctx.dirty = true;
    match (answer, &mut shell.lock.asks) {
        (Ok(()), _) => {
            shell.lock.asks = None;
            shell.lock.touched_at = Some(shell.ctx.now);
        }
        (Err(refused), Some(fields)) => {
            *fields = password();
            fields.refuse(refused.sentences(&shell.ctx.me));
        }
        (Err(_), None) => {}
    }
    Vec::new()
}

/// Draws it, and nothing of what is behind it.
pub fn draw(lock: &Lock, ctx: &Ctx, canvas: &mut Canvas) {
    let Some(fields) = &lock.asks else { return };
    let width = usize::from(canvas.area().width.min(COLUMNS)).saturating_sub(2);
    let lines = lines((ctx.theme, &ctx.keymap), fields, ("Unlock", "Checking…"), width);
    let leave = ctx.keymap.label(Context::Always, Command::Shell(ShellCommand::Interrupt));
    let email = ctx.me.email.as_deref().unwrap_or_default();
    let text = format!("Locked. Type the password of {email} to continue where you were. {leave} quits.");
    let text = wrapped(&text, width.saturating_sub(2));
    let above = u16::try_from(text.len() + 1).unwrap_or(2);
    let inner = frame(canvas, &ctx.organisation, COLUMNS, lines.count() + above);
    let [top, below] = inner.layout(&Layout::vertical([Constraint::Length(above), Constraint::Min(2)]));
    let text: Vec<_> =
        text.iter().map(|line| Line::styled(cell(&format!(" {line}"), width), ctx.theme.quiet())).collect();
    canvas.render(Paragraph::new(text), top);
    lines.draw(canvas, below);
}
