//! The only place that composes the parts: reads the settings, opens the database and the key, and starts a front door.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::set_up::{self, Parts};
use crate::app::{App, Options, operator_start};
use crate::cli::args::{Cli, Command, Config};
use crate::cli::doctor::Checks;
use crate::cli::{self, Failed, Out, Status};
use crate::config::environment::Environment;
use crate::config::layers::{self, Argument, Inputs, Loaded};
use crate::config::problem::Problems;
use crate::config::settings::{Glyphs, Place, Settings, Theme, Transport};
use crate::domain::actor::{Actor, Origin};
use crate::domain::code::Purpose;
use crate::domain::explain::{Explain, Kind};
use crate::domain::password::PasswordRules;
use crate::domain::time::{Clock, Random, Timestamp};
use crate::mail::worker::Post;
use crate::secrets::{HashParameters, Hasher, Keys};
use crate::store::Store;
use crate::tui::Appearance;
use crate::{mail, tui, web};

mod post;

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time comes in")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// The operating system's randomness.
struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness comes in")]
    #[expect(clippy::expect_used, reason = "without randomness no key, nonce or salt may be made")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Why the program cannot begin.
#[derive(Debug, thiserror::Error)]
enum CannotBegin {
    #[error("there is no organisation yet in {0}")]
    NoOrganisation(String),
    #[error("the terminal cannot be used: {0}")]
    Io(std::io::Error),
    #[error("the portal cannot listen on {address}: {source}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the portal failed: {0}")]
    Signals(std::io::Error),
}

impl Explain for CannotBegin {
    fn kind(&self) -> Kind {
        match self {
            Self::NoOrganisation(_) => Kind::NotFound,
            Self::Io(_) | Self::Listen { .. } | Self::Signals(_) => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoOrganisation(_) => "no_organisation",
            Self::Io(_) => "terminal",
            Self::Listen { .. } => "listen",
            Self::Signals(_) => "portal",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoOrganisation(_) => {
                Some("create one with `rsvp setup`, or name another database with --database".into())
            }
            Self::Listen { .. } => {
                Some("choose another address with portal.listen, or stop whoever has this one".into())
            }
            Self::Signals(_) => None,
            Self::Io(_) => Some("the interface needs a terminal; `rsvp help` lists the commands for scripts".into()),
        }
    }
}

/// Reads the arguments and does what they say.
pub async fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(cli::usage(&error).code()),
    };
    let out = Out { json: cli.json };
    let status = match begin(cli, out).await {
        Ok(status) => status,
        Err(failed) => out.fail(&failed),
    };
    ExitCode::from(status.code())
}

async fn begin(cli: Cli, out: Out) -> Result<Status, Failed> {
    // What needs neither settings nor a database.
    let redeemed = match &cli.command {
        Some(Command::Completions { shell }) => {
            clap_complete::generate(*shell, &mut Cli::command(), "rsvp", &mut std::io::stdout());
            return Ok(Status::Done);
        }
        Some(Command::Accept(link)) => cli::through_portal(link, Purpose::Invitation, out).await?,
        Some(Command::Reset(link)) => cli::through_portal(link, Purpose::Reset, out).await?,
        _ => None,
    };
    if let Some(status) = redeemed {
        return Ok(status);
    }
    let environment = Environment::of_process();
    let inputs = inputs(&cli, &environment);
    let loaded = layers::load(&inputs);
    match &cli.command {
        Some(Command::Config(Config::Check)) => return Ok(cli::check(loaded.as_ref(), out)),
        Some(Command::Doctor) => return Ok(doctor(loaded, out).await),
        _ => {}
    }
    let Loaded { settings, effective } = loaded?;
    let command = match cli.command {
        Some(Command::Config(_)) => return Ok(cli::show(&effective, out)),
        Some(Command::Setup(args)) => {
            let answers = cli::answers(&args, rules(&settings))?;
            let status = set_up(&settings, answers, out).await?;
            if let Some(file) = inputs.file.clone().or_else(|| environment.user_file()) {
                cli::keep(&file, &inputs.arguments)?;
            }
            return Ok(status);
        }
        Some(command) => command,
        None => {
            let app = open(&settings).await?;
            let actor = operator_start::operator_start(&app, origin("terminal")).await?;
            let who = format!("operator {}", actor.origin.login.as_deref().unwrap_or_default());
            let (stop, stopped) = watch::channel(false);
            // Not every administrator may read the relay's password; the service sends for those who may not.
            let post = post::post(&settings, app.organisation()).ok().flatten();
            let worker = start_worker(&app, post, stopped);
            let ended = tui::run(app, actor, who, appearance(&settings)).await.map_err(CannotBegin::Io);
            finish_worker(worker, &stop).await;
            ended?;
            return Ok(Status::Done);
        }
    };
    let app = open(&settings).await?;
    if matches!(command, Command::Serve) {
        return serve(app, &settings, out).await;
    }
    cli::run(&app, &Actor::operator(origin("command")), command, out).await
}

