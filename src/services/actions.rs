//! `docs/actions.md`, made from the table of actions, the keys and the command line: `RSVP_MAKE_DOCS=1 cargo test --lib
//! actions::` writes it, and the same test without the variable fails when it is stale.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::domain::action::{Action, Asks, Object, Reach};
use crate::tui::Keymap;

const HEAD: &str = "# Actions\n\n\
This page is made from the program's own table of actions; `tests/run` fails when it is stale.\n\n\
An action has one name in the audit log, in `--json` and on the command line, and the same words on every screen. An action for\n\
many users or emails always asks first, and asks for their number above 50. Undo is for the person who did it, while nobody has\n\
changed the same user since. `asks first` is about the screens and line mode; a command asks where it has `--yes`. The keys are\n\
the ones that come with rsvp; [Keys](keys.md) lists them all. The operator at the shell can do what an administrator can.\n";

/// The groups of the page, by what an action is done to.
const GROUPS: [(Object, &str); 5] = [
    (Object::User, "To a user"),
    (Object::Mail, "To an email"),
    (Object::Workspace, "To a workspace"),
    (Object::None, "Without choosing anything first"),
    (Object::Organisation, "To the organisation"),
];

/// The command line of an action, if the program has one: `rsvp mail retry NUMBER`.
fn command(action: Action) -> Option<String> {
    let cli = Cli::command();
    let name = action.name();
    let (words, found) = if let Some(found) = cli.find_subcommand(name) {
        (name.to_owned(), found)
    } else {
        let (group, one) = name.split_once('-')?;
        (format!("{group} {one}"), cli.find_subcommand(group)?.find_subcommand(one)?)
    };
    let mut line = format!("rsvp {words}");
    for argument in found.get_arguments().filter(|argument| !argument.is_global_set()) {
        if argument.is_positional() {
            let names = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
            let _ = write!(line, " {}", names.unwrap_or_else(|| argument.get_id().as_str().to_uppercase()));
        } else if let (true, Some(long)) = (argument.is_required_set(), argument.get_long()) {
            let _ = write!(line, " --{long}");
            if argument.get_action().takes_values() {
                let _ = write!(line, " {}", argument.get_id().as_str().to_uppercase());
            }
        }
    }
    Some(line)
}

/// What is asked before an action is done to one.
fn asks(action: Action) -> String {
    match action.spec().asks {
        Asks::Nothing => "no".to_owned(),
        Asks::Yes => "yes".to_owned(),
        Asks::Word(word) => format!("for the word `{word}`"),
    }
}

/// Whose role reaches far enough, and for which users; nothing where nobody chooses it.
fn who(action: Action) -> Option<String> {
    let spec = action.spec();
    let by = match spec.reach {
        Reach::NotAsked => return None,
        Reach::Administrators => "Administrators",
        Reach::WorkspaceAdministrators => "Administrators, and workspace administrators within their workspaces",
        Reach::Helpdesk => {
            "Administrators, workspace administrators within their workspaces, and the help desk for people without a role"
        }
    };
    let to = if spec.object == Object::User { format!(". For {}", spec.precondition.words()) } else { String::new() };
    Some(format!("{by}{to}."))
}

fn entry(keymap: &Keymap, action: Action) -> String {
    let spec = action.spec();
    let mut out = format!("\n### {}\n\n", crate::domain::text::capital(spec.words));
    if !spec.consequence.is_empty() {
        let _ = write!(out, "{}\n\n", spec.consequence);
    }
    if let Some(many) = spec.for_many.filter(|many| *many != spec.consequence) {
        let _ = write!(out, "For many: {many}\n\n");
    }
    if let Some(who) = who(action) {
        let _ = write!(out, "{who}\n\n");
    }
    let places = keymap.places(action);
    let key = if places.is_empty() { "none".to_owned() } else { places.join(", ") };
    let command = command(action).map_or_else(|| "none".to_owned(), |command| format!("`{command}`"));
    let yes = |is: bool| if is { "yes" } else { "no" };
    let _ = write!(
        out,
        "| name | key | command | asks first | for many | undo |\n| --- | --- | --- | --- | --- | --- |\n\
         | `{}` | {key} | {command} | {} | {} | {} |\n",
        spec.name,
        asks(action),
        yes(spec.for_many.is_some()),
        yes(spec.undoable),
    );
    out
}

/// Whether somebody can choose it: what only happens is a row of the last table.
fn is_chosen(keymap: &Keymap, action: Action) -> bool {
    !keymap.places(action).is_empty() || command(action).is_some()
}

fn document() -> String {
    let keymap = Keymap::default();
    let mut out = HEAD.to_owned();
    for (object, title) in GROUPS {
        let of_group = |action: &Action| action.spec().object == object && is_chosen(&keymap, *action);
        let _ = write!(out, "\n## {title}\n");
        for action in Action::ALL.into_iter().filter(of_group) {
            out.push_str(&entry(&keymap, action));
        }
    }
    out.push_str(
        "\n## What only happens\n\nThe audit log records these too. Nobody chooses them from a menu or a command.\n\n\
         | name | in the log |\n| --- | --- |\n",
    );
    for action in Action::ALL.into_iter().filter(|action| !is_chosen(&keymap, *action)) {
        let _ = writeln!(out, "| `{}` | {} |", action.name(), action.past());
    }
    out
}

#[test]
fn the_documentation_of_the_actions_is_not_stale() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/actions.md");
    if std::env::var_os("RSVP_MAKE_DOCS").is_some() {
        std::fs::write(&path, document()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == document(),
        "docs/actions.md is stale: RSVP_MAKE_DOCS=1 cargo test --lib actions:: writes it anew"
    );
}

#[test]
fn every_action_is_on_the_page_once() {
    let page = document();
    for action in Action::ALL {
        assert_eq!(page.matches(&format!("| `{}` |", action.name())).count(), 1, "{action}");
    }
}

#[test]
fn commands_are_those_of_the_command_line() {
    assert_eq!(command(Action::Suspend).as_deref(), Some("rsvp suspend USER"));
    assert_eq!(command(Action::RetryMail).as_deref(), Some("rsvp mail retry NUMBERS"));
    assert_eq!(command(Action::NewKey).as_deref(), Some("rsvp key new --lost"));
    assert_eq!(command(Action::SignIn), None);
}
