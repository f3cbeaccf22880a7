//! What happens changes the state and asks for effects. No IO, no waiting.

mod bulk;
mod dialogs;
mod leaving;
mod users;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;

use super::form::{Form, Purpose};
use super::keymap::{Command, change, command};
use super::mail;
use super::message::{Done, Effect, Msg, Refused, Said};
use super::session::Happened;
use super::state::{Dialog, Palette, Preview, Screen, State};
use crate::app::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::explain::Explain as _;
use crate::domain::node::Alive;
use crate::domain::policy::Denied;
use crate::domain::query::Anchor;
use crate::domain::selection::Selection;
use crate::domain::status::Status;
use crate::domain::time::{Timestamp, words};
use crate::domain::user::User;

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
        Msg::Health(Ok(health)) => leaving::on_health(state, health),
        Msg::Leaving(health) => leaving::leave(state, health.map_or(0, |health| health.waiting)),
        Msg::Page(query, Ok(page)) => users::on_page(state, &query, page),
        Msg::Hits(query, Ok(hits)) => {
            if query == state.query && state.hits.replace(hits) != Some(hits) {
                state.dirty = true;
            }
            Vec::new()
        }
        Msg::Counts(Ok(counts)) => {
            state.dirty |= state.counts.replace(counts) != Some(counts);
            Vec::new()
        }
        Msg::Rested(id) => {
            if state.cursor == Some(id) && state.user().is_none() {
                vec![Effect::Detail(id)]
            } else {
                Vec::new()
            }
        }
        Msg::Detail(id, Ok(detail)) => {
            if state.cursor != Some(id) {
                return Vec::new();
            }
            state.dirty |= state.detail.as_ref() != Some(&detail);
            state.detail = Some(detail);
            state.pending.take().map_or_else(Vec::new, |command| on_command(state, command))
        }
        // Somebody who is gone by now has no detail; the list is read again at the next look.
        Msg::Detail(_, Err(_)) | Msg::MailDetail(_, Err(_)) => Vec::new(),
        Msg::Changed(action, Ok(done)) => on_done(state, action, &done),
        Msg::Answered(answer) => on_answer(state, answer),
        Msg::Undone(action, Ok(user)) => {
            state.dirty = true;
            state.say(format!("{}: \u{201c}{}\u{201d} undone", user.name, action.words()));
            reload(state)
        }
        Msg::Link(Ok((link, user))) => {
            let copied = Effect::Copy(link.clone());
            state.dialogs.push(Dialog::Link { user, link });
            state.dirty = true;
            vec![copied]
        }
        Msg::Mails(filter, Ok(page)) => mail::on_page(state, filter, page),
        Msg::MailDetail(id, Ok(read)) => {
            if state.mail.cursor == Some(id) {
                let (detail, caught) = *read;
                state.mail.detail = Some(Box::new(detail));
                state.mail.caught = caught;
                state.dirty = true;
            }
            Vec::new()
        }
        Msg::Resolved(each, selection, Ok(resolved)) => bulk::on_resolved(state, each, selection, resolved),
        Msg::Chunk(Ok(chunk)) => bulk::on_chunk(state, chunk),
        Msg::Chunk(Err(refused)) => bulk::on_failed(state, refused.told()),
        Msg::Preview(id, Ok(words)) => {
            state.dirty = true;
            open(state, Dialog::Preview(Preview { mail: id.0, words, html: false, first: 0 }))
        }
        Msg::Steered(action, Ok(steered)) => {
            let verb = if action == Action::RetryMail { "retry" } else { "cancel" };
            done_with_mail(state, format!("{} · rsvp mail {verb} {}", action.past(), steered.id.0))
        }
        Msg::RetriedAll(Ok(count)) => {
            done_with_mail(state, format!("{count} mails retried · rsvp mail retry --failed"))
        }
        // Somebody suspended, deleted or demoted whoever sits here: nothing more is shown.
        Msg::Revision(Err(refused)) if refused.code == Denied::NoAuthority.code() => {
            vec![Effect::Expel(refused.told())]
        }
        Msg::Revision(Err(refused))
        | Msg::Health(Err(refused))
        | Msg::Page(_, Err(refused))
        | Msg::Hits(_, Err(refused))
        | Msg::Counts(Err(refused))
        | Msg::Changed(_, Err(refused))
        | Msg::Undone(_, Err(refused))
        | Msg::Link(Err(refused))
        | Msg::Mails(_, Err(refused))
        | Msg::Preview(_, Err(refused))
        | Msg::Resolved(_, _, Err(refused))
        | Msg::Steered(_, Err(refused))
        | Msg::RetriedAll(Err(refused)) => {
            state.looking = false;
            let text = refused.told();
            // A look that fails again each second is told once, and stays as long as it fails.
            state.dirty |= state.toast.as_ref().is_none_or(|toast| toast.text != text);
            state.warn(text);
            Vec::new()
        }
    }
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
            on_key(state, key)
        }
        Happened::Paste(text) => {
            state.dirty = true;
            paste(state, &text)
        }
        Happened::Size(columns, rows) => {
            state.size = (columns, rows);
            state.dirty = true;
            Vec::new()
        }
        Happened::Tick(now) => tick(state, now),
    }
}

