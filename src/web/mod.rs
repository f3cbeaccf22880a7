//! Front door: the portal, where invitations are accepted and passwords reset. No script, no cookie, no session.
//!
//! Opening a link changes nothing, however often and by whomever: only the submitted form does. The log names a route's
//! pattern, never the path, which holds a code.

mod answer;
mod client;
mod forgot;
#[cfg(test)]
mod guard_test;
mod headers;
mod limits;
mod listener;
mod pages;
mod portal;
mod ready;
mod redeem;
#[cfg(test)]
mod test;
#[cfg(test)]
mod timing_test;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::listener::{Listener, Peer};
pub use self::portal::Options;
use self::portal::Portal;
use crate::app::App;
use crate::domain::link::Purpose;

/// Most bytes of a submitted form: two passwords, encoded.
const BODY_BYTES: usize = 8 * 1024;

/// How long a request may take from its head to its answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves the portal until told to stop; answers under way are finished. Fails if the compiled-in pages cannot be read.
pub async fn serve(
    app: App,
    listener: TcpListener,
    options: Options,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let service = router(app, options)?.into_make_service_with_connect_info::<Peer>();
    axum::serve(Listener::new(listener), service)
        .with_graceful_shutdown(async move {
            // An error means that nobody can tell us to stop any more, which is a reason to stop.
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

fn router(app: App, options: Options) -> std::io::Result<Router> {
    let pages = pages::Pages::read().map_err(std::io::Error::other)?;
    let trusts = Arc::clone(&options.trusts);
    let policy = headers::Policy::new(&pages::style_hash(), options.https);
    let portal = Arc::new(Portal {
        app,
        options,
        pages,
        limits: limits::Limits::default(),
        last_look: tokio::sync::Mutex::default(),
    });
    let links = Purpose::ALL.into_iter().fold(Router::new(), |router, purpose| {
        router.route(&format!("/{}/{{code}}", purpose.path()), redeem::routes(purpose))
    });
    Ok(links
        .route("/health", get(async || "ok"))
        .route("/ready", get(ready::ready))
        .route("/i/{code}/ask", post(redeem::ask))
        .route("/forgot", get(forgot::form).post(forgot::submit))
        .fallback(answer::nowhere)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(axum::middleware::from_fn(move |ConnectInfo(peer): ConnectInfo<Peer>, request: Request, next: Next| {
            let policy = policy.clone();
            let client = client::address(peer.address(), request.headers(), &trusts);
            async move {
                let (method, route) = (request.method().clone(), pattern(&request));
                // The body of a form is read in there as well.
                let response = match tokio::time::timeout(PATIENCE, next.run(request)).await {
                    Ok(response) => response,
                    Err(_) => axum::http::StatusCode::REQUEST_TIMEOUT.into_response(),
                };
                tracing::info!(%client, %method, route, status = response.status().as_u16(), "answered");
                policy.apply(response)
            }
        }))
        .with_state(portal))
}

/// A path as the log names it: without the code.
fn pattern(request: &Request) -> String {
    match request.uri().path() {
        path @ ("/health" | "/ready" | "/forgot") => path.to_owned(),
        path => {
            let of = |purpose: &Purpose| path.starts_with(&format!("/{}/", purpose.path()));
            let link = Purpose::ALL.into_iter().find(of);
            let after = if path.ends_with("/ask") { "/ask" } else { "" };
            link.map_or_else(|| "elsewhere".to_owned(), |purpose| format!("/{}/{{code}}{after}", purpose.path()))
        }
    }
}
