//! Everything about the person or the mail under the cursor, in a window of its own.

use crossterm::event::KeyEvent;
use ratatui::text::Line;

use super::window::{Read, Window, columns};
use super::{Dialog, stay};
use crate::tui::canvas::Canvas;
use crate::tui::commands::{is_about_a_row, run};
use crate::tui::keymap::Context;
use crate::tui::message::Effect;
use crate::tui::screens::{mail, users};
use crate::tui::state::{Screen, State};

/// Where in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole(Window);

impl Whole {
    /// A key. Those for the person or mail count here too: it is still the one under the cursor.
    pub fn on_key(mut self, state: &mut State, key: KeyEvent) -> Vec<Effect> {
        if state.keymap.command(&[Context::Reading], key).is_none()
            && let Some(command) = state.keymap.command(&state.contexts(), key).filter(|c| is_about_a_row(*c))
        {
            stay(state, Dialog::Whole(self));
            return run(state, command);
        }
        let lines = lines(state).1.len();
        match self.0.on_key(state, key, lines) {
            Read::Closed => Vec::new(),
            Read::On | Read::Switched => stay(state, Dialog::Whole(self)),
        }
    }

    /// Draws it.
    pub fn draw(self, state: &State, canvas: &mut Canvas) {
        let (title, lines) = lines(state);
        self.0.draw(state, &title, lines, canvas);
    }
}

fn lines(state: &State) -> (String, Vec<Line<'static>>) {
    match state.screen {
        Screen::Users => users::detail::whole(state, columns(state)),
        Screen::Mail => mail::view::whole(state, columns(state)),
    }
}
