//! `rsvp release`: what was held up goes on; `rsvp nodes`: what runs.

use serde_json::json;

use super::out::{Failed, Out, Status};
use super::table::table;
use crate::app::App;
use crate::app::upkeep::{nodes, restore_backup, tidy};
use crate::domain::actor::Actor;
use crate::domain::node::Node;
use crate::domain::time::words;

/// `rsvp release purge`
pub async fn release_purge(app: &App, actor: &Actor, out: Out) -> Result<Status, Failed> {
    let held = tidy::release(app, actor).await?;
    out.data(&json!({ "released": held.is_some() }), || {
        let text = if held.is_some() { "What has expired is deleted again." } else { "Nothing was held up." };
        text.to_owned()
    });
    Ok(Status::Done)
}

/// `rsvp release mail`
pub async fn release_mail(app: &App, actor: &Actor, out: Out) -> Result<Status, Failed> {
    let held = restore_backup::release_mail(app, actor).await?;
    out.data(&json!({ "released": held.is_some() }), || {
        let text = if held.is_some() { "Email is sent again." } else { "No email was held." };
        text.to_owned()
    });
    Ok(Status::Done)
}

/// `rsvp nodes`
pub async fn nodes(app: &App, out: Out) -> Result<Status, Failed> {
    let (all, now) = (nodes::list(app).await?, app.now());
    let item = |node: &Node| {
        json!({
            "kind": node.kind.name(),
            "host": node.process.host,
            "pid": node.process.pid,
            "login": node.process.login,
            "version": node.process.version,
            "started_at": node.started_at.rfc3339(),
            "seen_at": node.seen_at.rfc3339(),
            "alive": node.is_alive(now),
        })
    };
    out.data(&json!({ "items": all.iter().map(item).collect::<Vec<_>>(), "next": null }), || {
        let row = |node: &Node| {
            let seen = if node.is_alive(now) {
                "alive".to_owned()
            } else {
                format!("silent for {}", words(now.since(node.seen_at)))
            };
            let process = &node.process;
            let runs = words(now.since(node.started_at));
            vec![
                node.kind.name().to_owned(),
                process.host.clone(),
                process.pid.to_string(),
                process.login.clone(),
                process.version.clone(),
                runs,
                seen,
            ]
        };
        if all.is_empty() {
            return "Nothing runs.".to_owned();
        }
        table(
            &["Part", "Host", "Process", "Login", "Version", "For", "State"],
            &all.iter().map(row).collect::<Vec<_>>(),
        )
    });
    Ok(Status::Done)
}
