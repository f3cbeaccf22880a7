//! The one table of contexts, keys and commands. Everything that shows or presses a key reads it.

use super::command::{AuditCommand, Command, InDialog, MailCommand, Motion, ShellCommand, UsersCommand};
use super::context::Context::{self, Always, Everywhere, Form, Lists, Menu, Picker, Question, Reading, Search};
use crate::domain::action::Action;
use crate::tui::screen::Screen;

/// A command in a context, with its keys.
#[derive(Debug)]
pub struct Row {
    /// Where the keys count.
    pub context: Context,
    /// What they do.
    pub command: Command,
    /// The name in the settings; empty for keys that are dead on purpose.
    pub name: &'static str,
    /// The keys, with spaces between; the first is the one that is shown.
    pub keys: &'static str,
    /// Verb and object.
    pub words: &'static str,
    /// One word or two, for a narrow row of hints.
    pub brief: &'static str,
}

const fn row(
    context: Context,
    command: Command,
    name: &'static str,
    keys: &'static str,
    words: &'static str,
    brief: &'static str,
) -> Row {
    Row { context, command, name, keys, words, brief }
}

const fn act(context: Context, action: Action, name: &'static str, keys: &'static str, brief: &'static str) -> Row {
    row(context, Command::Act(action), name, keys, action.words(), brief)
}

const fn dead(context: Context, keys: &'static str, instead: &'static str) -> Row {
    row(context, Command::Shell(ShellCommand::Dead(instead)), "", keys, "", "")
}

const USERS: Context = Context::Screen(Screen::Users);
const MAIL: Context = Context::Screen(Screen::Mail);
const WORKSPACES: Context = Context::Screen(Screen::Workspaces);
const AUDIT: Context = Context::Screen(Screen::Audit);

