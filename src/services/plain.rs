//! `rsvp --plain`: questions and answers line by line, with the worker beside it where nobody else sends emails.

use std::sync::Arc;

use std::io::{BufReader, stdin, stdout};

use super::background::Background;
use super::sign_in::SignInMethod;
use super::system::origin;
use super::{open, sealing, transport};
use crate::app::App;
use crate::app::session::{come_as, operator_start};
use crate::app::upkeep::kept;
use crate::cli::{self, Failed, Status};
use crate::config::settings::Settings;
use crate::plain::{self, Console, LineConsole};

/// Whether the terminal says that it can do nothing but lines.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Asks and answers. As the operator it asks for no sign-in; that it began so is written down.
pub async fn plain(settings: &Settings, method: &SignInMethod) -> Result<Status, Failed> {
    let app = open::open(settings).await?;
    if !matches!(method, SignInMethod::SshKey(_)) {
        sealing::say(&app).await;
    }
    let console = LineConsole::new(BufReader::new(stdin()), stdout(), |prompt| rpassword::prompt_password(prompt));
    let mut console = match method {
        SignInMethod::SshKey(_) => console.without_shell(),
        SignInMethod::Password | SignInMethod::Operator => console,
    };
    let ended = converse(&mut console, &app, settings, method).await;
    cli::note(console.end());
    ended.map(|()| Status::Done)
}

async fn converse(
    console: &mut dyn Console,
    app: &App,
    settings: &Settings,
    method: &SignInMethod,
) -> Result<(), Failed> {
    let signed_in = match method {
        SignInMethod::Operator => None,
        SignInMethod::SshKey(user) => Some(come_as::run(app, *user, origin("terminal")).await?),
        SignInMethod::Password => match plain::signed_in(console, app, origin("terminal")).await {
            Some(signed_in) => Some(signed_in),
            None => return Ok(()),
        },
    };
    let (actor, me) = if let Some(signed_in) = signed_in {
        (signed_in.actor, format!("{}, {}", signed_in.user.name, signed_in.user.role()))
    } else {
        let actor = operator_start::run(app, origin("terminal")).await?;
        let login = actor.origin.login.clone().unwrap_or_default();
        (actor, format!("the operator {login}").trim_end().to_owned())
    };
    let mut background = Background::new();
    background.work_if_nobody_else_does(
        app,
        transport::worker_options(settings, app.organisation()).ok().flatten(),
        Arc::default(),
    );
    let idle_lock = Some(settings.terminal.idle_lock).filter(|after| !after.is_zero());
    plain::run(console, app, &actor, &me, idle_lock).await;
    background.finish().await;
    kept::try_run(app).await;
    Ok(())
}
