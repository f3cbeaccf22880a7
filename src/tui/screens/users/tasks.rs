//! Tasks: the same for many users. Whom one is about is fixed when it is asked about; then it is done some at a time.

use std::sync::Arc;

use super::msg::{Change, Effect, Msg, Read};
use super::refusals::Refusals;
use super::state::{Asked, Running, Users};
use crate::app::links::renew;
use crate::app::users::bulk::{CHUNK, Chunk, Resolved};
use crate::domain::action::Action;
use crate::domain::mail::takes;
use crate::domain::selection::Selection;
use crate::domain::task::Task;
use crate::domain::text::{capital, counted, thousands};
use crate::tui::ctx::{Ctx, Number};
use crate::tui::dialogs::{Dialog, Paragraph, Progress, Question, Reading};
use crate::tui::effect::Ask;
use crate::tui::refused::{Refused, sentence};

/// Looks whom a task would concern, to ask about it.
pub fn ask(users: &mut Users, task: Task) -> Vec<Effect> {
    let marked = users.marks.clone();
    ask_about(users, task, marked)
}

/// The same of these. There is one task at a time: a key that was pressed twice means it once.
pub fn ask_about(users: &mut Users, task: Task, selection: Selection) -> Vec<Effect> {
    if users.has_task() {
        return Vec::new();
    }
    users.resolving = true;
    vec![Effect::Read(Read::Resolve(task, selection, users.query.clone()))]
}

/// It is known whom a task concerns: asks.
pub fn on_resolved(
    users: &mut Users,
    ctx: &mut Ctx,
    task: Task,
    selection: Selection,
    resolved: Resolved,
) -> Vec<Effect> {
    users.resolving = false;
    if resolved.count() == 0 {
        users.marks = Selection::default();
        ctx.warn("None of those users exists any longer.");
        return Vec::new();
    }
    let number = ctx.number();
    let question = question(ctx, number, &task, &resolved);
    users.asked = Some(Asked { number, task, selection, resolved });
    ctx.dirty = true;
    vec![Effect::Shell(Ask::Open(number, Dialog::Question(Box::new(question))))]
}

fn question(ctx: &Ctx, number: Number, task: &Task, resolved: &Resolved) -> Question<Msg> {
    let and = match resolved.count().saturating_sub(resolved.names.len() as u64) {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        others => format!(" and {} others", thousands(others)),
    };
    let resends = *task == Task::Act(Action::Resend);
    let long = takes(resolved.count(), ctx.per_minute).filter(|_| resends);
    let long = long.map_or_else(String::new, |long| format!(" {}", sentence(&long)));
    let many = task.for_many(resolved.count());
    // Somebody who is alone is named.
    let (title, button) = match &resolved.only {
        Some(name) => (task.question_about(name), capital(&task.words())),
        None => (format!("{many}?"), many),
    };
    let about = format!("{}{and}", resolved.names.join(", "));
    let views = renew::of_views(resolved.views).map_or_else(String::new, |text| format!(" {text}"));
    let left = ctx.health.as_ref().and_then(|health| health.allowance).filter(|_| resends);
    let left = left.map_or_else(String::new, |left| format!(" {}", left.words()));
    let what = format!("{}{views}{left}{long}", task.consequence());
    let mut question = Question::confirm(ctx, title, about, what, button, Msg::Begin(number))
        .with_columns(72)
        .with_proof(task.proof(resolved.count()));
    if resolved.hidden > 0 {
        question.stands_out = format!("{} of them aren't in the current list.", thousands(resolved.hidden));
    }
    question
}

/// The task that this question was about is meant: begins with the first of them.
pub fn begin(users: &mut Users, ctx: &mut Ctx, number: Number) -> Vec<Effect> {
    if users.running.is_some() {
        return Vec::new();
    }
    let Some(asked) = users.asked.take_if(|asked| asked.number == number) else { return Vec::new() };
    let Asked { task, selection, resolved, .. } = asked;
    let number = ctx.number();
    let running = users.running.insert(Running {
        number,
        task,
        selection,
        people: Arc::from(resolved.people),
        taken: 0,
        done: 0,
        refused: Refusals::default(),
        unknown: Refusals::default(),
        stopping: false,
    });
    let shown = Effect::Shell(Ask::Open(number, progress(running)));
    let mut effects = vec![shown];
    effects.extend(next_chunk(running));
    effects
}

fn next_chunk(running: &mut Running) -> Option<Effect> {
    let some = running.people[running.taken..].iter().take(CHUNK).copied().collect::<Vec<_>>();
    if some.is_empty() {
        return None;
    }
    running.taken += some.len();
    Some(Effect::Change(Change::Chunk(running.task.clone(), some)))
}

fn progress(running: &Running) -> Dialog<Msg> {
    Dialog::Progress(Progress {
        title: capital(&running.task.words()),
        through: running.through(),
        total: running.people.len() as u64,
        refused: running.refused.count(),
        stopping: running.stopping,
        stop: Msg::Stop,
    })
}

/// Stops after the chunk that is under way.
pub fn stop(users: &mut Users) {
    if let Some(running) = &mut users.running {
        running.stopping = true;
    }
}

