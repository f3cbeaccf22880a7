//! The screens of the shell: their states, what they read and change and what comes back, and which of them something
//! concerns. No other file of the shell lists them.

use std::convert::Infallible;

use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::App;
use crate::app::mail::preview_mail::Wording;
use crate::domain::actor::Actor;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::effect;
use crate::tui::keymap::{AuditCommand, Command, MailCommand, Row, ScreenCommand, UsersCommand};
use crate::tui::reads::Slot;
use crate::tui::screen::Screen;
use crate::tui::screens::audit::{self, AuditScreen};
use crate::tui::screens::mail::{self, Caught, MailScreen};
use crate::tui::screens::users::{self, Users};
use crate::tui::screens::workspaces::{self, WorkspaceScreen};

/// What each screen shows.
#[derive(Default)]
pub struct Screens {
    pub users: Users,
    pub mail: MailScreen,
    pub workspaces: WorkspaceScreen,
    pub audit: AuditScreen,
}

/// What a screen reads.
#[derive(Debug, Clone)]
pub enum ScreenRead {
    Users(users::Read),
    Mail(mail::Read),
    Workspaces(workspaces::Read),
    Audit(audit::Read),
}

/// What a screen changes.
#[derive(Debug, Clone)]
pub enum ScreenChange {
    Users(users::Change),
    Mail(mail::Change),
    Workspaces(workspaces::Change),
}

/// What comes to a screen.
#[derive(Debug, Clone)]
pub enum ScreenMsg {
    Users(users::Msg),
    Mail(mail::Msg),
    Workspaces(workspaces::Msg),
    Audit(audit::Msg),
}

/// What a screen asks for.
pub type Effect = effect::Effect<ScreenRead, ScreenChange, ScreenMsg>;

/// The screen that a command goes to, and the command as that screen takes it.
enum Destination {
    Users(ScreenCommand<UsersCommand>),
    Mail(ScreenCommand<MailCommand>),
    Workspaces(ScreenCommand<Infallible>),
    Audit(ScreenCommand<AuditCommand>),
    /// No screen's.
    Nowhere,
}

/// Which screen a command belongs to: its own, whatever is shown, or the one that is shown.
const fn destination(shown: Screen, command: Command) -> Destination {
    match command {
        Command::Users(own) => Destination::Users(ScreenCommand::Own(own)),
        Command::Mail(own) => Destination::Mail(ScreenCommand::Own(own)),
        Command::Audit(own) => Destination::Audit(ScreenCommand::Own(own)),
        Command::Act(action) => to_shown(shown, ScreenCommand::Act(action)),
        Command::Move(motion) => to_shown(shown, ScreenCommand::Move(motion)),
        Command::Open => to_shown(shown, ScreenCommand::Open),
        Command::Back => to_shown(shown, ScreenCommand::Back),
        Command::Shell(_) | Command::Dialog(_) => Destination::Nowhere,
    }
}

/// What every screen takes, for the one that is shown.
const fn to_shown(shown: Screen, command: ScreenCommand<Infallible>) -> Destination {
    match shown {
        Screen::Users => Destination::Users(command.widen()),
        Screen::Mail => Destination::Mail(command.widen()),
        Screen::Workspaces => Destination::Workspaces(command),
        Screen::Audit => Destination::Audit(command.widen()),
    }
}

/// What the list of users answers.
pub fn in_users(
    screens: &mut Screens,
    ctx: &mut Ctx,
    f: impl FnOnce(&mut Users, &mut Ctx) -> Vec<users::Effect>,
) -> Vec<Effect> {
    let effects = f(&mut screens.users, ctx);
    effects.into_iter().map(|one| one.lift(ScreenRead::Users, ScreenChange::Users, ScreenMsg::Users)).collect()
}

fn of_mail(effects: Vec<mail::Effect>) -> Vec<Effect> {
    effects.into_iter().map(|one| one.lift(ScreenRead::Mail, ScreenChange::Mail, ScreenMsg::Mail)).collect()
}

fn of_workspaces(effects: Vec<workspaces::Effect>) -> Vec<Effect> {
    let lift =
        |one: workspaces::Effect| one.lift(ScreenRead::Workspaces, ScreenChange::Workspaces, ScreenMsg::Workspaces);
    effects.into_iter().map(lift).collect()
}

