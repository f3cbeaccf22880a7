//! The only place that composes the parts: reads the settings, opens the database and the key, and starts a front door.

#[cfg(test)]
mod actions;
mod appearance;
mod background;
#[cfg(test)]
mod code_tests;
mod demo;
mod doctor;
mod error;
#[cfg(test)]
mod hint_tests;
mod key;
mod key_place;
mod log;
mod open;
mod other_installation;
mod plain;
mod portal_socket;
mod reload;
mod restore;
mod running;
mod sealing;
mod serve;
mod server_clock;
mod set_up;
mod sign_in;
mod ssh_key;
mod stopping;
mod system;
mod terminal;
mod test_relay;
mod transport;
#[cfg(test)]
mod wording_tests;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::app::App;
use crate::app::upkeep::kept;
use crate::cli::args::{Cli, Command, Config, Mail};
use crate::cli::{self, Failed, Out, Status};
use crate::config::environment::Environment;
use crate::config::layers::{self, Argument, Inputs, Loaded};
use crate::config::settings::{Settings, Transport};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::link::Purpose;
use crate::domain::user::UserId;
use crate::mail::preview::wording;
use reload::Started;
use sign_in::SignInMethod;
use system::origin;

/// Reads the arguments and does what they say.
pub async fn run() -> ExitCode {
    system::keep_memory_private();
    let (out, status) = match Cli::try_parse() {
        Ok(cli) => {
            let out = Out { json: cli.json };
            // What asks line by line waits for an answer, and leaves nothing to be put right on its terminal.
            let by_lines = cli.command.is_none() && (cli.plain || plain::is_dumb());
            let by_itself = stopping::stops_by_itself(cli.command.as_ref()) && !by_lines;
            let work = Box::pin(begin(cli, out));
            let ended = if by_itself { Ok(work.await) } else { stopping::unless_stopped(work).await };
            match ended {
                Ok(ended) => (out, ended.unwrap_or_else(|failed| out.fail(&failed))),
                Err(status) => {
                    open::close_all().await;
                    return ExitCode::from(status);
                }
            }
        }
        Err(error) => (Out { json: false }, cli::usage(&error)),
    };
    open::close_all().await;
    // An export that was cut off would be taken for a whole one.
    let status = cli::unwritten().map_or(status, |failed| out.fail(&failed));
    ExitCode::from(status.code())
}

async fn begin(mut cli: Cli, out: Out) -> Result<Status, Failed> {
    if let Some(Command::Accept(link) | Command::Reset(link)) = &mut cli.command {
        cli::read_code(link)?;
    }
    // What needs neither settings nor a database.
    if let Some(Command::Completions { shell }) = &cli.command {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "rsvp", &mut script);
        Out::bytes(&script);
        return Ok(Status::Done);
    }
    if let Some(status) = redeem(&cli, out).await? {
        return Ok(status);
    }
    if cli.by_key.is_some() && cli.command.is_some() {
        let hint = "leave the command out: an SSH key opens the interface for an administrator and runs no commands";
        return Err(cli::Usage::new("--as opens the interface and runs no command", hint).into());
    }
    if let Some(Command::Backup(args)) = &cli.command
        && let Some(file) = &args.check
    {
        return restore::check(file, out).await;
    }
    let mut environment = Environment::of_process();
    if cli.by_key.is_some() {
        // A client may have set them, where sshd lets it.
        environment.forget_settings();
    }
    let inputs = inputs(&cli, &environment);
    let loaded = layers::load(&inputs);
    // What settings that cannot be used must not stop.
    if let Some(Command::Config(Config::Check)) = &cli.command {
        let keys = appearance::problems(&layers::own_keys(&inputs));
        return Ok(cli::check(loaded.as_ref(), keys, out));
    }
    if let Some(Command::Doctor(args)) = cli.command {
        return Ok(doctor::doctor(loaded, args, out).await);
    }
    // Whatever an interface holds while it waits would otherwise lie on the stack.
    Box::pin(perform(cli, &inputs, loaded?, out)).await
}

/// Redeems a link through its portal, if that is what is asked for: the person may have no settings, or none that they can
/// read, and needs none. Of settings that can be used the organisation's own certificate authority counts; where that can't
/// be read, they are only told so if the portal isn't trusted without it.
async fn redeem(cli: &Cli, out: Out) -> Result<Option<Status>, Failed> {
    let (link, purpose) = if let Some(Command::Accept(link)) = &cli.command {
        (link, Purpose::Invitation)
    } else if let Some(Command::Reset(link)) = &cli.command {
        (link, Purpose::Reset)
    } else {
        return Ok(None);
    };
    let environment = Environment::of_process();
    let authorities = match layers::load(&inputs(cli, &environment)).map(|loaded| loaded.settings.portal.authority()) {
        Ok(Ok(Some(pem))) => cli::Authorities::of_pem(&pem),
        Ok(Err(problem)) => cli::Authorities::without_own(problem.to_string()),
        Ok(Ok(None)) | Err(_) => cli::Authorities::default(),
    };
    cli::through_portal(link, purpose, &authorities, out).await
}

