//! The terminal interface, from the first question to the last key, with the worker beside it where nobody else sends
//! emails.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::appearance::look;
use super::background::Background;
use super::error::CannotBegin;
use super::sign_in::{SignInMethod, from_where, me};
use super::system::{SystemClock, origin};
use super::{demo, doctor, open, sealing, transport};
use crate::app::App;
use crate::app::mail::test_mail;
use crate::app::session::{come_as, operator_start};
use crate::app::upkeep::kept;
use crate::cli::doctor::Checks;
use crate::cli::{Failed, Out, Status};
use crate::config::layers::{self, Argument, Inputs, Loaded, value_error};
use crate::config::save::{prepare, prepare_secret};
use crate::config::settings::{Settings, Transport};
use crate::domain::actor::{Actor, Who};
use crate::domain::explain::Kind;
use crate::domain::policy::Authority;
use crate::mail::preview::wording;
use crate::tui::{self, Answers, Begun, Choice, Me, Paths, Point, Refused, Terminal, Work};

/// How long after the terminal interface the worker beside it begins.
const AFTER_THE_LIST: Duration = Duration::from_millis(250);

/// Runs the terminal interface. As the operator it asks for no sign-in; that it began so is written down.
pub async fn terminal(settings: &Settings, inputs: &Inputs<'_>, method: SignInMethod) -> Result<Status, Failed> {
    let restricted = matches!(method, SignInMethod::SshKey(_));
    let app = if restricted { Some(open::open(settings).await?) } else { open::open_if_set_up(settings).await? };
    match &app {
        Some(app) if !restricted => sealing::say(app).await,
        Some(_) => {}
        None => open::may_create(settings)?,
    }
    // Someone who may not sign in never sees a screen.
    let by_key = if let (Some(app), SignInMethod::SshKey(user)) = (&app, &method) {
        Some(come_as::run(app, *user, origin("terminal")).await?)
    } else {
        None
    };
    let mut terminal = Terminal::take(Arc::new(SystemClock), look(settings)?).map_err(CannotBegin::Io)?;
    let (app, settings, begun) = match app {
        Some(app) => (app, settings.clone(), None),
        None => match first_question(&mut terminal, settings, inputs).await? {
            Some(Choice::Begun(begun)) => {
                let app = begun.app.clone();
                // What set-up kept counts from now on.
                let settings = layers::load(inputs).map_or_else(|_| settings.clone(), |loaded| loaded.settings);
                (app, settings, Some(begun.user))
            }
            Some(Choice::LookAround) => return demo::look_around(&mut terminal, demo::PEOPLE).await,
            Some(Choice::Leave) | None => {
                let unsaid = std::mem::take(&mut terminal.unsaid);
                drop(terminal);
                return Ok(say(&unsaid));
            }
        },
    };
    let (actor, me) = match (begun, by_key, method) {
        (Some(user), ..) => (Actor { who: Who::User(user.id), origin: origin("terminal") }, me(&user)),
        (None, Some(signed_in), _) => (signed_in.actor, Me { restricted, ..me(&signed_in.user) }),
        (None, None, SignInMethod::Operator) => {
            let actor = operator_start::run(&app, origin("terminal")).await?;
            let login = actor.origin.login.as_deref().unwrap_or_default();
            let shown = format!("operator {login}{}", from_where());
            (actor, Me { shown, email: None, authority: Authority::FULL, restricted: false })
        }
        (None, None, SignInMethod::Password | SignInMethod::SshKey(_)) => {
            let signed_in = tui::sign_in(&mut terminal, &app, origin("terminal")).await.map_err(CannotBegin::Io)?;
            let Some(signed_in) = signed_in else { return Ok(Status::Done) };
            (signed_in.actor, me(&signed_in.user))
        }
    };
    at_work(terminal, &app, &settings, actor, me).await
}

/// The main screens, with the worker beside them, until somebody leaves.
async fn at_work(
    mut terminal: Terminal,
    app: &App,
    settings: &Settings,
    actor: Actor,
    me: Me,
) -> Result<Status, Failed> {
    let idle_lock = Some(settings.terminal.idle_lock).filter(|after| !after.is_zero());
    // Not every administrator may read the relay's password; the service sends for those who may not.
    let worker_options = transport::worker_options(settings, app.organisation()).ok().flatten();
    let sends_here = worker_options.is_some();
    let has_transport = !matches!(settings.mail.transport, Transport::None);
    let mut background = Background::new();
    let works = Arc::new(AtomicBool::new(false));
    let work = Work {
        app: app.clone(),
        actor,
        me,
        sends_here,
        works: Arc::clone(&works),
        has_transport,
        idle_lock,
        caught: None,
        wording,
    };
    let ended = {
        // It opens connections and reads of its own: beside the first screen, both would come later.
        let begin_later = async {
            tokio::time::sleep(AFTER_THE_LIST).await;
            background.work_if_nobody_else_does(app, worker_options, works);
            std::future::pending().await
        };
        tokio::select! {
            ended = tui::run(&mut terminal, work) => ended,
            never = begin_later => never,
        }
    };
    let (mut unsaid, left_undone) = (std::mem::take(&mut terminal.unsaid), terminal.left_undone.take());
    drop(terminal);
    background.finish().await;
    kept::try_run(app).await;
    if let Ok(Some(why)) = &ended {
        unsaid.retain(|text| text != why);
    }
    let status = say(&unsaid);
    if let Some(text) = &left_undone {
        Out { json: false }.message(text);
    }
    if let Some(why) = ended.map_err(CannotBegin::Io)? {
        Out { json: false }.message(&why);
        return Ok(Status::Refused);
    }
    Ok(if status == Status::Done && left_undone.is_some() { Status::SomeFailed } else { status })
}

