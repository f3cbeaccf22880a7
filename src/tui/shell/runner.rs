//! The main screens at work: performs what `update` asks for by calling the use cases.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ratatui::Frame;

use super::msg::{Change, Effect, Msg, Read};
use super::palette::PEOPLE;
use super::state::{Lock, Shell};
use super::update::{begin, clicked, happened, update};
use super::{screens, view};
use crate::app::App;
use crate::app::mail::preview_mail::Wording;
use crate::app::session::unlock;
use crate::app::upkeep::health::{self, Health};
use crate::app::upkeep::revision::{self, Revision};
use crate::app::upkeep::watch::Seen;
use crate::app::users::{list, undo};
use crate::domain::actor::Actor;
use crate::domain::node::Alive;
use crate::domain::query::{Anchor, UserQuery};
use crate::tui::canvas::{Canvas, Targets};
use crate::tui::ctx::{Ctx, Here};
use crate::tui::effect::Terminal as OnTerminal;
use crate::tui::me::Me;
use crate::tui::reads::Slot;
use crate::tui::refused::Refused;
use crate::tui::screens::mail::Caught;
use crate::tui::screens::users;
use crate::tui::session::{Happened, Perform, Session, Terminal};
use crate::tui::term;

/// What the main screens work with.
pub struct Work {
    /// The use cases.
    pub app: App,
    /// Who acts.
    pub actor: Actor,
    /// The same for the screen.
    pub me: Me,
    /// Whether emails are sent from this program.
    pub sends_here: bool,
    /// Whether this program is the one that sends, by now: another may have been there first.
    pub works: Arc<AtomicBool>,
    /// Whether the settings say how emails are sent.
    pub has_transport: bool,
    /// How long nobody may touch the keyboard before it locks; never if there is none.
    pub idle_lock: Option<Duration>,
    /// The emails that a demo caught.
    pub caught: Option<Caught>,
    /// Puts emails into words.
    pub wording: Wording,
}

/// Runs the main screens until the actor leaves, or the terminal does; answers why, if the actor may not be here any
/// more. What else has to be said afterwards is kept by the terminal.
pub async fn run(terminal: &mut Terminal, work: Work) -> std::io::Result<Option<String>> {
    let here = Here {
        demo: work.caught.is_some(),
        sends: work.sends_here,
        has_transport: work.has_transport,
        ascii: terminal.look.ascii,
    };
    let ctx = Ctx {
        organisation: work.app.organisation().to_owned(),
        me: work.me.clone(),
        here,
        size: (80, 24),
        rows: 1,
        now: terminal.now(),
        zone: term::zone(),
        theme: terminal.look.theme,
        keymap: Arc::clone(&terminal.look.keymap),
        valid_for: work.app.options().valid_for,
        per_minute: work.app.options().per_minute,
        health: None,
        undo: None,
        toast: None,
        dirty: true,
        stale: false,
        numbers: 0,
    };
    let shell = Shell::new(ctx, Lock::after(work.idle_lock));
    terminal.title(&format!("rsvp · {}", shell.ctx.organisation));
    let first = vec![begin(&shell)];
    let mut main = Main { shell, work, looks: Arc::default(), targets: Targets::default() };
    terminal.run(&mut main, first).await.map(Option::flatten)
}

/// The main screens.
struct Main {
    shell: Shell,
    work: Work,
    looks: Arc<Mutex<Looks>>,
    /// What the last frame offers to a click.
    targets: Targets,
}

/// What was seen at the last looks, so that nobody is asked again while nothing is written.
#[derive(Default)]
struct Looks {
    revision: Seen<Revision>,
    health: Seen<Health>,
}

impl Looks {
    /// Whether mail flows; parts that are alive may fall silent, which nobody writes down.
    fn health(&mut self, app: &App) -> Option<Health> {
        let known = self.health.still(app)?;
        let silent = known.worker != Alive::Now && known.portal != Alive::Now;
        silent.then(|| Health { at: app.now(), ..known.clone() })
    }
}

impl Session for Main {
    type Answer = Msg;
    type Effect = Effect;
    type End = Option<String>;

    fn happened(&mut self, what: Happened) -> Vec<Effect> {
        let Happened::Click(column, row, now) = what else {
            return happened(&mut self.shell, what);
        };
        let target = self.targets.at(column, row);
        target.map_or_else(Vec::new, |target| clicked(&mut self.shell, target, now))
    }

    fn answered(&mut self, answer: Msg) -> Vec<Effect> {
        update(&mut self.shell, answer)
    }

    fn answered_late(&mut self, answer: Msg) -> Vec<String> {
        // Nobody is left to read it in a form.
        self.shell.dialogs.clear();
        self.shell.ctx.toast = None;
        let before = self.left_undone(true);
        update(&mut self.shell, answer);
        // A failure ends a task, and its figures with it.
        let ended = before.filter(|_| self.left_undone(true).is_none());
        let failed = self.shell.ctx.toast.take().filter(|toast| toast.bad).map(|toast| toast.text);
        ended.into_iter().chain(failed).collect()
    }

    fn left_undone(&self, all_answered: bool) -> Option<String> {
        users::left_undone(&self.shell.screens.users, all_answered)
    }

