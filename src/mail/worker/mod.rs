//! The worker: takes what is due from the outbox, sends it, and gives back what came of it.
//!
//! A clerk deals with the outbox, a lane for each connection with the relay. The clerk brings what came of some mails
//! and takes the next in one transaction, while the lanes are busy: the disk and the relay never wait for each other.
//! Nothing in memory matters: whenever a worker ends, another takes over where it was.

mod build;
mod clerk;
mod lane;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use super::message::Sender;
use super::transport::Transport;
use crate::app::App;

/// How mails are sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// Where they go.
    pub transport: Transport,
    /// Who they come from.
    pub from: Sender,
    /// Over how many connections at once, at least 1. Some providers allow a mailbox no more than 3.
    pub connections: usize,
}

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// How many mails were accepted.
    pub sent: u64,
    /// How many tries failed.
    pub failed: u64,
}

/// How many mails a worker has claimed and is not done with, for whoever ends it.
#[derive(Debug, Clone, Default)]
pub struct InHand(Arc<AtomicUsize>);

impl InHand {
    /// How many there are now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, count: usize) {
        self.0.store(count, Ordering::Relaxed);
    }
}

/// Sends what is due until it is told to stop; the mails being sent are finished first, the others are given back, and the
/// relay gets its goodbye. Answers what it did.
pub async fn run(app: App, post: Post, stop: watch::Receiver<bool>, in_hand: InHand) -> Done {
    clerk::work(app, post, stop, in_hand, clerk::Until::Stopped).await
}

/// Sends what is due now.
#[cfg(test)]
pub async fn run_once(app: &App, post: &Post) -> Done {
    let (_tell, stop) = watch::channel(false);
    clerk::work(app.clone(), post.clone(), stop, InHand::default(), clerk::Until::NothingIsDue).await
}

#[cfg(test)]
mod tests;
