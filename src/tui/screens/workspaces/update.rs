//! What happens to the list of workspaces.

use std::convert::Infallible;

use super::forms;
use super::msg::{Change, Effect, Msg, Read};
use super::state::WorkspaceScreen;
use crate::domain::action::Action;
use crate::domain::change::Change as Changes;
use crate::domain::command_line::command_line as line;
use crate::domain::name::Name;
use crate::domain::policy::allow;
use crate::domain::text::{capital, counted};
use crate::domain::workspace::{Consequences, Workspace};
use crate::tui::ctx::{Ctx, Number};
use crate::tui::dialogs::{Dialog, Question};
use crate::tui::effect::{Ask, Place, open};
use crate::tui::keymap::{Command, Row, ScreenCommand};
use crate::tui::refused::{Refused, sentence};
use crate::tui::widgets::cursor_list::{Rows, Taken, Window};

/// Reads the workspaces again.
pub fn reload() -> Vec<Effect> {
    vec![Effect::Read(Read::All)]
}

/// A message came: an answer, or what somebody chose in a dialog.
pub fn update(screen: &mut WorkspaceScreen, ctx: &mut Ctx, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::All(Ok(all)) => {
            on_all(screen, ctx, all);
            Vec::new()
        }
        Msg::Consequences(name, Ok(means)) => {
            let question = ask_delete(ctx, &name, means);
            ctx.dirty = true;
            open(ctx, Dialog::Question(Box::new(question)))
        }
        Msg::Created(number, name, Ok(())) => {
            let equal = line(&["workspace", "create"], &[], &[name.as_str()]);
            saved(ctx, number, &format!("Workspace {name} created"), &equal)
        }
        Msg::Renamed(number, from, to, Ok(())) => {
            let equal = line(&["workspace", "rename"], &[], &[from.as_str(), to.as_str()]);
            saved(ctx, number, &format!("Workspace {from} is called {to} now"), &equal)
        }
        Msg::Deleted(name, Ok(meant)) => {
            let equal = ctx.equal(&line(&["workspace", "delete"], &[], &[name.as_str()]));
            ctx.say(format!("Workspace {name} deleted; {meant}{equal}"));
            vec![Effect::Shell(Ask::Reload)]
        }
        Msg::Created(number, _, Err(refused)) | Msg::Renamed(number, _, _, Err(refused)) => {
            vec![Effect::Shell(Ask::Refuse(number, refused.sentences(&ctx.me)))]
        }
        Msg::All(Err(refused)) => {
            ctx.unread(&refused);
            Vec::new()
        }
        Msg::Consequences(_, Err(refused)) | Msg::Deleted(_, Err(refused)) => refuse(ctx, &refused),
        Msg::Create(number, name) => vec![Effect::Change(Change::Create(number, name))],
        Msg::Rename(number, from, to) => vec![Effect::Change(Change::Rename(number, from, to))],
        Msg::Delete(name) => vec![Effect::Change(Change::Delete(name))],
    }
}

fn refuse(ctx: &mut Ctx, refused: &Refused) -> Vec<Effect> {
    ctx.refused(refused);
    Vec::new()
}

fn saved(ctx: &mut Ctx, number: Number, text: &str, equal: &str) -> Vec<Effect> {
    let equal = ctx.equal(equal);
    ctx.say(format!("{text}{equal}"));
    vec![Effect::Shell(Ask::Close(number)), Effect::Shell(Ask::Reload)]
}

/// All of them were read, so that none is before or behind what is known.
fn on_all(screen: &mut WorkspaceScreen, ctx: &mut Ctx, rows: Vec<Workspace>) {
    let window = screen.list.reload();
    let window = if screen.list.is_known() { window } else { Window::Start };
    let rows = Rows { all: rows, before: false, after: false };
    let (taken, mut changed) = screen.list.take(window, rows.clone());
    // There is no other part of the list that its neighbours could be in.
    if taken == Taken::Lost {
        (_, changed) = screen.list.take(screen.list.reload(), rows);
    }
    ctx.dirty |= changed;
}

