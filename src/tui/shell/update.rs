//! What happens changes what is shown and asks for effects. No IO, no waiting.

use crossterm::event::{KeyCode, KeyEvent};

use super::msg::{Change, Effect, Lifted, Msg, Read};
use super::stack::Asked;
use super::state::{Shell, Typed};
use super::{head, leave, lock, palette, route, screens, stack};
use crate::app::upkeep::revision::Revision;
use crate::app::users::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::explain::Kind;
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::tui::canvas::Target;
use crate::tui::dialogs::{Dialog, Touch};
use crate::tui::effect::{Ask, Place, Terminal};
use crate::tui::keymap::{Command, Context, InDialog, Motion, ShellCommand};
use crate::tui::layout::list_rows;
use crate::tui::refused::Refused;
use crate::tui::screen::Screen;
use crate::tui::screens::users;
use crate::tui::session::Happened;

/// Every how many seconds it is asked whether mail flows, when nothing else changed.
const HEALTH_EVERY: u64 = 5;

/// What is kept of what was typed ahead: more is a paste into a terminal that doesn't mark pastes.
const MOST_AHEAD: usize = 256;

/// What is read first: how far changes have come, and the first page.
pub fn begin(shell: &Shell) -> Effect {
    let (query, window) = users::begin(&shell.screens.users);
    Effect::Read(Read::Begin(query, window))
}

/// Something came from outside.
pub fn happened(shell: &mut Shell, happened: Happened) -> Vec<Effect> {
    match happened {
        Happened::Key(key, now) => {
            shell.ctx.now = now;
            shell.ctx.dirty = true;
            // A key after too long a silence finds the lock, and is no part of the password.
            if lock::lapse(shell) {
                return Vec::new();
            }
            shell.lock.touched_at = Some(now);
            if shell.lock.is_on() { lock::on_key(shell, key) } else { typed(shell, Typed::Key(key)) }
        }
        Happened::Paste(text) => {
            shell.ctx.dirty = true;
            if shell.lock.is_on() {
                lock::on_paste(shell, &text);
                return Vec::new();
            }
            typed(shell, Typed::Paste(text))
        }
        Happened::Size(columns, rows) => {
            shell.ctx.size = (columns, rows);
            shell.ctx.dirty = true;
            Vec::new()
        }
        Happened::Theme(theme) => {
            shell.ctx.theme = theme;
            shell.ctx.dirty = true;
            Vec::new()
        }
        // Whoever only turns the wheel or clicks finds a locked screen locked.
        Happened::Wheel(_) if shell.lock.is_on() => Vec::new(),
        Happened::Wheel(by) => {
            shell.ctx.dirty = true;
            on_wheel(shell, by)
        }
        // What was clicked is known where it was drawn.
        Happened::Click(..) => Vec::new(),
        Happened::Tick(now) => tick(shell, now),
    }
}

/// Something was clicked.
pub fn clicked(shell: &mut Shell, target: Target, now: Timestamp) -> Vec<Effect> {
    shell.ctx.now = now;
    if shell.lock.is_on() || lock::lapse(shell) {
        return Vec::new();
    }
    shell.lock.touched_at = Some(now);
    shell.ctx.dirty = true;
    match target {
        Target::Item(at) => touch(shell, Touch::Click(at)),
        Target::Command(command) => run(shell, command),
        Target::Row(number) => {
            measure(shell);
            let effects = route::click(shell, number);
            settle(shell, effects)
        }
    }
}

/// A message came: an answer, or what somebody chose in a dialog. What was typed ahead goes on where it can.
pub fn update(shell: &mut Shell, msg: Msg) -> Vec<Effect> {
    let mut effects = take(shell, msg);
    effects.extend(go_on(shell));
    effects
}

