//! From the settings to how emails are sent.

use zeroize::Zeroizing;

use crate::cli::Failed;
use crate::config::parse;
use crate::config::settings::{Settings, Smtp, Transport};
use crate::domain::explain::{Explain, Kind};
use crate::domain::mail::Failure;
use crate::mail::folder::Folder;
use crate::mail::message::Sender;
use crate::mail::smtp::connection::walk;
use crate::mail::smtp::{Authorities, Limits, Relay, SignIn, Tls};
use crate::mail::transport::{SharedRelay, Transport as Way};
use crate::mail::worker::WorkerOptions;

/// How emails are sent; nothing where none leave. Reads the relay's password.
pub fn worker_options(settings: &Settings, organisation: &str) -> Result<Option<WorkerOptions>, Failed> {
    let mail = &settings.mail;
    let transport = match &mail.transport {
        Transport::None => return Ok(None),
        Transport::File(folder) => Way::Folder(Folder(folder.clone())),
        Transport::Smtp(smtp) => Way::Relay(SharedRelay::new(relay(smtp, Limits::SENDING)?)),
    };
    let Some(from) = sender(settings, organisation) else { return Ok(None) };
    Ok(Some(WorkerOptions { transport, from, connections: mail.connections }))
}

/// Who emails come from. The settings see to it that there is somebody whenever emails leave.
pub fn sender(settings: &Settings, organisation: &str) -> Option<Sender> {
    let mail = &settings.mail;
    let from = mail.from.as_ref()?;
    let name = from.name.as_ref().map_or_else(|| organisation.to_owned(), |name| name.as_str().to_owned());
    Some(Sender { address: from.email.clone(), name, return_path: mail.return_path.clone() })
}

/// Tries the relay up to its sign-in, sending nothing; answers what it is in words.
pub async fn try_relay(smtp: &Smtp) -> Result<String, Failed> {
    let relay = relay(smtp, Limits::WAITED_FOR)?;
    let signed_in = if relay.sign_in.is_some() { " and accepts the sign-in" } else { "" };
    walk(&relay, None, &mut |_| ()).await.map_err(Unusable)?;
    Ok(format!("{} answers{signed_in}", relay.place()))
}

/// The relay that the settings name. Reads its password.
pub fn relay(smtp: &Smtp, limits: Limits) -> Result<Relay, Failed> {
    let sign_in = match (&smtp.user, &smtp.password) {
        (Some(user), Some(password)) => {
            Some(SignIn { user: user.clone(), password: Zeroizing::new(password.read()?.expose().to_owned()) })
        }
        _ => None,
    };
    Ok(Relay {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: match smtp.tls {
            parse::Tls::Implicit => Tls::Implicit,
            parse::Tls::Starttls => Tls::StartTls,
            parse::Tls::None => Tls::None,
        },
        sign_in,
        allow_plain: smtp.allow_plain,
        authorities: smtp.ca_file.as_deref().map(Authorities::read),
        hello: full_name(),
        limits,
    })
}

/// This machine's name if it is a full one; relays take a bare one for a mistake.
fn full_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_str().ok()?.to_owned();
    name.contains('.').then_some(name)
}

#[derive(Debug, thiserror::Error)]
#[error("{}", .0.text)]
struct Unusable(Failure);

impl Explain for Unusable {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        "relay"
    }
}
