//! The worker: takes what is due from the outbox, sends it, and gives back what came of it.
//!
//! The dispatcher deals with the outbox, the connections with the relay. In one transaction the dispatcher stores what
//! came of some emails and claims the next, while the connections are busy: the disk and the relay never wait for each
//! other. Nothing in memory matters: whenever a worker ends, another takes over where it was.

mod build;
mod connections;
mod dispatcher;
mod options;
mod progress;
mod report;

use tokio::sync::watch;

use crate::app::App;
pub use options::WorkerOptions;
pub use progress::{InHand, WorkerTotals};

/// Sends what is due until it is asked to stop; the emails being sent are finished first, the others are given back,
/// and the relay gets its goodbye. Answers what it did.
pub async fn run(app: App, options: WorkerOptions, stop: watch::Receiver<bool>, in_hand: InHand) -> WorkerTotals {
    dispatcher::work(app, options, stop, in_hand, dispatcher::Until::Stopped).await
}

#[cfg(test)]
pub async fn run_once(app: &App, options: &WorkerOptions) -> WorkerTotals {
    let (_sender, stop) = watch::channel(false);
    dispatcher::work(app.clone(), options.clone(), stop, InHand::default(), dispatcher::Until::NothingIsDue).await
}

#[cfg(test)]
mod tests;