fn take(shell: &mut Shell, msg: Msg) -> Vec<Effect> {
    measure(shell);
    let effects = match msg {
        Msg::Screen(msg) => route::update(shell, msg),
        Msg::Begun(Err(refused), _) | Msg::Revision(Err(refused)) if refused.ends_session => {
            // Somebody suspended, deleted or demoted whoever sits here: nothing more is shown.
            return vec![Effect::Terminal(Terminal::Expel(refused.sentences(&shell.ctx.me)))];
        }
        Msg::Begun(revision, page) => on_begun(shell, revision, page),
        Msg::Revision(Ok(revision)) => {
            shell.looking = false;
            if std::mem::take(&mut shell.gone) {
                shell.ctx.is_read();
            }
            let changed = shell.revision.replace(revision) != Some(revision);
            return if changed { reload(shell) } else { Vec::new() };
        }
        Msg::Health(Ok(health)) => return leave::on_health(shell, health),
        // Where it cannot be looked up, what was known last counts.
        Msg::Leaving(health) => {
            let known = shell.ctx.health.as_ref().map_or(0, |health| health.waiting);
            return leave::leave(shell, health.map_or(known, |health| health.waiting));
        }
        Msg::Counts(Ok(counts)) => {
            shell.ctx.dirty |= shell.counts.replace(counts) != Some(counts);
            Vec::new()
        }
        Msg::People(text, Ok(page)) => {
            palette::on_people(shell, text, &page.rows);
            Vec::new()
        }
        Msg::People(text, Err(_)) => {
            palette::on_people(shell, text, &[]);
            Vec::new()
        }
        Msg::Undone(undone, answer) => return on_undone(shell, undone, answer),
        Msg::Unlocked(answer) => {
            lock::on_answer(shell, answer);
            Vec::new()
        }
        Msg::Run(command) => return run(shell, command),
        Msg::Typed(text) => return palette::on_typed(text),
        Msg::Wait => {
            leave::wait(shell);
            Vec::new()
        }
        Msg::Quit => return vec![Effect::Terminal(Terminal::Quit)],
        Msg::Revision(Err(refused)) => {
            (shell.looking, shell.gone) = (false, true);
            unread(shell, &refused)
        }
        Msg::Health(Err(refused)) | Msg::Counts(Err(refused)) => unread(shell, &refused),
    };
    settle(shell, effects)
}

fn unread(shell: &mut Shell, refused: &Refused) -> Vec<Lifted> {
    shell.ctx.unread(refused);
    Vec::new()
}

/// How many rows a list has, before somebody moves in one.
fn measure(shell: &mut Shell) {
    shell.ctx.rows = list_rows(shell.ctx.size, head::rows(shell));
}

/// Does what screens ask of the shell; the rest is to be done outside.
fn settle(shell: &mut Shell, effects: Vec<Lifted>) -> Vec<Effect> {
    let mut out = Vec::new();
    for effect in effects {
        match effect {
            Lifted::Read(read) => out.push(Effect::Read(read)),
            Lifted::Change(change) => out.push(Effect::Change(change)),
            Lifted::Terminal(terminal) => out.push(Effect::Terminal(terminal)),
            Lifted::Shell(ask) => out.extend(asked(shell, ask)),
        }
    }
    out
}

fn asked(shell: &mut Shell, ask: Ask<Msg>) -> Vec<Effect> {
    match ask {
        Ask::Open(number, dialog) => stack::open(shell, number, dialog),
        Ask::OpenAbove(form, number, dialog) => stack::open_above(shell, form, number, dialog),
        Ask::Replace(number, dialog) => stack::replace(shell, number, dialog),
        Ask::Close(number) => stack::close(shell, number),
        Ask::Refuse(number, why) => return reload_unless(shell, |shell| stack::refuse(shell, number, why)),
        Ask::Conflict(number, name, theirs) => {
            return reload_unless(shell, |shell| stack::conflict(shell, number, name, *theirs));
        }
        Ask::Fill(number, field, text) => stack::fill(shell, number, field, text),
        Ask::Go(place) => return go(shell, place),
        Ask::Undo(what) => shell.ctx.undo = what,
        Ask::Reload => return reload(shell),
    }
    Vec::new()
}

/// Somebody touches the dialog on top.
fn touch(shell: &mut Shell, touch: Touch) -> Vec<Effect> {
    let asked = stack::touch(shell, touch);
    answer(shell, asked)
}

/// Does what somebody asked for in a dialog.
fn answer(shell: &mut Shell, asked: Asked) -> Vec<Effect> {
    match asked {
        Asked::Nothing => Vec::new(),
        Asked::Message(msg) => update(shell, *msg),
        Asked::Command(command) => run(shell, command),
    }
}

/// Whoever left a form sees what is stored now.
fn reload_unless(shell: &mut Shell, form_was_there: impl FnOnce(&mut Shell) -> bool) -> Vec<Effect> {
    if form_was_there(shell) { Vec::new() } else { reload(shell) }
}

/// Goes somewhere.
fn go(shell: &mut Shell, place: Place) -> Vec<Effect> {
    let effects = match place {
        Place::Screen(screen) => {
            shell.screen = screen;
            // The list of users is always read.
            if screen == Screen::Users { Vec::new() } else { route::reload(shell, screen) }
        }
        Place::User(user) => {
            shell.screen = Screen::Users;
            route::in_users(shell, |screen, _| users::find(screen, user))
        }
        Place::Workspace(name) => {
            shell.screen = Screen::Users;
            route::in_users(shell, |screen, _| users::show_workspace(screen, Some(name)))
        }
        Place::Address(user) => route::in_users(shell, |screen, _| users::correct(screen, user)),
    };
    settle(shell, effects)
}

