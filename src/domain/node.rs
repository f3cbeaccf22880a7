//! Long-running parts that say they are alive, so that others know whether links are served and emails are sent.

use std::time::Duration;

use super::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// Takes emails from the outbox and sends them.
    Worker,
    /// Serves the web site where links lead.
    Portal,
}

impl NodeKind {
    pub const ALL: [Self; 2] = [Self::Worker, Self::Portal];

    /// The word that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Portal => "portal",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(pub i64);

/// How often a part says that it is alive.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// After so long a silence a part is taken for gone.
pub const GONE_AFTER: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alive {
    /// None ever was.
    #[default]
    Never,
    /// One is.
    Now,
    /// The last one was seen then.
    Last(Timestamp),
}
