//! Verdicts: what became of each of several targets.

use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::out::{Failed, Out, Status};
use super::targets::Selection;
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::{counted, visible};

/// Somebody stopped the command before it came to this one.
#[derive(Debug, thiserror::Error)]
#[error("the command was stopped before this was done")]
struct Stopped;

impl Explain for Stopped {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        "stopped"
    }
}

/// Whether Ctrl-C or a signal asks to stop: what is under way is finished, and what was done is said.
struct Stop {
    signals: Vec<Signal>,
    asked: bool,
}

impl Stop {
    /// Where signals cannot be listened for, they end the program as they always do.
    fn listen() -> Self {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self { signals: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect(), asked: false }
    }

    async fn is_asked(&mut self) -> bool {
        for signal in &mut self.signals {
            self.asked |= futures_util::poll!(std::pin::pin!(signal.recv())).is_ready();
        }
        self.asked
    }
}

/// Runs for each user and reports as they were named: one object for one, a list for several.
pub async fn verdicts(
    selection: &Selection,
    out: Out,
    run: impl AsyncFn(&str) -> Result<(Value, String), Failed>,
) -> Result<Status, Failed> {
    verdicts_of("user", "user", selection, out, run).await
}

/// The same for another kind of thing, with its name in JSON and in a sentence. Each is said as soon as it is known; `--json` writes one list at the end, where
/// those that were not come to have the error `stopped`.
pub async fn verdicts_of(
    kind: &str,
    noun: &str,
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
    let (mut items, mut failed, mut left) = (Vec::new(), 0, 0);
    let mut stop = Stop::listen();
    for target in &selection.names {
        if stop.is_asked().await {
            left += 1;
            items.push(json!({ "target": target, "error": Failed::from(Stopped).to_json() }));
            continue;
        }
        match run(target).await {
            Ok((data, text)) => {
                items.push(json!({ "target": target, kind: data }));
                out.line(&text);
            }
            Err(error) => {
                failed += 1;
                items.push(json!({ "target": target, "error": error.to_json() }));
                out.line(&format!("{}: {}", visible(target), error.to_line()));
            }
        }
    }
    if out.json {
        out.data(&json!({ "items": items, "next": null }), String::new);
    }
    if left > 0 {
        let done = selection.names.len() - left;
        out.message(&format!(
            "Stopped after {done} of {}. The rest was left as it is.",
            counted(selection.names.len() as u64, noun)
        ));
    }
    Ok(if failed == 0 && left == 0 { Status::Done } else { Status::SomeFailed })
}
