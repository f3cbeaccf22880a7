//! A form's lines: the fields with their errors below them, scrolled so that the one with the focus is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget as _};
use ratatui_textarea::TextArea;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::fields::{Field, Fields, Kind, Leaving};
use super::text::{cell, wrapped};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Context, InDialog, Keymap, Motion};
use crate::tui::theme::Theme;

/// Columns of the labels.
const LABEL: usize = 15;
/// Rows of a field with several lines.
const ROWS: u16 = 4;

/// The lines of a form, and what of them matters for scrolling and clicking.
pub struct Lines {
    all: Vec<Line<'static>>,
    /// Which field, or the button, each line belongs to.
    of: Vec<Option<usize>>,
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

    fn add(&mut self, of: Option<usize>, line: Line<'static>) {
        self.all.push(line);
        self.of.push(of);
    }

    /// Draws them, scrolled to the focus.
    pub fn draw(self, canvas: &mut Canvas, area: Rect) {
        let rows = usize::from(area.height);
        let (from, to) = self.focus;
        let first = to.saturating_sub(rows).min(from);
        let y = |line: usize| area.y + u16::try_from(line - first).unwrap_or(0);
        if let Some((column, line)) = self.caret.filter(|(_, line)| (first..first + rows).contains(line)) {
            let x = area.x.saturating_add(u16::try_from(column).unwrap_or(0)).min(area.right().saturating_sub(1));
            canvas.caret(Position::new(x, y(line)));
        }
        for (line, of) in self.of.iter().enumerate().skip(first).take(rows) {
            if let Some(of) = of {
                canvas.offer(Rect { y: y(line), height: 1, ..area }, Target::Item(*of));
            }
        }
        let lines: Vec<_> = self.all.into_iter().skip(first).collect();
        canvas.render(Paragraph::new(lines), area);
    }
}

/// The lines of a form's fields and its button.
pub fn lines((theme, keymap): (Theme, &Keymap), fields: &Fields, (button, busy): (&str, &str), width: usize) -> Lines {
    let room = width.saturating_sub(LABEL + 1);
    let fits = room.saturating_sub(3);
    let mut lines = Lines { all: Vec::new(), of: Vec::new(), focus: (0, 0), caret: None };
    let told = |lines: &mut Lines, text: &str| {
        for (at, part) in wrapped(text, fits).iter().enumerate() {
            let mark = if at == 0 { "✗" } else { " " };
            lines.add(None, Line::styled(cell(&format!("{}{mark} {part}", " ".repeat(LABEL)), width), theme.bad()));
        }
    };
    for (at, field) in fields.all.iter().enumerate().filter(|(at, _)| fields.is_there(*at)) {
        let here = fields.focus == at;
        let from = lines.all.len();
        let begin = |first: bool| {
            let label = if first { field.label } else { "" };
            [
                Span::styled(if here { "▌" } else { " " }, theme.key()),
                Span::styled(cell(label, LABEL - 1), theme.quiet()),
            ]
        };
        match &field.kind {
            Kind::Lines(area) if here || !area.is_empty() => {
                for (row, spans) in several(area, here, room).into_iter().enumerate() {
                    lines.add(Some(at), begin(row == 0).into_iter().chain(spans).collect());
                }
            }
            Kind::Text | Kind::Listed | Kind::Secret(_) | Kind::Choice(_) | Kind::Lines(_) => {
                let (shown, style) = one(theme, field, here, room);
                if here && !matches!(field.kind, Kind::Choice(_)) {
                    lines.caret = Some((LABEL + caret(field, room), from));
                }
                let text = Span::styled(cell(&shown, room), style);
                lines.add(Some(at), begin(true).into_iter().chain([text]).collect());
            }
        }
        match fields.error(at) {
            Some(error) => told(&mut lines, &error),
            None => say_more(&mut lines, theme, field, width),
        }
        if here {
            lines.focus = (from, lines.all.len());
        }
    }
    let from = lines.all.len();
    if let Some(refused) = &fields.refused {
        told(&mut lines, refused);
        lines.focus = (from, lines.all.len());
    }
    lines.add(None, Line::raw(""));
    lines.add(Some(fields.button()), last(theme, keymap, fields, if fields.sending { busy } else { button }, width));
    if fields.leaving == Leaving::Asked {
        ask_to_leave(&mut lines, keymap, theme, width);
        lines.focus = (from, lines.all.len());
    }
    if fields.focus == fields.button() {
        lines.focus = (from, lines.all.len());
    }
    lines
}

/// What is said of a field while nothing is wrong with it.
fn say_more(lines: &mut Lines, theme: Theme, field: &Field, width: usize) {
    let indent = " ".repeat(LABEL);
    if !field.praise.is_empty() {
        lines.add(None, Line::styled(cell(&format!("{indent}✓ {}", field.praise), width), theme.good()));
    } else if let Some(means) = field.means() {
        for part in wrapped(&means, width.saturating_sub(LABEL + 4)) {
            lines.add(None, Line::styled(cell(&format!("{indent}  {part}"), width), theme.waits()));
        }
    }
}