    fn perform(&self, effect: Effect) -> Perform<Msg, Option<String>> {
        match effect {
            Effect::Terminal(what) => match what {
                OnTerminal::Copy(text) => Perform::Copy(text),
                OnTerminal::Redraw => Perform::Redraw,
                OnTerminal::ToShell => Perform::ToShell,
                OnTerminal::Quit => Perform::End(None),
                OnTerminal::Expel(why) => Perform::End(Some(why)),
            },
            Effect::Change(change) => {
                let (app, actor) = (self.work.app.clone(), self.work.actor.clone());
                Perform::Change(Box::pin(async move { changed(&app, &actor, change).await }))
            }
            Effect::Read(read) => self.known(&read).map_or_else(|| self.look(read), Perform::Known),
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.shell.ctx.dirty)
    }

    fn draw(&mut self, frame: &mut Frame) {
        let mut canvas = Canvas::new(frame);
        view::draw(&self.shell, &mut canvas);
        self.targets = canvas.targets();
    }
}

impl Main {
    /// What is known without reading: nothing was written since the last look, or there is nothing to wait for.
    fn known(&self, read: &Read) -> Option<Msg> {
        let app = &self.work.app;
        match read {
            Read::Revision => lock(&self.looks).revision.still(app).map(|known| Msg::Revision(Ok(*known))),
            Read::Health => lock(&self.looks).health(app).map(|known| Msg::Health(Ok(Box::new(known)))),
            // Whoever else sends goes on sending.
            Read::Leaving => (!self.work.works.load(Ordering::Relaxed)).then_some(Msg::Quit),
            Read::Screen(_) | Read::Begin(..) | Read::Counts | Read::People(_) => None,
        }
    }

    fn look(&self, read: Read) -> Perform<Msg, Option<String>> {
        let (app, actor) = (self.work.app.clone(), self.work.actor.clone());
        let (caught, wording) = (self.work.caught.clone(), self.work.wording);
        let (slot, is_awaited) = (slot(&read), is_awaited(&self.shell, &read));
        let looks = Arc::clone(&self.looks);
        let work = Box::pin(async move { looked(&app, &actor, &looks, caught.as_ref(), wording, read).await });
        match slot {
            Some(slot) if is_awaited => Perform::Glance(slot, work),
            slot => Perform::Look(slot, work),
        }
    }
}

/// The slot of what is read again and again.
const fn slot(read: &Read) -> Option<Slot> {
    match read {
        Read::Screen(read) => screens::slot(read),
        Read::Begin(..) => Some(users::PAGE),
        Read::Counts => Some(Slot("counts")),
        Read::People(_) => Some(Slot("people")),
        Read::Health => Some(Slot("health")),
        Read::Revision | Read::Leaving => None,
    }
}

/// Whether the next frame cannot do without what is read.
const fn is_awaited(shell: &Shell, read: &Read) -> bool {
    match read {
        Read::Begin(..) => true,
        Read::Screen(read) => screens::is_awaited(&shell.screens, read),
        Read::Revision | Read::Health | Read::Leaving | Read::Counts | Read::People(_) => false,
    }
}

fn lock(looks: &Mutex<Looks>) -> MutexGuard<'_, Looks> {
    looks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What only reads.
async fn looked(
    app: &App,
    actor: &Actor,
    looks: &Mutex<Looks>,
    caught: Option<&Caught>,
    wording: Wording,
    read: Read,
) -> Msg {
    match read {
        Read::Screen(read) => Msg::Screen(screens::read(app, actor, caught, wording, read).await),
        Read::Begin(query, window) => {
            let revision = revision::run(app, actor).await.map_err(Refused::from);
            Msg::Begun(revision, users::page(app, actor, query, window).await)
        }
        Read::Revision => {
            let read = revision::run(app, actor).await;
            Msg::Revision(lock(looks).revision.take(read).map_err(Refused::from))
        }
        Read::Health => {
            let read = health::run(app, actor).await;
            Msg::Health(lock(looks).health.take(read).map(Box::new).map_err(Refused::from))
        }
        Read::Leaving => Msg::Leaving(health::run(app, actor).await.map(Box::new).map_err(Refused::from)),
        Read::Counts => Msg::Counts(list::counts(app, actor).await.map_err(Refused::from)),
        Read::People(text) => {
            let query = UserQuery { search: text.clone(), ..UserQuery::default() };
            let request = list::Request { query, anchor: Anchor::Start, limit: PEOPLE };
            Msg::People(text, list::run(app, actor, request).await.map_err(Refused::from))
        }
    }
}

/// What changes something.
pub async fn changed(app: &App, actor: &Actor, change: Change) -> Msg {
    match change {
        Change::Screen(change) => Msg::Screen(screens::change(app, actor, change).await),
        Change::Undo(what) => {
            let undone = undo::run(app, actor, &what).await;
            Msg::Undone(what, undone.map(Box::new).map_err(Refused::from))
        }
        Change::Unlock(password) => Msg::Unlocked(unlock::run(app, actor, &password).await.map_err(Refused::from)),
    }
}
