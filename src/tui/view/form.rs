//! The form that invites somebody.

use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::form::{Form, LABELS, ROLES, SAVE};
use super::super::state::State;
use super::super::text::{cell, wrapped};
use super::dialog::open;
use crate::domain::language::Language;

/// Columns of the labels.
const LABEL: usize = 13;

/// Draws the form; each field's error stands below it.
pub fn draw(state: &State, form: &Form, frame: &mut Frame) {
    let errors: Vec<_> = (0..SAVE).map(|field| form.error(field)).collect();
    let fits = usize::from(frame.area().width.min(84)).saturating_sub(LABEL + 5);
    let errors: Vec<_> = errors.iter().map(|e| e.as_ref().map_or_else(Vec::new, |e| wrapped(e, fits))).collect();
    let refused = form.refused.as_ref().map_or_else(Vec::new, |text| wrapped(text, fits));
    let told = errors.iter().map(Vec::len).sum::<usize>() + refused.len();
    let inner = open(frame, "Invite user", 84, u16::try_from(LABELS.len() + told + 3).unwrap_or(12));
    let (width, theme) = (usize::from(inner.width), state.theme);
    let room = width.saturating_sub(LABEL + 1);
    let said = |(at, text): (usize, &String)| {
        let mark = if at == 0 { "✗" } else { " " };
        Line::styled(cell(&format!("{}{mark} {text}", " ".repeat(LABEL)), width), theme.bad())
    };
    let mut lines = Vec::new();
    for (field, label) in LABELS.iter().enumerate() {
        let here = form.focus == field;
        let value = match Form::input_of(field) {
            Some(at) => {
                let input = &form.inputs[at];
                let scroll = input.visual_scroll(room.saturating_sub(1));
                if here {
                    let column = LABEL + input.visual_cursor().saturating_sub(scroll);
                    let x = inner.x.saturating_add(u16::try_from(column).unwrap_or(0));
                    let y = inner.y.saturating_add(u16::try_from(lines.len()).unwrap_or(0));
                    frame.set_cursor_position(Position::new(x, y));
                }
                input.value().chars().skip(scroll).collect::<String>()
            }
            None if field == 2 => format!("‹ {} ›", ROLES[form.role]),
            None => format!("‹ {} ›", Language::ALL[form.language].name()),
        };
        let style = if here { theme.strong() } else { ratatui::style::Style::new() };
        let mark = if here { "▌" } else { " " };
        lines.push(Line::from(vec![
            Span::styled(mark, theme.key()),
            Span::styled(cell(label, LABEL - 1), theme.quiet()),
            Span::styled(cell(&value, room), style),
        ]));
        lines.extend(errors[field].iter().enumerate().map(said));
    }
    lines.extend(refused.iter().enumerate().map(said));
    lines.push(Line::raw(""));
    let button = if form.focus == SAVE { theme.focus() } else { theme.quiet() };
    lines.push(Line::from(vec![
        Span::raw(" ".repeat(LABEL)),
        Span::styled(if form.sending { "[ Inviting… ]" } else { "[ Invite ]" }, button),
        Span::styled("   Tab next · ← → choose · Ctrl-S invite · Esc leave", theme.quiet()),
    ]));
    if form.leaving {
        lines.push(Line::styled(
            cell(" Leave without inviting? Esc again leaves; any other key stays.", width),
            theme.bad(),
        ));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}
