//! What happens changes the state and asks for effects. No IO, no waiting.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::canvas::Target;
use super::commands::{run, shell};
use super::dialogs::form::at;
use super::dialogs::preview::Preview;
use super::dialogs::{self, Dialog, Touch, Window, asked, conflict, leave, link, open, palette, running, workspaces};
use super::keymap::{Command, Context};
use super::message::{Done, Effect, Msg, Refused, Said, Unsaved};
use super::screens::audit::update as log;
use super::screens::lock;
use super::screens::mail::update as mails;
use super::screens::users::update as users;
use super::screens::workspaces::update as places;
use super::session::Happened;
use super::state::{Screen, State};
use crate::app::users::show::Detail;
use crate::app::users::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::explain::Explain as _;
use crate::domain::node::Alive;
use crate::domain::policy::Denied;
use crate::domain::query::{Anchor, View};
use crate::domain::time::{Timestamp, words};
use crate::domain::user::{User, UserId};

/// Every how many seconds it is asked whether mail flows, when nothing else changed.
const HEALTH_EVERY: u64 = 5;

/// Something happened.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Happened(happened) => on_happened(state, happened),
        Msg::Revision(Ok(revision)) => {
            state.looking = false;
            if state.revision.replace(revision) == Some(revision) { Vec::new() } else { reload(state) }
        }
        Msg::Health(Ok(health)) => leave::on_health(state, health),
        Msg::Leaving(health) => leave::leave(state, health.map_or(0, |health| health.waiting)),
        Msg::Page(query, anchor, Ok(page)) => users::on_page(state, &query, &anchor, page),
        Msg::Page(query, anchor, Err(refused)) => {
            users::on_no_page(state, &query, &anchor);
            refuse(state, &refused)
        }
        Msg::Hits(query, Ok(hits)) => {
            state.dirty |= query == state.users.query && state.users.hits.replace(hits) != Some(hits);
            Vec::new()
        }
        Msg::Counts(Ok(counts)) => {
            state.dirty |= state.counts.replace(counts) != Some(counts);
            Vec::new()
        }
        Msg::Rested(id) => {
            if state.users.cursor == Some(id) && state.users.user().is_none() {
                vec![Effect::Detail(id)]
            } else {
                Vec::new()
            }
        }
        Msg::Detail(id, detail) => on_detail(state, id, detail),
        // Somebody who is gone by now has no detail; the list is read again at the next look.
        Msg::MailDetail(_, Err(_)) | Msg::FoundUsers(_, Err(_)) => Vec::new(),
        Msg::Changed(action, Ok(done)) => on_done(state, action, &done),
        Msg::Answered(number, answer) => on_answer(state, number, answer),
        Msg::Undone(action, Ok(user)) => on_undone(state, action, &user),
        Msg::Link(Ok((link, user))) => {
            let copied = Effect::Copy(link.clone());
            state.dialogs.push(Dialog::Link(link::Link { user, link }));
            state.dirty = true;
            vec![copied]
        }
        Msg::Mails(filter, Ok(page)) => mails::on_page(state, filter, page),
        Msg::MailDetail(id, Ok(read)) => {
            if state.mail.cursor == Some(id) {
                let (detail, caught) = *read;
                state.mail.detail = Some(Box::new(detail));
                state.mail.caught = caught;
                state.dirty = true;
            }
            Vec::new()
        }
        Msg::Clicked(..) if state.lock.is_on() => Vec::new(),
        Msg::Unlocked(answer) => lock::on_answer(state, answer),
        Msg::Clicked(target, now) => {
            state.lock.touched_at = Some(now);
            state.now = now;
            state.dirty = true;
            on_click(state, target)
        }
        Msg::Audit(filter, Ok(page)) => log::on_page(state, &filter, page),
        Msg::Verified(Ok(found)) => log::on_verified(state, &found),
        Msg::AllWorkspaces(Ok(all)) => places::on_all(state, all),
        Msg::Consequences(name, Ok(means)) => places::on_consequences(state, name, means),
        Msg::Workspaces(purpose, Ok(names)) => workspaces::on_names(state, purpose, names),
        Msg::FoundUsers(text, Ok(page)) => palette::on_found(state, text, &page.rows),
        Msg::Resolved(each, selection, Ok(resolved)) => asked::on_resolved(state, each, selection, resolved),
        Msg::Chunk(Ok(chunk)) => running::on_chunk(state, chunk),
        Msg::Chunk(Err(refused)) => running::on_failed(state, refused.told()),
        Msg::Preview(id, Ok(words)) => {
            state.dirty = true;
            open(state, Dialog::Preview(Preview { mail: id.0, words, html: false, window: Window::default() }))
        }
        Msg::Steered(action, Ok(steered)) => {
            let verb = if action == Action::RetryMail { "retry" } else { "cancel" };
            let equal = state.equal(&format!("rsvp mail {verb} {}", steered.id.0));
            done_with_mail(state, format!("{}{equal}", action.past()))
        }
        Msg::RetriedAll(Ok(count)) => {
            let equal = state.equal("rsvp mail retry --failed");
            done_with_mail(state, format!("{count} mails retried{equal}"))
        }
        // Somebody suspended, deleted or demoted whoever sits here: nothing more is shown.
        Msg::Revision(Err(refused)) if is_over(&refused) => vec![Effect::Expel(refused.told())],
        Msg::Revision(Err(refused))
        | Msg::Health(Err(refused))
        | Msg::Hits(_, Err(refused))
        | Msg::Counts(Err(refused))
        | Msg::Changed(_, Err(refused))
        | Msg::Undone(_, Err(refused))
        | Msg::Link(Err(refused))
        | Msg::Mails(_, Err(refused))
        | Msg::Preview(_, Err(refused))
        | Msg::Workspaces(_, Err(refused))
        | Msg::AllWorkspaces(Err(refused))
        | Msg::Audit(_, Err(refused))
        | Msg::Verified(Err(refused))
        | Msg::Consequences(_, Err(refused))
        | Msg::Resolved(_, _, Err(refused))
        | Msg::Steered(_, Err(refused))
        | Msg::RetriedAll(Err(refused)) => refuse(state, &refused),
    }
}

