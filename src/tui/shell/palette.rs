//! All actions of a place by fuzzy text, with jumps to a screen, a view, an order, or a user by name; and the keys of a
//! place.

use super::msg::{Effect, Msg, Read};
use super::route::{command_line, possible, words};
use super::state::Shell;
use crate::domain::query::{SortKey, View};
use crate::domain::user::UserRow;
use crate::tui::dialogs::{Dialog, Entry, Filter, List};
use crate::tui::keymap::{Binding, Command, Context, InDialog, ShellCommand, UsersCommand};

/// Fewest letters that people are looked for with.
const FEWEST: usize = 2;
/// Most people that are offered.
pub const PEOPLE: u16 = 5;

/// Opens the palette.
pub fn open(shell: &mut Shell) {
    let key = shell.ctx.keymap.dialog_label(Context::Picker, InDialog::Press);
    let title = format!("All actions, views and people · type to find · {key} runs it");
    let list = List::new(title, "Nothing matches.", Filter::Fuzzy, offered(shell)).asking(FEWEST, Msg::Typed);
    let number = shell.ctx.number();
    super::stack::open(shell, number, Dialog::List(Box::new(list)));
}

/// Opens the keys of this place.
pub fn open_help(shell: &mut Shell) {
    let label = |what| shell.ctx.keymap.dialog_label(Context::Picker, what);
    let (press, close) = (label(InDialog::Press), label(InDialog::Close));
    let title = format!("Keys · type words or a key · {press} runs it · {close} closes");
    let all = shell.ctx.keymap.listed(&shell.contexts());
    let entry = |binding: &&Binding| {
        let reason = possible(shell, binding.command()).err();
        let entry = Entry {
            words: words(shell, binding.row).0.to_owned(),
            key: binding.all_shown(),
            keys: keys(binding),
            possible: reason.is_none(),
            note: reason.map_or_else(String::new, |why| format!("✗ {why}")),
        };
        (entry, Msg::Run(binding.command()))
    };
    let entries = all.iter().map(entry).collect();
    let list = List::new(title, "No key does this here.", Filter::Keys, entries);
    let number = shell.ctx.number();
    super::stack::open(shell, number, Dialog::List(Box::new(list)));
}

fn keys(binding: &Binding) -> Vec<(String, String)> {
    binding.keys.iter().map(|key| (key.to_string(), key.setting())).collect()
}

/// What the palette offers here, without people.
fn offered(shell: &Shell) -> Vec<(Entry, Msg)> {
    let contexts = shell.contexts();
    let hidden = [Command::Back, Command::Shell(ShellCommand::Palette)];
    let bindings = shell.ctx.keymap.listed(&contexts[..contexts.len() - 1]).into_iter();
    let bindings = bindings.filter(|one| !one.command().moves() && !hidden.contains(&one.command()));
    let mut all: Vec<(Entry, Msg)> = bindings
        .map(|binding| {
            let command = binding.command();
            let (possible, note) = match possible(shell, command) {
                Ok(()) => (true, command_line(shell, command).unwrap_or_default()),
                Err(why) => (false, format!("✗ {why}")),
            };
            let words = words(shell, binding.row).0.to_owned();
            let entry = Entry { words, key: binding.shown(), keys: keys(binding), note, possible };
            (entry, Msg::Run(command))
        })
        .collect();
    let entry = |words: String| Entry { words, possible: true, ..Entry::default() };
    let view =
        |view: View| (entry(format!("view: {}", view.words())), Msg::Run(Command::Users(UsersCommand::Show(view))));
    let order =
        |key: SortKey| (entry(format!("order: by {}", key.words())), Msg::Run(Command::Users(UsersCommand::Sort(key))));
    all.extend(View::ALL.map(view));
    all.extend(SortKey::ALL.map(order));
    all
}

/// Something else was typed into the palette: people are looked for by it.
pub fn on_typed(text: String) -> Vec<Effect> {
    vec![Effect::Read(Read::People(text))]
}

/// People were found: answers may overtake each other, so only what is typed now is shown.
pub fn on_people(shell: &mut Shell, text: String, rows: &[UserRow]) {
    let entry = |row: &UserRow| {
        let words = format!("{} <{}>", row.name, row.email);
        let entry = Entry { words, note: "user".to_owned(), possible: true, ..Entry::default() };
        (entry, Msg::Run(Command::Users(UsersCommand::Find(row.id))))
    };
    if let Some((_, Dialog::List(list))) = shell.dialogs.last_mut() {
        shell.ctx.dirty |= list.found(text, rows.iter().map(entry).collect());
    }
}
