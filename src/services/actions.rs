//! `docs/actions.md`, made from the table of actions, the keys and the command line: `RSVP_MAKE_DOCS=1 cargo test --lib
//! actions::` writes it, and the same test without the variable fails when it is stale.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::domain::action::{Action, Asks, Object, Reach};
use crate::tui::Keymap;

const HEAD: &str = "# Actions\n\n\
This page is made from the program's own table of actions; `tests/run` fails when it is stale.\n\n\
An action has one name in the audit log, in `--json` and on the command line, and the same words on every screen. Undo is\n\
for the person who did it, while nobody has changed the same user since. The keys are the ones that come with rsvp;\n\
[Keys](keys.md) lists them all. The operator at the shell can do what an administrator can.\n\n\
`asks first` is about one user or thing on the screens and in line mode. For many, the screens always ask, and ask for their\n\
number above 50. `command asks` is about the command line. `a query` means that the command asks about whom `--view`, `--search`,\n\
`--workspace` or `--failed` found: it says how many and names the first three, and without a terminal it needs `--yes`, above 50\n\
also `--expect N`. It doesn't ask about users who are named in the arguments or on stdin, one or many; `always` means that it\n\
asks about those too. Whatever is asked, `--dry-run` shows whom it would concern, and `--expect N` changes nothing if it is\n\
another number.\n";

/// The groups of the page, by what an action is done to.
const GROUPS: [(Object, &str); 5] = [
    (Object::User, "To a user"),
    (Object::Mail, "To an email"),
    (Object::Workspace, "To a workspace"),
    (Object::None, "Without choosing anything first"),
    (Object::Organisation, "To the organisation"),
];

/// The command of an action with its words, if the program has one.
fn find(cli: &clap::Command, action: Action) -> Option<(String, &clap::Command)> {
    let name = action.name();
    if let Some(found) = cli.find_subcommand(name) {
        return Some((name.to_owned(), found));
    }
    let (group, one) = name.split_once('-')?;
    Some((format!("{group} {one}"), cli.find_subcommand(group)?.find_subcommand(one)?))
}

/// Whether a command has an option.
fn has(command: &clap::Command, option: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(option))
}

/// When the command of an action asks.
fn command_asks(action: Action) -> &'static str {
    let cli = Cli::command();
    match find(&cli, action) {
        // A key that nobody else has is replaced without harm.
        Some((_, found)) if has(found, "stolen") => "with `--stolen`",
        Some((_, found)) if has(found, "yes") => {
            let only_of_a_query = has(found, "expect") && !action.spec().asks_by_name;
            if only_of_a_query { "a query" } else { "always" }
        }
        Some(_) | None => "no",
    }
}

/// Whether it can be done to many at once, and where.
fn for_many(action: Action) -> &'static str {
    let cli = Cli::command();
    let by_command = find(&cli, action).is_some_and(|(_, found)| has(found, "expect"));
    match (action.is_for_many(), by_command) {
        (true, _) => "yes",
        (false, true) => "by command",
        (false, false) => "no",
    }
}

/// The command line of an action, if the program has one: `rsvp mail retry NUMBER`.
fn command(action: Action) -> Option<String> {
    let cli = Cli::command();
    let (words, found) = find(&cli, action)?;
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
        "| name | key | command | asks first | command asks | for many | undo |\n| --- | --- | --- | --- | --- | --- | --- |\n\
         | `{}` | {key} | {command} | {} | {} | {} | {} |\n",
        spec.name,
        asks(action),
        command_asks(action),
        for_many(action),
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
fn a_command_asks_about_a_query_and_always_where_nothing_brings_it_back() {
    let asking =
        |when: &str| Action::ALL.into_iter().filter(|action| command_asks(*action) == when).collect::<Vec<_>>();
    assert_eq!(
        asking("always"),
        [Action::Delete, Action::DeleteWorkspace, Action::Erase, Action::RestoreBackup, Action::NewKey]
    );
    for action in [Action::Resend, Action::Suspend, Action::ResetPassword, Action::RetryMail] {
        assert_eq!(command_asks(action), "a query", "{action}");
    }
    assert_eq!(for_many(Action::ResetPassword), "by command");
}

#[test]
fn commands_are_those_of_the_command_line() {
    assert_eq!(command(Action::Suspend).as_deref(), Some("rsvp suspend USER"));
    assert_eq!(command(Action::RetryMail).as_deref(), Some("rsvp mail retry NUMBERS"));
    assert_eq!(command(Action::NewKey).as_deref(), Some("rsvp key new --lost"));
    assert_eq!(command(Action::SignIn), None);
}
