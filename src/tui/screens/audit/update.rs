//! What happens to the audit log on the screen.

use super::forms;
use super::msg::{Effect, Filter, Msg, Read};
use super::state::AuditScreen;
use crate::app::audit::verify_audit::Verified;
use crate::domain::policy::{Denied, Power};
use crate::domain::text::thousands;
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::{Dialog, Window as Place};
use crate::tui::effect::{Ask, Place as Goto, open};
use crate::tui::keymap::{AuditCommand, Command, ShellCommand};
use crate::tui::widgets::cursor_list::{Moved, Rows, Taken};

/// Reads the log again.
pub fn reload(screen: &AuditScreen) -> Vec<Effect> {
    vec![Effect::Read(Read::Page(screen.filter.clone(), screen.list.reload()))]
}

/// A message came.
pub fn update(screen: &mut AuditScreen, ctx: &mut Ctx, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Page(filter, window, Ok(read)) => {
            if filter == screen.filter {
                let rows = Rows { all: read.rows, before: read.before, after: read.after };
                let (taken, changed) = screen.list.take(window, rows);
                ctx.dirty |= changed;
                if taken == Taken::Lost {
                    return reload(screen);
                }
            }
        }
        Msg::Page(filter, window, Err(refused)) => {
            if filter == screen.filter {
                screen.list.give_up(window);
            }
            ctx.unread(&refused);
        }
        Msg::Verified(Ok(found)) => on_verified(ctx, &found),
        Msg::Verified(Err(refused)) => ctx.refused(&refused),
        Msg::Show(filter) => return show(screen, filter),
    }
    Vec::new()
}

/// Shows other entries.
fn show(screen: &mut AuditScreen, filter: Filter) -> Vec<Effect> {
    *screen = AuditScreen { filter, ..AuditScreen::default() };
    reload(screen)
}

/// The chain was walked.
fn on_verified(ctx: &mut Ctx, found: &Verified) {
    if let Some(broken) = &found.broken {
        let entry = broken.entry.map_or(String::new(), |entry| format!(", entry {entry}"));
        ctx.warn(format!("The audit log is broken at link {}{entry}: {}.", broken.seq, broken.why));
        return;
    }
    let unsealed = if found.unsealed == 0 { String::new() } else { format!("; {} not sealed yet", found.unsealed) };
    let (sealed, equal) = (thousands(found.sealed), ctx.equal("rsvp audit verify"));
    ctx.say(format!("{sealed} entries are sealed and unchanged{unsealed}{equal}"));
}

/// Does what a key, a line of the palette or a click asks for.
pub fn command(screen: &mut AuditScreen, ctx: &mut Ctx, command: Command) -> Vec<Effect> {
    if let Err(why) = possible(screen, ctx, command) {
        ctx.refuse(&why);
        return Vec::new();
    }
    match command {
        Command::Move(motion) => {
            let moved = screen.list.motion(motion, ctx.rows);
            after_moving(screen, moved)
        }
        Command::Open => open(ctx, Dialog::Whole(Place::default())),
        Command::Audit(AuditCommand::Filter) => {
            let form = forms::filter(&screen.filter, ctx.now, &ctx.zone);
            open(ctx, Dialog::Form(Box::new(form)))
        }
        Command::Audit(AuditCommand::ShowUser) => {
            let user = screen.list.current().and_then(|entry| entry.subject);
            user.map(|user| Effect::Shell(Ask::Go(Goto::User(user)))).into_iter().collect()
        }
        Command::Audit(AuditCommand::Verify) => {
            ctx.say("Verifying the chain…");
            vec![Effect::Read(Read::Verify)]
        }
        Command::Shell(command) if command == ShellCommand::Back && screen.filter != Filter::default() => {
            show(screen, Filter::default())
        }
        Command::Shell(_) | Command::Act(_) | Command::Users(_) | Command::Mail(_) | Command::Dialog(_) => Vec::new(),
    }
}

/// Moves the cursor to an entry that was clicked; a second click opens it.
pub fn click(screen: &mut AuditScreen, ctx: &mut Ctx, number: i64) -> Vec<Effect> {
    if screen.list.cursor() == Some(number) {
        return command(screen, ctx, Command::Open);
    }
    let moved = screen.list.click(number, ctx.rows);
    after_moving(screen, moved)
}

fn after_moving(screen: &AuditScreen, moved: Moved) -> Vec<Effect> {
    moved.wants.map(|window| Effect::Read(Read::Page(screen.filter.clone(), window))).into_iter().collect()
}

/// Whether a command would do something now; otherwise why not, as a clause.
pub fn possible(screen: &AuditScreen, ctx: &Ctx, command: Command) -> Result<(), String> {
    let entry = || screen.list.current().ok_or_else(|| "no entry is under the cursor".to_owned());
    match command {
        Command::Open => entry().map(drop),
        Command::Audit(AuditCommand::ShowUser) => {
            entry()?.subject.map(drop).ok_or_else(|| "this entry is about no user".to_owned())
        }
        Command::Audit(AuditCommand::Verify) if ctx.me.authority.power != Power::All => {
            Err(Denied::AdministratorsOnly.to_string())
        }
        Command::Audit(AuditCommand::Verify | AuditCommand::Filter)
        | Command::Act(_)
        | Command::Users(_)
        | Command::Mail(_)
        | Command::Move(_)
        | Command::Shell(_)
        | Command::Dialog(_) => Ok(()),
    }
}

/// The command line that does the same, where one does.
pub fn command_line(command: Command) -> Option<String> {
    match command {
        Command::Audit(AuditCommand::Verify) => Some("rsvp audit verify".to_owned()),
        Command::Audit(AuditCommand::Filter) => Some("rsvp audit list".to_owned()),
        Command::Audit(AuditCommand::ShowUser)
        | Command::Act(_)
        | Command::Open
        | Command::Users(_)
        | Command::Mail(_)
        | Command::Move(_)
        | Command::Shell(_)
        | Command::Dialog(_) => None,
    }
}