/// The first page is there: what needs to count many rows begins.
fn on_begun(shell: &mut Shell, revision: Result<Revision, Refused>, page: users::Msg) -> Vec<Lifted> {
    match revision {
        Ok(revision) => shell.revision = Some(revision),
        Err(refused) => shell.ctx.unread(&refused),
    }
    let mut effects = route::in_users(shell, |screen, ctx| users::update(screen, ctx, page));
    effects.extend(route::in_users(shell, |screen, _| users::count(screen)));
    effects.extend([Lifted::Read(Read::Counts), Lifted::Read(Read::Health)]);
    effects
}

/// Reads everything again that somebody's change may have touched.
pub fn reload(shell: &mut Shell) -> Vec<Effect> {
    let mut effects = route::reload(shell, Screen::Users);
    effects.extend([Lifted::Read(Read::Counts), Lifted::Read(Read::Health)]);
    if shell.screen != Screen::Users {
        effects.extend(route::reload(shell, shell.screen));
    }
    settle(shell, effects)
}

/// Something was undone, or not: what failed for now can be undone still.
fn on_undone(shell: &mut Shell, undone: Undoable, answer: Result<Box<User>, Refused>) -> Vec<Effect> {
    users::undone(&mut shell.screens.users, undone.user, answer.as_deref().ok());
    match answer {
        Ok(user) => {
            shell.ctx.say(format!("{}: \u{201c}{}\u{201d} undone", user.name, undone.action.words()));
            if undone.action == Action::Delete {
                users::returned(&mut shell.screens.users, user.id);
            }
        }
        Err(refused) => {
            shell.ctx.refused(&refused);
            if matches!(refused.kind, Kind::Failed | Kind::Unknown) && shell.ctx.undo.is_none() {
                shell.ctx.undo = Some(undone);
            }
        }
    }
    reload(shell)
}

fn tick(shell: &mut Shell, now: Timestamp) -> Vec<Effect> {
    // Lengths of time on the screen are in minutes, so it changes by itself once a minute; a relay's next try counts
    // seconds.
    let probes = shell.ctx.health.as_ref().is_some_and(|health| health.relay.is_some());
    shell.ctx.dirty |= probes || shell.ctx.now.0 / 60_000 != now.0 / 60_000;
    shell.ctx.now = now;
    lock::lapse(shell);
    shell.seconds += 1;
    if shell.ctx.toast.as_ref().is_some_and(|toast| toast.until <= now) {
        shell.ctx.toast = None;
        shell.ctx.dirty = true;
    }
    let mut effects = Vec::new();
    let is_stale = std::mem::take(&mut shell.ctx.stale);
    if is_stale {
        effects.extend(reload(shell));
    }
    // Before the first page there is nothing that could have changed since.
    if !shell.looking && (shell.revision.is_some() || is_stale) {
        shell.looking = true;
        effects.push(Effect::Read(Read::Revision));
    }
    if leave::waits(shell) || shell.seconds.is_multiple_of(HEALTH_EVERY) {
        effects.push(Effect::Read(Read::Health));
    }
    effects
}

fn paste(shell: &mut Shell, text: &str) -> Vec<Effect> {
    if !shell.dialogs.is_empty() {
        stack::paste(shell, text);
        return Vec::new();
    }
    let effects = route::in_users(shell, |screen, _| users::paste(screen, text));
    settle(shell, effects)
}

/// Does what was typed, or keeps it while the list that was asked for is not there yet: whoever types a search and a key in
/// one go means what the search finds, not what the cursor was on before.
fn typed(shell: &mut Shell, typed: Typed) -> Vec<Effect> {
    if shell.ahead.is_empty() && !waits_for_rows(shell, &typed) {
        return on_typed(shell, typed);
    }
    if typed.interrupts(&shell.ctx.keymap) {
        shell.ahead.clear();
        return on_typed(shell, typed);
    }
    if shell.ahead.len() < MOST_AHEAD {
        shell.ahead.push_back(typed);
    }
    Vec::new()
}

/// Does what was typed ahead, as far as what it is about is there. What could not be read is nothing to act on.
fn go_on(shell: &mut Shell) -> Vec<Effect> {
    if shell.lock.is_on() || shell.ctx.stale {
        shell.ahead.clear();
    }
    let mut effects = Vec::new();
    while let Some(typed) = shell.ahead.pop_front() {
        if waits_for_rows(shell, &typed) {
            shell.ahead.push_front(typed);
            break;
        }
        shell.ctx.dirty = true;
        effects.extend(on_typed(shell, typed));
    }
    effects
}

