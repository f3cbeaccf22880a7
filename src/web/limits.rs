//! How often one client, and one link, may be tried: ten submitted forms in a quarter of an hour each. Nothing is ever
//! locked; after a wait it goes on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use crate::domain::link::Purpose;
use crate::domain::time::{Timestamp, minutes};

/// Submitted forms in [`WINDOW`].
const TRIES: usize = 10;
/// See [`TRIES`].
const WINDOW: Duration = minutes(15);
/// Keys that are remembered; when there are more, those of the past are forgotten.
const KEYS: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Client(IpAddr),
    /// A link, by what it is for and its row.
    Link(Purpose, i64),
}

impl Key {
    /// A client's key: an IPv4 address, or the /64 that an IPv6 client has to itself.
    pub fn client(address: IpAddr) -> Self {
        Self::Client(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let mut segments = v6.segments();
                segments[4..].fill(0);
                IpAddr::from(segments)
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// The tries of the last quarter of an hour.
#[derive(Debug, Default)]
pub struct Limits(Mutex<HashMap<Key, Vec<Timestamp>>>);

impl Limits {
    /// Counts a try and answers whether it is within the limit.
    pub fn allow(&self, key: Key, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counts = |at: &Timestamp| !at.plus(WINDOW).wait(now, WINDOW).is_zero();
        if all.len() >= KEYS {
            all.retain(|_, tries| tries.last().is_some_and(counts));
        }
        let tries = all.entry(key).or_default();
        tries.retain(counts);
        if tries.len() >= TRIES {
            return false;
        }
        tries.push(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_waits_and_a_neighbour_does_not() {
        let limits = Limits::default();
        let (mine, yours) = (Key::client([192, 0, 2, 1].into()), Key::client([192, 0, 2, 2].into()));
        assert!((0..TRIES).all(|_| limits.allow(mine, Timestamp(0))));
        assert!(!limits.allow(mine, Timestamp(1)) && limits.allow(yours, Timestamp(1)));
        assert!(limits.allow(mine, Timestamp(0).plus(WINDOW)));
        // A clock that was ahead meanwhile keeps nobody waiting.
        let ahead = Timestamp(0).plus(WINDOW * 9);
        assert!((0..TRIES).all(|_| limits.allow(yours, ahead)) && !limits.allow(yours, ahead));
        assert!(limits.allow(yours, Timestamp(2)));
    }

    #[test]
    fn an_ipv6_client_is_its_whole_network() {
        let key = |text: &str| Key::client(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