/// Everything about somebody was read, or cannot be. What waited for it counts for nobody else.
fn on_detail(state: &mut State, id: UserId, detail: Result<Box<Detail>, Refused>) -> Vec<Effect> {
    let corrects = state.mail.correcting.take_if(|user| *user == id).is_some();
    let waits = state.users.pending.take_if(|(user, _)| *user == id);
    let detail = match detail {
        Ok(detail) => detail,
        Err(refused) if corrects || waits.is_some() => return refuse(state, &refused),
        Err(_) => return Vec::new(),
    };
    if corrects {
        return users::edit(state, &detail.user, at::EMAIL);
    }
    if state.users.cursor != Some(id) {
        return Vec::new();
    }
    state.dirty |= state.users.detail.as_ref() != Some(&detail);
    state.users.detail = Some(detail);
    waits.map_or_else(Vec::new, |(_, command)| run(state, command))
}

/// Something was taken back.
fn on_undone(state: &mut State, action: Action, user: &User) -> Vec<Effect> {
    state.dirty = true;
    state.say(format!("{}: \u{201c}{}\u{201d} undone", user.name, action.words()));
    // Whoever comes back from the bin is gone to.
    if action == Action::Delete && state.users.query.view != View::Deleted {
        state.users.cursor = Some(user.id);
        state.users.awaited = None;
    }
    reload(state)
}

/// Whether whoever sits here may not be here any more.
fn is_over(refused: &Refused) -> bool {
    [Denied::NoAuthority, Denied::PasswordChanged].iter().any(|denied| denied.code() == refused.code)
}

/// Something could not be read or done.
fn refuse(state: &mut State, refused: &Refused) -> Vec<Effect> {
    state.looking = false;
    let text = refused.told();
    // A look that fails again each second is told once, and stays as long as it fails.
    state.dirty |= state.toast.as_ref().is_none_or(|toast| toast.text != text);
    state.warn(text);
    Vec::new()
}

fn done_with_mail(state: &mut State, said: String) -> Vec<Effect> {
    state.dirty = true;
    state.say(said);
    reload(state)
}

fn on_happened(state: &mut State, happened: Happened) -> Vec<Effect> {
    match happened {
        Happened::Key(key, now) => {
            state.now = now;
            state.dirty = true;
            state.lock.touched_at = Some(now);
            if state.lock.is_on() { lock::on_key(state, key) } else { on_key(state, key) }
        }
        Happened::Paste(text) => {
            state.dirty = true;
            if state.lock.is_on() {
                lock::on_paste(state, &text);
                return Vec::new();
            }
            paste(state, &text)
        }
        Happened::Size(columns, rows) => {
            state.size = (columns, rows);
            state.dirty = true;
            Vec::new()
        }
        Happened::Theme(theme) => {
            state.theme = theme;
            state.dirty = true;
            Vec::new()
        }
        // Whoever only turns the wheel or clicks finds a locked screen locked.
        Happened::Wheel(_) if state.lock.is_on() => Vec::new(),
        Happened::Wheel(by) => {
            state.dirty = true;
            on_wheel(state, by)
        }
        // What was clicked is known where it was drawn.
        Happened::Click(..) => Vec::new(),
        Happened::Tick(now) => tick(state, now),
    }
}

