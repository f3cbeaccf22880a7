//! One table of keys and commands for each screen: it drives what a key does, the hint rows, the palette and the help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::Screen;
use crate::domain::action::Action;
use crate::domain::change::Change;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// An action on what is under the cursor, or one that needs nothing there.
    Act(Action),
    /// Suspend, or reactivate whoever is suspended.
    SuspendOrReactivate,
    /// Retry every failed mail.
    RetryAll,
    /// To the user whom a mail goes to.
    ShowUser,
    /// Copy the link of a caught mail.
    CopyCaught,
    /// Read what a mail says.
    Preview,
    /// Correct the address that a mail goes to.
    CorrectAddress,
    /// To another screen.
    Go(Screen),
    /// Move the cursor by so many rows.
    Move(i32),
    /// A page up or down.
    Page(i32),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Open what is under the cursor.
    Open,
    /// Mark whoever is under the cursor.
    Mark,
    /// Mark from the last mark to the cursor.
    MarkRange,
    /// Mark everybody whom the list finds.
    MarkAll,
    /// Search as you type.
    Search,
    /// The menu of views.
    ViewMenu,
    /// The menu of orders.
    OrderMenu,
    /// All actions.
    Palette,
    /// The keys.
    Help,
    /// Close, then clear the search.
    Escape,
    /// Draw everything again.
    Redraw,
    /// To the shell.
    ToShell,
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

/// The keys of the list of users.
const USERS: &[Binding] = &[
    act("r", &[Char('r')], Action::Resend),
    act("e", &[Char('e')], Action::Edit),
    act("y", &[Char('y')], Action::ShowLink),
    act("p", &[Char('p')], Action::ResetPassword),
    act("x", &[Char('x')], Action::Revoke),
    bind("s", &[Char('s')], Command::SuspendOrReactivate, "suspend or reactivate user"),
    act("D", &[Char('D')], Action::Delete),
    act("b", &[Char('b')], Action::Restore),
    act("i", &[Char('i')], Action::Invite),
    bind("/", &[Char('/')], Command::Search, "search"),
    bind("Space", &[Char(' ')], Command::Mark, "mark"),
    bind("V", &[Char('V')], Command::MarkRange, "range from the last mark"),
    bind("*", &[Char('*')], Command::MarkAll, "all in view"),
    bind("f", &[Char('f')], Command::ViewMenu, "view"),
    bind("o", &[Char('o')], Command::OrderMenu, "order"),
    bind("Enter", &[KeyCode::Enter], Command::Open, "whole detail"),
    bind("", &[Char('d')], Command::Dead("delete is D, with Shift"), ""),
    bind("", &[Char('n')], Command::Dead("inviting somebody new is i"), ""),
    bind("", &[Char('R')], Command::Dead("resending is r, without Shift"), ""),
];

/// The keys of the list of mails.
const MAIL: &[Binding] = &[
    act("r", &[Char('r')], Action::RetryMail),
    bind("a", &[Char('a')], Command::RetryAll, "retry all failed"),
    act("x", &[Char('x')], Action::CancelMail),
    bind("e", &[Char('e')], Command::CorrectAddress, "correct the address"),
    bind("@", &[Char('@')], Command::ShowUser, "show this user"),
    bind("v", &[Char('v')], Command::Preview, "preview mail"),
    bind("y", &[Char('y')], Command::CopyCaught, "copy link (demo)"),
    act("t", &[Char('t')], Action::TestMail),
    bind("f", &[Char('f')], Command::ViewMenu, "view"),
    bind("Enter", &[KeyCode::Enter], Command::Open, "whole detail"),
    bind("", &[Char('d')], Command::Dead("cancelling a mail is x"), ""),
    bind("", &[Char('R')], Command::Dead("retrying is r, without Shift"), ""),
];

/// The keys that every screen has.
const EVERYWHERE: &[Binding] = &[
    act("u", &[Char('u')], Action::Undo),
    bind(":", &[Char(':')], Command::Palette, "all actions"),
    bind("?", &[Char('?'), KeyCode::F(1)], Command::Help, "help"),
    bind("1", &[Char('1')], Command::Go(Screen::Users), "users"),
    bind("2", &[Char('2')], Command::Go(Screen::Mail), "mail"),
    bind("q", &[Char('q')], Command::Quit, "quit"),
    bind("j ↓", &[Char('j'), KeyCode::Down], Command::Move(1), "next row"),
    bind("k ↑", &[Char('k'), KeyCode::Up], Command::Move(-1), "previous row"),
    bind("PgDn", &[KeyCode::PageDown], Command::Page(1), "page down"),
    bind("PgUp", &[KeyCode::PageUp], Command::Page(-1), "page up"),
    bind("g Home", &[Char('g'), KeyCode::Home], Command::First, "first row"),
    bind("G End", &[Char('G'), KeyCode::End], Command::Last, "last row"),
    bind("Esc", &[KeyCode::Esc], Command::Escape, "close, or clear the search"),
    ctrl("Ctrl-D", &[Char('d')], Command::Page(1), "page down"),
    ctrl("Ctrl-U", &[Char('u')], Command::Page(-1), "page up"),
    ctrl("Ctrl-P", &[Char('p')], Command::Palette, "all actions"),
    ctrl("Ctrl-L", &[Char('l')], Command::Redraw, "draw again"),
    ctrl("Ctrl-Z", &[Char('z')], Command::ToShell, "to the shell"),
    ctrl("Ctrl-C", &[Char('c')], Command::Quit, "quit"),
];

/// The keys of a screen, its own first.
fn all(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    let own = match screen {
        Screen::Users => USERS,
        Screen::Mail => MAIL,
    };
    own.iter().chain(EVERYWHERE)
}

/// The keys that a screen's help lists.
pub fn listed(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    all(screen).filter(|binding| !binding.words.is_empty())
}

/// What the palette offers: what a screen's keys do, but for moving about.
pub fn offered(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    listed(screen).filter(|binding| {
        !binding.ctrl
            && !matches!(
                binding.command,
                Command::Move(_)
                    | Command::Page(_)
                    | Command::First
                    | Command::Last
                    | Command::Escape
                    | Command::Palette
            )
    })
}

/// What a key does on a screen.
pub fn command(screen: Screen, key: KeyEvent) -> Option<Command> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    all(screen).find(|b| b.ctrl == ctrl && b.codes.contains(&key.code)).map(|b| b.command)
}

/// The change that an action makes, if it makes one to a user.
pub const fn change(action: Action) -> Option<Change> {
    match action {
        Action::Resend => Some(Change::Resend),
        Action::ShowLink => Some(Change::ShowLink),
        Action::Revoke => Some(Change::Revoke),
        Action::Edit => Some(Change::Edit { email: false, administrator: None, memberships: None }),
        Action::ResetPassword => Some(Change::ResetPassword),
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
        for screen in Screen::ALL {
            let mut seen = Vec::new();
            for binding in all(screen) {
                for code in binding.codes {
                    assert!(!seen.contains(&(binding.ctrl, *code)), "{screen:?} {code:?}");
                    seen.push((binding.ctrl, *code));
                }
            }
        }
    }
}
