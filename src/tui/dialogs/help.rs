//! The keys of this place: filtered by their words or by the key itself; the line with the focus can be done.

use super::picker::{Entry, Picked, Picker};
use super::{Dialog, Touch, frame, stay};
use crate::domain::text::fold;
use crate::tui::canvas::Canvas;
use crate::tui::commands::{run, words};
use crate::tui::keymap::{Binding, Command, Context};
use crate::tui::message::Effect;
use crate::tui::possible::possible;
use crate::tui::state::State;

/// What is typed, and the line with the focus.
#[derive(Debug, Clone, Default)]
pub struct Help(Picker);

impl Help {
    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        let found: Vec<Command> = self.found(state).iter().map(|binding| binding.command()).collect();
        match self.0.on(state, touch, found.len()) {
            Picked::Closed => Vec::new(),
            Picked::Taken => found.get(self.0.at).map_or_else(Vec::new, |command| run(state, *command)),
            Picked::On | Picked::Typed => stay(state, Dialog::Help(self)),
        }
    }

    /// The keys that fit what is typed: those that are it first, then those whose words have it.
    fn found<'a>(&self, state: &'a State) -> Vec<&'a Binding> {
        let typed = self.0.input.value().trim();
        let all = state.keymap.listed(&state.contexts());
        if typed.is_empty() {
            return all;
        }
        let is_key = |binding: &&Binding| {
            binding.keys.iter().any(|key| {
                let (shown, setting) = (key.to_string(), key.setting());
                // A letter and its capital are two keys; Ctrl-D is as well written ctrl-d.
                if typed.chars().count() == 1 {
                    shown == typed
                } else {
                    setting == typed.to_lowercase() || shown == typed
                }
            })
        };
        let folded = fold(typed);
        let has_words = |binding: &&Binding| folded.split(' ').all(|word| fold(binding.row.words).contains(word));
        let (mut first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(is_key);
        first.extend(rest.into_iter().filter(has_words));
        first
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let entries: Vec<_> = self
            .found(state)
            .into_iter()
            .map(|binding| {
                let reason = possible(state, binding.command()).err();
                Entry {
                    words: words(state, binding.row).to_owned(),
                    key: binding.all_shown(),
                    possible: reason.is_none(),
                    note: reason.map_or_else(String::new, |why| format!("✗ {why}")),
                }
            })
            .collect();
        let all = state.keymap.listed(&state.contexts()).len() + 1;
        let rows = u16::try_from(all).unwrap_or(40).min(canvas.area().height.saturating_sub(2));
        let (press, close) =
            (state.keymap.told(Context::Picker, Command::Press), state.keymap.told(Context::Picker, Command::Close));
        let title = format!("Keys · type words or a key · {press} does it · {close} closes");
        let inner = frame(canvas, &title, 84, rows);
        self.0.draw(state, &entries, "No key does this here.", canvas, inner);
    }
}
