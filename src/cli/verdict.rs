//! Verdicts: what became of each of several targets.

use futures_util::future::select_all;
use serde_json::{Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::out::{Failed, Out, Status};
use super::targets::Selection;
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::{counted, visible};

/// Somebody stopped the command before it came to this one, or while it was under way.
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

    fn hint(&self) -> Option<String> {
        Some("run the command again for the rest".to_owned())
    }
}

/// Ctrl-C and the signals that end a program: after the first, what is under way is finished and what was done is said;
/// the second gives up what is under way too.
struct Stop {
    signals: Vec<Signal>,
    asked: usize,
}

impl Stop {
    /// A signal that whoever started the program had ignored (`nohup`) stays so. Where signals cannot be listened for,
    /// they end the program as they always do.
    fn listen() -> Self {
        Self { signals: heard_signals().into_iter().filter_map(|kind| signal(kind).ok()).collect(), asked: 0 }
    }

    async fn next(&mut self) {
        if self.signals.is_empty() {
            return std::future::pending().await;
        }
        let any = self.signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        select_all(any).await;
        self.asked += 1;
    }

    /// Does something; nothing comes of it if a second signal gives it up.
    async fn unless_given_up<T>(&mut self, mut work: impl Future<Output = T> + Unpin) -> Option<T> {
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = self.next() => if self.asked > 1 { return None },
            }
        }
    }
}

/// The signals that end a command: those that whoever started it did not have ignored.
pub fn heard_signals() -> Vec<SignalKind> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let ignored = ignored_signals();
    kinds.into_iter().filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0).collect()
}

/// The signals that were ignored when the program began, a bit each, the lowest for signal 1; none where the system
/// does not say (proc(5), `SigIgn` of /proc/self/status).
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Runs for each user and reports as they were named: one object for one, a list for several.
pub async fn verdicts(
    selection: &Selection,
    out: Out,
    run: impl AsyncFn(&str) -> Result<(Value, String), Failed>,
) -> Result<Status, Failed> {
    verdicts_of("user", "user", selection, out, run).await
}

/// The same for another kind of thing, with its name in JSON and in a sentence. Each is said as soon as it is known;
/// `--json` writes one list at the end, where whatever was not done because the command was stopped has the error
/// `stopped`.
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
        let (address, is_found) = (selection.address(target), selection.by_query);
        // A script reads what it typed; nobody typed the number of somebody whom a query found.
        let named = if is_found { address } else { target };
        let done = if stop.asked > 0 { None } else { stop.unless_given_up(Box::pin(run(target))).await };
        match done {
            None => {
                left += 1;
                items.push(json!({ "target": named, "error": Failed::from(Stopped).to_json() }));
            }
            Some(Ok((data, text))) => {
                items.push(json!({ "target": named, kind: data }));
                out.line(&text);
            }
            Some(Err(error)) => {
                failed += 1;
                items.push(json!({ "target": named, "error": error.to_json() }));
                out.line(&format!("{}: {}", visible(address), error.to_line()));
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