/// Reads everything again that somebody's change may have touched.
pub fn reload(state: &State) -> Vec<Effect> {
    let anchor = state.cursor.map_or(Anchor::Start, Anchor::Around);
    let mut effects = vec![
        Effect::Page(state.query.clone(), anchor),
        Effect::Counts,
        Effect::Hits(state.query.clone()),
        Effect::Health,
    ];
    effects.extend(state.cursor.map(Effect::Detail));
    if state.screen == Screen::Mail {
        effects.extend(mail::reload(&state.mail));
    }
    effects
}

fn tick(state: &mut State, now: Timestamp) -> Vec<Effect> {
    // Lengths of time on the screen are in minutes, so it changes by itself once a minute; a relay's next try counts
    // seconds.
    let probes = state.health.as_ref().is_some_and(|health| health.relay.is_some());
    state.dirty |= probes || state.now.0 / 60_000 != now.0 / 60_000;
    state.now = now;
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
    if leaving::waits(state) || state.seconds.is_multiple_of(HEALTH_EVERY) {
        effects.push(Effect::Health);
    }
    effects
}

fn on_done(state: &mut State, action: Action, done: &Done) -> Vec<Effect> {
    state.dirty = true;
    let Some(user) = &done.user else { return reload(state) };
    // An action that cannot be taken back leaves the one before it as what `u` means; its version tells whether it still fits.
    let undo = if done.undo.is_some() { " · u undoes this" } else { "" };
    if done.undo.is_some() {
        state.undo.clone_from(&done.undo);
    }
    let said = match &done.said {
        Said::Invited { held_until, command } => {
            let wait = held_until.map_or(String::new(), |until| {
                format!("; the mail leaves in {}, u takes it back", words(until.since(state.now)))
            });
            format!("{} invited{wait}{} · {command}", user.name, unserved(state))
        }
        Said::Edited { changed, .. } if changed.is_empty() => format!("{}: nothing was changed", user.name),
        Said::Edited { changed, asked: Some(email), .. } => {
            let saved: Vec<_> = changed.iter().copied().filter(|word| *word != "e-mail").collect();
            let saved = if saved.is_empty() { String::new() } else { format!("{} saved; ", saved.join(", ")) };
            format!("{}: {saved}{email} has to confirm first, and the old address is told", user.name)
        }
        Said::Edited { changed, invited_anew, .. } => {
            let anew = if *invited_anew { "; a new invitation goes to the new address" } else { "" };
            format!("{}: {} saved{anew}{undo}", user.name, changed.join(", "))
        }
        _ => {
            // Revoking means the one thing that waits: for somebody active, a new address.
            let kept = action == Action::Revoke && user.has_password;
            let past = if kept { Action::KeepEmail.past() } else { action.past() };
            format!("{}: {past}{undo} · rsvp {} {}", user.name, action.name(), shell(&user.email))
        }
    };
    state.say(said);
    if action == Action::Invite {
        state.cursor = Some(user.id);
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
fn on_answer(state: &mut State, answer: Result<Box<Done>, Refused>) -> Vec<Effect> {
    state.dirty = true;
    match answer {
        Err(refused) => {
            match sent_form(state) {
                Some(form) => form.fields.refuse(refused.told()),
                // The form was left before its answer came.
                None => state.warn(refused.told()),
            }
            Vec::new()
        }
        Ok(done) => {
            let action = match sent_form(state).map(|form| &form.purpose) {
                Some(Purpose::Edit(_)) => Action::Edit,
                Some(Purpose::TestMail) => Action::TestMail,
                _ => Action::Invite,
            };
            state.dialogs.retain(|dialog| !matches!(dialog, Dialog::Form(form) if form.fields.sending));
            if let Said::TestMail(to) = &done.said {
                state.say(format!("a test mail to {to} is in the outbox · rsvp mail test {to}"));
            }
            on_done(state, action, &done)
        }
    }
}

/// The form whose answer is awaited.
fn sent_form(state: &mut State) -> Option<&mut Form> {
    state.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Form(form) if form.fields.sending => Some(&mut **form),
        _ => None,
    })
}

