//! The list of emails, and everything about the one under the cursor.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::state::MailScreen;
use crate::domain::mail::{Answer, Mail, MailKind, MailState};
use crate::domain::time::words_short;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::pane;
use crate::tui::keymap::{Command, MailCommand};
use crate::tui::layout::{MEDIUM, WIDE, beside, stacked};
use crate::tui::screen::Screen;
use crate::tui::widgets::text::{cell, wrapped};

/// Columns of the labels.
const LABEL: usize = 12;

/// Draws list and detail.
pub fn draw(screen: &MailScreen, ctx: &Ctx, canvas: &mut Canvas, body: Rect) {
    if body.width >= WIDE {
        let [left, right] = beside(body);
        list(screen, ctx, canvas, left);
        let (title, lines) = whole(screen, ctx, usize::from(right.width.saturating_sub(2)));
        let block = pane(format!(" {title} "));
        let inner = block.inner(right);
        canvas.render(block, right);
        canvas.render(Paragraph::new(lines), inner);
    } else {
        let [above, below] = stacked(body);
        list(screen, ctx, canvas, above);
        if let Some(mail) = screen.list.current() {
            let width = usize::from(below.width);
            let first = format!(" {} to {} · {}", mail.kind.name(), mail.to.as_str(), tries(mail));
            let second = mail.last.as_ref().map_or_else(String::new, said);
            let lines = vec![
                Line::raw(cell(&first, width)),
                Line::styled(cell(&format!(" {second}"), width), style(ctx, mail)),
            ];
            canvas.render(Paragraph::new(lines), below);
        }
    }
}

const fn glyph(state: MailState) -> &'static str {
    match state {
        MailState::Queued | MailState::Sending => "◌",
        MailState::Sent => "✓",
        MailState::Dead => "✗",
        MailState::Cancelled | MailState::Expired => "⊘",
    }
}

fn style(ctx: &Ctx, mail: &Mail) -> Style {
    match mail.state {
        MailState::Queued | MailState::Sending => ctx.theme.waits(),
        MailState::Sent => ctx.theme.good(),
        MailState::Dead => ctx.theme.bad(),
        MailState::Cancelled | MailState::Expired => ctx.theme.quiet(),
    }
}

fn list(screen: &MailScreen, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let more = if screen.list.is_whole() { "" } else { "+" };
    let title = format!(" Mail · {} · newest first · {}{more} ", screen.filter.words(), screen.list.count());
    let block = pane(title);
    let inner = block.inner(area);
    canvas.render(block, area);
    let width = usize::from(inner.width);
    let mut lines = vec![heading(ctx, width)];
    if screen.list.is_known() && screen.list.rows().is_empty() {
        lines.push(Line::styled(
            cell(
                &format!(
                    " No emails in this view. {} chooses another.",
                    ctx.key_on(Screen::Mail, Command::Mail(MailCommand::ViewMenu))
                ),
                width,
            ),
            ctx.theme.quiet(),
        ));
    }
    let room = usize::from(inner.height).saturating_sub(1);
    for mail in screen.list.shown(room) {
        let y = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.offer(Rect { y, height: 1, ..inner }, Target::Row(mail.id.0));
        lines.push(line(screen, ctx, mail, width));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// Widths of the columns number, state, kind and when; the address has the rest.
fn columns(width: usize) -> (usize, usize, usize, usize) {
    match width + 2 {
        narrow if narrow < usize::from(MEDIUM) => (0, 3, 0, 8),
        // The address matters more than number and kind, which the line below tells.
        middling if middling < 76 => (0, 20, 0, 8),
        _ => (7, 20, 11, 8),
    }
}

/// The kind in one word.
const fn kind_word(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Invitation => "invitation",
        MailKind::Reset => "reset",
        MailKind::PasswordChanged | MailKind::KeepEmail => "notice",
        MailKind::ConfirmEmail => "confirm",
        MailKind::Test => "test",
    }
}

fn heading(ctx: &Ctx, width: usize) -> Line<'static> {
    let (number, fate, kind, when) = columns(width);
    let to = width.saturating_sub(2 + number + fate + kind + when);
    let text = format!(
        "  {}{}{}{}{}",
        cell("No.", number),
        cell(if fate < 8 { "" } else { "State" }, fate),
        cell("To", to),
        cell("Kind", kind),
        cell("When", when)
    );
    Line::styled(cell(&text, width), ctx.theme.quiet())
}

