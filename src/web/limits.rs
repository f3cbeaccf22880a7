//! How often a client may be wrong, how often it may ask for a new password, and how often a link may be tried: ten times at
//! once, and then once in a minute and a half. Nothing is ever locked; after a wait it goes on, and the answer says after how
//! long.
//!
//! A right proof is limited by its link alone: an office, a school and a mobile network sit behind one address. The table has a
//! fixed size, so a flood costs neither memory nor time. A new key takes the place of the one in its row that may go on
//! soonest, so whoever has to wait longest is remembered longest, however many other keys they come with.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::link::Purpose;
use crate::domain::time::{Timestamp, minutes};

/// How long it takes until a key that was used up is as good as new.
const WINDOW: Duration = minutes(15);
/// Tries at once of a client or a link.
const TRIES: u32 = 10;
/// Tries at once of a /48, which a site has to itself (RFC 6177, 2), and with it 65,536 networks that each count alone.
const TRIES_OF_A_SITE: u32 = 40;

/// Rows of the table; a power of two.
const ROWS: usize = 8 * 1024;
/// Keys in a row.
const PLACES: usize = 8;

/// What is counted about a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A code whose proof is wrong.
    WrongCode,
    /// An address at "forgotten password".
    Forgot,
}

/// Whose tries count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// An IPv4 address.
    Address(Ipv4Addr),
    /// The /64 that an IPv6 client has to itself.
    Net(u64),
    /// The /48 that it is in.
    Site(u64),
}