/// Says what could not be said on a screen any more; answers the status that it means.
fn say(unsaid: &[String]) -> Status {
    for text in unsaid {
        Out { json: false }.message(text);
    }
    if unsaid.is_empty() { Status::Done } else { Status::Failed }
}

/// Asks whether to set an organisation up or to look around.
async fn first_question(
    terminal: &mut Terminal,
    settings: &Settings,
    inputs: &Inputs<'_>,
) -> Result<Option<Choice>, Failed> {
    let file = inputs.environment.kept_in(inputs.file.as_deref());
    let paths = Paths {
        database: settings.database.shown(),
        key: settings.key_file.display().to_string(),
        settings: file.as_ref().map_or_else(|| "none: there is no home folder".to_owned(), |f| f.display().to_string()),
    };
    let (environment, given) = (inputs.environment.clone(), inputs.arguments.clone());
    let named = inputs.file.clone();
    let create: tui::Create = Arc::new(move |answers| {
        let (environment, given, named, file) = (environment.clone(), given.clone(), named.clone(), file.clone());
        Box::pin(async move {
            let inputs = Inputs { environment: &environment, file: named, file_may_be_new: false, arguments: given };
            create(&inputs, file, answers).await
        })
    });
    let check: tui::CheckSetting = Arc::new(value_error);
    tui::set_up(terminal, paths, open::rules(settings), &check, create).await.map_err(|e| CannotBegin::Io(e).into())
}

/// Creates the organisation, keeps what was said about portal and email, and checks what works.
async fn create(inputs: &Inputs<'_>, file: Option<PathBuf>, answers: Answers) -> Result<Begun, Refused> {
    let Answers { request, mut settings, relay_password } = answers;
    let secret = relay_password.zip(file.as_ref().map(|file| file.with_file_name("smtp.password")));
    if let Some((_, path)) = &secret {
        settings.push(("mail.smtp.password_file", path.display().to_string()));
    }
    // The same rules that count at the next start, before anything is made.
    let argument = |(key, text): &(&'static str, String)| Argument { key, name: key, text: text.clone() };
    let mut arguments = inputs.arguments.clone();
    arguments.extend(settings.iter().map(argument));
    let with = Inputs { arguments, file: inputs.file.clone(), ..*inputs };
    let Loaded { settings: wanted, .. } = layers::load(&with)?;
    let mut kept = Vec::new();
    if let Some(file) = file.filter(|_| !settings.is_empty()) {
        if let Some((password, path)) = &secret {
            kept.push(prepare_secret(path, password)?);
        }
        kept.push(prepare(&file, &settings)?);
    }
    let (app, user) = open::create(&wanted, &Actor::operator(origin("terminal")), request)
        .await
        .map_err(|failed| refused(&failed))?;
    for prepared in kept {
        prepared.keep()?;
    }
    let mut points = points(&wanted).await;
    if !matches!(wanted.mail.transport, Transport::None) {
        let by = Actor { who: Who::User(user.id), origin: origin("terminal") };
        let text = match test_mail::run(&app, &by, &user.email).await {
            Ok(_) => format!("one to {} is queued; the Mail screen shows what happens to it", user.email),
            Err(error) => error.to_string(),
        };
        points.push(Point { name: "test email", works: None, text });
    }
    Ok(Begun { app, user, points })
}

fn refused(failed: &Failed) -> Refused {
    let (message, hint) = failed.parts();
    Refused { kind: Kind::Failed, message, hint_without_shell: hint.clone(), hint, ends_session: false }
}

/// Checks portal and relay, as `rsvp doctor` does.
async fn points(settings: &Settings) -> Vec<Point> {
    let mut checks = Checks::default();
    checks.surroundings(settings, Some(&doctor::mark())).await;
    if let Transport::Smtp(smtp) = &settings.mail.transport {
        checks.add("relay", transport::try_relay(smtp).await);
    }
    checks.results().into_iter().map(|(name, works, text)| Point { name, works, text }).collect()
}
