//! What is around every answer: who asks, the body read in time, a page for whatever goes wrong, the log, and the headers.

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
use super::client::{self, Client};
use super::listener::Peer;
use super::places;
use super::portal::Portal;
use super::seats::{Phase, Seat};

/// Most bytes of a submitted form: two passwords, encoded.
const BODY_BYTES: usize = 8 * 1024;

/// How long an answer may take once the request is there: hashing a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn around(
    State(portal): State<Arc<Portal>>,
    Extension(peer): Extension<Peer>,
    Extension(seat): Extension<Arc<Seat>>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = client::address(peer.address(), request.headers(), &portal.options.trusts);
    request.extensions_mut().insert(Client(client));
    let (method, route) = (request.method().clone(), places::pattern(request.uri().path()));
    let response = answer(&portal, &seat, request, next).await;
    tracing::info!(%client, %method, route, status = response.status().as_u16(), "answered");
    portal.policy.apply(response)
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
