//! The portal from a person's side: `rsvp accept LINK` and `rsvp reset LINK` ask it as a browser would, and need no
//! access to the database. A password leaves this machine only over TLS.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use ureq::tls::TlsConfig;
use zeroize::Zeroizing;

use super::portal_tls::{Authorities, TlsTrouble};
use crate::config::parse::{Listen, is_loopback};
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::text::{shorten, visible};

/// How long the portal may take for one answer: hashing a password waits for its turn there.
const PATIENCE: Duration = Duration::from_mins(1);
/// The same where the service on this machine is asked, which looks for four seconds itself.
const READY_PATIENCE: Duration = Duration::from_secs(6);
/// Most bytes of an answer.
const MOST: u64 = 64 * 1024;

/// What the portal could not or would not do.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// A link that would send a password in the clear.
    #[error("this link begins with http://, so the password would cross the network unencrypted")]
    InTheClear,
    /// Nobody answers.
    #[error("the portal at {address} can't be reached: {reason}")]
    Unreachable { address: String, reason: String },
    /// Nobody knows whether it is the portal that answers.
    #[error("the portal at {address} can't be trusted: {trouble}")]
    Untrusted {
        address: String,
        trouble: TlsTrouble,
        /// Why the organisation's own authorities were not asked, though settings name some.
        unused: Option<String>,
    },
    /// Something else than a portal answers.
    #[error("{0} isn't a portal of rsvp")]
    NotAPortal(String),
    /// The portal says no.
    #[error("{message}")]
    Said {
        kind: Kind,
        message: String,
        /// What to do, in the portal's words.
        hint: Option<String>,
    },
}

impl Explain for PortalError {
    fn kind(&self) -> Kind {
        match self {
            Self::InTheClear => Kind::Refused,
            Self::Unreachable { .. } | Self::Untrusted { .. } | Self::NotAPortal(_) => Kind::Failed,
            Self::Said { kind, .. } => *kind,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InTheClear => "link_in_the_clear",
            Self::Unreachable { .. } => "portal_unreachable",
            Self::Untrusted { .. } => "portal_untrusted",
            Self::NotAPortal(_) => "not_a_portal",
            Self::Said { kind: Kind::Invalid, .. } => "portal_invalid",
            Self::Said { kind: Kind::NotFound, .. } => "portal_unknown_code",
            Self::Said { kind: Kind::Refused, .. } => "portal_refused",
            Self::Said { kind: Kind::Failed | Kind::Changed | Kind::Unknown, .. } => "portal_failed",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::InTheClear => Some("ask the person who invited you for a link that begins with https://".to_owned()),
            Self::Unreachable { .. } => Some("try again later, or ask the person who runs it".to_owned()),
            Self::Untrusted { trouble, unused: Some(why), .. } if trouble.is_about_authority() => Some(format!(
                "portal.ca_file wasn't used, because {why}; ask the person who runs this machine to let you read it"
            )),
            Self::Untrusted { trouble, .. } if trouble.is_about_authority() => Some(
                "if it is from your organisation's own authority, name that authority's certificate in portal.ca_file; \
                 otherwise ask the person who invited you"
                    .to_owned(),
            ),
            Self::Untrusted { .. } => {
                Some("don't use this link until the person who runs the portal has fixed that".to_owned())
            }
            Self::NotAPortal(_) => Some("copy the whole link from the email".to_owned()),
            Self::Said { hint, .. } => hint.clone(),
        }
    }
}

impl PortalError {
    /// What whoever runs the portal can do. What an invited person is told is not what an administrator can do.
    pub fn hint_for_operator(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "start `rsvp serve`, and check the web server and the host name in front of it".to_owned()
            }
            Self::Untrusted { trouble, .. } => trouble.hint().to_owned(),
            Self::InTheClear => {
                "let portal.public_url begin with https://, and the web server in front hold a certificate".to_owned()
            }
            Self::NotAPortal(_) => {
                "let the web server at portal.public_url pass every path on to portal.listen, as docs/proxy.md shows"
                    .to_owned()
            }
            Self::Said { hint, .. } => hint.clone().unwrap_or_else(|| "its log says why".to_owned()),
        }
    }
}

/// A portal, and whom its certificate may be from.
#[derive(Clone, Copy)]
pub struct Portal<'a> {
    /// Its address, without a slash at its end.
    pub address: &'a str,
    pub authorities: &'a Authorities,
}

/// Asks what a link is for.
pub async fn look(portal: Portal<'_>, path: &str) -> Result<Value, PortalError> {
    ask(portal, path, None).await
}

/// Submits the password, typed twice.
pub async fn submit(portal: Portal<'_>, path: &str, passwords: Passwords) -> Result<Value, PortalError> {
    ask(portal, path, Some(passwords)).await
}

/// A password typed twice.
pub type Passwords = (Zeroizing<String>, Zeroizing<String>);

async fn ask(portal: Portal<'_>, path: &str, passwords: Option<Passwords>) -> Result<Value, PortalError> {
    let (status, body) = exchange(portal, path, passwords).await?;
    let answer: Value =
        serde_json::from_str(&body).map_err(|_| PortalError::NotAPortal(visible(portal.address).into_owned()))?;
    if status == 200 {
        return Ok(answer);
    }
    let text = |name: &str| answer["error"][name].as_str().map(|text| shorten(&visible(text), 300).into_owned());
    let kind = match status {
        400 | 422 => Kind::Invalid,
        404 => Kind::NotFound,
        403 | 409 | 410 | 429 => Kind::Refused,
        _ => Kind::Failed,
    };
    let message = text("message").unwrap_or_else(|| format!("the portal answered {status}"));
    Err(PortalError::Said { kind, message, hint: text("hint") })
}