/// The audit log changes nothing.
fn of_audit(effects: Vec<audit::Effect>) -> Vec<Effect> {
    let nothing = |never: Infallible| -> ScreenChange { match never {} };
    effects.into_iter().map(|one| one.lift(ScreenRead::Audit, nothing, ScreenMsg::Audit)).collect()
}

/// A message came to a screen.
pub fn update(screens: &mut Screens, ctx: &mut Ctx, msg: ScreenMsg) -> Vec<Effect> {
    match msg {
        ScreenMsg::Users(msg) => in_users(screens, ctx, |screen, ctx| users::update(screen, ctx, msg)),
        ScreenMsg::Mail(msg) => of_mail(mail::update(&mut screens.mail, ctx, msg)),
        ScreenMsg::Workspaces(msg) => of_workspaces(workspaces::update(&mut screens.workspaces, ctx, msg)),
        ScreenMsg::Audit(msg) => of_audit(audit::update(&mut screens.audit, ctx, msg)),
    }
}

/// A command for the screen that it belongs to.
pub fn command(screens: &mut Screens, ctx: &mut Ctx, shown: Screen, command: Command) -> Vec<Effect> {
    match destination(shown, command) {
        Destination::Users(command) => in_users(screens, ctx, |screen, ctx| users::command(screen, ctx, command)),
        Destination::Mail(command) => of_mail(mail::command(&mut screens.mail, ctx, command)),
        Destination::Workspaces(command) => of_workspaces(workspaces::command(&mut screens.workspaces, ctx, command)),
        Destination::Audit(command) => of_audit(audit::command(&mut screens.audit, ctx, command)),
        Destination::Nowhere => Vec::new(),
    }
}

/// A click on a row of the screen that is shown.
pub fn click(screens: &mut Screens, ctx: &mut Ctx, shown: Screen, number: i64) -> Vec<Effect> {
    match shown {
        Screen::Users => in_users(screens, ctx, |screen, ctx| users::click(screen, ctx, number)),
        Screen::Mail => of_mail(mail::click(&mut screens.mail, ctx, number)),
        Screen::Workspaces => of_workspaces(workspaces::click(&mut screens.workspaces, ctx, number)),
        Screen::Audit => of_audit(audit::click(&mut screens.audit, ctx, number)),
    }
}

/// Reads a screen again.
pub fn reload(screens: &mut Screens, ctx: &mut Ctx, screen: Screen) -> Vec<Effect> {
    match screen {
        Screen::Users => in_users(screens, ctx, |screen, _| users::reload(screen)),
        Screen::Mail => of_mail(mail::reload(&screens.mail)),
        Screen::Workspaces => of_workspaces(workspaces::reload()),
        Screen::Audit => of_audit(audit::reload(&screens.audit)),
    }
}

/// Whether a screen would do something with a command now; otherwise why not, and what to do instead, as a clause.
pub fn possible(screens: &Screens, ctx: &Ctx, shown: Screen, command: Command) -> Result<(), String> {
    match destination(shown, command) {
        Destination::Users(command) => users::possible(&screens.users, ctx, command),
        Destination::Mail(command) => mail::possible(&screens.mail, ctx, command),
        Destination::Workspaces(command) => workspaces::possible(&screens.workspaces, ctx, command),
        Destination::Audit(command) => audit::possible(&screens.audit, ctx, command),
        Destination::Nowhere => Ok(()),
    }
}

/// The words of a row of the table, as they fit what it would concern, and in brief.
pub fn words(screens: &Screens, shown: Screen, row: &'static Row) -> (&'static str, &'static str) {
    let own = match shown {
        Screen::Users => users::words(&screens.users, row),
        Screen::Workspaces => workspaces::words(row),
        Screen::Mail | Screen::Audit => None,
    };
    own.unwrap_or((row.words, row.brief))
}

/// The command line that does the same as a command of a screen.
pub fn command_line(screens: &Screens, shown: Screen, command: Command) -> Option<String> {
    match destination(shown, command) {
        Destination::Users(command) => users::command_line(&screens.users, command),
        Destination::Mail(command) => mail::command_line(&screens.mail, command),
        Destination::Workspaces(command) => workspaces::command_line(&screens.workspaces, command),
        Destination::Audit(command) => audit::command_line(command),
        Destination::Nowhere => None,
    }
}

