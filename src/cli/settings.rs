//! `rsvp config check` and `rsvp config show`.

use serde_json::json;

use super::out::{Out, Status};
use super::table::table;
use crate::config::layers::{Effective, Loaded};
use crate::config::problem::{Problem, Problems};
use crate::domain::explain::Explain as _;

/// Says everything that is wrong: with the settings, with the files they name, and with own keys.
pub fn check(loaded: Result<&Loaded, &Problems>, keys: Vec<Problem>, out: Out) -> Status {
    let mut problems = match loaded {
        Ok(loaded) => loaded.settings.unusable_secrets(),
        Err(Problems(problems)) => problems.clone(),
    };
    problems.extend(keys);
    let item =
        |problem: &Problem| json!({ "code": problem.code(), "message": problem.to_string(), "hint": problem.hint() });
    out.data(&json!({ "items": problems.iter().map(item).collect::<Vec<_>>(), "next": null }), || {
        if problems.is_empty() {
            return "The settings are in order.".to_owned();
        }
        let line = |problem: &Problem| format!("{problem}\n  hint: {}", problem.hint().unwrap_or_default());
        problems.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    if problems.is_empty() { Status::Done } else { Status::Usage }
}

/// Every setting in effect and where it comes from, without passwords.
pub fn show(settings: &[Effective], out: Out) -> Status {
    let items: Vec<_> =
        settings.iter().map(|s| json!({ "key": s.key, "value": s.value, "source": s.source })).collect();
    out.data(&json!({ "items": items, "next": null }), || {
        let row = |s: &Effective| {
            let value = if s.value.is_empty() { "not set" } else { &s.value };
            vec![s.key.clone(), value.to_owned(), s.source.clone()]
        };
        table(&["Setting", "Value", "From"], &settings.iter().map(row).collect::<Vec<_>>())
    });
    Status::Done
}
