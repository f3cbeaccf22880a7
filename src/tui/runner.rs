//! The main screens at work: performs what `update` asks for by calling the use cases.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ratatui::Frame;

use super::canvas::{Canvas, Targets};
use super::commands::shell;
use super::dialogs::palette::PEOPLE;
use super::message::{Done, Effect, Msg, Refused, Request, Said, Unsaved};
use super::reads::Slot;
use super::screens::audit::AuditScreen;
use super::screens::lock::Lock;
use super::screens::mail::MailScreen;
use super::screens::users::Users;
use super::screens::workspaces::WorkspaceScreen;
use super::session::{Happened, Perform, Session, Terminal};
use super::state::{Here, Me, Screen, State};
use super::term;
use super::update::{undoable, update};
use super::view;
use crate::app::App;
use crate::app::audit::{list_audit, verify_audit};
use crate::app::links::show_link;
use crate::app::mail::preview_mail::{self, Wording};
use crate::app::mail::{cancel_mail, list_mails, retry_mail, test_mail};
use crate::app::session::unlock;
use crate::app::upkeep::health::Health;
use crate::app::upkeep::revision::Revision;
use crate::app::upkeep::watch::Seen;
use crate::app::upkeep::{health, revision};
use crate::app::users::act;
use crate::app::users::{bulk, edit, invite, list, show, undo};
use crate::app::workspaces::{create_workspace, delete_workspace, list_workspaces, rename_workspace};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::node::Alive;
use crate::domain::query::{Anchor, UserQuery};

/// Rows that are read at once: a screen and what a hand scrolls through before the next are there.
const WINDOW: u16 = 200;
/// How long the cursor rests before the detail follows it.
const REST: Duration = Duration::from_millis(60);

/// Finds the link in a mail that this process caught, by the mail's Message-ID.
pub type Caught = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the main screens work with.
pub struct Work {
    /// The use cases.
    pub app: App,
    /// Who acts.
    pub actor: Actor,
    /// The same for the screen.
    pub me: Me,
    /// Whether mails are sent from this program.
    pub sends_here: bool,
    /// How long nobody may touch the keyboard before it locks; never if there is none.
    pub idle_lock: Option<Duration>,
    /// The mails that a demo caught.
    pub caught: Option<Caught>,
    /// Puts mails into words.
    pub wording: Wording,
}

/// Runs the main screens until the actor leaves, or the terminal does; answers with what has to be said afterwards.
pub async fn run(terminal: &mut Terminal, work: Work) -> std::io::Result<Option<String>> {
    let state = State {
        organisation: work.app.organisation().to_owned(),
        me: work.me.clone(),
        here: Here { demo: work.caught.is_some(), sends: work.sends_here, ascii: terminal.look.ascii },
        size: (80, 24),
        now: terminal.now(),
        zone: term::zone(),
        theme: terminal.look.theme,
        keymap: Arc::clone(&terminal.look.keymap),
        valid_for: work.app.options().valid_for,
        per_minute: work.app.options().per_minute,
        screen: Screen::Users,
        users: Users::default(),
        mail: MailScreen::default(),
        workspaces: WorkspaceScreen::default(),
        audit: AuditScreen::default(),
        counts: None,
        health: None,
        lock: Lock::after(work.idle_lock),
        dialogs: Vec::new(),
        toast: None,
        undo: None,
        asked: 0,
        revision: None,
        begun: false,
        looking: false,
        seconds: 0,
        dirty: true,
    };
    terminal.title(&format!("rsvp · {}", state.organisation));
    // The list first; what needs to count many rows begins when it is there.
    let first = vec![Effect::Page(state.users.query.clone(), Anchor::Start)];
    terminal
        .run(&mut Main { state, work, looks: Arc::default(), targets: Targets::default() }, first)
        .await
        .map(Option::flatten)
}

/// The main screens.
struct Main {
    state: State,
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

    fn happened(&mut self, happened: Happened) -> Vec<Effect> {
        let Happened::Click(column, row, now) = happened else {
            return update(&mut self.state, Msg::Happened(happened));
        };
        let target = self.targets.at(column, row);
        target.map_or_else(Vec::new, |target| update(&mut self.state, Msg::Clicked(target, now)))
    }

    fn answered(&mut self, answer: Msg) -> Vec<Effect> {
        update(&mut self.state, answer)
    }

