//! Front door: the portal, where invitations are accepted and passwords reset. No script, no cookie, no session.
//!
//! Opening a link changes nothing, however often and by whomever: only the submitted form does. The log names a route's
//! pattern, never the path, which holds a code.

mod answer;
mod around;
mod client;
#[cfg(test)]
mod edge_test;
mod forgot;
#[cfg(test)]
mod guard_test;
mod headers;
mod home;
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
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get};
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
    let base = app.options().public_url.as_deref().map_or("", places::base).to_owned();
    let how = (options.bounds, Arc::clone(&options.trusts));
    let site = serve::Site { base: base.clone().into(), router: router(app, options, base)? };
    serve::serve(site, listener, how, stop).await;
    Ok(())
}

fn router(app: App, options: Options, base: String) -> std::io::Result<Router> {
    let pages = pages::Pages::read().map_err(std::io::Error::other)?;
    let policy = headers::Policy::new(&pages::style_hash(), options.https);
    let portal = Arc::new(Portal {
        app,
        options,
        pages,
        policy,
        base,
        proxies: tokio::sync::Mutex::default(),
        limits: limits::Limits::default(),
        last_look: tokio::sync::Mutex::default(),
    });
    let router = routes().into_iter().fold(Router::new(), |router, (path, pages)| router.route(&path, pages));
    Ok(router
        .fallback(answer::nowhere)
        .method_not_allowed_fallback(answer::not_here)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&portal), around::around))
        .with_state(portal))
}

/// Every path of the portal. [`places::pattern`] knows each as well.
fn routes() -> Vec<(String, MethodRouter<Arc<Portal>>)> {
    let mut all: Vec<_> = [
        ("/", get(home::home)),
        (places::CHANGE_PASSWORD, get(home::change_password)),
        ("/health", get(async || "ok")),
        ("/ready", get(ready::ready)),
        ("/i/{code}/ask", get(redeem::before_asking).post(redeem::ask)),
        ("/forgot", get(forgot::form).post(forgot::submit)),
    ]
    .map(|(path, pages)| (path.to_owned(), pages))
    .into();
    for purpose in Purpose::ALL {
        all.push((format!("/{}/{{code}}", purpose.path()), redeem::routes(purpose)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_below_the_path_of_the_public_address_and_named_in_the_log() {
        for (path, _) in routes() {
            let page = path.replace("{code}", "CODE");
            assert_eq!(places::pattern(&page).as_deref(), Some(&*path));
            let below = places::written("/users", &format!("/users{page}").parse().unwrap());
            assert_eq!(below.map(|uri| uri.to_string()), Some(page));
        }
    }
}