/// Whether somebody is marked, so that hints show what can be done for many.
pub fn has_marks(screens: &Screens, shown: Screen) -> bool {
    shown == Screen::Users && users::has_marks(&screens.users)
}

/// Draws the screen.
pub fn draw(screens: &Screens, ctx: &Ctx, shown: Screen, canvas: &mut Canvas, body: Rect) {
    match shown {
        Screen::Users => users::draw(&screens.users, ctx, canvas, body),
        Screen::Mail => mail::draw(&screens.mail, ctx, canvas, body),
        Screen::Workspaces => workspaces::draw(&screens.workspaces, ctx, canvas, body),
        Screen::Audit => audit::draw(&screens.audit, ctx, canvas, body),
    }
}

/// Everything about what is under the screen's cursor: a title and all its lines.
pub fn whole(screens: &Screens, ctx: &Ctx, shown: Screen, width: usize) -> (String, Vec<Line<'static>>) {
    match shown {
        Screen::Users => users::whole(&screens.users, ctx, width),
        Screen::Mail => mail::whole(&screens.mail, ctx, width),
        Screen::Audit => audit::whole(&screens.audit, ctx, width),
        // Opening a workspace shows its users.
        Screen::Workspaces => (String::new(), Vec::new()),
    }
}

/// The slot of what is read again and again.
pub const fn slot(read: &ScreenRead) -> Option<Slot> {
    match read {
        ScreenRead::Users(read) => read.slot(),
        ScreenRead::Mail(read) => read.slot(),
        ScreenRead::Workspaces(read) => read.slot(),
        ScreenRead::Audit(read) => read.slot(),
    }
}

/// Whether the list that is shown is still the one before the one that was asked for.
pub const fn awaits_rows(screens: &Screens, shown: Screen) -> bool {
    match shown {
        Screen::Users => screens.users.list.is_awaiting(),
        Screen::Mail => screens.mail.list.is_awaiting(),
        Screen::Workspaces => screens.workspaces.list.is_awaiting(),
        Screen::Audit => screens.audit.list.is_awaiting(),
    }
}

/// Whether the next frame cannot do without what is read: rows of a list that have nothing to show in their place. What
/// is read ahead, or again, is not waited for.
pub const fn is_awaited(screens: &Screens, read: &ScreenRead) -> bool {
    match read {
        ScreenRead::Users(read) => matches!(read, users::Read::Page(..)) && screens.users.list.is_awaiting(),
        ScreenRead::Mail(read) => matches!(read, mail::Read::Page(..)) && screens.mail.list.is_awaiting(),
        ScreenRead::Audit(read) => matches!(read, audit::Read::Page(..)) && screens.audit.list.is_awaiting(),
        ScreenRead::Workspaces(read) => matches!(read, workspaces::Read::All) && screens.workspaces.list.is_awaiting(),
    }
}

/// Reads for a screen.
pub async fn read(app: &App, actor: &Actor, caught: Option<&Caught>, wording: Wording, read: ScreenRead) -> ScreenMsg {
    match read {
        ScreenRead::Users(read) => ScreenMsg::Users(users::read(app, actor, read).await),
        ScreenRead::Mail(read) => ScreenMsg::Mail(mail::read(app, actor, caught, wording, read).await),
        ScreenRead::Workspaces(read) => ScreenMsg::Workspaces(workspaces::read(app, actor, read).await),
        ScreenRead::Audit(read) => ScreenMsg::Audit(audit::read(app, actor, read).await),
    }
}

/// Changes for a screen.
pub async fn change(app: &App, actor: &Actor, change: ScreenChange) -> ScreenMsg {
    match change {
        ScreenChange::Users(change) => ScreenMsg::Users(users::change(app, actor, change).await),
        ScreenChange::Mail(change) => ScreenMsg::Mail(mail::change(app, actor, change).await),
        ScreenChange::Workspaces(change) => ScreenMsg::Workspaces(workspaces::change(app, actor, change).await),
    }
}
