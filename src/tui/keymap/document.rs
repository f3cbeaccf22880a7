//! `docs/keys.md`, made from the table: `RSVP_MAKE_DOCS=1 cargo test --lib keymap::` writes it, and the same test
//! without the variable fails when it is stale.

use std::fmt::Write as _;

use super::command::{Command, UsersCommand};
use super::context::Context;
use super::map::{Binding, Keymap};
use crate::domain::action::Action;

impl Keymap {
    /// Where an action is found, for `docs/actions.md`: its key and the place where the key applies, or all actions.
    pub fn places(&self, action: Action) -> Vec<String> {
        let toggles = matches!(action, Action::Suspend | Action::Reactivate);
        let toggle = Command::Users(UsersCommand::SuspendOrReactivate);
        let does =
            |binding: &&Binding| binding.command() == Command::Act(action) || toggles && binding.command() == toggle;
        let place = |binding: &Binding| match binding.keys.first() {
            Some(key) => format!("`{key}` ({})", binding.row.context.name()),
            None => format!("all actions ({})", binding.row.context.name()),
        };
        self.listed(&Context::all()).into_iter().filter(does).map(place).collect()
    }
}

/// The whole document.
fn document() -> String {
    let keymap = Keymap::default();
    let mut out = String::from(
        "# Keys\n\n\
         This page is made from the program's own table of keys; `tests/run` fails when it is stale.\n\n\
         `?` shows the keys of the place where you are: type to filter by words or by key, Enter does the line. `:` finds\n\
         every action, every screen and view, and users by name. What is not possible now stays visible, greyed, with its\n\
         reason. In text fields, Home, End, Ctrl-A, Ctrl-E, Ctrl-W, Ctrl-U and Ctrl-K edit the line.\n\n\
         ## Your own keys\n\n\
         ```toml\n\
         [keys.users]\n\
         delete = \"d\"             # instead of D\n\
         invite = [\"n\", \"i\"]      # both\n\
         link = []                # no key; all actions has it still\n\
         ```\n\n\
         A key is a letter or sign, `ctrl-` and a letter, `f1` to `f12`, or one of `enter esc space tab shift-tab backspace\n\
         up down left right home end pgup pgdn insert`. Keys with Alt, and those that terminals, tmux or SSH need, are\n\
         refused with the reason. Two commands with one key are refused with the line; `rsvp config check` says it before\n\
         the terminal does.\n",
    );
    for context in Context::all() {
        let _ = write!(
            out,
            "\n## {}: `[keys.{}]`\n\n| key | name | what it does |\n| --- | --- | --- |\n",
            context.words(),
            context.name()
        );
        for binding in keymap.listed(&[context]) {
            let keys: Vec<_> =
                binding.keys.iter().map(|key| format!("`{}`", key.to_string().replace('|', "\\|"))).collect();
            let keys = if keys.is_empty() { "all actions".to_owned() } else { keys.join(" ") };
            let _ = writeln!(out, "| {keys} | `{}` | {} |", binding.row.name, binding.row.words);
        }
    }
    out
}

#[test]
fn the_documentation_of_the_keys_is_not_stale() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    if std::env::var_os("RSVP_MAKE_DOCS").is_some() {
        std::fs::write(&path, document()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == document(), "docs/keys.md is stale: RSVP_MAKE_DOCS=1 cargo test --lib keymap:: writes it anew");
}
