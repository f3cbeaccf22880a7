//! An action for many under way: how far it is, and stopping it.

use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::asked::{past, words};
use super::ended::Ended;
use super::refusals::{Refusals, users};
use super::{Dialog, Touch, capital, frame, stay};
use crate::app::users::bulk::{Chunk, Each};
use crate::domain::selection::Selection;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::state::State;
use crate::tui::update::reload;
use crate::tui::widgets::text::{cell, thousands};

/// What is under way.
pub struct Running {
    each: Each,
    selection: Selection,
    /// How many they are, as far as could be counted.
    total: u64,
    /// How many were changed.
    done: u64,
    /// Who was refused, and why.
    refused: Refusals,
    /// Whether it stops after the chunk that is under way.
    stopping: bool,
}

impl Running {
    /// Begins with the first of them.
    pub fn begin(state: &mut State, each: Each, selection: Selection, total: u64) -> Vec<Effect> {
        let effect = Effect::Chunk(each.clone(), selection.clone(), None);
        let running = Self { each, selection, total, done: 0, refused: Refusals::default(), stopping: false };
        stay(state, Dialog::Running(running));
        vec![effect]
    }

    /// Somebody touches it: closing it stops it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        self.stopping |= touch.command(state, Context::Question) == Some(Command::Close);
        stay(state, Dialog::Running(self))
    }

    /// Stops it after the chunk that is under way.
    pub const fn stop(&mut self) {
        self.stopping = true;
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let theme = state.theme;
        let inner = frame(canvas, &capital(&words(&self.each)), 72, 3);
        let width = usize::from(inner.width).saturating_sub(2);
        let through = self.done + self.refused.count();
        let share = through.saturating_mul(width as u64).checked_div(self.total.max(1)).unwrap_or(0);
        let full = usize::try_from(share).unwrap_or(width).min(width);
        let refused = match self.refused.count() {
            0 => String::new(),
            n => format!(" · {n} refused"),
        };
        let hint = if self.stopping {
            "stops after these".to_owned()
        } else {
            format!("{} stops", state.keymap.told(Context::Question, Command::Close))
        };
        let lines = vec![
            Line::raw(cell(&format!(" {} of {}{refused}", thousands(through), thousands(self.total)), width)),
            Line::from(vec![
                Span::styled(format!(" {}", "█".repeat(full)), theme.good()),
                Span::styled("░".repeat(width - full), theme.quiet()),
            ]),
            Line::styled(cell(&format!(" {hint}"), width), theme.quiet()),
        ];
        canvas.render(Paragraph::new(lines), inner);
    }
}

fn running(state: &mut State) -> Option<&mut Running> {
    state.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Running(running) => Some(running),
        _ => None,
    })
}

/// A chunk was done.
pub fn on_chunk(state: &mut State, chunk: Chunk) -> Vec<Effect> {
    state.dirty = true;
    let Some(running) = running(state) else { return reload(state) };
    running.done += chunk.done;
    running.refused.add(chunk.refused);
    match chunk.next {
        Some(next) if !running.stopping => {
            return vec![Effect::Chunk(running.each.clone(), running.selection.clone(), Some(next))];
        }
        next => end(state, next.is_some()),
    }
    reload(state)
}

/// Something stopped it: what was done is told all the same.
pub fn on_failed(state: &mut State, why: String) -> Vec<Effect> {
    end(state, true);
    state.warn(why);
    reload(state)
}

fn end(state: &mut State, stopped: bool) {
    let at = state.dialogs.iter().position(|dialog| matches!(dialog, Dialog::Running(_)));
    let Some(Dialog::Running(running)) = at.map(|at| state.dialogs.remove(at)) else { return };
    let Running { each, done, refused, .. } = running;
    state.users.marks = Selection::default();
    state.users.range_from = None;
    // What undo meant is behind what was done since.
    if done > 0 {
        state.undo = None;
    }
    if refused.count() == 0 && !stopped {
        state.say(format!("{} · {}", past(&each), users(done)));
        return;
    }
    state.dialogs.push(Dialog::Ended(Ended::new(each, done, refused, stopped)));
}