fn ask_to_leave(lines: &mut Lines, keymap: &Keymap, theme: Theme, width: usize) {
    let close = keymap.dialog_label(Context::Form, InDialog::Close);
    let asks = format!("Leave without saving? {close} again leaves. Any other key stays.");
    for part in wrapped(&asks, width.saturating_sub(2)) {
        lines.add(None, Line::styled(format!(" {part}"), theme.bad()));
    }
}

/// The column of the caret in a field of one line, as far as it is scrolled.
fn caret(field: &Field, room: usize) -> usize {
    match &field.kind {
        Kind::Secret(secret) => secret.caret().saturating_sub(hidden_dots(secret.caret(), room)),
        Kind::Text | Kind::Listed | Kind::Lines(_) | Kind::Choice(_) => {
            field.input.visual_cursor().saturating_sub(field.input.visual_scroll(room.saturating_sub(1)))
        }
    }
}

/// How many dots are scrolled away so that the caret is seen.
const fn hidden_dots(caret: usize, room: usize) -> usize {
    (caret + 1).saturating_sub(room)
}

/// What a field of one line shows.
fn one(theme: Theme, field: &Field, here: bool, room: usize) -> (String, Style) {
    let strong = if here { theme.strong() } else { Style::new() };
    let scroll = field.input.visual_scroll(room.saturating_sub(1));
    let typed = match &field.kind {
        Kind::Choice(items) => {
            let narrowed = match field.input.value() {
                "" => String::new(),
                typed => format!("  / {typed}"),
            };
            return (format!("‹ {} ›{narrowed}", items.get(field.choice).map_or("", String::as_str)), strong);
        }
        Kind::Secret(secret) if secret.chars() > 0 => {
            return ("•".repeat(secret.chars() - hidden_dots(secret.caret(), room)), strong);
        }
        Kind::Secret(_) | Kind::Text | Kind::Listed | Kind::Lines(_) => field.input.value().to_owned(),
    };
    if typed.is_empty() { (field.note.clone(), theme.quiet()) } else { (scrolled(&typed, scroll).to_owned(), strong) }
}

/// What is left of a text when so many columns are scrolled away.
fn scrolled(text: &str, columns: usize) -> &str {
    let mut gone = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        if gone >= columns {
            return &text[at..];
        }
        gone += cluster.width();
    }
    ""
}

/// What a field of several lines shows, its caret in reverse.
fn several(area: &TextArea<'static>, here: bool, room: usize) -> Vec<Vec<Span<'static>>> {
    let mut area = area.clone();
    if !here {
        area.set_cursor_style(Style::new());
    }
    let place = Rect::new(0, 0, u16::try_from(room).unwrap_or(u16::MAX), ROWS);
    let mut buffer = Buffer::empty(place);
    area.render(place, &mut buffer);
    let row = |y: u16| {
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut covered = 0;
        for x in 0..place.width {
            let one = &buffer[(x, y)];
            if covered == 0 {
                covered = one.symbol().width().max(1);
                spans.push(Span::styled(cell(one.symbol(), covered), one.style()));
            }
            covered -= 1;
        }
        spans
    };
    (0..ROWS).map(row).collect()
}

/// The button, and the keys as far as there is room.
fn last(theme: Theme, keymap: &Keymap, fields: &Fields, words: &str, width: usize) -> Line<'static> {
    let style = if fields.focus == fields.button() { theme.focus() } else { theme.quiet() };
    let shown = format!("[ {words} ]");
    let key = |what| keymap.dialog_label(Context::Form, what);
    let (save, close, next) = (key(InDialog::Save), key(InDialog::Close), key(InDialog::Move(Motion::Step(1))));
    let press = key(InDialog::Press);
    let (here, brief) = match fields.all.get(fields.focus).map(|field| &field.kind) {
        Some(Kind::Choice(_)) => (" · ← → or type to choose".to_owned(), " · ← → choose".to_owned()),
        Some(Kind::Listed) => (format!(" · {press} lists them"), format!(" · {press} lists")),
        Some(Kind::Text | Kind::Secret(_) | Kind::Lines(_)) | None => (String::new(), String::new()),
    };
    if fields.leaving == Leaving::Nowhere {
        return Line::from(vec![Span::raw(" ".repeat(LABEL)), Span::styled(shown, style)]);
    }
    let keys = [
        format!("   {next} next{here} · {save} done · {close} leave"),
        format!("   {next} next{brief} · {save} done · {close} leave"),
        format!("  {brief} · {save} done · {close} leave").replacen("   · ", "   ", 1),
        format!("   {save} done · {close} leave"),
        String::new(),
    ];
    let fitting = keys.into_iter().find(|keys| LABEL + shown.width() + keys.width() <= width).unwrap_or_default();
    Line::from(vec![Span::raw(" ".repeat(LABEL)), Span::styled(shown, style), Span::styled(fitting, theme.quiet())])
}