/// The table. Within a context the order is that of the hints.
pub const TABLE: &[Row] = &[
    act(USERS, Action::Resend, "resend", "r", "resend"),
    act(USERS, Action::Edit, "edit", "e", "edit"),
    act(USERS, Action::ShowLink, "link", "y", "link"),
    act(USERS, Action::ResetPassword, "reset-password", "p", "reset password"),
    act(USERS, Action::Revoke, "revoke", "x", "revoke"),
    row(USERS, Command::Users(UsersCommand::Workspaces), "workspaces", "w", "workspaces and role", "workspaces"),
    row(
        USERS,
        Command::Users(UsersCommand::SuspendOrReactivate),
        "suspend",
        "s",
        "suspend or reactivate user",
        "suspend",
    ),
    act(USERS, Action::Delete, "delete", "D", "delete"),
    act(USERS, Action::Restore, "restore", "b", "restore"),
    act(USERS, Action::Erase, "erase", "", "erase"),
    row(USERS, Command::Users(UsersCommand::Role), "role", "", "change role", "role"),
    act(USERS, Action::Invite, "invite", "i", "invite"),
    row(USERS, Command::Users(UsersCommand::Search), "search", "/", "search", "search"),
    row(USERS, Command::Users(UsersCommand::Mark), "mark", "space", "mark", "mark"),
    row(USERS, Command::Users(UsersCommand::MarkRange), "mark-range", "V", "range from the last mark", "range"),
    row(USERS, Command::Users(UsersCommand::MarkAll), "mark-all", "*", "all in view", "all"),
    row(USERS, Command::Users(UsersCommand::ViewMenu), "view", "f", "view", "view"),
    row(USERS, Command::Users(UsersCommand::OrderMenu), "order", "o", "order", "order"),
    dead(USERS, "d", "delete"),
    dead(USERS, "n", "invite"),
    dead(USERS, "R", "resend"),
    act(MAIL, Action::RetryMail, "retry", "r", "retry"),
    row(MAIL, Command::Mail(MailCommand::RetryAll), "retry-all", "a", "retry all failed emails", "retry all"),
    act(MAIL, Action::CancelMail, "cancel", "x", "cancel"),
    row(MAIL, Command::Mail(MailCommand::CorrectAddress), "correct", "e", "correct the address", "correct"),
    row(MAIL, Command::Mail(MailCommand::ShowUser), "user", "@", "show this user", "user"),
    row(MAIL, Command::Mail(MailCommand::Preview), "preview", "v", "preview email", "preview"),
    row(MAIL, Command::Mail(MailCommand::CopyCaught), "caught-link", "y", "copy link (demo)", "link"),
    act(MAIL, Action::TestMail, "test", "t", "test"),
    row(MAIL, Command::Mail(MailCommand::ViewMenu), "view", "f", "view", "view"),
    dead(MAIL, "d", "cancel"),
    dead(MAIL, "R", "retry"),
    act(WORKSPACES, Action::CreateWorkspace, "create", "i", "create"),
    act(WORKSPACES, Action::RenameWorkspace, "rename", "e", "rename"),
    act(WORKSPACES, Action::DeleteWorkspace, "delete", "D", "delete"),
    dead(WORKSPACES, "d", "delete"),
    dead(WORKSPACES, "n", "create"),
    row(
        AUDIT,
        Command::Audit(AuditCommand::Filter),
        "filter",
        "f /",
        "filter by person, actor, action or time",
        "filter",
    ),
    row(AUDIT, Command::Audit(AuditCommand::ShowUser), "user", "@", "show this user", "user"),
    row(AUDIT, Command::Audit(AuditCommand::Verify), "verify", "c", "verify the chain", "verify"),
    row(Lists, Command::Open, "open", "enter", "whole detail", "detail"),
    row(Lists, Command::Move(Motion::Step(1)), "next", "j down", "next row", "next"),
    row(Lists, Command::Move(Motion::Step(-1)), "previous", "k up", "previous row", "previous"),
    row(Lists, Command::Move(Motion::Page(1)), "page-down", "pgdn ctrl-d", "page down", "down"),
    row(Lists, Command::Move(Motion::Page(-1)), "page-up", "pgup ctrl-u", "page up", "up"),
    row(Lists, Command::Move(Motion::First), "first", "g home", "first row", "first"),
    row(Lists, Command::Move(Motion::Last), "last", "G end", "last row", "last"),
    act(Everywhere, Action::Undo, "undo", "u", "undo"),
    row(Everywhere, Command::Shell(ShellCommand::Palette), "all-actions", ": ctrl-p", "all actions", "all actions"),
    row(Everywhere, Command::Shell(ShellCommand::Help), "help", "? f1", "help", "help"),
    row(Everywhere, Command::Shell(ShellCommand::Go(Screen::Users)), "users", "1", "users", "users"),
    row(Everywhere, Command::Shell(ShellCommand::Go(Screen::Mail)), "mail", "2", "mail", "mail"),
    row(
        Everywhere,
        Command::Shell(ShellCommand::Go(Screen::Workspaces)),
        "workspaces",
        "3",
        "workspaces",
        "workspaces",
    ),
    row(Everywhere, Command::Shell(ShellCommand::Go(Screen::Audit)), "audit", "4", "audit log", "audit"),
    row(
        Everywhere,
        Command::Back,
        "back",
        "esc",
        "clear the search or filter, then the workspace, then the marks",
        "back",
    ),
    row(Everywhere, Command::Shell(ShellCommand::Quit), "quit", "q", "quit", "quit"),
    row(Search, Command::Dialog(InDialog::Press), "done", "enter down", "to the list", "list"),
    row(Search, Command::Dialog(InDialog::Close), "clear", "esc", "clear the search", "clear"),
    row(Question, Command::Dialog(InDialog::Move(Motion::Step(1))), "next", "tab right", "next button", "next"),
    row(
        Question,
        Command::Dialog(InDialog::Move(Motion::Step(-1))),
        "previous",
        "shift-tab left",
        "previous button",
        "previous",
    ),
    row(Question, Command::Dialog(InDialog::Press), "press", "enter", "press the button", "press"),
    row(Question, Command::Dialog(InDialog::Close), "close", "esc", "close, nothing is done", "close"),
    row(Form, Command::Dialog(InDialog::Move(Motion::Step(1))), "next", "tab down", "next field", "next"),
    row(
        Form,
        Command::Dialog(InDialog::Move(Motion::Step(-1))),
        "previous",
        "shift-tab up",
        "previous field",
        "previous",
    ),
    row(
        Form,
        Command::Dialog(InDialog::Press),
        "press",
        "enter",
        "next field, list of choices, or press the button",
        "press",
    ),
    row(Form, Command::Dialog(InDialog::Save), "save", "ctrl-s", "save", "save"),
    row(Form, Command::Dialog(InDialog::Close), "leave", "esc", "leave; asks if something was changed", "leave"),
    row(Menu, Command::Dialog(InDialog::Move(Motion::Step(1))), "next", "j down tab", "next line", "next"),
    row(
        Menu,
        Command::Dialog(InDialog::Move(Motion::Step(-1))),
        "previous",
        "k up shift-tab",
        "previous line",
        "previous",
    ),
    row(Menu, Command::Dialog(InDialog::Press), "choose", "enter", "choose", "choose"),
    row(Menu, Command::Dialog(InDialog::Close), "close", "esc q", "close", "close"),
    row(Picker, Command::Dialog(InDialog::Move(Motion::Step(1))), "next", "down tab", "next line", "next"),
    row(
        Picker,
        Command::Dialog(InDialog::Move(Motion::Step(-1))),
        "previous",
        "up shift-tab",
        "previous line",
        "previous",
    ),
    row(Picker, Command::Dialog(InDialog::Move(Motion::Page(1))), "page-down", "pgdn", "page down", "down"),
    row(Picker, Command::Dialog(InDialog::Move(Motion::Page(-1))), "page-up", "pgup", "page up", "up"),
    row(Picker, Command::Dialog(InDialog::Press), "run", "enter", "do it", "do"),
    row(Picker, Command::Dialog(InDialog::Close), "close", "esc", "close", "close"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::Step(1))), "next", "j down", "next line", "next"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::Step(-1))), "previous", "k up", "previous line", "previous"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::Page(1))), "page-down", "pgdn space", "page down", "down"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::Page(-1))), "page-up", "pgup", "page up", "up"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::First)), "first", "g home", "first line", "first"),
    row(Reading, Command::Dialog(InDialog::Move(Motion::Last)), "last", "G end", "last line", "last"),
    row(Reading, Command::Dialog(InDialog::Switch), "switch", "v tab", "plain text or HTML of an email", "switch"),
    row(Reading, Command::Dialog(InDialog::Close), "close", "esc q enter", "close", "close"),
    row(Always, Command::Shell(ShellCommand::Redraw), "redraw", "ctrl-l", "draw again", "redraw"),
    row(Always, Command::Shell(ShellCommand::ToShell), "shell", "ctrl-z", "to the shell; fg comes back", "shell"),
    row(Always, Command::Shell(ShellCommand::Interrupt), "interrupt", "ctrl-c", "close, or quit", "quit"),
];
