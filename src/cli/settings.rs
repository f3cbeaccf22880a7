//! `rsvp config check` and `rsvp config show`.

use serde_json::json;

use super::out::{Out, Status};
use super::table::table;
use crate::config::layers::Effective;

/// The settings were read without an error.
pub fn check(out: Out) -> Status {
    out.data(&json!({ "ok": true }), || "The settings are in order.".to_owned());
    Status::Done
}

/// Every setting that counts and where it comes from, without any password.
pub fn show(settings: &[Effective], out: Out) -> Status {
    let items: Vec<_> =
        settings.iter().map(|s| json!({ "key": s.key, "value": s.value, "source": s.source })).collect();
    out.data(&json!({ "items": items, "next": null }), || {
        let row = |s: &Effective| vec![s.key.to_owned(), s.value.clone(), s.source.clone()];
        table(&["Setting", "Value", "From"], &settings.iter().map(row).collect::<Vec<_>>())
    });
    Status::Done
}