    fn perform(&self, effect: Effect) -> Perform<Msg, Option<String>> {
        let (app, actor) = (self.work.app.clone(), self.work.actor.clone());
        match effect {
            Effect::Copy(text) => Perform::Copy(text),
            Effect::Redraw => Perform::Redraw,
            Effect::ToShell => Perform::ToShell,
            Effect::Quit => Perform::End(None),
            Effect::Expel(why) => Perform::End(Some(why)),
            Effect::Change(..)
            | Effect::Chunk(..)
            | Effect::Ask(..)
            | Effect::Undo(_)
            | Effect::Steer(..)
            | Effect::RetryAll
            | Effect::Unlock(_) => Perform::Change(Box::pin(async move { changed(&app, &actor, effect).await })),
            Effect::Revision => {
                let looks = Arc::clone(&self.looks);
                let known = lock(&looks).revision.still(&app).copied();
                let look = Box::pin(async move {
                    let read = revision::run(&app, &actor).await;
                    Msg::Revision(lock(&looks).revision.take(read).map_err(Refused::from))
                });
                known.map_or(Perform::Look(None, look), |known| Perform::Known(Msg::Revision(Ok(known))))
            }
            Effect::Health => {
                let looks = Arc::clone(&self.looks);
                let known = lock(&looks).health(&app);
                let look = Box::pin(async move {
                    let read = health::run(&app, &actor).await;
                    Msg::Health(lock(&looks).health.take(read).map(Box::new).map_err(Refused::from))
                });
                known.map_or(Perform::Look(Some(Slot::Health), look), |known| {
                    Perform::Known(Msg::Health(Ok(Box::new(known))))
                })
            }
            effect => {
                let caught = self.work.caught.clone();
                let wording = self.work.wording;
                let slot = slot(&effect);
                let work = Box::pin(async move { looked(&app, &actor, caught.as_ref(), wording, effect).await });
                match slot {
                    Some(Slot::Page) => Perform::Glance(Slot::Page, work),
                    slot => Perform::Look(slot, work),
                }
            }
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.state.dirty)
    }

    fn draw(&mut self, frame: &mut Frame) {
        let mut canvas = Canvas::new(frame);
        view::draw(&self.state, &mut canvas);
        self.targets = canvas.targets();
    }
}

/// The slot of what is read again and again; somebody's whole detail is asked for by name, and always wanted.
const fn slot(effect: &Effect) -> Option<Slot> {
    Some(match effect {
        Effect::Page(..) => Slot::Page,
        Effect::Hits(_) => Slot::Hits,
        Effect::Counts => Slot::Counts,
        Effect::Mails(..) => Slot::Mails,
        Effect::MailDetail(_) => Slot::MailDetail,
        Effect::FindUsers(_) => Slot::Found,
        Effect::Audit(..) => Slot::Audit,
        Effect::AllWorkspaces => Slot::Workspaces,
        _ => return None,
    })
}

fn lock(looks: &Mutex<Looks>) -> MutexGuard<'_, Looks> {
    looks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What only reads, or shows.
async fn looked(app: &App, actor: &Actor, caught: Option<&Caught>, wording: Wording, effect: Effect) -> Msg {
    match effect {
        Effect::Page(query, anchor) => {
            let request = list::Request { query: query.clone(), anchor: anchor.clone(), limit: WINDOW };
            Msg::Page(query, anchor, list::run(app, actor, request).await.map_err(Refused::from))
        }
        Effect::Hits(query) => {
            let hits = list::hits(app, actor, &query).await.map_err(Refused::from);
            Msg::Hits(query, hits)
        }
        Effect::Counts => Msg::Counts(list::counts(app, actor).await.map_err(Refused::from)),
        Effect::Rest(id) => {
            tokio::time::sleep(REST).await;
            Msg::Rested(id)
        }
        Effect::Detail(id) => Msg::Detail(id, show::run(app, actor, id).await.map(Box::new).map_err(Refused::from)),
        Effect::Link(user) => {
            let shown = show_link::run(app, actor, show_link::Request { user }).await;
            Msg::Link(shown.map(|shown| (shown.link, Box::new(shown.user))).map_err(Refused::from))
        }
        Effect::Mails(filter, limit) => {
            let request = list_mails::Request { states: filter.states(), limit, ..list_mails::Request::default() };
            Msg::Mails(filter, list_mails::run(app, actor, request).await.map_err(Refused::from))
        }
        Effect::MailDetail(id) => {
            let read = list_mails::show(app, actor, id).await.map_err(Refused::from);
            let with_link = |detail: list_mails::Detail| {
                let link = caught.and_then(|caught| caught(&detail.message_id));
                Box::new((detail, link))
            };
            Msg::MailDetail(id, read.map(with_link))
        }
        Effect::Resolve(each, selection, shown) => {
            let resolved = bulk::resolve(app, actor, &selection, &shown).await;
            Msg::Resolved(each, selection, resolved.map_err(Refused::from))
        }
        Effect::Audit(filter, limit) => {
            let page = list_audit::run(app, actor, &filter.request(limit)).await.map_err(Refused::from);
            Msg::Audit(filter, page)
        }
        Effect::VerifyAudit => Msg::Verified(verify_audit::run(app, actor, None).await.map_err(Refused::from)),
        Effect::AllWorkspaces => Msg::AllWorkspaces(list_workspaces::run(app, actor).await.map_err(Refused::from)),
        Effect::Consequences(name) => {
            let means = delete_workspace::consequences(app, actor, &name).await.map_err(Refused::from);
            Msg::Consequences(name, means)
        }
        Effect::Workspaces(purpose) => {
            Msg::Workspaces(purpose, list_workspaces::names(app, actor).await.map_err(Refused::from))
        }
        Effect::FindUsers(text) => {
            let query = UserQuery { search: text.clone(), ..UserQuery::default() };
            let request = list::Request { query, anchor: Anchor::Start, limit: PEOPLE };
            Msg::FoundUsers(text, list::run(app, actor, request).await.map_err(Refused::from))
        }
        Effect::Preview(id) => {
            let words = preview_mail::run(app, actor, id, wording).await;
            Msg::Preview(id, words.map(Box::new).map_err(Refused::from))
        }
        // The others are done elsewhere; leaving looks whether mails wait.
        _ => Msg::Leaving(health::run(app, actor).await.map(Box::new).map_err(Refused::from)),
    }
}

