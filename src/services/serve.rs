//! `rsvp serve`: the portal and the worker, until a signal stops them.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use super::background::Background;
use super::error::CannotBegin;
use super::reload::Started;
use super::{portal_socket, sealing, system, transport};
use crate::app::App;
use crate::app::upkeep::health;
use crate::cli::{Failed, Out, Status};
use crate::config::settings::{LogFormat, Settings, Transport};
use crate::domain::actor::Actor;
use crate::domain::mail::LEASE;
use crate::domain::node::NodeKind;
use crate::domain::time::words;
use crate::mail::transport::Transport as Way;
use crate::web;

/// How long answers that are under way may take once everything stops.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// Which of the two run.
#[derive(Debug, Clone, Copy)]
pub struct ServedParts {
    pub portal: bool,
    pub worker: bool,
}

/// What the portal's operator set.
pub fn portal_options(settings: &Settings) -> web::Options {
    let proxies = settings.portal.trusted_proxies.clone();
    web::Options {
        continue_url: settings.portal.continue_url.clone(),
        sends: !matches!(settings.mail.transport, Transport::None),
        https: settings.portal.public_url.as_ref().is_some_and(|url| url.starts_with("https://")),
        trusts: Arc::new(move |address| proxies.iter().any(|proxy| proxy.contains(address))),
        bounds: web::Bounds::within(system::raise_descriptors()),
    }
}

/// Says in the log that no email leaves after a backup was restored.
async fn say_if_held(app: &App) {
    let health = health::run(app, &Actor::system()).await;
    if health.is_ok_and(|health| health.held_at.is_some()) {
        tracing::warn!("a backup was restored, so no email leaves until `rsvp release mail`");
    }
}

/// Serves the portal and sends emails until a signal stops it.
pub async fn serve(app: App, mut started: Started<'_>, parts: ServedParts, out: Out) -> Result<Status, Failed> {
    let settings = &started.settings;
    let format = settings.log.format;
    let say = |text: &str| match format {
        LogFormat::Text => out.message(text),
        // Whoever reads objects reads nothing else.
        LogFormat::Json => tracing::info!("{text}"),
    };
    // Everything that can be wrong is said before anything runs.
    let options = if parts.worker { transport::worker_options(settings, app.organisation())? } else { None };
    let listen = &settings.portal.listen;
    let listener = if parts.portal { Some(portal_socket::listen(listen).await?) } else { None };
    let mut terminate = signal(SignalKind::terminate()).map_err(CannotBegin::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CannotBegin::Signals)?;
    // An operator whose relay has a new password, or a terminal that is closed over a service that was started in it.
    let mut hang_up = signal(SignalKind::hangup()).map_err(CannotBegin::Signals)?;
    let relay = options.as_ref().and_then(|options| match &options.transport {
        Way::Relay(shared) => Some(shared.clone()),
        Way::Folder(_) | Way::Caught(_) => None,
    });
    let mut background = Background::new();
    let portal = listener.map(|listener| {
        let here = portal_socket::shown(&listener, listen);
        say(&format!("The portal of {} listens on {here}. Ctrl-C stops it.", app.organisation()));
        background.announce(&app, NodeKind::Portal);
        tokio::spawn(web::serve(app.clone(), listener, portal_options(settings), background.stopped()))
    });
    if parts.worker {
        match &options {
            Some(options) => say(&format!("Emails are sent through {}.", options.transport.place())),
            None => say("Emails wait: mail.transport is none."),
        }
        background.work(&app, options);
    }
    say_if_held(&app).await;
    sealing::log(&app).await;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => started.reload(&app, relay.as_ref()).await,
        }
    }
    let left = background.finish().await;
    if left > 0 {
        let lease = words(LEASE);
        say(&format!("The relay hadn't answered for {left} emails: they are retried within {lease}."));
    }
    if let Some(portal) = portal {
        finish(portal).await?;
    }
    Ok(Status::Done)
}

/// Lets the portal finish the answers that are under way.
async fn finish(mut portal: JoinHandle<std::io::Result<()>>) -> Result<(), Failed> {
    let Ok(ended) = tokio::time::timeout(LAST_ANSWER, &mut portal).await else {
        // Somebody who never finishes what they ask keeps nobody from stopping.
        portal.abort();
        return Ok(());
    };
    let ended = ended.map_err(|error| CannotBegin::Signals(std::io::Error::other(error)))?;
    Ok(ended.map_err(CannotBegin::Signals)?)
}