/// An address as a shell reads it: quoted where it has more than letters, digits and the signs that mean nothing there.
pub fn shell(email: &Email) -> String {
    quoted(email.as_str())
}

/// A text as a shell reads it.
pub fn quoted(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "@.-_+".contains(c)) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) => form.fields.paste(text),
        None if state.search.is_some() => {
            let Some(input) = &mut state.search else { return Vec::new() };
            for c in text.chars().filter(|c| !c.is_control()).take(200) {
                input.handle(tui_input::InputRequest::InsertChar(c));
            }
            let text = input.value().to_owned();
            return users::search(state, text);
        }
        _ => {}
    }
    Vec::new()
}

fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        // What is being done for many is stopped, not forgotten.
        KeyCode::Char('c') if ctrl && matches!(state.dialogs.last(), Some(Dialog::Running(_))) => {
            return bulk::on_running_key(state, KeyEvent::from(KeyCode::Esc));
        }
        KeyCode::Char('c') if ctrl && state.dialogs.pop().is_some() => return Vec::new(),
        KeyCode::Char('c') if ctrl => return vec![Effect::Quit],
        KeyCode::Char('l') if ctrl => return vec![Effect::Redraw],
        KeyCode::Char('z') if ctrl => return vec![Effect::ToShell],
        _ => {}
    }
    if !state.dialogs.is_empty() {
        return dialogs::on_key(state, key);
    }
    if state.search.is_some() && state.screen == Screen::Users {
        return on_search_key(state, key);
    }
    command(state.screen, key).map_or_else(Vec::new, |command| on_command(state, command))
}

fn on_search_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    let Some(input) = &mut state.search else { return Vec::new() };
    match key.code {
        KeyCode::Esc => {
            state.search = None;
            return users::search(state, String::new());
        }
        KeyCode::Enter | KeyCode::Down => {
            state.search = None;
            return Vec::new();
        }
        _ => {
            input.handle_event(&Event::Key(key));
        }
    }
    let text = input.value().to_owned();
    users::search(state, text)
}

