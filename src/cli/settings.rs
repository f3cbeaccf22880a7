//! `rsvp config check` and `rsvp config show`.

use serde_json::json;

use super::out::{Out, Status};
use super::table::table;
use crate::config::Layers;

/// The settings were read without an error.
pub fn check(out: Out) -> Status {
    out.data(&json!({ "ok": true }), || "The settings are in order.".to_owned());
    Status::Done
}

/// Every setting and where it comes from; what may hold a password is not shown.
pub fn show(layers: &Layers, out: Out) -> Status {
    let shown = |key: &str, value: &str| match value.split_once("://") {
        Some((scheme, rest)) if key == "database.url" && rest.contains('@') => {
            let host = rest.rsplit_once('@').map_or("", |(_, host)| host);
            format!("{scheme}://…@{host}")
        }
        _ => value.to_owned(),
    };
    let all: Vec<_> = layers.all().map(|(key, value, source)| (key, shown(key, value), source)).collect();
    let items: Vec<_> = all.iter().map(|(k, v, s)| json!({ "key": k, "value": v, "source": s })).collect();
    out.data(&json!({ "items": items, "next": null }), || {
        let rows: Vec<_> = all.iter().map(|(k, v, s)| vec![(*k).to_owned(), v.clone(), (*s).to_owned()]).collect();
        table(&["Setting", "Value", "From"], &rows)
    });
    Status::Done
}
