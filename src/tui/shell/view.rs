//! What is drawn: head, screen, message, hints, and the dialogs above them. Reads and changes nothing.

use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::state::Shell;
use super::{head, hints, lock, screens};
use crate::tui::canvas::Canvas;
use crate::tui::dialogs::{Dialog, columns};
use crate::tui::layout::parts;
use crate::tui::widgets::finished::finished;
use crate::tui::widgets::text::{cell, wrapped};

/// Draws everything.
pub fn draw(shell: &Shell, canvas: &mut Canvas) {
    finished(canvas, (shell.ctx.here.ascii, !shell.ctx.me.restricted), |canvas| {
        if shell.lock.is_on() {
            lock::draw(&shell.lock, &shell.ctx, canvas);
        } else {
            paint(shell, canvas);
        }
    });
}

fn paint(shell: &Shell, canvas: &mut Canvas) {
    let (area, ctx) = (canvas.area(), &shell.ctx);
    let room = usize::from(area.width) - 4;
    let mut message = ctx.toast.as_ref().map_or_else(Vec::new, |toast| wrapped(&toast.text, room));
    let [top, body, below, hint] = parts(area, head::rows(shell), message.len());
    head::draw(shell, canvas, top);
    screens::draw(&shell.screens, &shell.ctx, shell.screen, canvas, body);
    if let Some(toast) = &ctx.toast {
        let style = if toast.bad { ctx.theme.bad() } else { ctx.theme.good() };
        let mark = if toast.bad { " ✗ " } else { " ✓ " };
        let rows = usize::from(below.height);
        if message.len() > rows
            && let Some(last) = message.get_mut(rows.saturating_sub(1))
        {
            *last = cell(&format!("{}…", last.trim_end()), room);
        }
        let lines =
            message.iter().enumerate().map(|(at, text)| format!("{}{text}", if at == 0 { mark } else { "   " }));
        canvas.render(Paragraph::new(lines.map(Line::raw).collect::<Vec<_>>()).style(style), below);
    }
    hints::draw(shell, canvas, hint);
    for (_, dialog) in &shell.dialogs {
        if let Dialog::Whole(window) = dialog {
            let (title, lines) = screens::whole(&shell.screens, &shell.ctx, shell.screen, columns(ctx));
            window.draw(ctx, &title, lines, canvas);
        } else {
            dialog.draw(ctx, canvas);
        }
    }
}