/// Reads everything again that somebody's change may have touched.
pub fn reload(state: &State) -> Vec<Effect> {
    let around = || state.users.cursor.map_or(Anchor::Start, Anchor::Around);
    let anchor = state.users.awaited.clone().unwrap_or_else(around);
    let mut effects = vec![
        Effect::Page(state.users.query.clone(), anchor),
        Effect::Counts,
        Effect::Hits(state.users.query.clone()),
        Effect::Health,
    ];
    effects.extend(state.users.cursor.map(Effect::Detail));
    match state.screen {
        Screen::Users => {}
        Screen::Mail => effects.extend(mails::reload(&state.mail)),
        Screen::Workspaces => effects.push(Effect::AllWorkspaces),
        Screen::Audit => effects.extend(log::reload(state)),
    }
    effects
}

fn tick(state: &mut State, now: Timestamp) -> Vec<Effect> {
    // Lengths of time on the screen are in minutes, so it changes by itself once a minute; a relay's next try counts
    // seconds.
    let probes = state.health.as_ref().is_some_and(|health| health.relay.is_some());
    state.dirty |= probes || state.now.0 / 60_000 != now.0 / 60_000;
    state.now = now;
    lock::tick(state);
    state.seconds += 1;
    if state.toast.as_ref().is_some_and(|toast| toast.until <= now) {
        state.toast = None;
        state.dirty = true;
    }
    let mut effects = Vec::new();
    if !state.looking {
        state.looking = true;
        effects.push(Effect::Revision);
    }
    if leave::waits(state) || state.seconds.is_multiple_of(HEALTH_EVERY) {
        effects.push(Effect::Health);
    }
    effects
}

fn on_done(state: &mut State, action: Action, done: &Done) -> Vec<Effect> {
    state.dirty = true;
    let Some(user) = &done.user else { return reload(state) };
    // An action that cannot be taken back leaves the one before it as what `u` means; its version tells whether it still fits.
    let undo = if done.undo.is_some() {
        format!(" · {} undoes this", state.key(Command::Act(Action::Undo)))
    } else {
        String::new()
    };
    if done.undo.is_some() {
        state.undo.clone_from(&done.undo);
    }
    let said = match &done.said {
        Said::Invited { held_until, command } => {
            let wait = held_until.map_or(String::new(), |until| {
                format!(
                    "; the mail leaves in {}, {} takes it back",
                    words(until.since(state.now)),
                    state.key(Command::Act(Action::Undo))
                )
            });
            format!("{} invited{wait}{}{}", user.name, unserved(state), state.equal(command))
        }
        Said::Edited { changed, .. } if changed.is_empty() => format!("{}: nothing was changed", user.name),
        Said::Edited { changed, asked: Some(email), .. } => {
            let saved: Vec<_> = changed.iter().copied().filter(|word| *word != "e-mail").collect();
            let saved = if saved.is_empty() { String::new() } else { format!("{} saved; ", saved.join(", ")) };
            format!("{}: {saved}{email} has to confirm first, and the old address is told", user.name)
        }
        Said::Edited { changed, invited_anew, .. } => {
            let anew = match (*invited_anew, changed.contains(&"e-mail")) {
                (true, true) => "; a new invitation goes to the new address",
                (true, false) => "; the link had been shown and is dead now, a new invitation goes out",
                (false, _) => "",
            };
            format!("{}: {} saved{anew}{undo}", user.name, changed.join(", "))
        }
        _ => {
            // Revoking means the one thing that waits: for somebody active, a new address.
            let kept = action == Action::Revoke && user.has_password;
            let past = if kept { Action::KeepEmail.past() } else { action.past() };
            let equal = state.equal(&format!("rsvp {} {}", action.name(), shell(user.email.as_str())));
            format!("{}: {past}{undo}{equal}", user.name)
        }
    };
    state.say(said);
    if action == Action::Invite {
        state.users.cursor = Some(user.id);
    }
    reload(state)
}

/// What whoever invites has to know of the portal.
fn unserved(state: &State) -> &'static str {
    match state.health.as_ref().map(|health| health.portal) {
        Some(Alive::Never) if !state.here.demo => "; nobody serves the link yet: start rsvp serve",
        _ => "",
    }
}

