//! What is wrong with what was typed, in words of our own: what, where, and what to do. The parser's own words say neither
//! what an option is for nor what to type instead.

use std::io::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory as _, Error};

use super::args::Cli;
use super::out::{Out, Status, Usage, note};
use crate::domain::text::visible;

/// A command with its words, and the arguments and options that it takes.
struct Typed {
    words: String,
    command: Command,
}

impl Typed {
    /// The command that was typed, as far as it is one.
    fn of(typed: impl Iterator<Item = String>) -> Self {
        let mut command = Cli::command();
        // Only then every argument knows its name.
        command.build();
        let mut all = Self { words: "rsvp".to_owned(), command };
        for word in typed.skip(1) {
            if let Some(found) = all.command.find_subcommand(&word).cloned() {
                all.words = format!("{} {word}", all.words);
                all.command = found;
            }
        }
        all
    }

    /// What the help says of an argument that the parser names as `--limit <LIMIT>` or `<USER>...`.
    fn help(&self, named: &str) -> Option<String> {
        let found = self.command.get_arguments().find(|argument| short(&argument.to_string()) == short(named));
        Some(found.and_then(Arg::get_help)?.to_string())
    }

    /// What to do about an argument: what it is for, and where there is more to read.
    fn about(&self, named: &str) -> String {
        match self.help(named) {
            Some(help) => format!("{}: {help} (see `{} --help`)", short(named), self.words),
            None => self.see(),
        }
    }

    fn see(&self) -> String {
        format!("see `{} --help`", self.words)
    }

    /// The commands of a group.
    fn commands(&self) -> String {
        let names = self.command.get_subcommands().map(Command::get_name).filter(|name| *name != "help");
        names.collect::<Vec<_>>().join(", ")
    }
}

/// An option without its value, an argument without its brackets: `--limit`, USER.
fn short(named: &str) -> String {
    let name = if named.starts_with('-') { named.split([' ', '=']).next().unwrap_or(named) } else { named };
    name.trim_end_matches("...").trim_matches(['<', '>', '[', ']']).to_owned()
}

/// What the parser says of one aspect of an error, as texts.
fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        _ => Vec::new(),
    }
}

/// Says what is wrong with the arguments, or shows the help that they ask for; answers the exit status.
pub fn usage(error: &Error) -> Status {
    if !error.use_stderr() {
        let mut stdout = std::io::stdout();
        note(error.print().and_then(|()| stdout.flush()));
        return Status::Done;
    }
    let typed = || std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let has = |wanted: &str| typed().any(|argument| argument == wanted);
    let usage = explain(error, typed());
    if has("doctor") && has("--nagios") {
        Out::bytes(format!("RSVP UNKNOWN - {}\n", visible(&usage.to_string())).as_bytes());
        return Status::Unknown;
    }
    Out { json: has("--json") }.fail(&usage.into())
}

/// Says what is wrong; `typed` is everything that was typed, the program's name first.
fn explain(error: &Error, typed: impl Iterator<Item = String>) -> Usage {
    let typed = Typed::of(typed);
    let first = |kind| texts(error, kind).into_iter().next();
    let named = first(ContextKind::InvalidArg).unwrap_or_default();
    let value = first(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => empty(&typed, &named),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let message = format!("“{}” can't be the value of {}", visible(&value), short(&named));
            let possible = texts(error, ContextKind::ValidValue);
            let hint = if possible.is_empty() { typed.about(&named) } else { format!("use {}", either(&possible)) };
            Usage::new(message, hint)
        }
        ErrorKind::UnknownArgument if named.starts_with('-') => {
            let hint = first(ContextKind::SuggestedArg)
                .map_or_else(|| typed.see(), |near| format!("perhaps {} was meant; {}", short(&near), typed.see()));
            Usage::new(format!("`{}` has no option {}", typed.words, visible(&short(&named))), hint)
        }
        ErrorKind::UnknownArgument => {
            Usage::new(format!("“{}” is more than `{}` takes", visible(&named), typed.words), typed.see())
        }
        ErrorKind::InvalidSubcommand => {
            let word = first(ContextKind::InvalidSubcommand).unwrap_or_default();
            let near = first(ContextKind::SuggestedSubcommand);
            let near = near.map_or(String::new(), |near| format!("perhaps `{} {near}` was meant; ", typed.words));
            let message = format!("`{}` has no command “{}”", typed.words, visible(&word));
            Usage::new(message, format!("{near}`{} --help` lists them", typed.words))
        }
        ErrorKind::MissingRequiredArgument => missing(&typed, &texts(error, ContextKind::InvalidArg)),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Usage::new(
            format!("`{}` needs to know what to do", typed.words),
            format!("add one of these: {}; {}", typed.commands(), typed.see()),
        ),
        ErrorKind::ArgumentConflict => conflict(&named, &texts(error, ContextKind::PriorArg), &typed),
        ErrorKind::InvalidUtf8 => Usage::new("an argument isn't UTF-8", "type it in a UTF-8 terminal"),
        ErrorKind::NoEquals
        | ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::Io
        | ErrorKind::Format
        | _ => Usage::new(format!("`{}` can't be read as it was typed", typed.words), typed.see()),
    }
}

