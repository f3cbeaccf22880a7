//! Everything about the person or the mail under the cursor, in a window of its own.

use ratatui::text::Line;

use super::window::{Read, Window, columns};
use super::{Dialog, Touch, stay};
use crate::tui::canvas::Canvas;
use crate::tui::commands::{is_about_a_row, run};
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::screens::{audit, mail, users};
use crate::tui::state::{Screen, State};

/// Where in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whole(Window);

impl Whole {
    /// Somebody touches it. The keys for the person or mail count here too, for it is still the one under the cursor; one
    /// that turns to another side as well, for there is none.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        if matches!(touch.command(state, Context::Reading), None | Some(Command::Switch))
            && let Touch::Key(key) = touch
            && let Some(command) = state.keymap.command(&state.contexts(), key).filter(|c| is_about_a_row(*c))
        {
            stay(state, Dialog::Whole(self));
            return run(state, command);
        }
        let lines = lines(state).1.len();
        match self.0.on(state, touch, lines) {
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
        Screen::Audit => audit::view::whole(state, columns(state)),
        // Opening a workspace shows its users.
        Screen::Workspaces => (String::new(), Vec::new()),
    }
}