/// Does what a key or the palette asks for.
fn on_command(state: &mut State, command: Command) -> Vec<Effect> {
    let about_a_user = match command {
        Command::SuspendOrReactivate => state.marks.is_empty(),
        Command::CorrectAddress => state.screen == Screen::Users,
        Command::Act(action) => change(action).is_some() && bulk::for_marked(state, action).is_none(),
        _ => false,
    };
    let waits = about_a_user && state.cursor.is_some() && state.user().is_none();
    state.pending = waits.then_some(command);
    if waits {
        return state.cursor.map(Effect::Detail).into_iter().collect();
    }
    let mails = state.screen == Screen::Mail;
    match command {
        Command::Act(Action::Invite) => open_form(state, Form::invite(state.valid_for)),
        Command::Act(Action::TestMail) => {
            let to = state.me.email.clone().unwrap_or_default();
            open_form(state, Form::test_mail(&to))
        }
        Command::Act(Action::Undo) => {
            if let Some(undo) = state.undo.take() {
                return vec![Effect::Undo(undo)];
            }
            state.warn("nothing to undo: only an invitation, deletion, suspension or role of this session can be");
            Vec::new()
        }
        Command::Act(action @ (Action::RetryMail | Action::CancelMail)) => mail::act(state, action),
        Command::Act(action) => users::act_or_ask(state, action),
        Command::SuspendOrReactivate => {
            let suspended = state.row().is_some_and(|row| row.status == Status::Suspended);
            let action = if suspended { Action::Reactivate } else { Action::Suspend };
            users::act_or_ask(state, action)
        }
        Command::RetryAll => mail::retry_all(state),
        Command::ShowUser => mail::show_user(state),
        Command::CopyCaught => mail::copy_caught(state),
        Command::Preview => state.mail.cursor.map(Effect::Preview).into_iter().collect(),
        Command::CorrectAddress if mails => mail::correct_address(state),
        Command::CorrectAddress => users::correct_address(state),
        Command::Go(screen) => go(state, screen),
        Command::Move(by) if mails => mail::step(state, by),
        Command::Move(by) => users::step(state, by),
        Command::Page(by) => {
            let rows = by * i32::try_from(state.list_rows()).unwrap_or(1);
            if mails { mail::step(state, rows) } else { users::step(state, rows) }
        }
        Command::First if mails => mail::jump(state, &Anchor::Start),
        Command::Last if mails => mail::jump(state, &Anchor::End),
        Command::First => users::jump(state, Anchor::Start),
        Command::Last => users::jump(state, Anchor::End),
        Command::Mark => bulk::mark(state),
        Command::MarkRange => bulk::mark_range(state),
        Command::MarkAll => bulk::mark_all(state),
        Command::Search => {
            state.search = Some(tui_input::Input::new(state.query.search.clone()));
            Vec::new()
        }
        Command::Open => open(state, Dialog::Detail(0)),
        Command::ViewMenu => open(state, Dialog::Menu(users::view_menu(state))),
        Command::OrderMenu => open(state, Dialog::Menu(users::order_menu(state))),
        Command::Palette => open(state, Dialog::Palette(Palette::default())),
        Command::Help => open(state, Dialog::Help(0)),
        Command::Escape if state.query.search.is_empty() && !mails => {
            state.marks = Selection::default();
            Vec::new()
        }
        Command::Escape => users::search(state, String::new()),
        Command::Redraw => vec![Effect::Redraw],
        Command::ToShell => vec![Effect::ToShell],
        Command::Quit => leaving::quit(state),
        Command::Dead(instead) => {
            state.warn(instead);
            Vec::new()
        }
    }
}

fn open(state: &mut State, dialog: Dialog) -> Vec<Effect> {
    state.dialogs.push(dialog);
    Vec::new()
}

fn open_form(state: &mut State, form: Form) -> Vec<Effect> {
    open(state, Dialog::Form(Box::new(form)))
}

fn go(state: &mut State, screen: Screen) -> Vec<Effect> {
    state.screen = screen;
    state.search = None;
    if screen == Screen::Mail { mail::reload(&state.mail) } else { Vec::new() }
}

/// What takes an action back that left the user so.
pub fn undoable(action: Action, user: &User, was_administrator: Option<bool>) -> Undoable {
    Undoable { action, user: user.id, version: user.version, was_administrator }
}
