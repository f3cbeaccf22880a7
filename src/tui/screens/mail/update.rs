//! What happens to the list of emails.

use super::forms;
use super::msg::{Change, Effect, Filter, Msg, Read};
use super::state::MailScreen;
use crate::app::mail::retry_mail::Failed;
use crate::domain::action::Action;
use crate::domain::change::Change as Changes;
use crate::domain::command_line::command_line as line;
use crate::domain::content::Words;
use crate::domain::explain::Kind;
use crate::domain::mail::{Mail, MailId, MailState, takes};
use crate::domain::policy::{allow, reaches};
use crate::domain::query::NewestRows;
use crate::domain::text::{capital, counted, thousands};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::{Dialog, Menu, Paragraph, Question, Reading, Side, Window as Place};
use crate::tui::effect::{Ask, Place as Goto, Terminal, open};
use crate::tui::keymap::{MailCommand, ScreenCommand};
use crate::tui::refused::Refused;
use crate::tui::refused::clause;
use crate::tui::widgets::cursor_list::{Moved, Rows, Taken, Window};

/// How many of the emails that are retried together are named.
const NAMED: usize = 3;

/// Reads the emails again.
pub fn reload(screen: &MailScreen) -> Vec<Effect> {
    let mut effects = vec![Effect::Read(Read::Page(screen.filter, screen.list.reload()))];
    effects.extend(screen.cursor().map(|id| Effect::Read(Read::Detail(id))));
    effects
}

/// A message came: an answer, or what somebody chose in a dialog.
pub fn update(screen: &mut MailScreen, ctx: &mut Ctx, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Page(filter, window, Ok(rows)) => on_page(screen, ctx, filter, window, rows),
        Msg::Page(filter, window, Err(refused)) => {
            if filter == screen.filter {
                screen.list.give_up(window);
            }
            ctx.unread(&refused);
            Vec::new()
        }
        Msg::Detail(id, Ok(read)) => {
            if screen.cursor() == Some(id) {
                let (detail, caught) = *read;
                // A row that left the list is read in no page any more.
                screen.list.learn(detail.mail.clone());
                (screen.detail, screen.caught) = (Some(Box::new(detail)), caught);
                ctx.dirty = true;
            }
            Vec::new()
        }
        Msg::Detail(id, Err(refused)) => on_no_detail(screen, ctx, id, &refused),
        Msg::Preview(id, Ok(words)) => on_preview(ctx, id, &words),
        Msg::Steered(action, Ok(mail)) => {
            screen.list.learn((*mail).clone());
            let verb = if action == Action::CancelMail { "cancel" } else { "retry" };
            let equal = ctx.equal(&line(&["mail", verb], &[], &[&mail.id.0.to_string()]));
            done(ctx, format!("{}{equal}", capital(action.past())))
        }
        Msg::RetriedAll(Ok(count)) => {
            let equal = ctx.equal(&line(&["mail", "retry"], &[("--failed", None)], &[]));
            let count = counted(count, "email");
            done(ctx, format!("{count} retried{equal}"))
        }
        Msg::TestSent(number, to, Ok(())) => {
            let equal = ctx.equal(&line(&["mail", "test"], &[], &[to.as_str()]));
            let mut effects = vec![Effect::Shell(Ask::Close(number))];
            effects.extend(done(ctx, format!("A test email to {to} is in the outbox{equal}")));
            effects
        }
        Msg::TestSent(number, _, Err(refused)) => vec![Effect::Shell(Ask::Refuse(number, refused.sentences(&ctx.me)))],
        Msg::Failed(Ok(failed)) => on_failed(ctx, &failed),
        Msg::Preview(_, Err(refused))
        | Msg::Failed(Err(refused))
        | Msg::Steered(_, Err(refused))
        | Msg::RetriedAll(Err(refused)) => refused_(ctx, &refused),
        Msg::Show(filter) => {
            *screen = MailScreen { filter, ..MailScreen::default() };
            reload(screen)
        }
        Msg::Cancel(id) => vec![Effect::Change(Change::Cancel(id))],
        Msg::RetryAll(these) => vec![Effect::Change(Change::RetryAll(these))],
        Msg::Test(number, to) => vec![Effect::Change(Change::Test(number, to))],
    }
}

