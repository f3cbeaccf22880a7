//! A list that is filtered by what is typed: all actions, the help, workspaces.

use crossterm::event::{Event, KeyEvent};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;
use unicode_width::UnicodeWidthStr as _;

use super::touch::Touch;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog};
use crate::tui::widgets::scroll::{around, scrolled};
use crate::tui::widgets::text::cell;

/// What is typed, and the line with the focus.
#[derive(Debug, Clone, Default)]
pub struct Picker {
    /// What is typed.
    pub input: Input,
    /// The line with the focus.
    pub at: usize,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// It goes on.
    On,
    /// Something else is typed.
    Typed,
    /// It is closed.
    Closed,
    /// The line with the focus is taken.
    Taken,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// What it is.
    pub words: String,
    /// The key, as far as there is room.
    pub key: String,
    /// Every key, as it is shown and as the settings write it.
    pub keys: Vec<(String, String)>,
    /// The same thing elsewhere, or why it is not possible now; as far as there is room.
    pub note: String,
    /// Whether it is possible now.
    pub possible: bool,
}

impl Picker {
    /// Somebody touches it, over so many lines; one that is clicked is taken.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch, lines: usize) -> Picked {
        let key = match touch {
            Touch::Key(key) => key,
            Touch::Click(at) => {
                self.at = at;
                return Picked::Taken;
            }
        };
        let page = usize::from(ctx.size.1.saturating_sub(6).max(1));
        match ctx.keymap.in_dialog(Context::Picker, key) {
            Some(InDialog::Close) => Picked::Closed,
            Some(InDialog::Press) => Picked::Taken,
            Some(InDialog::Move(motion)) => {
                // The focus may be on each line, the last one too.
                self.at = scrolled(motion, self.at, lines + page - 1, page).min(lines.saturating_sub(1));
                Picked::On
            }
            Some(InDialog::Save | InDialog::Switch) | None => self.type_in(key),
        }
    }

    fn type_in(&mut self, key: KeyEvent) -> Picked {
        let before = self.input.value().to_owned();
        self.input.handle_event(&Event::Key(key));
        if before == self.input.value() {
            return Picked::On;
        }
        self.at = 0;
        Picked::Typed
    }

    /// Draws what is typed and the lines below it.
    pub fn draw(&self, ctx: &Ctx, entries: &[&Entry], nothing: &str, canvas: &mut Canvas, area: Rect) {
        let theme = ctx.theme;
        let width = usize::from(area.width);
        let row = |at: usize| Rect { y: area.y + u16::try_from(at).unwrap_or(0), height: 1, ..area }.intersection(area);
        let typed = cell(&format!(" › {}▏", self.input.value()), width);
        canvas.render(Line::styled(typed, theme.key()), row(0));
        if entries.is_empty() {
            canvas.render(Line::styled(cell(&format!(" {nothing}"), width), theme.quiet()), row(1));
        }
        let room = usize::from(area.height).saturating_sub(1).max(1);
        let first = around(self.at, entries.len(), room);
        let keys = entries.iter().map(|entry| entry.key.width()).max().unwrap_or(0).min(width / 3);
        for (place, (at, entry)) in entries.iter().enumerate().skip(first).take(room).enumerate() {
            let style = match (at == self.at, entry.possible) {
                (true, _) => theme.focus(),
                (false, true) => Style::new(),
                (false, false) => theme.quiet(),
            };
            let place = row(place + 1);
            canvas.offer(place, Target::Item(at));
            canvas.render(line(entry, width, keys, style, (theme.key(), theme.quiet())), place);
        }
    }
}

fn line(entry: &Entry, width: usize, keys: usize, style: Style, (key, quiet): (Style, Style)) -> Line<'static> {
    let keys = if keys == 0 { 0 } else { keys + 2 };
    let words = entry.words.width() + 3;
    let rest = width.saturating_sub(keys);
    let room = if entry.note.is_empty() { rest } else { words.min(rest) };
    let note = rest.saturating_sub(room);
    let plain = style == Style::new();
    Line::from(vec![
        Span::styled(cell(&format!(" {}", entry.key), keys), if plain { key } else { style }),
        Span::styled(cell(&format!(" {}", entry.words), room), style),
        Span::styled(cell(&entry.note, note), if plain { quiet } else { style }),
    ])
}
