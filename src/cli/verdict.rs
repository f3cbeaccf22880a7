//! Verdicts: what became of each of several targets.

use serde_json::{Value, json};

use super::out::{Failed, Out, Status};
use super::targets::Selection;
use crate::domain::text::visible;

/// Runs for each user and reports as they were named: one object for one, a list for several.
pub async fn verdicts(
    selection: &Selection,
    out: Out,
    run: impl AsyncFn(&str) -> Result<(Value, String), Failed>,
) -> Result<Status, Failed> {
    verdicts_of("user", selection, out, run).await
}

/// The same for another kind of thing.
pub async fn verdicts_of(
    kind: &str,
    selection: &Selection,
    out: Out,
    run: impl AsyncFn(&str) -> Result<(Value, String), Failed>,
) -> Result<Status, Failed> {
    if let ([only], true) = (selection.names.as_slice(), selection.single) {
        let (data, text) = run(only).await?;
        out.data(&data, || text);
        return Ok(Status::Done);
    }
    if selection.names.is_empty() {
        out.message("No users match. Nothing was changed.");
    }
    let (mut items, mut lines, mut failed) = (Vec::new(), Vec::new(), 0);
    for target in &selection.names {
        match run(target).await {
            Ok((data, text)) => {
                items.push(json!({ "target": target, kind: data }));
                lines.push(text);
            }
            Err(error) => {
                failed += 1;
                items.push(json!({ "target": target, "error": error.to_json() }));
                lines.push(format!("{}: {}", visible(target), error.to_line()));
            }
        }
    }
    out.data(&json!({ "items": items, "next": null }), || lines.join("\n"));
    Ok(if failed == 0 { Status::Done } else { Status::SomeFailed })
}
