//! What is around every answer: who asks, the body read in time, a page for whatever goes wrong, the log, and the headers.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::answer::Answer;
use super::client::{self, Client, Found, Silent};
use super::listener::Peer;
use super::places;
use super::portal::Portal;
use super::seats::{Phase, Seat};
use crate::app::upkeep::proxies;

/// Most bytes of a submitted form: two passwords, encoded.
const BODY_BYTES: usize = 8 * 1024;

/// How long an answer may take once the request is there: hashing a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the log says that a proxy doesn't name the client.
const SAY: Duration = Duration::from_mins(1);

pub async fn around(
    State(portal): State<Arc<Portal>>,
    Extension(peer): Extension<Peer>,
    Extension(seat): Extension<Arc<Seat>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Found { address: client, silent } = client::find(peer, request.headers(), &portal.options.trusts);
    request.extensions_mut().insert(Client(client));
    let route = places::pattern(request.uri().path()).unwrap_or_else(|| "elsewhere".to_owned());
    let method = request.method().clone();
    match silent {
        // Without a proxy there is no https; with one, only this machine's own look at the service comes past it.
        Some(Silent::Missing) if !portal.options.https || ["/health", "/ready"].contains(&&*route) => {}
        Some(silent) => say_silent(&portal, client, silent).await,
        None => {}
    }
    let response = answer(&portal, &seat, request, next).await;
    tracing::info!(%client, %method, route, status = response.status().as_u16(), "answered");
    portal.policy.apply(response)
}

/// Says, in the log and for `rsvp doctor`, that a proxy doesn't name the client.
async fn say_silent(portal: &Portal, proxy: IpAddr, silent: Silent) {
    let now = portal.app.now();
    {
        let mut silent_at = portal.silent_at.lock().await;
        if silent_at.is_some_and(|at| !at.plus(SAY).wait(now, SAY).is_zero()) {
            return;
        }
        *silent_at = Some(now);
    }
    let what = match silent {
        Silent::Unreadable => {
            "a trusted proxy names a client that isn't an address: everybody behind it counts as one client"
        }
        Silent::Missing => "a trusted proxy doesn't name the client: everybody behind it counts as one client",
    };
    tracing::warn!(code = "silent_proxy", %proxy, "{what}");
    if let Err(error) = proxies::note(&portal.app, proxy).await {
        tracing::warn!(%error, "can't note the proxy for `rsvp doctor`");
    }
}

async fn answer(portal: &Portal, seat: &Seat, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    let trouble = |status, key, code| Answer::to(portal, &headers).plain(status, key, code);
    let body = match timeout(portal.options.bounds.patience.body, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return trouble(StatusCode::PAYLOAD_TOO_LARGE, "refused", "unreadable_form"),
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
