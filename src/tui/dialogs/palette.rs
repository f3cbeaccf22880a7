//! All actions of this place by fuzzy text, with their keys and their equal command lines; and jumps to a screen, a view,
//! an order, or a user by name.

use super::picker::{Entry, Picked, Picker};
use super::{Dialog, Touch, frame, stay};
use crate::domain::query::{SortKey, View};
use crate::domain::user::{UserId, UserRow};
use crate::tui::canvas::Canvas;
use crate::tui::commands::{command_line, run, words};
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::possible::possible;
use crate::tui::state::State;
use crate::tui::widgets::fuzzy::fits;

/// Fewest letters that people are looked for with.
const FEWEST: usize = 2;
/// Most people that are offered.
pub const PEOPLE: u16 = 5;

/// What is typed, and who was found by it.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    picker: Picker,
    /// Who was found, and by what.
    people: (String, Vec<(UserId, String)>),
}

/// People were found.
pub fn on_found(state: &mut State, text: String, rows: &[UserRow]) -> Vec<Effect> {
    // Only what was asked for last counts: answers may overtake each other.
    if let Some(Dialog::Palette(palette)) = state.dialogs.last_mut()
        && palette.picker.input.value().trim() == text
    {
        palette.people = (text, rows.iter().map(|row| (row.id, format!("{} <{}>", row.name, row.email))).collect());
        state.dirty = true;
    }
    Vec::new()
}

impl Palette {
    /// Somebody touches it.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        let found = self.found(state);
        let effects = match self.picker.on(state, touch, found.len()) {
            Picked::Closed => return Vec::new(),
            Picked::Taken => {
                return found.get(self.picker.at).map_or_else(Vec::new, |(command, _)| run(state, *command));
            }
            Picked::On => Vec::new(),
            Picked::Typed => {
                let text = self.picker.input.value().trim().to_owned();
                (text.chars().count() >= FEWEST).then_some(Effect::FindUsers(text)).into_iter().collect()
            }
        };
        stay(state, Dialog::Palette(self));
        effects
    }

    /// What is offered: what fits what is typed, the best first.
    fn found(&self, state: &State) -> Vec<(Command, Entry)> {
        let typed = self.picker.input.value();
        let mut all = offered(state);
        if !typed.trim().is_empty() {
            let mut scored: Vec<_> = all
                .into_iter()
                .filter_map(|(command, entry)| Some((fits(&entry.words, typed)?, command, entry)))
                .collect();
            scored.sort_by_key(|(score, ..)| std::cmp::Reverse(*score));
            all = scored.into_iter().map(|(_, command, entry)| (command, entry)).collect();
            if self.people.0 == typed.trim() {
                all.extend(self.people.1.iter().map(|(id, name)| {
                    let note = "user".to_owned();
                    (Command::Find(*id), Entry { words: name.clone(), key: String::new(), note, possible: true })
                }));
            }
        }
        all
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let found: Vec<_> = self.found(state).into_iter().map(|(_, entry)| entry).collect();
        let rows = u16::try_from(offered(state).len() + 1).unwrap_or(20).min(canvas.area().height.saturating_sub(4));
        let key = state.keymap.told(Context::Picker, Command::Press);
        let title = format!("All actions, views and people · type to find · {key} does it");
        let inner = frame(canvas, &title, 84, rows);
        self.picker.draw(state, &found, "Nothing and nobody is called so.", canvas, inner);
    }
}

/// What the palette offers here, without people.
fn offered(state: &State) -> Vec<(Command, Entry)> {
    let contexts = state.contexts();
    let bindings =
        state.keymap.listed(&contexts[..contexts.len() - 1]).into_iter().filter(|binding| {
            !binding.command().moves() && !matches!(binding.command(), Command::Back | Command::Palette)
        });
    let mut all: Vec<(Command, Entry)> = bindings
        .map(|binding| {
            let command = binding.command();
            let (possible, note) = match possible(state, command) {
                Ok(()) => (true, command_line(state, command).unwrap_or_default()),
                Err(why) => (false, format!("✗ {why}")),
            };
            let words = words(state, binding.row).to_owned();
            (command, Entry { words, key: binding.shown(), note, possible })
        })
        .collect();
    let entry = |words: String| Entry { words, key: String::new(), note: String::new(), possible: true };
    all.extend(View::ALL.map(|view| (Command::Show(view), entry(format!("view: {}", view.words())))));
    all.extend(SortKey::ALL.map(|key| (Command::Sort(key), entry(format!("order: by {}", key.words())))));
    all
}