/// Whether it is about a row of a list, or a line of the palette, that is not there yet.
fn waits_for_rows(shell: &Shell, typed: &Typed) -> bool {
    if let (Some((_, Dialog::List(list))), Typed::Key(key)) = (shell.dialogs.last(), typed) {
        return list.awaits_lines() && shell.ctx.keymap.in_dialog(Context::Picker, *key) == Some(InDialog::Press);
    }
    let is_on_the_list = shell.dialogs.is_empty()
        && !(shell.screen == Screen::Users && users::is_searching(&shell.screens.users))
        && screens::awaits_rows(&shell.screens, shell.screen);
    is_on_the_list
        && match typed {
            Typed::Key(key) => shell.ctx.keymap.command(&shell.contexts(), *key).is_some_and(Command::needs_rows),
            Typed::Paste(_) => false,
        }
}

fn on_typed(shell: &mut Shell, typed: Typed) -> Vec<Effect> {
    match typed {
        Typed::Key(key) => on_key(shell, key),
        Typed::Paste(text) => paste(shell, &text),
    }
}

fn on_key(shell: &mut Shell, key: KeyEvent) -> Vec<Effect> {
    match shell.ctx.keymap.command(&[Context::Always], key) {
        Some(Command::Shell(ShellCommand::Interrupt)) if !shell.dialogs.is_empty() => {
            let asked = stack::interrupt(shell);
            return answer(shell, asked);
        }
        Some(command) => return run(shell, command),
        None => {}
    }
    if !shell.dialogs.is_empty() {
        return touch(shell, Touch::Key(key));
    }
    if shell.screen == Screen::Users && users::is_searching(&shell.screens.users) {
        measure(shell);
        let effects = route::in_users(shell, |screen, ctx| users::search_key(screen, ctx, key));
        return settle(shell, effects);
    }
    match shell.ctx.keymap.command(&shell.contexts(), key) {
        Some(command) => return run(shell, command),
        None if matches!(key.code, KeyCode::Char(_) | KeyCode::F(_)) => {
            let help = shell.ctx.key(Command::Shell(ShellCommand::Help));
            shell.ctx.warn(format!("That key does nothing here. {help} lists the keys."));
        }
        None => {}
    }
    Vec::new()
}

/// A turn of the wheel is three presses of an arrow.
fn on_wheel(shell: &mut Shell, by: i32) -> Vec<Effect> {
    if shell.dialogs.is_empty() {
        return run(shell, Command::Move(Motion::Step(3 * by)));
    }
    let code = if by < 0 { KeyCode::Up } else { KeyCode::Down };
    (0..3).flat_map(|_| touch(shell, Touch::Key(KeyEvent::from(code)))).collect()
}

/// Does what a key, a line of the palette or a click asks for.
pub fn run(shell: &mut Shell, command: Command) -> Vec<Effect> {
    // What was said is over when something else is done; moving about does nothing.
    if !command.moves() {
        shell.ctx.toast = None;
        users::correct_nobody(&mut shell.screens.users);
    }
    measure(shell);
    if let Command::Shell(own) = command {
        return on_shell_command(shell, own);
    }
    if command == Command::Act(Action::Undo) {
        return match shell.ctx.undo.take() {
            Some(undo) => {
                users::undoes(&mut shell.screens.users, undo.user);
                vec![Effect::Change(Change::Undo(undo))]
            }
            None => refuse_command(shell, command),
        };
    }
    if route::goes_to_users(command) {
        shell.screen = Screen::Users;
    }
    let effects = route::command(shell, command);
    settle(shell, effects)
}

fn refuse_command(shell: &mut Shell, command: Command) -> Vec<Effect> {
    if let Err(why) = route::possible(shell, command) {
        shell.ctx.refuse(&why);
    }
    Vec::new()
}

fn on_shell_command(shell: &mut Shell, command: ShellCommand) -> Vec<Effect> {
    match command {
        ShellCommand::Go(screen) => {
            users::leave_search(&mut shell.screens.users);
            go(shell, Place::Screen(screen))
        }
        ShellCommand::Palette => {
            palette::open(shell);
            Vec::new()
        }
        ShellCommand::Help => {
            palette::open_help(shell);
            Vec::new()
        }
        ShellCommand::Redraw => vec![Effect::Terminal(Terminal::Redraw)],
        ShellCommand::ToShell if shell.ctx.me.restricted => refuse_command(shell, Command::Shell(command)),
        ShellCommand::ToShell => vec![Effect::Terminal(Terminal::ToShell)],
        ShellCommand::Quit => leave::quit(shell),
        ShellCommand::Interrupt => vec![Effect::Terminal(Terminal::Quit)],
        ShellCommand::Dead(instead) => {
            let text = shell.ctx.keymap.instead(shell.contexts()[0], instead);
            shell.ctx.refuse(&text);
            Vec::new()
        }
    }
}