/// Checks everything that a start needs, and goes on after what is wrong.
async fn doctor(loaded: Result<Loaded, Problems>, out: Out) -> Status {
    let mut checks = Checks::default();
    match loaded {
        Err(Problems(problems)) => {
            for problem in problems {
                checks.add("settings", Err::<String, _>(problem));
            }
        }
        Ok(Loaded { settings, .. }) => {
            checks.add("settings", Ok::<_, Failed>("in order"));
            checks.add("organisation", open(&settings).await.map(|app| app.organisation().to_owned()));
            checks.surroundings(&settings).await;
            if let Transport::Smtp(smtp) = &settings.mail.transport {
                checks.add("relay", post::try_relay(smtp).await);
            }
        }
    }
    checks.report(out)
}

/// Where settings are looked for.
fn inputs<'a>(cli: &Cli, environment: &'a Environment) -> Inputs<'a> {
    let database = cli.database.as_ref();
    let database = database.map(|url| Argument { key: "database.url", name: "--database", text: url.clone() });
    let mut arguments: Vec<_> = database.into_iter().collect();
    if let Some(Command::Setup(args)) = &cli.command {
        arguments.extend(cli::set_up_settings(args));
    }
    Inputs { environment, file: cli.config.clone(), arguments }
}

fn rules(settings: &Settings) -> PasswordRules {
    PasswordRules { min_chars: settings.password.min_length }
}

fn options(settings: &Settings) -> Options {
    Options {
        public_url: settings.portal.public_url.clone(),
        valid_for: settings.valid_for,
        undo_hold: settings.terminal.undo_hold,
        bin: settings.bin,
        password: rules(settings),
        mail_domain: settings
            .mail
            .from
            .as_ref()
            .map_or(Options::default().mail_domain, |from| from.email.domain().to_owned()),
    }
}

fn hasher(settings: &Settings) -> Result<Arc<Hasher>, Failed> {
    let parameters = HashParameters {
        memory_kib: settings.password.memory_kib,
        iterations: settings.password.iterations,
        parallelism: settings.password.parallelism,
    };
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Arc::new(Hasher::new(parameters, at_once)?))
}

/// How the actor at the shell came here.
fn origin(door: &'static str) -> Origin {
    let variable = |name: &str| std::env::var(name).ok();
    Origin {
        login: variable("USER").or_else(|| variable("LOGNAME")),
        uid: Some(rustix::process::getuid().as_raw()),
        ssh_source: variable("SSH_CONNECTION").and_then(|text| text.split(' ').next().map(str::to_owned)),
        ssh_key: None,
        door,
    }
}

/// Opens an organisation that exists.
async fn open(settings: &Settings) -> Result<App, Failed> {
    let nowhere = || CannotBegin::NoOrganisation(settings.database.shown());
    if let Place::File(path) = &settings.database.place
        && !path.exists()
    {
        return Err(nowhere().into());
    }
    let store = Store::open(settings.database.url()?.expose(), false).await?;
    let installation = store.installation().await?.ok_or_else(nowhere)?;
    let keys = Keys::load(&settings.key_file)?;
    keys.check(&installation.key_fingerprint)?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    Ok(App::new(store, Arc::new(keys), hasher(settings)?, clock, random, installation, options(settings)))
}