fn line(screen: &MailScreen, ctx: &Ctx, mail: &Mail, width: usize) -> Line<'static> {
    let here = Some(mail.id) == screen.cursor();
    let (number, fate, kind, when) = columns(width);
    let to = width.saturating_sub(2 + number + fate + kind + when);
    let strong = if here { ctx.theme.strong() } else { Style::new() };
    // Where there is room for the sign alone, the colour and the line below tell the rest.
    let words = if fate < 8 { "" } else { mail.state.words() };
    let words = format!("{} {words}", glyph(mail.state));
    Line::from(vec![
        Span::styled(if here { "▌ " } else { "  " }, ctx.theme.key()),
        Span::styled(cell(&mail.id.0.to_string(), number), ctx.theme.quiet()),
        Span::styled(cell(&words, fate), style(ctx, mail)),
        Span::styled(cell(mail.to.as_str(), to.saturating_sub(1)), strong),
        Span::raw(if to > 0 { " " } else { "" }),
        Span::styled(cell(kind_word(mail.kind), kind), ctx.theme.quiet()),
        Span::raw(cell(&when_words(ctx, mail), when)),
    ])
}

/// How long ago it ended or was enqueued, or how long until the next try.
fn when_words(ctx: &Ctx, mail: &Mail) -> String {
    match (mail.next_at, mail.ended_at) {
        (Some(next), _) if next > ctx.now => format!("in {}", words_short(next.since(ctx.now))),
        (_, Some(ended)) => words_short(ctx.now.since(ended)),
        _ => words_short(ctx.now.since(mail.created_at)),
    }
}

fn tries(mail: &Mail) -> String {
    match mail.attempts {
        0 if mail.state == MailState::Sent => "accepted at the first try".to_owned(),
        0 if mail.last.is_some() => "tried".to_owned(),
        0 => "not tried yet".to_owned(),
        1 => "1 failed try".to_owned(),
        n => format!("{n} failed tries"),
    }
}

/// What was answered, with its stage and code.
fn said(answer: &Answer) -> String {
    let code = answer.code.map_or(String::new(), |code| format!("{code} "));
    format!("{}: {code}{}", answer.stage, answer.text)
}

/// Everything about the email under the cursor: a title and all its lines.
pub fn whole(screen: &MailScreen, ctx: &Ctx, width: usize) -> (String, Vec<Line<'static>>) {
    let Some(mail) = screen.list.current() else { return (String::new(), Vec::new()) };
    let theme = ctx.theme;
    let mut lines = Vec::new();
    let row = |lines: &mut Vec<Line<'static>>, label: &str, text: &str, style: Style| {
        for (at, part) in wrapped(text, width.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if at == 0 { format!(" {label}") } else { String::new() };
            lines.push(Line::from(vec![Span::styled(cell(&label, LABEL), theme.quiet()), Span::styled(part, style)]));
        }
    };
    let plain = Style::new();
    let headline = format!(" {} {}", glyph(mail.state), mail.state.words().to_uppercase());
    lines.push(Line::styled(cell(&headline, width), style(ctx, mail).patch(theme.strong())));
    if let Some(note) = mail.note() {
        let style = theme.waits();
        lines.extend(
            wrapped(note, width.saturating_sub(1)).into_iter().map(|part| Line::styled(format!(" {part}"), style)),
        );
    }
    let to = format!("{} <{}>", mail.to_name.as_str(), mail.to.as_str());
    row(&mut lines, "To", to.trim_start(), plain);
    row(&mut lines, "Kind", mail.kind.name(), plain);
    row(&mut lines, "Enqueued", &mail.created_at.local(&ctx.zone), plain);
    if let Some(next) = mail.next_at {
        row(&mut lines, "Next try", &next.local(&ctx.zone), plain);
    }
    if let Some(ended) = mail.ended_at {
        row(&mut lines, "Ended", &ended.local(&ctx.zone), plain);
    }
    if let Some(detail) = screen.detail() {
        row(&mut lines, "Message-ID", &detail.message_id, theme.quiet());
        if let Some(link) = screen.caught() {
            let copy = ctx.key_on(Screen::Mail, Command::Mail(MailCommand::CopyCaught));
            let hint = format!("{copy} copies it; it opens in a browser on this machine");
            row(&mut lines, "Link", &hint, theme.quiet());
            for part in link.chars().collect::<Vec<_>>().chunks(width.saturating_sub(1).max(1)) {
                lines.push(Line::styled(cell(&format!(" {}", part.iter().collect::<String>()), width), theme.key()));
            }
        }
        lines.push(Line::styled(cell("─ Tries ─", width), theme.quiet()));
        if detail.attempts.is_empty() {
            lines.push(Line::styled(cell(" none yet", width), theme.quiet()));
        }
        for attempt in &detail.attempts {
            let style = if attempt.accepted { theme.good() } else { theme.bad() };
            let at = attempt.at.local_short(&ctx.zone);
            for (at_line, part) in wrapped(&said(&attempt.answer), width.saturating_sub(14)).into_iter().enumerate() {
                let label = if at_line == 0 { format!(" {at}") } else { String::new() };
                lines.push(Line::from(vec![Span::styled(cell(&label, 14), theme.quiet()), Span::styled(part, style)]));
            }
        }
    }
    (format!("Email {}", mail.id.0), lines)
}