/// A chunk was done.
pub fn on_chunk(users: &mut Users, ctx: &mut Ctx, chunk: Chunk) -> Vec<Effect> {
    ctx.dirty = true;
    let Some(running) = &mut users.running else { return vec![Effect::Shell(Ask::Reload)] };
    running.done += chunk.done;
    running.refused.add(chunk.refused);
    running.unknown.add(chunk.unknown);
    let next = if running.stopping { None } else { next_chunk(running) };
    match next {
        Some(next) => {
            let shown = Effect::Shell(Ask::Replace(running.number, progress(running)));
            vec![shown, next]
        }
        // Who of a query came after the question was not touched: that is said at the end.
        None => vec![Effect::Read(Read::CameLater(running.selection.clone(), Arc::clone(&running.people)))],
    }
}

/// Who came later could not be counted: what was done is told all the same, and is no failure.
pub fn on_uncounted(users: &mut Users, ctx: &mut Ctx) -> Vec<Effect> {
    end(users, ctx, 0)
}

/// Something stopped it: what was done is told all the same.
pub fn on_failed(users: &mut Users, ctx: &mut Ctx, refused: &Refused) -> Vec<Effect> {
    if let Some(running) = &mut users.running {
        running.stopping = true;
    }
    let effects = end(users, ctx, 0);
    ctx.refused(refused);
    effects
}

/// The task is over, and so many came after it was asked about.
pub fn end(users: &mut Users, ctx: &mut Ctx, came_later: u64) -> Vec<Effect> {
    let Some(running) = users.running.take() else { return Vec::new() };
    users.marks = Selection::default();
    users.range_from = None;
    ctx.dirty = true;
    let mut effects = vec![Effect::Shell(Ask::Close(running.number))];
    // What undo meant is behind what was done since.
    if running.done + running.unknown.count() > 0 {
        effects.push(Effect::Shell(Ask::Undo(None)));
    }
    let stopped = running.stopping && running.through() < running.people.len() as u64;
    if running.refused.count() + running.unknown.count() == 0 && !stopped && came_later == 0 {
        ctx.say(format!("{}: {}", capital(&running.task.past()), counted(running.done, "user")));
    } else {
        let reading = Reading::new(capital(&running.task.words()), told(ctx, &running, stopped, came_later));
        effects.push(Effect::Shell(Ask::Open(ctx.number(), Dialog::Reading(Box::new(reading)))));
    }
    effects.push(Effect::Shell(Ask::Reload));
    effects
}

/// What is said of a task that was under way when the program ended; nothing of one that was through. A chunk that was
/// not answered may have been done in part.
pub fn left_undone(users: &Users, all_answered: bool) -> Option<String> {
    let running = users.running.as_ref()?;
    let (done, refused, all) = (running.done, running.refused.count(), running.people.len() as u64);
    let left = all.saturating_sub(running.through());
    let unanswered = if all_answered { 0 } else { running.taken as u64 - running.through() };
    let unknown = unanswered + running.unknown.count();
    let refusals = if refused == 0 { String::new() } else { format!("; {} refused", thousands(refused)) };
    let open = if unknown == 0 { String::new() } else { format!(", and perhaps up to {} more", thousands(unknown)) };
    let past = capital(&running.task.past());
    let text = format!(
        "{past}: {}{open}{refusals}. rsvp ended before the other {}.",
        counted(done, "user"),
        thousands(left - unanswered)
    );
    (left > 0).then_some(text)
}

fn told(ctx: &Ctx, running: &Running, stopped: bool, came_later: u64) -> Vec<Paragraph> {
    let stopped = if stopped { ", then stopped" } else { "" };
    let unknown = match running.unknown.count() {
        0 => String::new(),
        some => format!("; {} not known", thousands(some)),
    };
    let first = format!(
        "{}: {}{stopped}; {} refused{unknown}.",
        capital(&running.task.past()),
        counted(running.done, "user"),
        thousands(running.refused.count())
    );
    let mut all = vec![Paragraph { style: ctx.theme.strong(), ..Paragraph::plain(first) }];
    if came_later > 0 {
        let text = format!("{} matched only after you were asked, and didn't change.", counted(came_later, "user"));
        all.push(Paragraph { style: ctx.theme.waits(), ..Paragraph::plain(text) });
    }
    let unknown = running.unknown.0.iter().map(|reason| ("? ", reason));
    for (mark, reason) in unknown.chain(running.refused.0.iter().map(|reason| ("✗ ", reason))) {
        let why = format!("{} · {}", counted(reason.count, "user"), sentence(&reason.why));
        all.push(Paragraph { begin: mark.to_owned(), ..Paragraph::plain(why) });
        let who = reason.who.iter().map(|who| Paragraph { begin: "    ".to_owned(), ..Paragraph::plain(who.as_str()) });
        all.extend(who);
        let others = reason.count - reason.who.len() as u64;
        if others > 0 {
            let text = format!("and {} others", thousands(others));
            all.push(Paragraph { begin: "    ".to_owned(), ..Paragraph::plain(text) });
        }
    }
    all
}
