//! `rsvp release`: what was held up goes on.

use serde_json::json;

use super::out::{Failed, Out, Status};
use crate::app::App;
use crate::app::upkeep::tidy;
use crate::domain::actor::Actor;

/// `rsvp release purge`
pub async fn release_purge(app: &App, actor: &Actor, out: Out) -> Result<Status, Failed> {
    let held = tidy::release(app, actor).await?;
    out.data(&json!({ "released": held.is_some() }), || {
        let text = if held.is_some() { "What has expired is deleted again." } else { "Nothing was held up." };
        text.to_owned()
    });
    Ok(Status::Done)
}
