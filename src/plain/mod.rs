//! Front door: questions and answers line by line, for screen readers, phones and terminals that can do nothing else.
//! No alternate screen, no boxes, no cursor movement, no colour; for what cannot be done here it shows the command that
//! does.

mod ask;
mod change;
mod console;
mod listed;
mod lock;
mod read;
#[cfg(test)]
mod test;

use std::time::Duration;

use crate::app::session::authority;
use crate::app::session::sign_in::{self, Request, SignedIn};
use crate::app::upkeep::revision;
use crate::app::{App, Failure};
use crate::domain::action::{Action, Asks, Reach};
use crate::domain::actor::{Actor, Origin};
use crate::domain::policy::{Authority, invites, reaches};
use lock::LockingConsole;

pub use console::{Console, LineConsole};

/// Asks for address and password until they are right; `None` if nobody answers any more.
pub async fn signed_in(console: &mut dyn Console, app: &App, origin: Origin) -> Option<SignedIn> {
    console.say(&format!("{}: sign in. An empty answer quits.", app.organisation()));
    loop {
        let email = console.ask("Email: ")?;
        if email.trim().is_empty() {
            return None;
        }
        let password = console.ask_secret("Password: ")?;
        match sign_in::run(app, Request { email: email.trim().to_owned(), password, origin: origin.clone() }).await {
            Ok(signed_in) => return Some(signed_in),
            Err(error) => ask::refuse(console, &error),
        }
    }
}

/// What can be asked for beside the actions on one user.
const HELP: [&str; 3] = [
    "list [view] [text]: list users. Views: all, attention, invited, expired, active, suspended, deleted.",
    "more: the next users of the list.",
    "show [who]: everything about a user.",
];
const INVITE: &str = "invite: invite a user.";
const EDIT: &str = "edit [who]: name, email, role, workspaces, language, SSH key.";
const END: &str = "help: this list. quit: end.";

/// How who is meant is said, and where the rest is.
const HELP_END: [&str; 2] = [
    "[who] is an email address, a number in the last list, or # and a user's own number.",
    "An empty answer keeps the value in brackets. Without brackets it gives up, and nothing is changed.",
];
/// The same for whoever has a shell.
const HELP_SHELL: &str = "For everything else, including email and settings, use the commands: rsvp --help.";

/// The help: every action on one user that the reader's role does to somebody is a line of it, made from the action's row.
fn help(authority: &Authority, has_shell: bool) -> Vec<String> {
    let action = |action: Action| {
        let asks = if action.spec().asks == Asks::Nothing { "" } else { " Asks first." };
        format!("{} [who]: {}.{asks}", action.name(), action.words())
    };
    let is_theirs = |one: &Action| change::is_a_word(*one) && reaches(authority, one.spec().reach).is_ok();
    let actions = Action::ALL.into_iter().filter(is_theirs).map(action);
    let invites = invites(authority).is_ok().then_some(INVITE);
    let edits = reaches(authority, Reach::Helpdesk).is_ok().then_some(EDIT);
    let lines = HELP.into_iter().chain(invites).chain(edits).map(str::to_owned).chain(actions).chain([END.to_owned()]);
    let shell = has_shell.then(|| HELP_SHELL.to_owned());
    lines.chain(HELP_END.map(str::to_owned)).chain(shell).collect()
}

/// Asks and answers until somebody quits, or nobody answers any more.
/// After a silence of `idle_lock` the user types the password again.
pub async fn run(console: &mut dyn Console, app: &App, actor: &Actor, me: &str, idle_lock: Option<Duration>) {
    // The operator has a shell beside this that no lock of ours closes.
    let console = &mut LockingConsole::new(console, app, idle_lock.filter(|_| actor.who.user().is_some()));
    console.say(&format!("{}. You are {me}.", app.organisation()));
    read::counts(console, app, actor).await;
    console.say("Type help for the list of commands, quit to end.");
    let mut list = listed::LastList::default();
    loop {
        let Some(line) = console.ask("> ") else {
            if console.is_locked() && console.unlock(actor).await {
                continue;
            }
            break;
        };
        // Someone who lost access learns nothing more by asking.
        if let Err(Failure::Denied(denied)) = revision::run(app, actor).await {
            ask::refuse(console, &denied);
            break;
        }
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let (word, rest) = (word.to_lowercase(), rest.trim());
        match word.as_str() {
            "" => {}
            "quit" | "q" | "exit" => break,
            "help" | "h" | "?" => match authority::run(app, actor).await {
                Ok(authority) => help(&authority, console.has_shell()).iter().for_each(|line| console.say(line)),
                Err(failure) => ask::refuse(console, &failure),
            },
            "list" | "l" => list = read::list(console, app, actor, rest).await,
            "more" | "m" => read::more(console, app, actor, &mut list).await,
            "show" => read::show(console, app, actor, &list, rest).await,
            "invite" => change::invite(console, app, actor).await,
            "edit" => change::edit(console, app, actor, &list, rest).await,
            other => match change::simple(other) {
                Some(action) => change::perform(console, app, actor, action, (&list, rest)).await,
                None => console.say(&format!("There is no command {other} here. Type help for the list.")),
            },
        }
    }
    console.say("Bye.");
}
