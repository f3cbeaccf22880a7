//! The table of keys as it applies now: with an organisation's own keys over it.

use crossterm::event::{KeyEvent, KeyModifiers};

use super::command::{Command, InDialog, ShellCommand};
use super::context::Context;
use super::key::Key;
use super::table::{Row, TABLE};

/// A row of the table with the keys that apply.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The row.
    pub row: &'static Row,
    /// The keys; none for what only the palette offers.
    pub keys: Vec<Key>,
}

impl Binding {
    /// The key that is shown, or nothing.
    pub fn shown(&self) -> String {
        self.keys.first().map(Key::to_string).unwrap_or_default()
    }

    /// All keys, with spaces between.
    pub fn all_shown(&self) -> String {
        self.keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
    }

    /// What it does.
    pub const fn command(&self) -> Command {
        self.row.command
    }
}

/// The keys that apply.
#[derive(Debug, Clone)]
pub struct Keymap(pub(super) Vec<Binding>);

impl Default for Keymap {
    fn default() -> Self {
        let keys = |row: &Row| row.keys.split(' ').filter_map(Key::read).collect();
        Self(TABLE.iter().map(|row| Binding { row, keys: keys(row) }).collect())
    }
}

impl Keymap {
    /// What a key does in these contexts, of which earlier ones go before.
    pub fn command(&self, contexts: &[Context], key: KeyEvent) -> Option<Command> {
        // A key with another modifier is another key, and none of ours: Alt, or Super of a window manager.
        let known = KeyModifiers::SHIFT | KeyModifiers::CONTROL;
        if !known.contains(key.modifiers) {
            return None;
        }
        let key = Key::of(key);
        contexts.iter().find_map(|context| {
            let here = self.0.iter().filter(|binding| binding.row.context == *context);
            here.filter(|binding| binding.keys.contains(&key)).map(Binding::command).next()
        })
    }

    /// What a key does in a dialog's context.
    pub fn in_dialog(&self, context: Context, key: KeyEvent) -> Option<InDialog> {
        if let Some(Command::Dialog(what)) = self.command(&[context], key) { Some(what) } else { None }
    }

    /// What a key asks of the shell in a context.
    pub fn of_shell(&self, context: Context, key: KeyEvent) -> Option<ShellCommand> {
        if let Some(Command::Shell(what)) = self.command(&[context], key) { Some(what) } else { None }
    }

    /// The key of what is done in a dialog, as a sentence names it.
    pub fn dialog_label(&self, context: Context, what: InDialog) -> String {
        self.label(context, Command::Dialog(what))
    }

    /// What these contexts list, in the order of the table; keys that are dead on purpose are not listed.
    pub fn listed(&self, contexts: &[Context]) -> Vec<&Binding> {
        let of = |context: &Context| {
            let context = *context;
            self.0.iter().filter(move |binding| binding.row.context == context && !binding.row.name.is_empty())
        };
        contexts.iter().flat_map(of).collect()
    }

    /// The key as a sentence names it: `r`; for a command that only the palette offers, where it is found.
    pub fn label(&self, context: Context, command: Command) -> String {
        let binding = self.0.iter().find(|binding| binding.row.context == context && binding.row.command == command);
        match binding {
            Some(binding) if !binding.keys.is_empty() => binding.shown(),
            Some(binding) => format!("\u{201c}{}\u{201d} in all actions", binding.row.words),
            None => String::new(),
        }
    }

    /// What to press instead of a key that is dead on purpose, which names a command of its context.
    pub fn instead(&self, context: Context, name: &str) -> String {
        let binding = self.0.iter().find(|binding| binding.row.context == context && binding.row.name == name);
        binding.map_or_else(String::new, |binding| format!("{} is {}", binding.row.words, binding.shown()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_a_key_and_stands_for_one_thing() {
        let keymap = Keymap::default();
        for binding in &keymap.0 {
            let written = binding.row.keys.split(' ').filter(|key| !key.is_empty()).count();
            assert_eq!(binding.keys.len(), written, "{}", binding.row.keys);
        }
        assert_eq!(crate::tui::keymap::own::conflicts(&keymap), Vec::<String>::new());
    }

    #[test]
    fn no_letter_is_a_key_where_letters_are_typed() {
        for binding in Keymap::default().0.iter().filter(|binding| binding.row.context.is_text()) {
            assert!(binding.keys.iter().all(|key| !key.types()), "{:?}", binding.row);
        }
    }

    #[test]
    fn names_are_told_apart_within_a_context_and_every_dead_key_names_one() {
        let keymap = Keymap::default();
        for context in Context::all() {
            let names: Vec<_> = keymap.listed(&[context]).iter().map(|binding| binding.row.name).collect();
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{context:?} {name}");
            }
        }
        for binding in &keymap.0 {
            if let Command::Shell(ShellCommand::Dead(instead)) = binding.command() {
                assert!(!keymap.instead(binding.row.context, instead).is_empty(), "{instead}");
            }
        }
    }
}
