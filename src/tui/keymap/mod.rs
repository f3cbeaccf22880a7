//! Keys: one table of contexts, keys and commands, with an organisation's own keys over it. It drives what a key does,
//! the hint rows, the palette, the help and `docs/keys.md`.

mod command;
#[cfg(test)]
mod document;
mod key;
mod own;
mod table;

use crossterm::event::KeyEvent;

pub use command::Command;
pub use key::Key;
pub use own::Own;
pub use table::Row;

use super::state::Screen;
use table::TABLE;

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// On every screen, in every dialog and field.
    Always,
    /// On every screen, outside text.
    Everywhere,
    /// In every list of a screen.
    Lists,
    /// In the list of users.
    Users,
    /// In the list of mails.
    Mail,
    /// In the list of workspaces.
    Workspaces,
    /// In the audit log.
    Audit,
    /// In the field that searches a list.
    Search,
    /// In a dialog that asks.
    Question,
    /// In a form.
    Form,
    /// In a menu.
    Menu,
    /// In a list that is filtered by what is typed.
    Picker,
    /// In a window that is read.
    Reading,
}

impl Context {
    /// Every context, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Users,
        Self::Mail,
        Self::Workspaces,
        Self::Audit,
        Self::Lists,
        Self::Everywhere,
        Self::Search,
        Self::Question,
        Self::Form,
        Self::Menu,
        Self::Picker,
        Self::Reading,
        Self::Always,
    ];

    /// The name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everywhere => "everywhere",
            Self::Lists => "lists",
            Self::Users => "users",
            Self::Mail => "mail",
            Self::Workspaces => "workspaces",
            Self::Audit => "audit",
            Self::Search => "search",
            Self::Question => "question",
            Self::Form => "form",
            Self::Menu => "menu",
            Self::Picker => "picker",
            Self::Reading => "reading",
        }
    }

    /// What it is, for the documentation.
    #[cfg(test)]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "On every screen, in every dialog and field",
            Self::Everywhere => "On every screen, outside text",
            Self::Lists => "In every list of a screen",
            Self::Users => "In the list of users",
            Self::Mail => "In the list of mails",
            Self::Workspaces => "In the list of workspaces",
            Self::Audit => "In the audit log",
            Self::Search => "While a search is typed",
            Self::Question => "In a dialog that asks",
            Self::Form => "In a form",
            Self::Menu => "In a menu",
            Self::Picker => "In all actions, the help and other lists that are filtered by typing",
            Self::Reading => "In a window that is read: details, previews, results",
        }
    }

    /// Whether letters are typed there, so that none can be a key.
    const fn is_text(self) -> bool {
        matches!(self, Self::Always | Self::Search | Self::Form | Self::Picker | Self::Question)
    }

    /// The contexts whose keys count at the same time.
    const fn beside(self) -> &'static [Self] {
        match self {
            Self::Always => &Self::ALL,
            Self::Everywhere | Self::Lists => {
                &[Self::Always, Self::Everywhere, Self::Lists, Self::Users, Self::Mail, Self::Workspaces, Self::Audit]
            }
            Self::Users => &[Self::Users, Self::Lists, Self::Everywhere, Self::Always],
            Self::Mail => &[Self::Mail, Self::Lists, Self::Everywhere, Self::Always],
            Self::Workspaces => &[Self::Workspaces, Self::Lists, Self::Everywhere, Self::Always],
            Self::Audit => &[Self::Audit, Self::Lists, Self::Everywhere, Self::Always],
            Self::Search => &[Self::Always, Self::Search],
            Self::Question => &[Self::Always, Self::Question],
            Self::Form => &[Self::Always, Self::Form],
            Self::Menu => &[Self::Always, Self::Menu],
            Self::Picker => &[Self::Always, Self::Picker],
            Self::Reading => &[Self::Always, Self::Reading],
        }
    }

    /// The contexts of a screen, its own first.
    pub const fn of_screen(screen: Screen) -> [Self; 4] {
        let own = match screen {
            Screen::Users => Self::Users,
            Screen::Mail => Self::Mail,
            Screen::Workspaces => Self::Workspaces,
            Screen::Audit => Self::Audit,
        };
        [own, Self::Lists, Self::Everywhere, Self::Always]
    }
}

/// A row of the table with the keys that count.
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

/// The keys that count.
#[derive(Debug, Clone)]
pub struct Keymap(Vec<Binding>);

impl Default for Keymap {
    fn default() -> Self {
        let keys = |row: &Row| row.keys.split(' ').filter_map(Key::read).collect();
        Self(TABLE.iter().map(|row| Binding { row, keys: keys(row) }).collect())
    }
}

impl Keymap {
    /// What a key does in these contexts, of which earlier ones go before.
    pub fn command(&self, contexts: &[Context], key: KeyEvent) -> Option<Command> {
        let key = Key::of(key);
        contexts.iter().find_map(|context| {
            let here = self.0.iter().filter(|binding| binding.row.context == *context);
            here.filter(|binding| binding.keys.contains(&key)).map(Binding::command).next()
        })
    }

    /// What these contexts list, in the order of the table; keys that are dead on purpose are not listed.
    pub fn listed(&self, contexts: &[Context]) -> Vec<&Binding> {
        let of = |context: &Context| {
            let context = *context;
            self.0.iter().filter(move |binding| binding.row.context == context && !binding.row.name.is_empty())
        };
        contexts.iter().flat_map(of).collect()
    }

    /// The key to be told for a command in a context: `r`; what only the palette offers is told so.
    pub fn told(&self, context: Context, command: Command) -> String {
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
        assert_eq!(own::conflicts(&keymap), Vec::<String>::new());
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
        for context in Context::ALL {
            let names: Vec<_> = keymap.listed(&[context]).iter().map(|binding| binding.row.name).collect();
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{context:?} {name}");
            }
        }
        for binding in &keymap.0 {
            if let Command::Dead(instead) = binding.command() {
                assert!(!keymap.instead(binding.row.context, instead).is_empty(), "{instead}");
            }
        }
    }
}