/// Nothing where something should be.
fn empty(typed: &Typed, named: &str) -> Usage {
    let name = short(named);
    if name.starts_with('-') {
        return Usage::new(format!("{name} needs a value, and there is none"), typed.about(named));
    }
    Usage::new(format!("{name} is empty"), typed.about(named))
}

fn missing(typed: &Typed, arguments: &[String]) -> Usage {
    let names: Vec<String> = arguments.iter().map(|one| short(one)).collect();
    let hint = match arguments {
        [one] => typed.about(one),
        _ => typed.see(),
    };
    Usage::new(format!("`{}` also needs {}", typed.words, names.join(" and ")), hint)
}

fn conflict(named: &str, prior: &[String], typed: &Typed) -> Usage {
    let (one, others) = (short(named), prior.iter().map(|other| short(other)).collect::<Vec<_>>());
    if others.iter().all(|other| *other == one) {
        return Usage::new(format!("{one} was given more than once"), "give it once");
    }
    Usage::new(format!("{one} can't be used with {}", others.join(" or ")), format!("leave one out; {}", typed.see()))
}

/// `yes or no`
fn either(all: &[String]) -> String {
    match all {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.join(""),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::domain::explain::Explain as _;

    /// What is said of a line, and what to do.
    fn said(line: &[&str]) -> (String, String) {
        let typed = || std::iter::once("rsvp").chain(line.iter().copied()).map(str::to_owned);
        let error = Cli::try_parse_from(typed()).unwrap_err();
        let usage = explain(&error, typed());
        (usage.to_string(), usage.hint().unwrap())
    }

    #[test]
    fn whatever_is_mistyped_is_named_with_what_to_do() {
        for (line, message, hint) in [
            (
                &["list", "--search", ""][..],
                "--search needs a value, and there is none",
                "--search: Only users with all these",
            ),
            (&["list", "--search"], "--search needs a value, and there is none", "(see `rsvp list --help`)"),
            (
                &["list", "--limit", "0"],
                "“0” can't be the value of --limit",
                "--limit: Show at most this many users, 1 to 1000",
            ),
            (
                &["list", "--limit", "many"],
                "“many” can't be the value of --limit",
                "1 to 1000 (see `rsvp list --help`)",
            ),
            (&["edit", "#1", "--ssh", "perhaps"], "“perhaps” can't be the value of --ssh", "use yes or no"),
            (
                &["list", "--serach", "x"],
                "`rsvp list` has no option --serach",
                "perhaps --search was meant; see `rsvp list",
            ),
            (&["list", "x"], "“x” is more than `rsvp list` takes", "see `rsvp list --help`"),
            (&["frobnicate"], "`rsvp` has no command “frobnicate”", "`rsvp --help` lists them"),
            (&["lst"], "`rsvp` has no command “lst”", "perhaps `rsvp list` was meant; `rsvp --help` lists them"),
            (&["mail", "lost"], "`rsvp mail` has no command “lost”", "perhaps `rsvp mail list` was meant; "),
            (&["mail"], "`rsvp mail` needs to know what to do", "add one of these: list, show, "),
            (&["show"], "`rsvp show` also needs USER", "USER: An email address, or # and a number (see `rsvp show"),
            (&["suspend"], "`rsvp suspend` also needs USER", "USER: Email addresses, or # and a number; - reads"),
            (
                &["workspace", "rename"],
                "`rsvp workspace rename` also needs FROM and TO",
                "see `rsvp workspace rename --help`",
            ),
            (
                &["serve", "--no-portal", "--no-worker"],
                "--no-portal can't be used with --no-worker",
                "leave one out; see",
            ),
            (&["list", "--sort", "a", "--sort", "b"], "--sort was given more than once", "give it once"),
        ] {
            let (what, then) = said(line);
            assert_eq!(what, message, "{line:?}");
            assert!(then.contains(hint), "{line:?}: {then}");
        }
    }

    #[test]
    fn every_argument_of_every_command_has_words_for_what_it_is() {
        fn check(words: &str, command: &Command) {
            for argument in command.get_arguments().filter(|one| !["help", "version"].contains(&one.get_id().as_str()))
            {
                assert!(argument.get_help().is_some(), "{words}: {argument}");
            }
            for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
                check(&format!("{words} {}", one.get_name()), one);
            }
        }
        let mut command = Cli::command();
        command.build();
        check("rsvp", &command);
    }
}
