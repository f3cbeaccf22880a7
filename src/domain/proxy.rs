//! Trusted proxies that don't say who the client is, so that everybody behind such a one counts as one client.

use super::time::Timestamp;

/// Why a proxy's word says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It names no client.
    Missing,
    /// It names a client that is no address.
    Unreadable,
}

impl Silence {
    pub const ALL: [Self; 2] = [Self::Missing, Self::Unreadable];

    /// The number that is stored.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::Unreadable => 1,
        }
    }

    /// Reads the number back.
    #[must_use]
    pub fn parse(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|silence| i64::from(silence.number()) == number)
    }

    /// What the proxy did, after its name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing => "sent no X-Forwarded-For",
            Self::Unreadable => "named a client that isn't an address",
        }
    }
}

/// A proxy that did so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentProxy {
    pub address: String,
    /// What it did the last time.
    pub silence: Silence,
    pub last: Timestamp,
}
