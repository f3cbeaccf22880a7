//! Leaving: not without a word while mails wait that only this program would send.

use super::question::{Buttons, Pressed, Question};
use super::{Dialog, Touch, stay};
use crate::app::upkeep::health::Health;
use crate::tui::canvas::Canvas;
use crate::tui::message::Effect;
use crate::tui::state::State;

/// The question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    /// How many wait.
    waiting: u64,
    /// Whether somebody chose to wait for them: it ends by itself when none is left.
    waits: bool,
    buttons: Buttons,
}

/// Leaves; asks first if mails wait. Whether they do is looked up, for what the screen knows may be some seconds old.
pub fn quit(state: &State) -> Vec<Effect> {
    vec![if state.here.sends && !state.here.demo { Effect::Leave } else { Effect::Quit }]
}

/// So many mails wait: leaves if none does, and asks otherwise.
pub fn leave(state: &mut State, waiting: u64) -> Vec<Effect> {
    if waiting == 0 {
        return vec![Effect::Quit];
    }
    state.dirty = true;
    let leave = Leave { waiting, waits: false, buttons: Buttons::new(3, state.now) };
    stay(state, Dialog::Leave(leave))
}

/// Whether somebody waits for the last mail to leave.
pub fn waits(state: &State) -> bool {
    matches!(state.dialogs.last(), Some(Dialog::Leave(leave)) if leave.waits)
}

/// Whether mail flows was read: whoever waits for the last mail leaves with it.
pub fn on_health(state: &mut State, health: Box<Health>) -> Vec<Effect> {
    // The moment of the look is no change of what it saw.
    let same = state.health.as_ref().is_some_and(|known| Health { at: known.at, ..(*health).clone() } == **known);
    state.dirty |= !same;
    let waiting = health.waiting;
    state.health = Some(health);
    if waits(state) && waiting == 0 {
        return vec![Effect::Quit];
    }
    if let Some(Dialog::Leave(leave)) = state.dialogs.last_mut() {
        leave.waiting = waiting;
    }
    Vec::new()
}

impl Leave {
    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        match self.buttons.on(state, touch) {
            Pressed::Closed => return Vec::new(),
            Pressed::Button(at) => match self.words().get(at).map(String::as_str) {
                Some("Wait") => {
                    self.waits = true;
                    self.buttons = Buttons::new(2, state.now);
                }
                Some("Quit now") => return vec![Effect::Quit],
                _ => return Vec::new(),
            },
            Pressed::Nothing | Pressed::Other => {}
        }
        stay(state, Dialog::Leave(self))
    }

    fn words(self) -> Vec<String> {
        let all: &[&str] = if self.waits { &["Stay", "Quit now"] } else { &["Wait", "Quit now", "Stay"] };
        all.iter().map(|words| (*words).to_owned()).collect()
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let mails = if self.waiting == 1 { "1 mail waits".to_owned() } else { format!("{} mails wait", self.waiting) };
        let trouble = state.health.as_ref().and_then(|health| health.relay.as_ref());
        let about = match trouble {
            Some(relay) => format!("{mails}: {}", relay.reason),
            None => format!("{mails}, and no other rsvp sends them."),
        };
        let what = if self.waits {
            "Waiting: rsvp ends by itself when the last one has left."
        } else {
            "Wait quits by itself when the last one has left. Nothing is lost otherwise: what waits leaves when rsvp, or rsvp serve, runs again."
        };
        let question = Question {
            title: if self.waits { "Waiting for the mails" } else { "Quit?" }.to_owned(),
            about,
            stands_out: String::new(),
            what: what.to_owned(),
            typed: None,
            buttons: &self.words(),
            columns: 68,
        };
        question.draw(state, self.buttons.at, canvas);
    }
}