fn refused_(ctx: &mut Ctx, refused: &Refused) -> Vec<Effect> {
    ctx.refused(refused);
    Vec::new()
}

/// An email has no detail. One that is nowhere any more, because its user was erased, does not stay under the cursor
/// either.
fn on_no_detail(screen: &mut MailScreen, ctx: &mut Ctx, id: MailId, refused: &Refused) -> Vec<Effect> {
    if refused.kind != Kind::NotFound || screen.cursor() != Some(id) || !screen.list.let_go() {
        return Vec::new();
    }
    screen.detail = None;
    ctx.dirty = true;
    screen.cursor().map(|id| Effect::Read(Read::Detail(id))).into_iter().collect()
}

fn done(ctx: &mut Ctx, text: String) -> Vec<Effect> {
    ctx.say(text);
    vec![Effect::Shell(Ask::Reload)]
}

fn on_page(
    screen: &mut MailScreen,
    ctx: &mut Ctx,
    filter: Filter,
    window: Window,
    read: NewestRows<Mail>,
) -> Vec<Effect> {
    if filter != screen.filter {
        return Vec::new();
    }
    let NewestRows { rows, before, after } = read;
    let (taken, changed) = screen.list.take(window, Rows { all: rows, before, after });
    ctx.dirty |= changed;
    match taken {
        Taken::Stale | Taken::Stays | Taken::Missed(_) => Vec::new(),
        Taken::Lost => vec![Effect::Read(Read::Page(screen.filter, screen.list.reload()))],
        Taken::Moved => screen.cursor().map(|id| Effect::Read(Read::Detail(id))).into_iter().collect(),
    }
}

/// What an email says was read.
fn on_preview(ctx: &mut Ctx, id: MailId, words: &Words) -> Vec<Effect> {
    let side = |name, body: &str| {
        let subject =
            Paragraph { style: ctx.theme.strong(), ..Paragraph::plain(format!("Subject: {}", words.subject)) };
        // Whether this is what was sent comes first: it changes what the rest is worth.
        let note = words.source.note().map(|note| Paragraph { style: ctx.theme.quiet(), ..Paragraph::plain(note) });
        let note = note.into_iter().flat_map(|note| [note, Paragraph::default()]);
        let body = body.lines().map(Paragraph::plain);
        Side { name, paragraphs: note.chain([subject, Paragraph::default()]).chain(body).collect() }
    };
    let sides = vec![side("plain text", &words.text), side("HTML", &words.html)];
    let reading = Reading::of_sides(format!("Email {}", id.0), sides);
    ctx.dirty = true;
    open(ctx, Dialog::Reading(Box::new(reading)))
}

/// Does what a key, a line of the palette or a click asks for.
pub fn command(screen: &mut MailScreen, ctx: &mut Ctx, command: ScreenCommand<MailCommand>) -> Vec<Effect> {
    if let Err(why) = possible(screen, ctx, command) {
        ctx.refuse(&why);
        return Vec::new();
    }
    match command {
        ScreenCommand::Act(action) => act(screen, ctx, action),
        ScreenCommand::Move(motion) => {
            let moved = screen.list.motion(motion, ctx.rows);
            after_moving(screen, moved)
        }
        ScreenCommand::Open => open(ctx, Dialog::Whole(Place::default())),
        ScreenCommand::Own(command) => own(screen, ctx, command),
        ScreenCommand::Back => Vec::new(),
    }
}

fn act(screen: &MailScreen, ctx: &mut Ctx, action: Action) -> Vec<Effect> {
    if action == Action::TestMail {
        let to = ctx.me.email.clone().unwrap_or_default();
        return open(ctx, Dialog::Form(Box::new(forms::test_mail(&to))));
    }
    let Some(mail) = screen.list.current() else { return Vec::new() };
    if action == Action::RetryMail {
        return vec![Effect::Change(Change::Retry(mail.id))];
    }
    if action == Action::CancelMail {
        let question = ask_cancel(ctx, mail);
        return open(ctx, Dialog::Question(Box::new(question)));
    }
    Vec::new()
}

