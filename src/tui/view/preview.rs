//! What a mail says, as it was written or would be.

use ratatui::Frame;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::super::state::{Preview, State};
use super::super::text::{cell, wrapped};
use super::dialog;

/// Shows it from the line that was scrolled to.
pub fn draw(state: &State, preview: &Preview, frame: &mut Frame) {
    let area = frame.area();
    let width = usize::from(area.width.saturating_sub(2));
    let all = lines(preview, width);
    let shown = if preview.html { "HTML · v plain text" } else { "plain text · v HTML" };
    let title = format!("Mail {} · {shown} · j k move · Esc closes", preview.mail);
    let inner = dialog::open(frame, &title, area.width, u16::try_from(all.len()).unwrap_or(u16::MAX));
    let style = |at: usize| if at == 0 { state.theme.strong() } else { ratatui::style::Style::new() };
    let lines =
        all.into_iter().enumerate().skip(preview.first).map(|(at, text)| Line::styled(cell(&text, width), style(at)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

/// Its lines: the subject first.
pub fn lines(preview: &Preview, width: usize) -> Vec<String> {
    let room = width.saturating_sub(1);
    let words = &preview.words;
    let body = if preview.html { &words.html } else { &words.text };
    let subject = format!("Subject: {}", words.subject);
    let all = std::iter::once(subject.as_str()).chain(std::iter::once("")).chain(body.lines());
    all.flat_map(|line| if line.is_empty() { vec![String::new()] } else { wrapped(line, room) })
        .map(|line| format!(" {line}"))
        .collect()
}
