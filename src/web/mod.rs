//! Front door: the portal, where invitations are accepted. No script, no cookie, no session.
//!
//! Opening a link changes nothing, however often and by whomever: only the submitted form does.

mod client;
mod handlers;
mod headers;
mod limits;
mod page;
#[cfg(test)]
mod test;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;

/// Most bytes of a submitted form: two passwords, encoded.
const BODY_BYTES: usize = 8 * 1024;

/// Settings of the portal.
#[derive(Clone)]
pub struct Options {
    /// Where a person goes on after choosing a password.
    pub continue_url: Option<String>,
    /// Whether people reach the portal over https, so that browsers are told to stay with it.
    pub https: bool,
    /// Which proxies' `X-Forwarded-For` says who the client is.
    pub trusts: client::Trusts,
}

/// What every answer needs.
struct Portal {
    app: App,
    options: Options,
    pages: page::Pages,
    limits: limits::Limits,
}

/// Serves the portal until told to stop; answers under way are finished.
pub async fn serve(
    app: App,
    listener: TcpListener,
    options: Options,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let service = router(app, options).into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            // An error means that nobody can tell us to stop any more, which is a reason to stop.
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
}

/// The routes.
fn router(app: App, options: Options) -> Router {
    let pages = page::Pages::new();
    let policy = headers::Policy::new(pages.style_hash(), options.https);
    let portal = Arc::new(Portal { app, options, pages, limits: limits::Limits::default() });
    Router::new()
        .route("/health", get(async || "ok"))
        .route("/invitation/{code}", get(handlers::look).post(handlers::accept))
        .fallback(handlers::nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(axum::middleware::map_response(move |response| {
            let policy = policy.clone();
            async move { policy.apply(response) }
        }))
        .with_state(portal)
}
