//! What a worker sends with.

use crate::mail::message::Sender;
use crate::mail::transport::Transport;

#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// One for all of a worker's connections.
    pub transport: Transport,
    /// The sender that every recipient sees.
    pub from: Sender,
    /// Over how many connections at once, at least 1. Some providers allow a mailbox no more than 3.
    pub connections: usize,
}
