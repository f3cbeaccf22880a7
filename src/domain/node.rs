//! Long-running parts that say they are alive, so that others know whether links are served and emails are sent.

use std::fmt;
use std::time::Duration;

use super::text::visible;
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

    /// Reads the word back.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(pub i64);

/// The process that a part runs in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// The machine's name.
    pub host: String,
    /// Its number on that machine.
    pub pid: i64,
    /// The login that it runs as.
    pub login: String,
    /// The version of the program.
    pub version: String,
}

/// A part that began and did not say that it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub kind: NodeKind,
    pub process: Process,
    pub started_at: Timestamp,
    pub seen_at: Timestamp,
}

impl Node {
    /// Whether it said lately that it is alive; by a clock that was ahead, nobody knows.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now.since(self.seen_at) < GONE_AFTER && self.seen_at.since(now) < GONE_AFTER
    }
}

/// Which part it is and where to find it, for whoever has to stop it.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Process { host, pid, login, version } = &self.process;
        write!(f, "the {}", self.kind.name())?;
        if !host.is_empty() {
            write!(f, " on {}", visible(host))?;
        }
        if *pid > 0 {
            write!(f, " (process {pid} of {})", if login.is_empty() { "unknown".into() } else { visible(login) })?;
        }
        let version = if version.is_empty() { "an earlier version".into() } else { visible(version) };
        write!(f, ", {version}, running since {}", self.started_at.rfc3339())
    }
}

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