/// Creates an organisation: the database if it is embedded, the key, and the first administrator.
async fn set_up(settings: &Settings, answers: set_up::Request, out: Out) -> Result<Status, Failed> {
    let store = Store::open(settings.database.url()?.expose(), true).await?;
    if let Some(existing) = store.installation().await? {
        return Err(set_up::Error::Exists(existing.organisation).into());
    }
    let random = Arc::new(SystemRandom);
    let keys = Arc::new(Keys::create(&settings.key_file, &*random)?);
    let parts = Parts {
        store,
        keys,
        hasher: hasher(settings)?,
        clock: Arc::new(SystemClock),
        random,
        options: options(settings),
    };
    let (app, user) = set_up::set_up(parts, &Actor::operator(origin("command")), answers).await?;
    let database = settings.database.shown();
    let key = settings.key_file.display().to_string();
    let data = serde_json::json!({
        "organisation": app.organisation(),
        "administrator": user.email.as_str(),
        "database": database,
        "key_file": key,
    });
    out.data(&data, || {
        format!(
            "{} is set up; {} is its administrator.\n  database  {database}\n  key       {key}\n\
             Keep a copy of the key apart from backups of the database: without it every open link is dead.",
            app.organisation(),
            user.email
        )
    });
    if settings.portal.public_url.is_none() {
        out.message("Still open: portal.public_url is not set, so links are bare codes.");
    }
    Ok(Status::Done)
}

/// How the terminal interface looks, as far as the settings say.
const fn appearance(settings: &Settings) -> Appearance {
    Appearance {
        ascii: match settings.terminal.glyphs {
            Glyphs::Auto => None,
            Glyphs::Unicode => Some(false),
            Glyphs::Ascii => Some(true),
        },
        colour: match settings.terminal.theme {
            Theme::Auto => None,
            Theme::Ansi16 => Some(true),
            Theme::Mono => Some(false),
        },
    }
}

/// How long a worker that is told to stop may take over the mails it is sending. One that takes longer is taken up again
/// when its lease is over.
const LAST_MAIL: Duration = Duration::from_secs(30);

/// Starts a worker where mails leave at all. Several may work on one database: a mail belongs to one of them at a time.
fn start_worker(app: &App, post: Option<Post>, stop: watch::Receiver<bool>) -> Option<JoinHandle<()>> {
    Some(tokio::spawn(mail::worker::run(app.clone(), post?, stop)))
}

/// Lets a worker finish the mails that it has in hand.
async fn finish_worker(worker: Option<JoinHandle<()>>, stop: &watch::Sender<bool>) {
    // Nobody listens where there is no worker; one that panicked has told so already.
    let _ = stop.send(true);
    if let Some(worker) = worker {
        let _ = tokio::time::timeout(LAST_MAIL, worker).await;
    }
}

/// Serves the portal, and sends mails, until told to stop.
async fn serve(app: App, settings: &Settings, out: Out) -> Result<Status, Failed> {
    let listener = TcpListener::bind(settings.portal.listen)
        .await
        .map_err(|source| CannotBegin::Listen { address: settings.portal.listen, source })?;
    let options = web::Options {
        continue_url: settings.portal.continue_url.clone(),
        https: settings.portal.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
        trusts: {
            let proxies = settings.portal.trusted_proxies.clone();
            Arc::new(move |address| proxies.iter().any(|proxy| proxy.contains(address)))
        },
    };
    let post = post::post(settings, app.organisation())?;
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).map_err(CannotBegin::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CannotBegin::Signals)?;
    let here = listener.local_addr().unwrap_or(settings.portal.listen);
    out.message(&format!("The portal of {} listens on http://{here}. Ctrl-C stops it.", app.organisation()));
    match &post {
        Some(post) => out.message(&format!("Mails leave by {}.", post.transport.place())),
        None => out.message("Mails wait: mail.transport is none."),
    }
    let worker = start_worker(&app, post, stopped.clone());
    let running = tokio::spawn(web::serve(app, listener, options, stopped));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    finish_worker(worker, &stop).await;
    running.await.map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))?.map_err(CannotBegin::Signals)?;
    Ok(Status::Done)
}
