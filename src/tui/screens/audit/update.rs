//! What happens to the audit log on the screen.

use super::forms;
use super::msg::{Effect, Filter, Msg, Read};
use super::state::AuditScreen;
use crate::app::audit::verify_audit::Verified;
use crate::domain::policy::Denied;
use crate::domain::text::thousands;
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::{Dialog, Window as Place};
use crate::tui::effect::{Ask, Place as Goto, open};
use crate::tui::keymap::{AuditCommand, ScreenCommand};
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
pub fn command(screen: &mut AuditScreen, ctx: &mut Ctx, command: ScreenCommand<AuditCommand>) -> Vec<Effect> {
    if let Err(why) = possible(screen, ctx, command) {
        ctx.refuse(&why);
        return Vec::new();
    }
    match command {
        ScreenCommand::Move(motion) => {
            let moved = screen.list.motion(motion, ctx.rows);
            after_moving(screen, moved)
        }
        ScreenCommand::Open => open(ctx, Dialog::Whole(Place::default())),
        ScreenCommand::Own(AuditCommand::Filter) => {
            let form = forms::filter(&screen.filter, ctx.now, &ctx.zone);
            open(ctx, Dialog::Form(Box::new(form)))
        }
        ScreenCommand::Own(AuditCommand::ShowUser) => {
            let user = screen.list.current().and_then(|entry| entry.subject);
            user.map(|user| Effect::Shell(Ask::Go(Goto::User(user)))).into_iter().collect()
        }
        ScreenCommand::Own(AuditCommand::Verify) => {
            ctx.say("Verifying the chain…");
            vec![Effect::Read(Read::Verify)]
        }
        ScreenCommand::Back if screen.filter != Filter::default() => show(screen, Filter::default()),
        ScreenCommand::Back | ScreenCommand::Act(_) => Vec::new(),
    }
}

/// Moves the cursor to an entry that was clicked; a second click opens it.
pub fn click(screen: &mut AuditScreen, ctx: &mut Ctx, number: i64) -> Vec<Effect> {
    if screen.list.cursor() == Some(number) {
        return command(screen, ctx, ScreenCommand::Open);
    }
    let moved = screen.list.click(number, ctx.rows);
    after_moving(screen, moved)
}

fn after_moving(screen: &AuditScreen, moved: Moved) -> Vec<Effect> {
    moved.wants.map(|window| Effect::Read(Read::Page(screen.filter.clone(), window))).into_iter().collect()
}

/// Whether a command would do something now; otherwise why not, as a clause.
pub fn possible(screen: &AuditScreen, ctx: &Ctx, command: ScreenCommand<AuditCommand>) -> Result<(), String> {
    let entry = || screen.list.current().ok_or_else(|| "no entry is under the cursor".to_owned());
    match command {
        ScreenCommand::Open => entry().map(drop),
        ScreenCommand::Own(AuditCommand::ShowUser) => {
            entry()?.subject.map(drop).ok_or_else(|| "this entry is about no user".to_owned())
        }
        ScreenCommand::Own(AuditCommand::Verify) if !ctx.me.authority.audits() => {
            Err(Denied::AdministratorsOnly.to_string())
        }
        ScreenCommand::Own(AuditCommand::Verify | AuditCommand::Filter)
        | ScreenCommand::Act(_)
        | ScreenCommand::Move(_)
        | ScreenCommand::Back => Ok(()),
    }
}

/// The command line that does the same, where one does.
pub fn command_line(command: ScreenCommand<AuditCommand>) -> Option<String> {
    match command {
        ScreenCommand::Own(AuditCommand::Verify) => Some("rsvp audit verify".to_owned()),
        ScreenCommand::Own(AuditCommand::Filter) => Some("rsvp audit list".to_owned()),
        ScreenCommand::Own(AuditCommand::ShowUser)
        | ScreenCommand::Act(_)
        | ScreenCommand::Open
        | ScreenCommand::Move(_)
        | ScreenCommand::Back => None,
    }
}
