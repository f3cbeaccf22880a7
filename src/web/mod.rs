//! Front door: the portal, where invitations are accepted and passwords reset. No script, no cookie, no session.
//!
//! Opening a link changes nothing, however often and by whomever: only the submitted form does. The log names a route's
//! pattern, never the path, which holds a code.

mod answer;
mod around;
mod client;
mod forgot;
#[cfg(test)]
mod guard_test;
mod headers;
mod limits;
mod listener;
mod pages;
mod places;
mod portal;
mod ready;
mod redeem;
mod seats;
mod serve;
#[cfg(test)]
mod slow_test;
#[cfg(test)]
mod test;
#[cfg(test)]
mod timing_test;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use tokio::sync::watch;

pub use self::listener::Listener;
pub use self::portal::Options;
use self::portal::Portal;
pub use self::seats::Bounds;
#[cfg(test)]
use self::seats::Patience;
use crate::app::App;
use crate::domain::link::Purpose;

/// Serves the portal until told to stop; answers under way are finished. Fails if the compiled-in pages cannot be read.
pub async fn serve(app: App, listener: Listener, options: Options, stop: watch::Receiver<bool>) -> std::io::Result<()> {
    let how = (options.bounds, Arc::clone(&options.trusts));
    serve::serve(router(app, options)?, listener, how, stop).await;
    Ok(())
}

fn router(app: App, options: Options) -> std::io::Result<Router> {
    let pages = pages::Pages::read().map_err(std::io::Error::other)?;
    let policy = headers::Policy::new(&pages::style_hash(), options.https);
    let portal = Arc::new(Portal {
        app,
        options,
        pages,
        policy,
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
        .method_not_allowed_fallback(answer::not_here)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&portal), around::around))
        .with_state(portal))
}
