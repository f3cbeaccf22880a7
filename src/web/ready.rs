//! `/ready`: whether the service can do its work, in one word; what is wrong is in the log and in `rsvp doctor`, because
//! anybody can ask. However many do, it is looked up once a second.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::portal::Portal;
use crate::app::upkeep::ready;
use crate::domain::explain::Explain as _;

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);

pub async fn ready(State(portal): State<Arc<Portal>>) -> (StatusCode, &'static str) {
    let mut last = portal.last_look.lock().await;
    let now = portal.app.now();
    let holds = last.filter(|(at, _)| *at <= now && now.since(*at) < HOLDS);
    let is_ready = if let Some((_, is_ready)) = holds {
        is_ready
    } else {
        let looked = ready::run(&portal.app, portal.options.sends).await;
        if let Err(error) = &looked {
            tracing::error!(%error, code = error.code(), "the service isn't ready");
        }
        *last = Some((portal.app.now(), looked.is_ok()));
        looked.is_ok()
    };
    if is_ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") }
}