fn own(screen: &MailScreen, ctx: &mut Ctx, command: MailCommand) -> Vec<Effect> {
    let user = screen.list.current().and_then(|mail| mail.user);
    match command {
        MailCommand::RetryAll => vec![Effect::Read(Read::Failed)],
        MailCommand::CorrectAddress => {
            user.map(|user| Effect::Shell(Ask::Go(Goto::Address(user)))).into_iter().collect()
        }
        MailCommand::ShowUser => user.map(|user| Effect::Shell(Ask::Go(Goto::User(user)))).into_iter().collect(),
        MailCommand::Preview => screen.cursor().map(|id| Effect::Read(Read::Preview(id))).into_iter().collect(),
        MailCommand::CopyCaught => {
            let Some(link) = screen.caught() else { return Vec::new() };
            ctx.say("Link sent to your terminal's clipboard, if it allows that");
            vec![Effect::Terminal(Terminal::Copy(link.to_owned()))]
        }
        MailCommand::ViewMenu => {
            let items = Filter::ALL.map(|filter| (filter.words().to_owned(), Msg::Show(filter))).to_vec();
            let at = Filter::ALL.iter().position(|filter| *filter == screen.filter).unwrap_or(0);
            open(ctx, Dialog::Menu(Menu::new("View".to_owned(), items, at)))
        }
    }
}

/// The question before an email is cancelled.
fn ask_cancel(ctx: &Ctx, mail: &Mail) -> Question<Msg> {
    let spec = Action::CancelMail.spec();
    let title = spec.question.replace("{}", &mail.id.0.to_string());
    let about = format!("{} to {} <{}>", mail.kind.name(), mail.to_name.as_str(), mail.to.as_str());
    Question::confirm(ctx, title, about, spec.consequence.to_owned(), capital(spec.words), Msg::Cancel(mail.id))
}

/// It is known which failed emails can be retried: asks about these, and no others are.
fn on_failed(ctx: &mut Ctx, failed: &Failed) -> Vec<Effect> {
    if failed.usable.is_empty() {
        let why = failed.left_out_words().map_or(String::new(), |left_out| format!(" {left_out}"));
        ctx.warn(format!("No failed email can be retried.{why}"));
        return Vec::new();
    }
    let question = ask_retry_all(ctx, failed);
    open(ctx, Dialog::Question(Box::new(question)))
}

/// The question before every failed email that can be is retried.
fn ask_retry_all(ctx: &Ctx, failed: &Failed) -> Question<Msg> {
    let count = failed.usable.len() as u64;
    let emails = counted(count, "failed email");
    let first: Vec<&str> = failed.usable.iter().take(NAMED).map(|mail| mail.to.as_str()).collect();
    let others = match count - first.len() as u64 {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        others => format!(" and {} others", thousands(others)),
    };
    let long = takes(count, ctx.per_minute).map_or_else(String::new, |long| format!(" · {long}"));
    let about = format!("{}{others}{long}", first.join(", "));
    let means = Action::RetryMail.spec().for_many.unwrap_or_default().to_owned();
    let what = failed.left_out_words().map_or_else(|| means.clone(), |left_out| format!("{means} {left_out}"));
    let these = failed.usable.iter().map(|mail| mail.id).collect();
    Question::confirm(ctx, format!("Retry {emails}?"), about, what, "Retry all".to_owned(), Msg::RetryAll(these))
}

/// Moves the cursor to an email that was clicked; a second click opens it.
pub fn click(screen: &mut MailScreen, ctx: &mut Ctx, number: i64) -> Vec<Effect> {
    if screen.list.cursor() == Some(number) {
        return command(screen, ctx, ScreenCommand::Open);
    }
    let moved = screen.list.click(number, ctx.rows);
    after_moving(screen, moved)
}

fn after_moving(screen: &MailScreen, moved: Moved) -> Vec<Effect> {
    if !moved.moved {
        return Vec::new();
    }
    let mut effects: Vec<Effect> = screen.cursor().map(|id| Effect::Read(Read::Detail(id))).into_iter().collect();
    effects.extend(moved.wants.map(|window| Effect::Read(Read::Page(screen.filter, window))));
    effects
}

