//! Somebody else saved first: what it was, what they made of it, what is wanted here, side by side, and what to do.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::form::{Form, Purpose};
use super::question::{Buttons, Pressed, button_rows, draw_buttons};
use super::{Dialog, Touch, frame, stay};
use crate::domain::user::User;
use crate::tui::canvas::Canvas;
use crate::tui::message::Effect;
use crate::tui::state::State;
use crate::tui::view::MEDIUM;
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
pub struct Conflict {
    theirs: Box<User>,
    differences: Vec<Difference>,
    buttons: Buttons,
}

/// The form at this place could not be saved: somebody made of the user what they are now. The question stands right above
/// it, whatever was opened meanwhile.
pub fn on_changed(state: &mut State, at: usize, theirs: Box<User>) {
    let Some(Dialog::Form(form)) = state.dialogs.get_mut(at) else { return };
    // However this question is closed, the form can be gone on with.
    form.fields.sending = false;
    let Purpose::Edit(before) = &form.purpose else { return };
    let (was, now) = (Form::edit(before), Form::edit(&theirs));
    let differences = form
        .fields
        .all
        .iter()
        .enumerate()
        .map(|(field, mine)| Difference {
            label: mine.label,
            was: was.fields.all[field].told(),
            theirs: now.fields.all[field].told(),
            mine: mine.told(),
        })
        .filter(|one| one.was != one.theirs || one.was != one.mine)
        .collect();
    let buttons = Buttons::new(BUTTONS.len(), state.now);
    state.dialogs.insert(at + 1, Dialog::Conflict(Box::new(Conflict { theirs, differences, buttons })));
}

impl Conflict {
    /// Somebody touches it.
    pub fn on(mut self: Box<Self>, state: &mut State, touch: Touch) -> Vec<Effect> {
        let button = match self.buttons.on(state, touch) {
            Pressed::Nothing | Pressed::Other => return stay(state, Dialog::Conflict(self)),
            Pressed::Button(at) => at,
            Pressed::Closed => 0,
        };
        let Some(Dialog::Form(mut form)) = state.dialogs.pop() else { return Vec::new() };
        if button == 1 {
            state.say(format!("{}: left as they were saved by somebody else", self.theirs.name));
            return Vec::new();
        }
        form.rebase(&self.theirs);
        if button == 2 {
            return form.save(state);
        }
        stay(state, Dialog::Form(form))
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let theme = state.theme;
        let columns = COLUMNS.min(canvas.area().width);
        let width = usize::from(columns.saturating_sub(2));
        let mut lines = Vec::new();
        // In a low window the title has to do.
        let low = canvas.area().height < 16;
        if !low {
            let told = format!("Somebody else changed {} while you were editing; nothing was saved.", self.theirs.name);
            lines.extend(wrapped(&told, width.saturating_sub(2)).into_iter().map(|line| Line::raw(format!(" {line}"))));
            lines.push(Line::raw(""));
        }
        if columns <= MEDIUM {
            for one in &self.differences {
                let [was, theirs, mine] = one.versions(state);
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
                lines.push(row(one.label, one.versions(state).map(|(_, text, style)| (text, style))));
            }
        }
        if !low {
            lines.push(Line::raw(""));
        }
        let words = BUTTONS.map(str::to_owned);
        let rows = button_rows(&words, width);
        let below = u16::try_from(rows.len()).unwrap_or(1);
        let title = format!("Changed meanwhile: {}", self.theirs.name);
        let inner = frame(canvas, &title, columns, u16::try_from(lines.len()).unwrap_or(u16::MAX - below) + below);
        let room = inner.height.saturating_sub(below);
        lines.truncate(usize::from(room));
        canvas.render(Paragraph::new(lines), Rect { height: room, ..inner });
        for (place, buttons) in (inner.bottom().saturating_sub(below)..).zip(&rows) {
            draw_buttons(state, &words, self.buttons.at, buttons, Rect { y: place, height: 1, ..inner }, canvas);
        }
    }
}

impl Difference {
    /// The three versions; what differs from how it was stands out.
    fn versions(&self, state: &State) -> [(&'static str, &str, Style); 3] {
        let style = |text: &str| if text == self.was { state.theme.quiet() } else { state.theme.strong() };
        [
            ("was", &self.was, state.theme.quiet()),
            ("theirs", &self.theirs, style(&self.theirs)),
            ("mine", &self.mine, style(&self.mine)),
        ]
    }
}
