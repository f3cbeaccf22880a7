//! How far a worker has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkerTotals {
    pub sent: u64,
    /// How many tries failed; one email may count more than once.
    pub failed: u64,
}

/// How many emails a worker has claimed and not finished, for the code that stops it.
#[derive(Debug, Clone, Default)]
pub struct InHand(Arc<AtomicUsize>);

impl InHand {
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, count: usize) {
        self.0.store(count, Ordering::Relaxed);
    }
}