/// Runs a command that needs settings, or opens the interface when no command is given.
async fn perform(cli: Cli, inputs: &Inputs<'_>, loaded: Loaded, out: Out) -> Result<Status, Failed> {
    let Loaded { settings, effective } = loaded;
    match cli.command {
        Some(Command::Config(_)) => Ok(cli::show(&effective, out)),
        Some(Command::Setup(args)) => set_up::set_up(&settings, inputs, &args, out).await,
        Some(Command::Demo { users }) => demo::demo(users, appearance::look(&settings)?).await,
        Some(Command::Key(command)) => key::key(&settings, &command, out).await,
        Some(Command::Migrate(args)) => restore::migrate(&settings, &args, inputs, out).await,
        Some(Command::RestoreBackup(args)) => Box::pin(restore::restore(&settings, &args, out)).await,
        Some(Command::Serve { no_portal, no_worker }) => {
            let log = log::begin(settings.log);
            let parts = serve::ServedParts { portal: !no_portal, worker: !no_worker };
            let app = open::open(&settings).await?;
            let _mark = running::mark(&settings);
            let started = Started { settings, effective, inputs, log };
            let ended = serve::serve(app.clone(), started, parts, out).await;
            kept::try_run(&app).await;
            ended
        }
        Some(Command::SshLine(args)) => {
            let started = cli::StartedAs { config: cli.config, database: cli.database };
            let app = open::open(&settings).await?;
            cli::ssh_line(&app, &Actor::operator(origin("command")), &args, &started, out).await
        }
        Some(command) => run_command(&settings, command, out).await,
        None => Box::pin(open_interface(&cli, &settings, inputs)).await,
    }
}

/// Runs a command on the organisation, as the operator.
async fn run_command(settings: &Settings, command: Command, out: Out) -> Result<Status, Failed> {
    let app = open::open(settings).await?;
    let erases = matches!(&command, Command::UserAction(on) if on.action == Action::Erase);
    let gives_numbers = erases || matches!(command, Command::Invite(_));
    let ended = on_organisation(&app, settings, command, out).await;
    if gives_numbers && let Err(failure) = kept::run(&app).await {
        if erases {
            out.message("What is erased is gone, but it couldn't be written down beside the key, so a backup could bring it back:");
            return ended.and(Err(failure.into()));
        }
        tracing::warn!(error = %failure, "can't keep beside the key which numbers were given");
    }
    ended
}

async fn on_organisation(app: &App, settings: &Settings, command: Command, out: Out) -> Result<Status, Failed> {
    let operator = Actor::operator(origin("command"));
    if let (Command::Mail(Mail::Test { to }), Transport::Smtp(smtp)) = (&command, &settings.mail.transport) {
        let to = Email::parse(to).map_err(cli::Usage::plain)?;
        return test_relay::test(app, &operator, (settings, smtp), &to, out).await;
    }
    cli::run(app, &operator, command, wording, out).await
}

/// Opens the interface that the terminal can show.
async fn open_interface(cli: &Cli, settings: &Settings, inputs: &Inputs<'_>) -> Result<Status, Failed> {
    let method = match &cli.by_key {
        Some(user) => SignInMethod::SshKey(named_by_key(cli, settings, user).await?),
        None if cli.operator => SignInMethod::Operator,
        None => SignInMethod::Password,
    };
    if cli.plain || plain::is_dumb() {
        plain::plain(settings, &method).await
    } else {
        Box::pin(terminal::terminal(settings, inputs, method)).await
    }
}

/// The user whom a forced command names. An address is refused with what to write instead.
async fn named_by_key(cli: &Cli, settings: &Settings, user: &str) -> Result<UserId, Failed> {
    if let Ok(number) = user.strip_prefix('#').unwrap_or(user).parse() {
        return Ok(UserId(number));
    }
    let app = open::open(settings).await?;
    Err(cli::instead(&app, &Actor::system(), user, &started(cli)).await.into())
}

fn started(cli: &Cli) -> cli::StartedAs {
    cli::StartedAs { config: cli.config.clone(), database: cli.database.clone() }
}

/// Where settings are looked for.
fn inputs<'a>(cli: &Cli, environment: &'a Environment) -> Inputs<'a> {
    let database = cli.database.as_ref();
    let database = database.map(|url| Argument { key: "database.url", name: "--database", text: url.clone() });
    let mut arguments: Vec<_> = database.into_iter().collect();
    if let Some(Command::Setup(args)) = &cli.command {
        arguments.extend(cli::set_up_settings(args));
    }
    let file_may_be_new = matches!(cli.command, Some(Command::Setup(_)));
    Inputs { environment, file: cli.config.clone(), file_may_be_new, arguments }
}