/// The question before a workspace is deleted, with what that means.
fn ask_delete(ctx: &Ctx, name: &Name, means: Consequences) -> Question<Msg> {
    let spec = Action::DeleteWorkspace.spec();
    let title = spec.question.replace("{}", &name.to_string());
    let about = counted(means.users, "user");
    let what = format!("{} {}", spec.consequence, sentence(&means.to_string()));
    Question::confirm(ctx, title, about, what, capital(spec.words), Msg::Delete(name.clone()))
}

/// Does what a key, a line of the palette or a click asks for.
pub fn command(screen: &mut WorkspaceScreen, ctx: &mut Ctx, command: ScreenCommand<Infallible>) -> Vec<Effect> {
    if let Err(why) = possible(screen, ctx, command) {
        ctx.refuse(&why);
        return Vec::new();
    }
    if let ScreenCommand::Move(motion) = command {
        screen.list.motion(motion, ctx.rows);
        return Vec::new();
    }
    let is = |action| command == ScreenCommand::Act(action);
    if is(Action::CreateWorkspace) {
        return open(ctx, Dialog::Form(Box::new(forms::create())));
    }
    let Some(name) = screen.list.current().map(|one| one.name.clone()) else { return Vec::new() };
    if is(Action::RenameWorkspace) {
        open(ctx, Dialog::Form(Box::new(forms::rename(&name))))
    } else if is(Action::DeleteWorkspace) {
        vec![Effect::Read(Read::Consequences(name))]
    } else if command == ScreenCommand::Open {
        vec![Effect::Shell(Ask::Go(Place::Workspace(name.as_str().to_owned())))]
    } else {
        Vec::new()
    }
}

/// Moves the cursor to a workspace that was clicked; a second click opens it.
pub fn click(screen: &mut WorkspaceScreen, ctx: &mut Ctx, number: i64) -> Vec<Effect> {
    if screen.list.cursor() == Some(number) {
        return command(screen, ctx, ScreenCommand::Open);
    }
    screen.list.click(number, ctx.rows);
    Vec::new()
}

/// Whether a command would do something now; otherwise why not, as a clause.
pub fn possible(screen: &WorkspaceScreen, ctx: &Ctx, command: ScreenCommand<Infallible>) -> Result<(), String> {
    let may = |change: &Changes| allow(&ctx.me.authority, change, None).map_err(|denied| denied.to_string());
    let here = || match screen.list.current() {
        Some(_) if screen.list.is_gone() => Err("this workspace was deleted".to_owned()),
        Some(_) => Ok(()),
        None => Err("no workspace is under the cursor".to_owned()),
    };
    let is = |action| command == ScreenCommand::Act(action);
    if is(Action::CreateWorkspace) {
        may(&Changes::Act(Action::CreateWorkspace))
    } else if is(Action::RenameWorkspace) {
        may(&Changes::Act(Action::RenameWorkspace)).and_then(|()| here())
    } else if is(Action::DeleteWorkspace) {
        may(&Changes::Act(Action::DeleteWorkspace)).and_then(|()| here())
    } else if command == ScreenCommand::Open {
        here()
    } else {
        Ok(())
    }
}

/// The words of a command, and in brief, where they differ here.
pub fn words(row: &'static Row) -> Option<(&'static str, &'static str)> {
    (row.command == Command::Open).then_some(("users of this workspace", "its users"))
}

/// The command line that does the same, where one does.
pub fn command_line(screen: &WorkspaceScreen, command: ScreenCommand<Infallible>) -> Option<String> {
    let name = screen.list.current().map(|one| one.name.as_str());
    let is = |action| command == ScreenCommand::Act(action);
    if is(Action::CreateWorkspace) {
        Some("rsvp workspace create NAME".to_owned())
    } else if is(Action::RenameWorkspace) {
        Some(line(&["workspace", "rename"], &[], &[name?, "NAME"]))
    } else if is(Action::DeleteWorkspace) {
        Some(line(&["workspace", "delete"], &[], &[name?]))
    } else if command == ScreenCommand::Open {
        Some(line(&["list"], &[("--workspace", Some(name?.to_owned()))], &[]))
    } else {
        None
    }
}