/// Whether the portal at this address is alive.
pub async fn health(portal: Portal<'_>) -> Result<(), PortalError> {
    let (status, body) = exchange(portal, "health", None).await?;
    let alive = status == 200 && body.trim() == "ok";
    if alive { Ok(()) } else { Err(PortalError::NotAPortal(visible(portal.address).into_owned())) }
}

/// Asks for an invitation with a mark in place of its code, which no code can be: whoever runs the web server in front can
/// search its logs for it.
pub async fn leave_mark(portal: Portal<'_>, mark: &str) -> Result<(), PortalError> {
    match look(portal, &format!("{}/{mark}", Purpose::Invitation.path())).await {
        Err(PortalError::Said { kind: Kind::Invalid | Kind::NotFound | Kind::Refused, .. }) => Ok(()),
        Ok(_) => Err(PortalError::NotAPortal(visible(portal.address).into_owned())),
        Err(error) => Err(error),
    }
}

/// Whether the service on this machine can do its work; nothing if none answers there.
pub async fn ready(listen: &Listen) -> Option<bool> {
    let ask = match listen.clone() {
        Listen::Network(address) => tokio::task::spawn_blocking(move || ask_address(address)),
        Listen::Socket(path) => tokio::task::spawn_blocking(move || ask_socket(&path)),
    };
    match ask.await.ok()?? {
        (200, body) if body.trim() == "ok" => Some(true),
        (503, body) if body.trim() == "unavailable" => Some(false),
        _ => None,
    }
}

/// Status and body of a portal's answer at a socket of this machine.
fn ask_socket(path: &Path) -> Option<(u16, String)> {
    let mut stream = UnixStream::connect(path).ok()?;
    stream.set_read_timeout(Some(READY_PATIENCE)).ok()?;
    stream.write_all(b"GET /ready HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.take(MOST).read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// The same at an address.
fn ask_address(listen: SocketAddr) -> Option<(u16, String)> {
    let (port, host) = (listen.port(), listen.ip());
    let host = match host {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
        IpAddr::V4(_) | IpAddr::V6(_) => host,
    };
    let url = format!("http://{}/ready", SocketAddr::new(host, port));
    // Nobody else's proxy is asked for what is on this machine.
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    let agent = config.timeout_global(Some(READY_PATIENCE)).build().new_agent();
    let mut response = agent.get(url).call().ok()?;
    let body = response.body_mut().with_config().limit(MOST).read_to_string().ok()?;
    Some((response.status().as_u16(), body))
}

/// One request and its answer: status and text.
async fn exchange(
    portal: Portal<'_>,
    path: &str,
    passwords: Option<Passwords>,
) -> Result<(u16, Zeroizing<String>), PortalError> {
    let address = portal.address;
    let host = address.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    let name = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(name, _)| name);
    if !address.starts_with("https://") && !is_loopback(name) {
        return Err(PortalError::InTheClear);
    }
    let url = format!("{address}/{path}");
    let shown = || visible(address).into_owned();
    let unreachable = |reason: String| PortalError::Unreachable { address: shown(), reason };
    let authorities = portal.authorities.clone();
    let unused = portal.authorities.unused().map(str::to_owned);
    let work = tokio::task::spawn_blocking(move || fetch_trusted(&url, &authorities, passwords.as_ref()));
    work.await.map_err(|error| unreachable(error.to_string()))?.map_err(|error| match TlsTrouble::of(&error) {
        Some(trouble) => PortalError::Untrusted { address: shown(), trouble, unused },
        None => unreachable(reason(&error)),
    })
}

/// Asks with each kind of authority until one knows the certificate's. Nothing of the request leaves before.
fn fetch_trusted(
    url: &str,
    authorities: &Authorities,
    passwords: Option<&Passwords>,
) -> Result<(u16, Zeroizing<String>), ureq::Error> {
    let ways = authorities.ways();
    let mut ways = ways.into_iter().peekable();
    loop {
        let way = ways.next().unwrap_or_default();
        match fetch(url, way, passwords) {
            Err(error)
                if ways.peek().is_some()
                    && TlsTrouble::of(&error).is_some_and(|trouble| trouble.is_about_authority()) => {}
            fetched => return fetched,
        }
    }
}

fn fetch(url: &str, tls: TlsConfig, passwords: Option<&Passwords>) -> Result<(u16, Zeroizing<String>), ureq::Error> {
    // A redirect would take code and password somewhere that the link does not name.
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .tls_config(tls)
        .user_agent(concat!("rsvp/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut response = match passwords {
        None => agent.get(url).header("Accept", "application/json").call()?,
        Some((password, again)) => agent
            .post(url)
            .header("Accept", "application/json")
            .send_form([("password", password.as_str()), ("password_again", again.as_str())])?,
    };
    let body = response.body_mut().with_config().limit(MOST).read_to_string()?;
    Ok((response.status().as_u16(), Zeroizing::new(body)))
}

/// What happened, without the URL, which holds the code.
#[expect(clippy::wildcard_enum_match_arm, reason = "what can fail is the HTTP library's to say")]
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Timeout(_) => "it doesn't answer in time".to_owned(),
        ureq::Error::HostNotFound => "its name is unknown".to_owned(),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the link isn't a web address".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => "its answer is too long".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}