/// What became of a form.
fn on_answer(state: &mut State, number: u64, answer: Result<Box<Done>, Unsaved>) -> Vec<Effect> {
    state.dirty = true;
    let form = state.dialogs.iter().position(|dialog| matches!(dialog, Dialog::Form(form) if form.awaits(number)));
    match answer {
        Err(Unsaved { refused, theirs }) => {
            match (form, theirs) {
                (Some(at), Some(theirs)) => conflict::on_changed(state, at, theirs),
                (Some(at), None) => {
                    if let Dialog::Form(form) = &mut state.dialogs[at] {
                        form.fields.refuse(refused.told());
                    }
                }
                // The form was left before its answer came, or there was none.
                (None, _) => {
                    state.warn(refused.told());
                    return reload(state);
                }
            }
            Vec::new()
        }
        Ok(done) => {
            let action = done.said.action();
            if let Some(at) = form {
                state.dialogs.remove(at);
            }
            match &done.said {
                Said::TestMail(to) => {
                    let equal = state.equal(&format!("rsvp mail test {}", shell(to)));
                    state.say(format!("a test mail to {to} is in the outbox{equal}"));
                }
                Said::Workspace(_, told, equal) => {
                    let equal = state.equal(equal);
                    state.say(format!("{told}{equal}"));
                }
                _ => {}
            }
            on_done(state, action, &done)
        }
    }
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) => form.fields.paste(text),
        None if state.users.search.is_some() => {
            let Some(input) = &mut state.users.search else { return Vec::new() };
            let typed: String = text.chars().filter(|c| !c.is_control()).collect();
            let text: String = format!("{}{typed}", input.value()).chars().take(200).collect();
            *input = Input::new(text.clone());
            return users::search(state, text);
        }
        _ => {}
    }
    Vec::new()
}

fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match state.keymap.command(&[Context::Always], key) {
        Some(Command::Interrupt) => return interrupt(state),
        Some(command) => return run(state, command),
        None => {}
    }
    if !state.dialogs.is_empty() {
        return dialogs::on(state, Touch::Key(key));
    }
    if state.users.search.is_some() && state.screen == Screen::Users {
        return on_search_key(state, key);
    }
    match state.keymap.command(&state.contexts(), key) {
        Some(command) => return run(state, command),
        None if matches!(key.code, KeyCode::Char(_) | KeyCode::F(_)) => {
            let help = state.key(Command::Help);
            state.warn(format!("no such key here; {help} lists them"));
        }
        None => {}
    }
    Vec::new()
}

/// Closes the top dialog, or leaves. What is being done for many is stopped, not forgotten.
fn interrupt(state: &mut State) -> Vec<Effect> {
    match state.dialogs.last_mut() {
        Some(Dialog::Running(running)) => running.stop(),
        Some(_) => drop(state.dialogs.pop()),
        None => return run(state, Command::Interrupt),
    }
    Vec::new()
}

/// A click: on a row it moves the cursor, and opens what has it already.
fn on_click(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Item(at) => dialogs::on(state, Touch::Click(at)),
        Target::Command(command) => run(state, command),
        Target::User(user) if state.users.cursor == Some(user) => run(state, Command::Open),
        Target::User(user) => {
            state.users.pending = None;
            users::go_to(state, user)
        }
        Target::Mail(mail) if state.mail.cursor == Some(mail) => run(state, Command::Open),
        Target::Mail(mail) => mails::go_to(state, mail),
        Target::Entry(id) if state.audit.cursor == Some(id) => run(state, Command::Open),
        Target::Entry(id) => log::go_to(state, id),
        Target::Workspace(id) if state.workspaces.cursor == Some(id) => run(state, Command::Open),
        Target::Workspace(id) => places::go_to(state, id),
    }
}

/// A turn of the wheel is three presses of an arrow.
fn on_wheel(state: &mut State, by: i32) -> Vec<Effect> {
    let code = if by < 0 { KeyCode::Up } else { KeyCode::Down };
    if state.dialogs.is_empty() {
        return run(state, Command::Move(3 * by));
    }
    (0..3).flat_map(|_| dialogs::on(state, Touch::Key(KeyEvent::from(code)))).collect()
}

fn on_search_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let command = state.keymap.command(&[Context::Search], key);
    let Some(input) = &mut state.users.search else { return Vec::new() };
    match command {
        Some(Command::Close) => {
            state.users.search = None;
            return users::search(state, String::new());
        }
        Some(_) => {
            state.users.search = None;
            return Vec::new();
        }
        None => drop(input.handle_event(&Event::Key(key))),
    }
    let text = input.value().to_owned();
    users::search(state, text)
}

/// What takes an action back that left the user so.
pub fn undoable(action: Action, user: &User, was_administrator: Option<bool>) -> Undoable {
    Undoable { action, user: user.id, version: user.version, was_administrator }
}