/// Whether an action on emails could be done to any.
fn reached(ctx: &Ctx, action: Action) -> Result<(), String> {
    reaches(&ctx.me.authority, action.spec().reach).map_err(clause)
}

/// Whether a command would do something now; otherwise why not, and what to do instead, as a clause.
pub fn possible(screen: &MailScreen, ctx: &Ctx, command: ScreenCommand<MailCommand>) -> Result<(), String> {
    let mail = || screen.list.current().ok_or_else(|| "no email is under the cursor".to_owned());
    match command {
        ScreenCommand::Act(action) => {
            if action == Action::TestMail {
                allow(&ctx.me.authority, &Changes::Act(Action::TestMail), None).map_err(|denied| denied.to_string())
            } else if matches!(action, Action::RetryMail | Action::CancelMail) {
                reached(ctx, action)?;
                steers(action, mail()?)
            } else {
                Ok(())
            }
        }
        ScreenCommand::Open => mail().map(drop),
        ScreenCommand::Own(command) => match command {
            MailCommand::Preview => mail().map(drop),
            MailCommand::RetryAll => {
                reached(ctx, Action::RetryMail)?;
                let failed = ctx.health.as_ref().is_some_and(|health| health.dead > 0);
                if failed { Ok(()) } else { Err("no email failed".to_owned()) }
            }
            MailCommand::CorrectAddress => {
                reached(ctx, Action::RetryMail)?;
                mail()?.user.map(drop).ok_or_else(|| "a test email goes to no user".to_owned())
            }
            MailCommand::ShowUser => mail()?.user.map(drop).ok_or_else(|| "a test email goes to no user".to_owned()),
            MailCommand::CopyCaught => match (screen.caught(), ctx.here.demo) {
                (Some(_), _) => Ok(()),
                (None, true) => Err("this email wasn't caught, or has no link".to_owned()),
                (None, false) => {
                    Err("nobody is shown the link in an email; copy an invitation's link on the Users screen"
                        .to_owned())
                }
            },
            MailCommand::ViewMenu => Ok(()),
        },
        ScreenCommand::Move(_) | ScreenCommand::Back => Ok(()),
    }
}

fn steers(action: Action, mail: &Mail) -> Result<(), String> {
    match mail.state {
        MailState::Queued | MailState::Dead => Ok(()),
        MailState::Sending | MailState::Sent | MailState::Cancelled | MailState::Expired => {
            let verb = if action == Action::RetryMail { "retry" } else { "cancel" };
            let (id, state) = (mail.id.0, mail.state.words());
            Err(format!("email {id} is {state}; you can only {verb} one that is queued or failed"))
        }
    }
}

/// The command line that does the same, where one does.
pub fn command_line(screen: &MailScreen, command: ScreenCommand<MailCommand>) -> Option<String> {
    let id = || screen.cursor().map(|id| id.0.to_string());
    let about = |words: &[&str]| Some(line(words, &[], &[&id()?]));
    let is = |action| command == ScreenCommand::Act(action);
    if is(Action::RetryMail) {
        return about(&["mail", "retry"]);
    }
    if is(Action::CancelMail) {
        return about(&["mail", "cancel"]);
    }
    if is(Action::TestMail) {
        return Some("rsvp mail test ADDRESS".to_owned());
    }
    match command {
        ScreenCommand::Open => about(&["mail", "show"]),
        ScreenCommand::Own(MailCommand::Preview) => about(&["mail", "preview"]),
        ScreenCommand::Own(MailCommand::RetryAll) => Some(line(&["mail", "retry"], &[("--failed", None)], &[])),
        ScreenCommand::Own(
            MailCommand::CorrectAddress | MailCommand::ShowUser | MailCommand::CopyCaught | MailCommand::ViewMenu,
        )
        | ScreenCommand::Act(_)
        | ScreenCommand::Move(_)
        | ScreenCommand::Back => None,
    }
}
