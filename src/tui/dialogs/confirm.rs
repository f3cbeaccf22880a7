//! Asks before something is done, naming what or whom.

use super::question::{Buttons, Pressed, Question};
use super::{Dialog, Touch, stay};
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

    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        match self.buttons.on(state, touch) {
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
