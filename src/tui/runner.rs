//! The loop: waits for something to happen, lets `update` answer, performs the effects, draws when something changed.

use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::appearance::Appearance;
use super::message::{Done, Effect, Msg, Refused};
use super::state::State;
use super::term::Guard;
use super::theme::Theme;
use super::update::{reload, update};
use crate::app::{App, delete, invite, list, reactivate, resend, restore, revision, revoke, show, show_link, suspend};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::policy::Authority;
use crate::domain::query::UserQuery;
use crate::domain::user::{User, UserId};

/// Rows that are read at once: a screen and what a hand scrolls through before the next are there.
const WINDOW: u16 = 200;
/// The least time between two frames.
const FRAME: Duration = Duration::from_millis(16);

/// Runs the terminal interface until the actor leaves, or the terminal does.
pub async fn run(app: App, actor: Actor, who: String, appearance: Appearance) -> std::io::Result<()> {
    let mut state = State {
        organisation: app.organisation().to_owned(),
        who,
        authority: Authority::FULL,
        size: crossterm::terminal::size()?,
        now: app.now(),
        zone: TimeZone::system(),
        ascii: appearance.is_ascii(),
        theme: Theme { colour: appearance.has_colour() },
        valid_for: app.options().valid_for,
        query: UserQuery::default(),
        search: None,
        page: list::Page::default(),
        hits: None,
        counts: None,
        cursor: None,
        detail: None,
        pending: None,
        dialogs: Vec::new(),
        toast: None,
        undo: None,
        revision: None,
        looking: false,
        dirty: true,
    };
    let mut guard = Guard::take()?;
    let (answers, mut answered) = unbounded_channel();
    let performer = Performer { app: app.clone(), actor, answers };
    for effect in reload(&state) {
        performer.perform(effect);
    }
    let mut events = EventStream::new();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut frame = tokio::time::interval(FRAME);
    frame.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        let msg = tokio::select! {
            event = events.next() => match event {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => Some(Msg::Key(key, app.now())),
                Some(Ok(Event::Paste(text))) => Some(Msg::Paste(text)),
                Some(Ok(Event::Resize(columns, rows))) => Some(Msg::Size(columns, rows)),
                Some(Ok(_)) => None,
                // The terminal is gone.
                Some(Err(_)) | None => return Ok(()),
            },
            Some(answer) = answered.recv() => Some(answer),
            _ = second.tick() => Some(Msg::Tick(app.now())),
            _ = frame.tick(), if state.dirty => {
                guard.draw(&state)?;
                state.dirty = false;
                None
            }
            _ = terminate.recv() => return Ok(()),
            _ = hang_up.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
        };
        for effect in msg.map_or_else(Vec::new, |msg| update(&mut state, msg)) {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Redraw => guard.redraw()?,
                Effect::Copy(text) => guard.copy(&text)?,
                effect => performer.perform(effect),
            }
        }
    }
}

/// Performs effects beside the loop, so that no key waits for a database.
struct Performer {
    app: App,
    actor: Actor,
    answers: UnboundedSender<Msg>,
}

impl Performer {
    fn perform(&self, effect: Effect) {
        let (app, actor, answers) = (self.app.clone(), self.actor.clone(), self.answers.clone());
        tokio::spawn(async move {
            let answer = answer(&app, &actor, effect).await;
            // Nobody listens any more when the program ends.
            let _ = answers.send(answer);
        });
    }
}

async fn answer(app: &App, actor: &Actor, effect: Effect) -> Msg {
    match effect {
        Effect::Page(query, anchor) => {
            let request = list::Request { query: query.clone(), anchor, limit: WINDOW };
            Msg::Page(query, list::list(app, actor, request).await.map_err(Refused::from))
        }
        Effect::Hits(query) => {
            let hits = list::hits(app, actor, &query).await.map_err(Refused::from);
            Msg::Hits(query, hits)
        }
        Effect::Counts => Msg::Counts(list::counts(app, actor).await.map_err(Refused::from)),
        Effect::Detail(id) => Msg::Detail(id, show::show(app, actor, id).await.map(Box::new).map_err(Refused::from)),
        Effect::Change(action, user, version) => {
            let done = change(app, actor, action, user, version).await;
            Msg::Changed(action, done.map(|user| Box::new(Done { user, held_until: None })))
        }
        Effect::Invite(request) => {
            let done = invite::invite(app, actor, *request).await.map_err(Refused::from);
            let done = done.map(|done| Box::new(Done { user: done.user, held_until: done.held_until }));
            Msg::Changed(Action::Invite, done)
        }
        Effect::Link(user) => {
            let shown = show_link::show_link(app, actor, show_link::Request { user }).await;
            Msg::Link(shown.map(|shown| (shown.link, shown.user)).map_err(Refused::from))
        }
        // The loop performs the others itself, since they concern its terminal.
        Effect::Revision | Effect::Copy(_) | Effect::Redraw | Effect::Quit => {
            Msg::Revision(revision::revision(app, actor).await.map_err(Refused::from))
        }
    }
}

async fn change(app: &App, actor: &Actor, action: Action, user: UserId, version: Option<i64>) -> Result<User, Refused> {
    Ok(match action {
        Action::Resend => resend::resend(app, actor, resend::Request { user, version, force: false }).await?.user,
        Action::Revoke => revoke::revoke(app, actor, revoke::Request { user, version }).await?,
        Action::Suspend => suspend::suspend(app, actor, suspend::Request { user, version }).await?,
        Action::Reactivate => reactivate::reactivate(app, actor, reactivate::Request { user, version }).await?,
        Action::Delete => delete::delete(app, actor, delete::Request { user, version }).await?,
        Action::Restore => restore::restore(app, actor, restore::Request { user, version }).await?,
        other => {
            let message = format!("\u{201c}{}\u{201d} is no change to a user", other.words());
            return Err(Refused { message, hint: None });
        }
    })
}
