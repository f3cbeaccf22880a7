//! Somebody else saved first: what it was, what they made of it, what is wanted here, side by side, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::form::Form;
use super::frame::frame;
use super::question::{Buttons, Pressed, button_rows, draw_buttons};
use super::touch::{Choice, Touch, Touched};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::layout::MEDIUM;
use crate::tui::widgets::text::{cell, wrapped};

/// Columns of the box.
const COLUMNS: u16 = 96;
/// What can be done; the first keeps everything as it is.
const BUTTONS: [&str; 3] = ["Edit", "Keep theirs", "Take mine"];

/// A field that they or I changed.
struct Difference {
    label: &'static str,
    was: String,
    theirs: String,
    mine: String,
}

/// The question, above the form that could not be saved.
pub struct Comparison<M> {
    /// Their form, to go on from.
    theirs: Form<M>,
    /// Whom it is about.
    name: String,
    differences: Vec<Difference>,
    buttons: Buttons,
}

impl<M> Comparison<M> {
    /// Compares a form with what somebody else saved; from now on the form can be gone on with.
    pub fn new(ctx: &Ctx, mine: &mut Form<M>, theirs: Form<M>, name: String) -> Self {
        mine.fields.sending = false;
        let differences = mine
            .fields
            .all
            .iter()
            .zip(&theirs.fields.all)
            .map(|(mine, now)| Difference {
                label: mine.label,
                was: mine.original_shown(),
                theirs: now.shown(),
                mine: mine.shown(),
            })
            .filter(|one| one.was != one.theirs || one.was != one.mine)
            .collect();
        Self { theirs, name, differences, buttons: Buttons::new(BUTTONS.len(), ctx.now) }
    }

    /// Their form, and whom it is about.
    pub fn into_theirs(self) -> (Form<M>, String) {
        (self.theirs, self.name)
    }

    /// Somebody touches it.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        match self.buttons.touch(ctx, touch) {
            Pressed::Nothing | Pressed::Other => Touched::Stays,
            Pressed::Button(1) => Touched::Compared(Choice::KeepTheirs),
            Pressed::Button(2) => Touched::Compared(Choice::TakeMine),
            Pressed::Button(_) | Pressed::Closed => Touched::Compared(Choice::Edit),
        }
    }

    /// Draws it.
    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let theme = ctx.theme;
        let columns = COLUMNS.min(canvas.area().width);
        let width = usize::from(columns.saturating_sub(2));
        let mut lines = Vec::new();
        // In a low window the title has to do.
        let low = canvas.area().height < 16;
        if !low {
            let told = format!("Someone changed {} while you were editing. Nothing was saved.", self.name);
            lines.extend(wrapped(&told, width.saturating_sub(2)).into_iter().map(|line| Line::raw(format!(" {line}"))));
            lines.push(Line::raw(""));
        }
        if columns <= MEDIUM {
            for one in &self.differences {
                let [was, theirs, mine] = one.versions(ctx);
                for (at, (who, text, style)) in [was, theirs, mine].into_iter().skip(usize::from(low)).enumerate() {
                    let label = if at == 0 { one.label } else { "" };
                    lines.push(Line::styled(cell(&format!(" {label:<11}{who:<7}{text}"), width), style));
                }
            }
        } else {
            let room = (width - 13) / 3;
            let row = |label: &str, parts: [(&str, Style); 3]| {
                let mut spans = vec![Span::styled(cell(&format!(" {label}"), 13), theme.quiet())];
                spans.extend(parts.map(|(text, style)| Span::styled(format!("{} ", cell(text, room - 1)), style)));
                Line::from(spans)
            };
            let quiet = theme.quiet();
            lines.push(row("", [("It was", quiet), ("Theirs", quiet), ("Mine", quiet)]));
            for one in &self.differences {
                lines.push(row(one.label, one.versions(ctx).map(|(_, text, style)| (text, style))));
            }
        }
        if !low {
            lines.push(Line::raw(""));
        }
        let words = BUTTONS.map(str::to_owned);
        let rows = button_rows(&words, width);
        let below = u16::try_from(rows.len()).unwrap_or(1);
        let title = format!("{} was changed", self.name);
        let inner = frame(canvas, &title, columns, u16::try_from(lines.len()).unwrap_or(u16::MAX - below) + below);
        let room = inner.height.saturating_sub(below);
        lines.truncate(usize::from(room));
        canvas.render(Paragraph::new(lines), Rect { height: room, ..inner });
        for (place, buttons) in (inner.bottom().saturating_sub(below)..).zip(&rows) {
            draw_buttons(ctx, &words, self.buttons.at, buttons, Rect { y: place, height: 1, ..inner }, canvas);
        }
    }
}

impl<M: 'static> Comparison<M> {
    /// The same, with messages of another kind.
    pub fn map<N: 'static>(self, message: fn(M) -> N) -> Comparison<N> {
        let Self { theirs, name, differences, buttons } = self;
        Comparison { theirs: theirs.map(message), name, differences, buttons }
    }
}

impl Difference {
    /// The three versions; what differs from how it was stands out.
    fn versions(&self, ctx: &Ctx) -> [(&'static str, &str, Style); 3] {
        let style = |text: &str| if text == self.was { ctx.theme.quiet() } else { ctx.theme.strong() };
        [
            ("was", &self.was, ctx.theme.quiet()),
            ("theirs", &self.theirs, style(&self.theirs)),
            ("mine", &self.mine, style(&self.mine)),
        ]
    }
}
