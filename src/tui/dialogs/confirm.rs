//! Asks before something is done, naming what or whom.

use crossterm::event::KeyEvent;

use super::question::{Buttons, Pressed, Question};
use super::{Dialog, stay};
use crate::tui::canvas::Canvas;
use crate::tui::message::Effect;
use crate::tui::state::State;

/// Columns of the box.
const COLUMNS: u16 = 68;

/// The question.
pub struct Confirm {
    /// The question.
    pub title: String,
    /// To what or whom, as resolved when the dialog opened.
    pub about: String,
    /// What happens.
    pub what: String,
    /// The button that does it.
    pub button: String,
    /// What does it.
    pub effect: Effect,
    /// Cancel, and the button that does it.
    buttons: Buttons,
}

impl Confirm {
    /// Asks, with Cancel focused.
    pub fn new(state: &State, title: String, about: String, what: String, button: String, effect: Effect) -> Self {
        Self { title, about, what, button, effect, buttons: Buttons::new(2, state.now) }
    }

    /// A key.
    pub fn on_key(mut self, state: &mut State, key: KeyEvent) -> Vec<Effect> {
        let pressed = self.buttons.on_key(state, key);
        self.decide(state, pressed)
    }

    /// A click.
    pub fn on_click(mut self, state: &mut State, at: usize) -> Vec<Effect> {
        let pressed = self.buttons.on_click(state, at);
        self.decide(state, pressed)
    }

    fn decide(self, state: &mut State, pressed: Pressed) -> Vec<Effect> {
        match pressed {
            Pressed::Button(1) => vec![self.effect],
            Pressed::Button(_) | Pressed::Closed => Vec::new(),
            Pressed::Nothing | Pressed::Other => stay(state, Dialog::Confirm(self)),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let question = Question {
            title: self.title.clone(),
            about: self.about.clone(),
            stands_out: String::new(),
            what: self.what.clone(),
            typed: None,
            buttons: &["Cancel".to_owned(), self.button.clone()],
            columns: COLUMNS,
        };
        question.draw(state, self.buttons.at, canvas);
    }
}