/// What changes something.
async fn changed(app: &App, actor: &Actor, effect: Effect) -> Msg {
    match effect {
        Effect::Change(what, user, version) => {
            let action = what.action();
            let done = act::run(app, actor, what, user, version).await.map_err(Refused::from);
            let done = done.map(|user| {
                let undo = matches!(action, Action::Delete | Action::Suspend).then(|| undoable(action, &user, None));
                Box::new(Done { user: Some(user), said: Said::Plain, undo })
            });
            Msg::Changed(action, done)
        }
        Effect::Chunk(each, selection, after) => {
            Msg::Chunk(bulk::chunk(app, actor, &each, &selection, after).await.map_err(Refused::from))
        }
        Effect::Ask(number, request) => Msg::Answered(number, ask(app, actor, request).await.map(Box::new)),
        Effect::Unlock(password) => Msg::Unlocked(unlock::run(app, actor, &password).await.map_err(Refused::from)),
        Effect::Undo(what) => {
            let undone = undo::run(app, actor, &what).await;
            Msg::Undone(what.action, undone.map(Box::new).map_err(Refused::from))
        }
        Effect::Steer(action, id) => {
            let steered = match action {
                Action::RetryMail => retry_mail::run(app, actor, id).await,
                _ => cancel_mail::run(app, actor, id).await,
            };
            Msg::Steered(action, steered.map(Box::new).map_err(Refused::from))
        }
        _ => Msg::RetriedAll(retry_mail::retry_all(app, actor).await.map_err(Refused::from)),
    }
}

async fn ask(app: &App, actor: &Actor, request: Request) -> Result<Done, Unsaved> {
    match request {
        Request::Invite(request) => {
            let command = command_line(&request);
            let done = invite::run(app, actor, *request).await.map_err(Refused::from)?;
            let undo = Some(undoable(Action::Invite, &done.user, None));
            let said = Said::Invited { held_until: done.held_until, command };
            Ok(Done { user: Some(done.user), said, undo })
        }
        Request::Edit(request) => {
            let role_before = request.administrator.map(|is| !is);
            let done = edit::run(app, actor, *request).await.map_err(unsaved)?;
            let only_the_role = done.changed == ["role"];
            let undo = role_before.filter(|_| only_the_role).map(|was| undoable(Action::Edit, &done.user, Some(was)));
            let said = Said::Edited {
                changed: done.changed,
                invited_anew: done.invited_anew,
                asked: done.asked.map(|(email, _)| email.as_str().to_owned()),
            };
            Ok(Done { user: Some(done.user), said, undo })
        }
        Request::CreateWorkspace(name) => {
            create_workspace::run(app, actor, &name).await.map_err(Refused::from)?;
            let equal = format!("rsvp workspace create {}", shell(name.as_str()));
            Ok(about_workspace(Action::CreateWorkspace, format!("workspace {name} created"), equal))
        }
        Request::RenameWorkspace(from, to) => {
            rename_workspace::run(app, actor, &from, &to).await.map_err(Refused::from)?;
            let equal = format!("rsvp workspace rename {} {}", shell(from.as_str()), shell(to.as_str()));
            Ok(about_workspace(Action::RenameWorkspace, format!("workspace {from} is {to} now"), equal))
        }
        Request::DeleteWorkspace(name) => {
            let meant = delete_workspace::run(app, actor, &name).await.map_err(Refused::from)?;
            let equal = format!("rsvp workspace delete {}", shell(name.as_str()));
            Ok(about_workspace(Action::DeleteWorkspace, format!("workspace {name} deleted; {meant}"), equal))
        }
        Request::TestMail(to) => {
            test_mail::run(app, actor, &to).await.map_err(Refused::from)?;
            Ok(Done { user: None, said: Said::TestMail(to.as_str().to_owned()), undo: None })
        }
    }
}

fn about_workspace(action: Action, told: String, equal: String) -> Done {
    Done { user: None, said: Said::Workspace(action, told, equal), undo: None }
}

fn unsaved(error: edit::Error) -> Unsaved {
    let theirs = match &error {
        edit::Error::Changed { now, .. } => Some(now.clone()),
        _ => None,
    };
    Unsaved { refused: error.into(), theirs }
}

/// The command line that would have invited so.
fn command_line(request: &invite::Request) -> String {
    let mut line = format!("rsvp invite {} --name {}", shell(request.email.as_str()), shell(request.name.as_str()));
    if request.administrator {
        line.push_str(" --administrator");
    }
    line
}
