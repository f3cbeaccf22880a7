//! The only place that composes the parts: reads the settings, opens the database and the key, and starts a front door.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::set_up::{self, Parts};
use crate::app::{App, Options, operator_start};
use crate::cli::args::{Cli, Command, Config};
use crate::cli::{self, Failed, Out, Status};
use crate::config::{Database, Layers, Places, Settings};
use crate::domain::actor::{Actor, Origin};
use crate::domain::explain::{Explain, Kind};
use crate::domain::password::PasswordRules;
use crate::domain::time::{Clock, Random, Timestamp};
use crate::secrets::{HashParameters, Hasher, Keys};
use crate::store::Store;
use crate::{tui, web};

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
    #[error("a database URL with a password in it was given as an argument, which any process can read")]
    PasswordInArgument,
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
            Self::PasswordInArgument => Kind::Invalid,
            Self::NoOrganisation(_) => Kind::NotFound,
            Self::Io(_) | Self::Listen { .. } | Self::Signals(_) => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoOrganisation(_) => "no_organisation",
            Self::PasswordInArgument => "password_in_argument",
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
            Self::PasswordInArgument => {
                Some("put it into the environment as RSVP_DATABASE__URL, or into a settings file".into())
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
    let cli = Cli::parse();
    let out = Out { json: cli.json };
    let status = match begin(cli, out).await {
        Ok(status) => status,
        Err(failed) => out.fail(&failed),
    };
    ExitCode::from(status.code())
}

async fn begin(cli: Cli, out: Out) -> Result<Status, Failed> {
    let places = places(&cli)?;
    let layers = Layers::read(&places)?;
    let settings = Settings::of(&layers, &places);
    let command = match cli.command {
        Some(Command::Config(Config::Check)) => return Ok(cli::check(out)),
        Some(Command::Config(Config::Show)) => return Ok(cli::show(&layers, out)),
        Some(Command::Setup(args)) => {
            let answers = cli::answers(&args, rules(&settings))?;
            return set_up(&settings, answers, out).await;
        }
        Some(command) => command,
        None => {
            let app = open(&settings).await?;
            let actor = operator_start::operator_start(&app, origin("terminal")).await?;
            let who = format!("operator {}", actor.origin.login.as_deref().unwrap_or_default());
            tui::run(app, actor, who).await.map_err(CannotBegin::Io)?;
            return Ok(Status::Done);
        }
    };
    let app = open(&settings).await?;
    if matches!(command, Command::Serve) {
        return serve(app, &settings, out).await;
    }
    cli::run(&app, &Actor::operator(origin("command")), command, out).await
}

/// Where settings are looked for.
fn places(cli: &Cli) -> Result<Places, CannotBegin> {
    let folder = |variable: &str, below: &str| {
        std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| std::env::home_dir().map(|home| home.join(below)))
    };
    let mut arguments = Vec::new();
    if let Some(url) = &cli.database {
        if url
            .split_once("://")
            .is_some_and(|(_, rest)| rest.rsplit_once('@').is_some_and(|(login, _)| login.contains(':')))
        {
            return Err(CannotBegin::PasswordInArgument);
        }
        arguments.push(("database.url", url.clone()));
    }
    Ok(Places {
        config_home: folder("XDG_CONFIG_HOME", ".config"),
        data_home: folder("XDG_DATA_HOME", ".local/share"),
        file: cli.config.clone(),
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        arguments,
    })
}

fn rules(settings: &Settings) -> PasswordRules {
    PasswordRules { min_chars: settings.min_length }
}

fn options(settings: &Settings) -> Options {
    Options {
        public_url: settings.public_url.clone(),
        valid_for: settings.valid_for,
        undo_hold: settings.undo_hold,
        password: rules(settings),
        ..Options::default()
    }
}

fn hasher(settings: &Settings) -> Result<Arc<Hasher>, Failed> {
    let parameters = HashParameters {
        memory_kib: settings.memory_kib,
        iterations: settings.iterations,
        parallelism: settings.parallelism,
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
    let nowhere = || CannotBegin::NoOrganisation(name(&settings.database));
    if let Database::Embedded(path) = &settings.database
        && !path.exists()
    {
        return Err(nowhere().into());
    }
    let store = Store::open(&settings.database.url(), false).await?;
    let installation = store.installation().await?.ok_or_else(nowhere)?;
    let keys = Keys::load(&settings.key_file)?;
    keys.check(&installation.key_fingerprint)?;
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    Ok(App::new(store, Arc::new(keys), hasher(settings)?, clock, random, installation, options(settings)))
}

/// Creates an organisation: the database if it is embedded, the key, and the first administrator.
async fn set_up(settings: &Settings, answers: set_up::Request, out: Out) -> Result<Status, Failed> {
    let store = Store::open(&settings.database.url(), true).await?;
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
    let database = name(&settings.database);
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
    if settings.public_url.is_none() {
        out.message("Still open: portal.public_url is not set, so links are bare codes.");
    }
    Ok(Status::Done)
}

/// Serves the portal until told to stop.
async fn serve(app: App, settings: &Settings, out: Out) -> Result<Status, Failed> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|source| CannotBegin::Listen { address: settings.listen, source })?;
    let options = web::Options {
        continue_url: settings.continue_url.clone(),
        https: settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
    };
    let (stop, stopped) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate()).map_err(CannotBegin::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CannotBegin::Signals)?;
    let here = listener.local_addr().unwrap_or(settings.listen);
    out.message(&format!("The portal of {} listens on http://{here}. Ctrl-C stops it.", app.organisation()));
    let running = tokio::spawn(web::serve(app, listener, options, stopped));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // Whoever does not listen has ended already.
    let _ = stop.send(true);
    running.await.map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))?.map_err(CannotBegin::Signals)?;
    Ok(Status::Done)
}

/// A database as people read it, without a password.
fn name(database: &Database) -> String {
    match database {
        Database::Embedded(path) => path.display().to_string(),
        Database::Server(url) => {
            let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
            format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
        }
    }
}
