//! An organisation's own keys: what a settings file says under `[keys.CONTEXT]`, checked against the table. Whatever is
//! wrong is told with the line it stands in, and then none of it counts.

use std::fmt::Display;

use super::command::{Command, InDialog, ShellCommand};
use super::context::Context;
use super::key::Key;
use super::map::{Binding, Keymap};

/// One line of own keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The context's name.
    pub context: String,
    /// The command's name.
    pub command: String,
    /// The keys; none takes the command's keys away.
    pub keys: Vec<String>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which line of what was given, from 0.
    pub at: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Wrong {
    fn new(at: usize, what: impl Display, hint: impl Display) -> Self {
        Self { at, what: what.to_string(), hint: hint.to_string() }
    }
}

impl Keymap {
    /// The table with these keys instead of its own.
    pub fn with(own: &[Own]) -> Result<Self, Vec<Wrong>> {
        let mut keymap = Self::default();
        let mut wrong = Vec::new();
        let mut set = Vec::new();
        for (at, line) in own.iter().enumerate() {
            match keymap.place(at, line).and_then(|place| Ok((place, keys(at, line, keymap.0[place].row.context)?))) {
                Ok((place, keys)) => {
                    keymap.0[place].keys = keys;
                    set.push((place, at));
                }
                Err(error) => wrong.push(error),
            }
        }
        // A key that is dead on purpose may be given to something.
        let alive: Vec<(Context, Key)> = set
            .iter()
            .flat_map(|(place, _)| keymap.0[*place].keys.iter().map(|key| (keymap.0[*place].row.context, *key)))
            .collect();
        for binding in
            keymap.0.iter_mut().filter(|binding| matches!(binding.command(), Command::Shell(ShellCommand::Dead(_))))
        {
            let context = binding.row.context;
            binding
                .keys
                .retain(|key| !alive.iter().any(|(other, taken)| taken == key && context.beside().contains(other)));
        }
        for (place, at) in &set {
            if let Some((key, other)) = keymap.conflict(*place) {
                let message = format!("is {key}, which is also {} ({})", other.row.words, setting(other));
                wrong.push(Wrong::new(*at, message, "give one of the two another key"));
            }
        }
        wrong.sort_by_key(|wrong| wrong.at);
        if let Some(lost) = keymap.lost() {
            let at =
                set.iter().find(|(place, _)| std::ptr::eq(keymap.0[*place].row, lost.row)).map_or(0, |(_, at)| *at);
            wrong.push(Wrong::new(at, "takes away a key that is needed", format!("leave {} a key", setting(lost))));
        }
        if wrong.is_empty() { Ok(keymap) } else { Err(wrong) }
    }

    fn place(&self, at: usize, line: &Own) -> Result<usize, Wrong> {
        let Some(context) = Context::all().into_iter().find(|context| context.name() == line.context) else {
            let names: Vec<_> = Context::all().into_iter().map(Context::name).collect();
            let meant = nearest(&line.context, names.iter().copied());
            return Err(Wrong::new(
                at,
                "is for a part of the program that isn't there",
                format!("did you mean keys.{meant}? There are: {}", names.join(", ")),
            ));
        };
        let found = self.0.iter().position(|binding| {
            binding.row.context == context && binding.row.name == line.command && !binding.row.name.is_empty()
        });
        found.ok_or_else(|| {
            let meant = nearest(&line.command, self.listed(&[context]).into_iter().map(|binding| binding.row.name));
            let message = "isn't a command there";
            Wrong::new(at, message, format!("did you mean {meant}? docs/keys.md lists them"))
        })
    }

    /// A key of a binding that another one has where both count.
    fn conflict(&self, place: usize) -> Option<(Key, &Binding)> {
        let mine = &self.0[place];
        let beside = mine.row.context.beside();
        let others = self.0.iter().enumerate().filter(|(at, _)| *at != place);
        others
            .filter(|(_, other)| {
                beside.contains(&other.row.context) && other.row.context.beside().contains(&mine.row.context)
            })
            .find_map(|(_, other)| {
                let key = mine.keys.iter().find(|key| other.keys.contains(key))?;
                Some((*key, other))
            })
    }

    /// What has no key left and cannot be reached in another way.
    fn lost(&self) -> Option<&Binding> {
        self.0.iter().find(|binding| {
            let needed = match binding.row.context {
                Context::Everywhere => {
                    matches!(binding.command(), Command::Shell(ShellCommand::Palette | ShellCommand::Quit))
                }
                Context::Always => binding.command() == Command::Shell(ShellCommand::Interrupt),
                Context::Lists | Context::Screen(_) => false,
                Context::Search
                | Context::Question
                | Context::Form
                | Context::Menu
                | Context::Picker
                | Context::Reading => matches!(binding.command(), Command::Dialog(InDialog::Press | InDialog::Close)),
            };
            needed && binding.keys.is_empty()
        })
    }
}

