//! The head of every screen: whose organisation, who acts, the screens, the counts, and what is wrong.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::state::Shell;
use super::trouble::troubles;
use crate::domain::text::thousands;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Command, ShellCommand};
use crate::tui::layout::{MEDIUM, WIDE};
use crate::tui::screen::Screen;
use crate::tui::widgets::text::cell;

/// How many rows it needs: a third one only when something is wrong.
pub fn rows(shell: &Shell) -> u16 {
    if trouble(shell).is_some() { 3 } else { 2 }
}

/// As many troubles as fit, each whole, the most pressing first; and how many more there are.
fn trouble(shell: &Shell) -> Option<String> {
    let all = troubles(shell.ctx.health.as_ref()?, (shell.ctx.here, shell.ctx.me.restricted), shell.ctx.now);
    let room = usize::from(shell.ctx.size.0).saturating_sub(4);
    let more = |count: usize| match (count, shell.ctx.me.restricted) {
        (0, _) => String::new(),
        (_, true) => format!("  +{count}"),
        (_, false) => format!("  +{count}: rsvp doctor"),
    };
    let mut text = all.first()?.clone();
    let mut shown = 1;
    for trouble in &all[1..] {
        if text.width() + 2 + trouble.width() + more(all.len() - shown - 1).width() > room {
            break;
        }
        text = format!("{text}  {trouble}");
        shown += 1;
    }
    let rest = more(all.len() - shown);
    Some(format!("{}{rest}", cell(&text, text.width().min(room.saturating_sub(rest.width())))))
}

/// Draws it.
pub fn draw(shell: &Shell, canvas: &mut Canvas, area: Rect) {
    let (width, theme) = (usize::from(area.width), shell.ctx.theme);
    let row = |at: u16| Rect { y: area.y + at, height: 1, ..area };
    let me = &shell.ctx.me.shown;
    let who = cell(me, me.width().min(width / 2));
    let demo = if shell.ctx.here.demo { " (demo: nothing is saved)" } else { "" };
    let name = format!(" rsvp · {}{demo}", shell.ctx.organisation);
    let first = [
        Span::styled(cell(&name, width.saturating_sub(who.width() + 2)), theme.strong()),
        Span::raw(" "),
        Span::styled(who, theme.quiet()),
    ];
    canvas.render(Line::from_iter(first), row(0));
    second(shell, canvas, row(1));
    if let Some(trouble) = trouble(shell) {
        canvas.render(Line::styled(cell(&format!(" ! {trouble}"), width), theme.bad()), row(2));
    }
}

/// Each count whole, or not at all: what waits matters most.
fn fitting(counts: Vec<(Span<'static>, u8)>, room: usize) -> Vec<Span<'static>> {
    let mut by_importance: Vec<_> = counts.iter().map(|(span, importance)| (*importance, span.width())).collect();
    by_importance.sort_unstable_by_key(|(importance, _)| *importance);
    let mut used = 0;
    let fits = by_importance.iter().take_while(|(_, width)| {
        used += width;
        used <= room
    });
    let last = fits.last().map_or(0, |(importance, _)| importance + 1);
    counts.into_iter().filter(|(_, importance)| *importance < last).map(|(span, _)| span).collect()
}

/// How many users there are of each kind, in their order on the screen, with how soon each is needed: 0 first.
fn counts(shell: &Shell, width: usize) -> Vec<(Span<'static>, u8)> {
    let (theme, Some(count)) = (shell.ctx.theme, shell.counts) else { return Vec::new() };
    let expired = if width < usize::from(MEDIUM) { "" } else { " expired" };
    let all = [
        (format!("{} active", thousands(count.active)), theme.good(), true, 2),
        (format!("  {} invited", thousands(count.invited)), theme.waits(), true, 0),
        (format!("  ✗ {}{expired}", thousands(count.expired)), theme.bad(), count.expired > 0, 1),
        (format!("  {} suspended", thousands(count.suspended)), theme.quiet(), count.suspended > 0, 3),
    ];
    let shown = all.into_iter().filter(|(_, _, shown, _)| *shown);
    shown.map(|(text, style, _, importance)| (Span::styled(text, style), importance)).collect()
}

/// The screens on the left, the counts on the right.
fn second(shell: &Shell, canvas: &mut Canvas, area: Rect) {
    let (theme, width) = (shell.ctx.theme, usize::from(area.width));
    let used = |spans: &[Span]| spans.iter().map(Span::width).sum::<usize>();
    let mut left = Vec::new();
    let dead = shell.ctx.health.as_ref().map_or(0, |health| health.dead);
    for screen in Screen::ALL {
        let name = if width < usize::from(WIDE) { screen.brief() } else { screen.name() };
        let key = shell.ctx.key(Command::Shell(ShellCommand::Go(screen)));
        let style = if screen == shell.screen { theme.focus() } else { Style::new() };
        let from = used(&left);
        left.push(Span::styled(format!(" {key}"), theme.key()));
        left.push(Span::raw(" "));
        left.push(Span::styled(name, style));
        if screen == Screen::Mail && dead > 0 {
            left.push(Span::styled(format!(" !{dead}"), theme.bad()));
        }
        left.push(Span::raw(" "));
        let (x, wide) = (u16::try_from(from).unwrap_or(0), u16::try_from(used(&left) - from).unwrap_or(0));
        canvas.offer(
            Rect { x: area.x + x, width: wide, ..area },
            Target::Command(Command::Shell(ShellCommand::Go(screen))),
        );
    }
    let mut right = fitting(counts(shell, width), width.saturating_sub(used(&left) + 1));
    right.push(Span::raw(" "));
    let gap = width.saturating_sub(used(&left) + used(&right));
    left.push(Span::raw(" ".repeat(gap)));
    left.extend(right);
    canvas.render(Line::from(left), area);
}
