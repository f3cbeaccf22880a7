//! `rsvp demo`: a throw-away organisation, its portal, its worker and an email catcher, in this process and nowhere
//! else.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::background::Background;
use super::error::CannotBegin;
use super::sign_in::me;
use super::system::{SystemClock, SystemRandom, origin, raise_descriptors};
use crate::app::session::set_up::{self, Parts};
use crate::app::upkeep::populate::{Filling, Request};
use crate::app::{App, Failure, Options};
use crate::cli::{Failed, Status};
use crate::demo::people::people;
use crate::domain::actor::{Actor, Who};
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::node::NodeKind;
use crate::domain::password::Password;
use crate::domain::time::{Clock, Timestamp, Uptime, days};
use crate::domain::user::User;
use crate::mail::catcher::Catcher;
use crate::mail::message::Sender;
use crate::mail::preview::wording;
use crate::mail::transport::Transport;
use crate::mail::worker::WorkerOptions;
use crate::secrets::{HashParameters, Hasher, Keys};
use crate::store::Store;
use crate::tui::{self, Look, Terminal, Work};
use crate::web;

/// How many people a demo has unless said otherwise.
pub const PEOPLE: u32 = 1000;
/// The password of everybody in the demo who has one.
pub const PASSWORD: &str = "violet tractor sings twice";

/// How long ago the organisation was set up: before anybody was invited to it.
const PAST: Duration = days(3 * 365 + 1);
/// The same people in every demo.
const SEED: u64 = 1936;

struct FixedClock(Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn uptime(&self) -> Uptime {
        SystemClock.uptime()
    }
}

/// A demo that is ready: everything in it ends with the process.
struct Demo {
    app: App,
    ada: User,
    catcher: Catcher,
    background: Background,
    filling: JoinHandle<Result<(), Failure>>,
}

/// Runs the demo in a terminal that was taken already.
pub async fn look_around(terminal: &mut Terminal, users: u32) -> Result<Status, Failed> {
    let Demo { app, ada, catcher, background, filling } = begin(users).await?;
    let work = Work {
        me: me(&ada),
        actor: Actor { who: Who::User(ada.id), origin: origin("terminal") },
        app,
        idle_lock: None,
        sends_here: true,
        works: Arc::default(),
        has_transport: true,
        caught: Some(Arc::new(move |message_id| catcher.link(message_id))),
        wording,
    };
    let ended = tui::run(terminal, work).await;
    background.finish().await;
    let filled = filling.await;
    ended.map_err(CannotBegin::Io)?;
    filled.map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))??;
    Ok(Status::Done)
}

/// Fills in the past, piece by piece, until all of it is there or the demo ends.
async fn fill(mut filling: Filling, catcher: Catcher, stopped: watch::Receiver<bool>) -> Result<(), Failure> {
    while !*stopped.borrow() {
        let Some(links) = filling.store_next().await? else { break };
        catcher.remember(links);
    }
    Ok(())
}

/// Sets the organisation up in memory with the people whom the first screen shows, and starts portal and worker; the
/// others come while it is used.
async fn begin(users: u32) -> Result<Demo, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(CannotBegin::Signals)?;
    let public_url = format!("http://{}", listener.local_addr().map_err(CannotBegin::Signals)?);
    // Beside the set-up, which takes as long.
    let people = tokio::task::spawn_blocking(move || people(usize::try_from(users).unwrap_or(usize::MAX), SEED));
    let random = Arc::new(SystemRandom);
    let parts = Parts {
        store: Store::in_memory().await?,
        keys: Arc::new(Keys::in_memory(&*random)),
        hasher: Arc::new(Hasher::new(HashParameters::default(), 2)?),
        clock: Arc::new(FixedClock(SystemClock.now().minus(PAST))),
        random,
        // The past that it tells is older than details are usually kept.
        options: Options { public_url: Some(public_url.clone()), audit: None, ..Options::default() },
    };
    let password = Password::typed(PASSWORD).map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))?;
    let request = set_up::Request {
        organisation: Name::stored("Example Hall".to_owned()),
        name: Name::stored("Ada Lovelace".to_owned()),
        email: Email::stored("ada@example.org".to_owned()),
        password: password.clone(),
        language: Language::English,
    };
    let (app, ada) = set_up::run(parts, &Actor::operator(origin("terminal")), request).await?;
    let app = app.with_clock(Arc::new(SystemClock));
    let people = people.await.map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))?;
    let filling = Filling::begin(&app, Request { people, password, administrator: ada.id }).await?;
    let catcher = Catcher::new(public_url);
    let from = Sender {
        address: Email::stored("invitations@example.org".to_owned()),
        name: app.organisation().to_owned(),
        return_path: None,
    };
    let worker_options = WorkerOptions { transport: Transport::Caught(catcher.clone()), from, connections: 1 };
    let mut background = Background::new();
    let bounds = web::Bounds::within(raise_descriptors());
    let options = web::Options { continue_url: None, sends: false, https: false, trusts: Arc::new(|_| false), bounds };
    background.serve(web::serve(app.clone(), web::Listener::Network(listener), options, background.stopped()));
    background.announce(&app, NodeKind::Portal);
    background.work(&app, Some(worker_options));
    let filling = tokio::spawn(fill(filling, catcher.clone(), background.stopped()));
    Ok(Demo { app, ada, catcher, background, filling })
}

pub async fn demo(users: u32, look: Look) -> Result<Status, Failed> {
    let mut terminal = Terminal::take(Arc::new(SystemClock), look).map_err(CannotBegin::Io)?;
    look_around(&mut terminal, users).await
}