/// Every key that stands for two things at once.
#[cfg(test)]
pub(super) fn conflicts(keymap: &Keymap) -> Vec<String> {
    (0..keymap.0.len())
        .filter_map(|place| {
            keymap.conflict(place).map(|(key, other)| format!("{key}: {:?} and {:?}", keymap.0[place].row, other.row))
        })
        .collect()
}

fn keys(at: usize, line: &Own, context: Context) -> Result<Vec<Key>, Wrong> {
    let mut keys = Vec::new();
    for text in &line.keys {
        let key = Key::parse(text).map_err(|error| {
            Wrong::new(
                at,
                format!("names a key that can't be used: {error}"),
                "write a letter or sign, ctrl- and a letter, or a name: space, enter, esc, tab, up, down, home, end, pgup, pgdn, f1 to f12",
            )
        })?;
        if context.is_text() && key.types() {
            return Err(Wrong::new(
                at,
                format!("is {key}, which is typed there"),
                "take one with Ctrl, or one with a name",
            ));
        }
        if context.is_text() && key.edits(context == Context::Question) {
            return Err(Wrong::new(
                at,
                format!("is {key}, which moves or edits what is typed there"),
                "take one with Ctrl and a letter, Tab, ↑, ↓, Enter, Esc, or F1 to F12",
            ));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn setting(binding: &Binding) -> String {
    format!("keys.{}.{}", binding.row.context.name(), binding.row.name)
}

fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> &'a str {
    names
        .max_by(|a, b| {
            let likeness = |name: &str| strsim::normalized_damerau_levenshtein(text, name);
            likeness(a).total_cmp(&likeness(b))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::domain::action::Action;
    use crate::tui::screen::Screen;

    fn own(context: &str, command: &str, keys: &[&str]) -> Own {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Own { context: context.to_owned(), command: command.to_owned(), keys }
    }

    fn does(keymap: &Keymap, c: char) -> Option<Command> {
        keymap.command(&Context::of_screen(Screen::Users), KeyEvent::from(KeyCode::Char(c)))
    }

    #[test]
    fn own_keys_take_the_place_of_the_usual_ones() {
        let keymap = Keymap::with(&[own("users", "delete", &["d"]), own("users", "invite", &["n", "i"])]).unwrap();
        assert_eq!(does(&keymap, 'd'), Some(Command::Act(Action::Delete)), "a dead key comes to life");
        assert_eq!(does(&keymap, 'D'), None);
        assert_eq!((does(&keymap, 'n'), does(&keymap, 'i')), (does(&keymap, 'i'), Some(Command::Act(Action::Invite))));
        assert_eq!(keymap.label(Context::Screen(Screen::Users), Command::Act(Action::Delete)), "d");
    }

    #[test]
    fn two_that_change_their_keys_with_each_other_are_no_conflict() {
        let keymap = Keymap::with(&[own("users", "resend", &["e"]), own("users", "edit", &["r"])]).unwrap();
        assert_eq!(does(&keymap, 'r'), Some(Command::Act(Action::Edit)));
    }

    #[test]
    fn each_mistake_is_told_with_its_line_and_what_was_meant() {
        let lines = [
            own("user", "delete", &["d"]),
            own("users", "remove", &["d"]),
            own("users", "resend", &["q"]),
            own("form", "save", &["s"]),
            own("users", "edit", &["alt-e"]),
            own("users", "delete", &["ctrl-h"]),
        ];
        let wrong = Keymap::with(&lines).unwrap_err();
        assert_eq!(wrong.iter().map(|wrong| wrong.at).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
        assert!(wrong[0].hint.contains("keys.users"), "{wrong:?}");
        assert!(wrong[1].what.contains("isn't a command"), "{wrong:?}");
        assert_eq!(wrong[2].what, "is q, which is also quit (keys.everywhere.quit)");
        assert!(wrong[3].what.contains("typed there") && wrong[5].what.contains("Backspace"), "{wrong:?}");
    }

    #[test]
    fn keys_that_edit_what_is_typed_stay_what_they_are() {
        let lines =
            [own("form", "next", &["right"]), own("picker", "run", &["home"]), own("question", "next", &["right"])];
        let wrong = Keymap::with(&lines).unwrap_err();
        assert_eq!(wrong.iter().map(|wrong| wrong.at).collect::<Vec<_>>(), [0, 1], "{wrong:?}");
        assert!(wrong[0].what.contains("edits what is typed"), "{wrong:?}");
    }

    #[test]
    fn nobody_can_lock_themselves_into_a_dialog() {
        let wrong = Keymap::with(&[own("menu", "close", &["x"]), own("question", "close", &[])]).unwrap_err();
        assert_eq!(wrong[0].at, 1, "the line that took it");
        assert!(wrong[0].hint.contains("keys.question.close"), "{wrong:?}");
        assert!(Keymap::with(&[own("users", "delete", &[])]).is_ok(), "all actions has it still");
    }
}