impl Network {
    /// The smallest network that a client is.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::Address(v4),
            IpAddr::V6(v6) => {
                Self::Net(v6.to_bits().to_be_bytes().first_chunk().map_or(0, |net| u64::from_be_bytes(*net)))
            }
        }
    }

    /// It as bytes that no other one has.
    pub fn bytes(self) -> [u8; 9] {
        let (kind, number) = match self {
            Self::Address(address) => (4, u64::from(address.to_bits())),
            Self::Net(net) => (64, net),
            Self::Site(site) => (48, site),
        };
        let mut bytes = [kind; 9];
        bytes[1..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    /// The larger one that it is in, if that is one person's or one site's as well.
    const fn site(self) -> Option<Self> {
        match self {
            Self::Net(net) => Some(Self::Site(net >> 16)),
            Self::Address(_) | Self::Site(_) => None,
        }
    }

    const fn tries(self) -> u32 {
        match self {
            Self::Address(_) | Self::Net(_) => TRIES,
            Self::Site(_) => TRIES_OF_A_SITE,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Client(Counted, Network),
    /// A link, by what it is for and its row.
    Link(Purpose, i64),
}

impl Key {
    /// How long one try takes to be forgotten.
    fn one(self) -> Duration {
        WINDOW
            / match self {
                Self::Client(_, network) => network.tries(),
                Self::Link(..) => TRIES,
            }
    }
}

/// That a try is one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// After how long the next one is allowed; more than nothing.
    pub wait: Duration,
}

/// A key, and when it is as good as new: every try moves that further away (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The key's hash under a secret of this process; zero where there is none.
    key: u64,
    new_at: Timestamp,
}

/// What is counted in the last quarter of an hour.
pub struct Limits {
    places: Mutex<Box<[Place]>>,
    secret: RandomState,
}

impl Default for Limits {
    fn default() -> Self {
        Self { places: Mutex::new(vec![Place::default(); ROWS * PLACES].into()), secret: RandomState::new() }
    }
}

impl Limits {
    /// Counts something about a client.
    pub fn count(&self, what: Counted, client: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        let network = Network::of(client);
        let key = Key::Client(what, network);
        let Some(site) = network.site().map(|site| Key::Client(what, site)) else { return self.take(key, now) };
        // What one network may not do any more counts for its whole site no further.
        self.take(key, now)?;
        self.take(site, now).inspect_err(|_| self.give_back(key, now))
    }

    /// Counts a try of a link. Its proof must be right, so that nobody uses up somebody else's tries with made-up codes.
    pub fn try_link(&self, purpose: Purpose, id: i64, now: Timestamp) -> Result<(), TooMany> {
        self.take(Key::Link(purpose, id), now)
    }

    /// Takes back a try of a link that could not be made.
    pub fn was_no_try(&self, purpose: Purpose, id: i64, now: Timestamp) {
        self.give_back(Key::Link(purpose, id), now);
    }

    fn take(&self, key: Key, now: Timestamp) -> Result<(), TooMany> {
        let hash = self.hash(key);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let row = row(&mut places, hash);
        let place = match row.iter_mut().position(|place| place.key == hash) {
            Some(at) => at,
            None => soonest(row, now),
        };
        let place = &mut row[place];
        let debt = if place.key == hash { owed(place.new_at, now) } else { Duration::ZERO };
        let wanted = debt + key.one();
        if let Some(wait) = wanted.checked_sub(WINDOW).filter(|wait| !wait.is_zero()) {
            return Err(TooMany { wait });
        }
        *place = Place { key: hash, new_at: now.plus(wanted) };
        Ok(())
    }

    fn give_back(&self, key: Key, now: Timestamp) {
        let hash = self.hash(key);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = row(&mut places, hash).iter_mut().find(|place| place.key == hash) {
            place.new_at = now.plus(owed(place.new_at, now).saturating_sub(key.one()));
        }
    }

    fn hash(&self, key: Key) -> u64 {
        self.secret.hash_one(key).max(1)
    }
}

/// What a key has to wait for. Nobody owes more than the window: what says so was counted by a clock that was ahead.
fn owed(new_at: Timestamp, now: Timestamp) -> Duration {
    new_at.wait(now, WINDOW)
}

fn row(places: &mut [Place], hash: u64) -> &mut [Place] {
    let row = usize::try_from(hash % ROWS as u64).unwrap_or(0);
    &mut places[row * PLACES..][..PLACES]
}

/// The place of the key that owes least.
fn soonest(row: &[Place], now: Timestamp) -> usize {
    (0..row.len()).min_by_key(|at| owed(row[*at].new_at, now)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of so many tries are allowed.
    fn allowed(limits: &Limits, clients: impl Iterator<Item = IpAddr>, now: Timestamp) -> usize {
        clients.filter(|client| limits.count(Counted::WrongCode, *client, now).is_ok()).count()
    }

    #[test]
    fn the_eleventh_try_waits_as_long_as_it_is_told_and_a_neighbour_does_not() {
        let limits = Limits::default();
        let (mine, yours) = (at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(allowed(&limits, [mine; 12].into_iter(), NOW), 10);
        let TooMany { wait } = limits.count(Counted::WrongCode, mine, NOW).unwrap_err();
        assert_eq!(wait, Duration::from_secs(90));
        assert_eq!(limits.count(Counted::WrongCode, yours, NOW), Ok(()));
        assert_eq!(limits.count(Counted::Forgot, mine, NOW), Ok(()), "the other thing counts by itself");
        let nearly = NOW.plus(wait).minus(Duration::from_millis(1));
        assert_eq!(limits.count(Counted::WrongCode, mine, nearly), Err(TooMany { wait: Duration::from_millis(1) }));
        assert_eq!(limits.count(Counted::WrongCode, mine, NOW.plus(wait)), Ok(()));
        assert_eq!(allowed(&limits, [mine; 12].into_iter(), NOW.plus(WINDOW * 2)), 10);
    }

    #[test]
    fn a_clock_that_was_ahead_keeps_nobody_waiting() {
        let limits = Limits::default();
        let ahead = NOW.plus(WINDOW * 9);
        assert_eq!(allowed(&limits, [at("192.0.2.1"); 12].into_iter(), ahead), 10);
        assert_eq!(allowed(&limits, [at("192.0.2.1"); 12].into_iter(), NOW), 10);
    }

    #[test]
    fn an_ipv6_client_is_its_network_and_many_networks_are_their_site() {
        let limits = Limits::default();
        let within = |net: u16, host: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 7, net, 0, 0, 0, host));
        assert_eq!(allowed(&limits, (0..40).map(|host| within(1, host)), NOW), 10, "of one /64");
        assert_eq!(allowed(&limits, (0..400).map(|net| within(net, 1)), NOW), 30, "of a /48, of which 10 were before");
        let wait = limits.count(Counted::WrongCode, within(9_999, 1), NOW).unwrap_err().wait;
        assert_eq!(wait, WINDOW / 40);
        assert_eq!(limits.count(Counted::WrongCode, at("2001:db8:8:1::1"), NOW), Ok(()), "another site");
        assert_eq!(limits.count(Counted::WrongCode, within(9_999, 1), NOW.plus(wait)), Ok(()));
        assert_eq!(Network::of(at("::ffff:192.0.2.1")), Network::of(at("192.0.2.1")));
    }

    #[test]
    fn a_try_that_could_not_be_made_is_none() {
        let limits = Limits::default();
        for _ in 0..50 {
            assert_eq!(limits.try_link(Purpose::Reset, 7, NOW), Ok(()));
            limits.was_no_try(Purpose::Reset, 7, NOW);
        }
        assert!((0..10).all(|_| limits.try_link(Purpose::Reset, 7, NOW).is_ok()));
        assert!(limits.try_link(Purpose::Reset, 7, NOW).is_err());
        assert_eq!(limits.try_link(Purpose::Invitation, 7, NOW), Ok(()), "another link");
    }

    #[test]
    fn whoever_has_to_wait_is_not_forgotten_for_a_flood_of_others() {
        let limits = Limits::default();
        let patient = at("192.0.2.1");
        assert_eq!(allowed(&limits, [patient; 11].into_iter(), NOW), 10);
        // Far more keys than the table has places, each of which would be as good a reason to forget one.
        let others = (0..300_000_u32).map(|number| IpAddr::from((0x0a00_0000 + number).to_be_bytes()));
        allowed(&limits, others, NOW.plus(minutes(1)));
        assert!(limits.count(Counted::WrongCode, patient, NOW.plus(minutes(1))).is_err());
    }

    /// `cargo test --release --lib -- --ignored --nocapture what_one_try_costs`
    #[test]
    #[ignore = "prints a report"]
    fn what_one_try_costs_with_ten_and_with_a_hundred_thousand_clients() {
        for clients in [10_u32, 10_000, 100_000, 1_000_000] {
            let limits = Limits::default();
            let all =
                |from: u32| (from..from + clients).map(|number| IpAddr::from((0x0a00_0000 + number).to_be_bytes()));
            allowed(&limits, all(0), NOW);
            let began = std::time::Instant::now();
            let rounds = 1_000_000 / clients;
            for _ in 0..rounds {
                std::hint::black_box(allowed(&limits, all(0), NOW));
            }
            println!("{clients:>9} clients: {:?} a try", began.elapsed() / (rounds * clients));
        }
    }
}
