//! Forms: the fields with their errors below them, scrolled so that the one with the focus is seen.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr as _;

use super::super::fields::{Fields, Kind};
use super::super::form::Form;
use super::super::text::{cell, wrapped};
use super::super::theme::Theme;
use super::dialog::open;

/// Columns of the labels.
const LABEL: usize = 15;
/// Columns of a form.
const COLUMNS: u16 = 84;

/// The lines of a form, and what of them matters for scrolling.
pub struct Lines {
    /// All of them.
    all: Vec<Line<'static>>,
    /// The lines that belong to the focus: from, and up to.
    focus: (usize, usize),
    /// Where the caret is, if it is somewhere: column and line.
    caret: Option<(usize, usize)>,
}

impl Lines {
    /// How many there are.
    pub fn count(&self) -> u16 {
        u16::try_from(self.all.len()).unwrap_or(u16::MAX)
    }

    /// Draws them, scrolled to the focus.
    pub fn draw(self, frame: &mut Frame, area: Rect) {
        let rows = usize::from(area.height);
        let (from, to) = self.focus;
        let first = to.saturating_sub(rows).min(from);
        if let Some((column, line)) = self.caret.filter(|(_, line)| (first..first + rows).contains(line)) {
            let x = area.x.saturating_add(u16::try_from(column).unwrap_or(0)).min(area.right().saturating_sub(1));
            frame.set_cursor_position(Position::new(x, area.y + u16::try_from(line - first).unwrap_or(0)));
        }
        let lines: Vec<_> = self.all.into_iter().skip(first).collect();
        frame.render_widget(Paragraph::new(lines), area);
    }
}

/// Draws a form in a box of its own.
pub fn draw(theme: Theme, form: &Form, frame: &mut Frame) {
    let width = usize::from(frame.area().width.min(COLUMNS)).saturating_sub(2);
    let lines = lines(theme, &form.fields, form.button(), width);
    let inner = open(frame, &form.title(), COLUMNS, lines.count());
    lines.draw(frame, inner);
}

/// The lines of a form's fields and its button.
pub fn lines(theme: Theme, fields: &Fields, (button, busy): (&str, &str), width: usize) -> Lines {
    let room = width.saturating_sub(LABEL + 1);
    let fits = room.saturating_sub(3);
    let told = |lines: &mut Vec<Line<'static>>, text: &str| {
        for (at, part) in wrapped(text, fits).iter().enumerate() {
            let mark = if at == 0 { "✗" } else { " " };
            lines.push(Line::styled(cell(&format!("{}{mark} {part}", " ".repeat(LABEL)), width), theme.bad()));
        }
    };
    let (mut lines, mut focus, mut caret) = (Vec::new(), (0, 0), None);
    for (at, field) in fields.all.iter().enumerate().filter(|(at, _)| fields.is_there(*at)) {
        let here = fields.focus == at;
        let from = lines.len();
        let scroll = field.input.visual_scroll(room.saturating_sub(1));
        let typed = match &field.kind {
            Kind::Choice(items) => format!("‹ {} ›", items.get(field.choice).map_or("", String::as_str)),
            Kind::Secret => "•".repeat(field.value().chars().count()),
            Kind::Text => field.input.value().to_owned(),
        };
        if here && !matches!(field.kind, Kind::Choice(_)) {
            caret = Some((LABEL + field.input.visual_cursor().saturating_sub(scroll), from));
        }
        let (shown, style) = match &field.kind {
            Kind::Choice(_) if here => (typed, theme.strong()),
            Kind::Choice(_) => (typed, Style::new()),
            _ if typed.is_empty() => (field.note.clone(), theme.quiet()),
            _ if here => (typed.chars().skip(scroll).collect(), theme.strong()),
            _ => (typed.chars().skip(scroll).collect(), Style::new()),
        };
        lines.push(Line::from(vec![
            Span::styled(if here { "▌" } else { " " }, theme.key()),
            Span::styled(cell(field.label, LABEL - 1), theme.quiet()),
            Span::styled(cell(&shown, room), style),
        ]));
        if let Some(error) = fields.error(at) {
            told(&mut lines, &error);
        }
        if here {
            focus = (from, lines.len());
        }
    }
    let from = lines.len();
    if let Some(refused) = &fields.refused {
        told(&mut lines, refused);
        focus = (from, lines.len());
    }
    lines.push(Line::raw(""));
    let style = if fields.focus == fields.button() { theme.focus() } else { theme.quiet() };
    let shown = format!("[ {} ]", if fields.sending { busy } else { button });
    let keys = ["   Tab next · ← → choose · Ctrl-S done · Esc leave", "   Ctrl-S done · Esc leave", ""];
    let fitting = keys.into_iter().find(|keys| LABEL + shown.width() + keys.width() <= width).unwrap_or_default();
    lines.push(Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(shown, style),
        Span::styled(fitting, theme.quiet()),
    ]));
    if fields.leaving {
        let asks = " Leave? What was typed is lost. Esc again leaves; any other key stays.";
        lines.push(Line::styled(cell(asks, width), theme.bad()));
        focus = (from, lines.len());
    }
    if fields.focus == fields.button() {
        focus = (from, lines.len());
    }
    Lines { all: lines, focus, caret }
}
