//! The worker: takes what is due from the outbox, sends it, and gives back what came of it.
//!
//! A clerk deals with the outbox, a lane for each connection with the relay. The clerk brings what came of some emails
//! and takes the next in one transaction, while the lanes are busy: the disk and the relay never wait for each other.
//! Nothing in memory matters: whenever a worker ends, another takes over where it was.

mod build;
mod clerk;
mod lane;
mod post;
mod progress;

use tokio::sync::watch;

use crate::app::App;
pub use post::Post;
pub use progress::{Done, InHand};

/// Sends what is due until it is asked to stop; the emails being sent are finished first, the others are given back,
/// and the relay gets its goodbye. Answers what it did.
pub async fn run(app: App, post: Post, stop: watch::Receiver<bool>, in_hand: InHand) -> Done {
    clerk::work(app, post, stop, in_hand, clerk::Until::Stopped).await
}

#[cfg(test)]
pub async fn run_once(app: &App, post: &Post) -> Done {
    let (_tell, stop) = watch::channel(false);
    clerk::work(app.clone(), post.clone(), stop, InHand::default(), clerk::Until::NothingIsDue).await
}

#[cfg(test)]
mod tests;
