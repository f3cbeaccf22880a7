//! Leaving: not without a word while mails wait that only this program would send.

use super::super::message::Effect;
use super::super::state::{Dialog, Leave, State};
use crate::app::health::Health;

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
    let last_key_at = state.now;
    state.dialogs.push(Dialog::Leave(Leave { waiting, at: 0, waits: false, last_key_at }));
    Vec::new()
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
