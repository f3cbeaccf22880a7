//! What is around every answer: who asks, the body read in time, a page for whatever goes wrong, the log, and the headers.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::header::HOST;
use axum::http::{Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::answer::{Answer, Unreadable};
use super::client::{self, Client, Found};
use super::listener::Peer;
use super::places;
use super::portal::{Portal, Word};
use super::seats::{Phase, Seat};
use crate::app::upkeep::proxies;
use crate::domain::proxy::Silence;

/// Most bytes of a submitted form: two passwords, encoded.
const BODY_BYTES: usize = 8 * 1024;

/// How long an answer may take once the request is there: hashing a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most proxies that are remembered; a whole network may be trusted.
const MOST_PROXIES: usize = 1_000;

/// How often the log says of a proxy that it doesn't name the client.
const SAY: Duration = Duration::from_mins(1);

pub async fn around(
    State(portal): State<Arc<Portal>>,
    Extension(peer): Extension<Peer>,
    Extension(seat): Extension<Arc<Seat>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(status) = unreadable(&request) {
        tracing::info!(client = %peer.address(), method = "-", route = "-", status = status.as_u16(), "answered");
        let page = Answer::to(&portal, request.headers()).plain(status, "unreadable", "unreadable_request");
        return portal.policy.apply(page);
    }
    let Found { address: client, silence, spoke } = client::find(peer, request.headers(), &portal.options.trusts);
    request.extensions_mut().insert(Client(client));
    let route = places::pattern(request.uri().path()).unwrap_or_else(|| "elsewhere".to_owned());
    // What isn't a method can be anything, a code as well.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    match silence {
        // Without a proxy there is no https; with one, only this machine's own look at the service comes past it.
        Some(Silence::Missing) if !portal.options.https || ["/health", "/ready"].contains(&&*route) => {}
        Some(silence) => say_silent(&portal, client, silence).await,
        None => {}
    }
    for proxy in spoke {
        clear(&portal, proxy).await;
    }
    let response = answer(&portal, &seat, request, next).await;
    tracing::info!(%client, %method, route, status = response.status().as_u16(), "answered");
    portal.policy.apply(response)
}

/// Why a head can't be answered as it stands. One that names no host, or two, is read differently by each program on the way
/// (RFC 9112, section 3.2).
fn unreadable(request: &Request) -> Option<StatusCode> {
    if let Some(Unreadable(status)) = request.extensions().get().copied() {
        return Some(status);
    }
    let hosts = request.headers().get_all(HOST).iter().count();
    let is_wrong = hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11);
    is_wrong.then_some(StatusCode::BAD_REQUEST)
}

/// Says, in the log and for `rsvp doctor`, that a proxy doesn't name the client.
async fn say_silent(portal: &Portal, proxy: IpAddr, silence: Silence) {
    let now = portal.app.now();
    {
        let mut words = portal.proxies.lock().await;
        let word = words.entry(proxy).or_default();
        if word.said_at.is_some_and(|at| !at.plus(SAY).wait(now, SAY).is_zero()) {
            return;
        }
        *word = Word { said_at: Some(now), is_cleared: false };
    }
    let what = silence.words();
    tracing::warn!(code = "silent_proxy", %proxy, "a trusted proxy {what}: everybody behind it counts as one client");
    if let Err(error) = proxies::note(&portal.app, proxy, silence).await {
        tracing::warn!(%error, "can't note the proxy for `rsvp doctor`");
    }
}

/// Takes back what was noted of a proxy, by this process or an earlier one: it names the client.
async fn clear(portal: &Portal, proxy: IpAddr) {
    {
        let mut words = portal.proxies.lock().await;
        if words.len() >= MOST_PROXIES {
            words.clear();
        }
        let word = words.entry(proxy).or_default();
        if std::mem::replace(&mut word.is_cleared, true) {
            return;
        }
    }
    if let Err(error) = proxies::clear(&portal.app, proxy).await {
        tracing::warn!(%error, "can't take back what was noted of the proxy");
    }
}

async fn answer(portal: &Portal, seat: &Seat, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    let trouble = |status, key, code| Answer::to(portal, &headers).plain(status, key, code);
    let body = match timeout(portal.options.bounds.patience.body, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return trouble(StatusCode::PAYLOAD_TOO_LARGE, "unreadable", "too_large"),
        Err(_) => return trouble(StatusCode::REQUEST_TIMEOUT, "refused", "too_slow"),
    };
    seat.enter(Phase::Answering);
    let request = Request::from_parts(parts, Body::from(body));
    match AssertUnwindSafe(timeout(PATIENCE, next.run(request))).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => trouble(StatusCode::SERVICE_UNAVAILABLE, "broken", "failed"),
        // The panic has been reported where it happened.
        Err(_) => trouble(StatusCode::INTERNAL_SERVER_ERROR, "broken", "failed"),
    }
}
