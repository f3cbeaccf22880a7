//! One table of keys and commands: it drives what a key does, the hint rows and the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::action::Action;
use crate::domain::change::Change;

/// What a key does in the list of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// An action on the user under the cursor, or inviting one.
    Act(Action),
    /// Suspend, or reactivate whoever is suspended.
    SuspendOrReactivate,
    /// Move the cursor by so many rows.
    Move(i32),
    /// A page up or down.
    Page(i32),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Search as you type.
    Search,
    /// The menu of views.
    ViewMenu,
    /// The menu of orders.
    OrderMenu,
    /// The keys.
    Help,
    /// Clear the search.
    Escape,
    /// Draw everything again.
    Redraw,
    /// Leave.
    Quit,
    /// A key that does nothing on purpose, with the key that was meant.
    Dead(&'static str),
}

/// A key, what it does, and its words.
pub struct Binding {
    /// The key as it is shown.
    pub shown: &'static str,
    /// The keys that press it.
    pub codes: &'static [KeyCode],
    /// With Ctrl.
    pub ctrl: bool,
    /// What it does.
    pub command: Command,
    /// Its words; empty for keys that are not listed.
    pub words: &'static str,
}

const fn bind(shown: &'static str, codes: &'static [KeyCode], command: Command, words: &'static str) -> Binding {
    Binding { shown, codes, ctrl: false, command, words }
}

const fn ctrl(shown: &'static str, codes: &'static [KeyCode], command: Command, words: &'static str) -> Binding {
    Binding { shown, codes, ctrl: true, command, words }
}

const fn act(shown: &'static str, codes: &'static [KeyCode], action: Action) -> Binding {
    bind(shown, codes, Command::Act(action), action.words())
}

use KeyCode::Char;

/// Every key of the list of users.
pub const USERS: &[Binding] = &[
    act("r", &[Char('r')], Action::Resend),
    act("y", &[Char('y')], Action::ShowLink),
    act("x", &[Char('x')], Action::Revoke),
    bind("s", &[Char('s')], Command::SuspendOrReactivate, "suspend or reactivate user"),
    act("D", &[Char('D')], Action::Delete),
    act("b", &[Char('b')], Action::Restore),
    act("i", &[Char('i')], Action::Invite),
    bind("/", &[Char('/')], Command::Search, "search"),
    bind("f", &[Char('f')], Command::ViewMenu, "view"),
    bind("o", &[Char('o')], Command::OrderMenu, "order"),
    act("u", &[Char('u')], Action::Undo),
    bind("?", &[Char('?'), KeyCode::F(1)], Command::Help, "help"),
    bind("q", &[Char('q')], Command::Quit, "quit"),
    bind("j ↓", &[Char('j'), KeyCode::Down], Command::Move(1), "next user"),
    bind("k ↑", &[Char('k'), KeyCode::Up], Command::Move(-1), "previous user"),
    bind("PgDn", &[KeyCode::PageDown], Command::Page(1), "page down"),
    bind("PgUp", &[KeyCode::PageUp], Command::Page(-1), "page up"),
    bind("g Home", &[Char('g'), KeyCode::Home], Command::First, "first user"),
    bind("G End", &[Char('G'), KeyCode::End], Command::Last, "last user"),
    bind("Esc", &[KeyCode::Esc], Command::Escape, "clear the search"),
    ctrl("Ctrl-D", &[Char('d')], Command::Page(1), "page down"),
    ctrl("Ctrl-U", &[Char('u')], Command::Page(-1), "page up"),
    ctrl("Ctrl-L", &[Char('l')], Command::Redraw, "draw again"),
    ctrl("Ctrl-C", &[Char('c')], Command::Quit, "quit"),
    bind("", &[Char('d')], Command::Dead("delete is D, with Shift"), ""),
    bind("", &[Char('n')], Command::Dead("inviting somebody new is i"), ""),
    bind("", &[Char('R')], Command::Dead("resending is r, without Shift"), ""),
];

/// The keys that the help lists.
pub fn listed() -> impl Iterator<Item = &'static Binding> {
    USERS.iter().filter(|binding| !binding.words.is_empty())
}

/// What a key does.
pub fn command(key: KeyEvent) -> Option<Command> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    USERS.iter().find(|b| b.ctrl == ctrl && b.codes.contains(&key.code)).map(|b| b.command)
}

/// The change that an action makes, if it makes one to a user.
pub const fn change(action: Action) -> Option<Change> {
    match action {
        Action::Resend => Some(Change::Resend),
        Action::ShowLink => Some(Change::ShowLink),
        Action::Revoke => Some(Change::Revoke),
        Action::Suspend => Some(Change::Suspend),
        Action::Reactivate => Some(Change::Reactivate),
        Action::Delete => Some(Change::Delete),
        Action::Restore => Some(Change::Restore),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_stands_for_two_things() {
        let mut seen = Vec::new();
        for binding in USERS {
            for code in binding.codes {
                assert!(!seen.contains(&(binding.ctrl, *code)), "{code:?}");
                seen.push((binding.ctrl, *code));
            }
        }
    }
}
