//! Who is connected, and who has to leave: each connection has a seat, and there are fewer seats than this process may open
//! files, so that the database and the relay never wait for a descriptor that the portal holds.
//!
//! A connection that keeps the portal waiting leaves when its time is over, and earlier when somebody else needs its seat: the
//! one that waits longest goes first. So connections that say nothing, however many, keep nobody out, not even somebody with the
//! same address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::limits::Network;

/// How long each phase of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until the first head is complete.
    pub head: Duration,
    /// Until a body is.
    pub body: Duration,
    /// Until an answer is read and the next request there.
    pub idle: Duration,
    /// The same of a proxy, which keeps connections for whoever comes next.
    pub idle_of_a_proxy: Duration,
}

/// For proxies longer than they keep connections themselves (nginx one minute, Caddy two), so that none is closed under a request.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(10),
    body: Duration::from_secs(10),
    idle: Duration::from_secs(15),
    idle_of_a_proxy: Duration::from_secs(150),
};
/// How long what is sent may take in any case, where it is somebody else who needs the seat: a head comes in one piece.
const FIRST: Duration = Duration::from_secs(1);
/// The longest that somebody without a seat waits before looking again whether somebody can leave.
const LOOK: Duration = Duration::from_millis(100);
/// How often the log says that a bound is met.
const SAY: Duration = Duration::from_mins(1);

/// Descriptors that are not the portal's: of the database, its side files, the relay, name servers, files that are read.
const RESERVE: u64 = 256;
/// Most seats, whatever the system allows: each may hold some 20 KiB.
const MOST: u64 = 4_096;
/// Most seats of one client.
const MOST_OF_A_CLIENT: usize = 256;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub all: usize,
    /// Of one client that isn't a trusted proxy.
    pub client: usize,
    pub patience: Patience,
}

impl Bounds {
    /// Of a process that may have so many descriptors open.
    pub fn within(descriptors: u64) -> Self {
        let all = descriptors.saturating_sub(RESERVE.min(descriptors / 2)).clamp(1, MOST);
        let all = usize::try_from(all).unwrap_or(1);
        Self { all, client: all.div_ceil(4).min(MOST_OF_A_CLIENT), patience: PATIENCE }
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Sending its first head.
    Head,
    /// Sending the body of a request.
    Body,
    /// Waiting for us.
    Answering,
    /// Reading an answer, or waiting for what to ask next.
    Idle,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    since: Instant,
    /// Somebody else needs the seat.
    leaves: bool,
    /// The portal is about to end.
    ends: bool,
}

/// A connection's seat, which is free again when nobody has it any more.
pub struct Seat {
    number: u64,
    taken: Arc<Taken>,
    seats: Arc<Seats>,
}

struct Taken {
    /// Whose it is; nothing for a proxy that is trusted.
    client: Option<Network>,
    state: watch::Sender<State>,
}

pub struct Seats {
    bounds: Bounds,
    taken: Mutex<BTreeMap<u64, Arc<Taken>>>,
    next: Mutex<u64>,
    freed: Notify,
    /// When the log said last that a bound is met.
    said_at: Mutex<Option<Instant>>,
}

impl Seats {
    pub fn new(bounds: Bounds) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            taken: Mutex::default(),
            next: Mutex::default(),
            freed: Notify::new(),
            said_at: Mutex::default(),
        })
    }

    /// Gives a connection of this client, or of a trusted proxy, its seat, as soon as there is one. Nothing for a client that
    /// has all of its own, none of which waits.
    pub async fn take(self: &Arc<Self>, client: Option<Network>) -> Option<Seat> {
        loop {
            {
                let mut taken = lock(&self.taken);
                let own =
                    taken.values().filter(|one| client.is_some() && one.client == client && !one.state.borrow().leaves);
                if own.count() >= self.bounds.client {
                    self.say("one client has as many connections to the portal as it may", self.bounds.client);
                    // A client is not kept out by itself: what is half said goes for what is said now.
                    if !make_room(&taken, |one| one.client == client, Duration::ZERO) {
                        return None;
                    }
                }
                if taken.len() < self.bounds.all {
                    return Some(self.sit_down(&mut taken, client));
                }
                self.say("the portal has as many connections as it may", self.bounds.all);
                if !taken.values().any(|one| one.state.borrow().leaves) {
                    make_room(&taken, |_| true, FIRST);
                }
            }
            // Whoever is asked to leave needs a moment, and if nobody can be, somebody soon will be.
            let _ = timeout(LOOK, self.freed.notified()).await;
        }
    }

    fn sit_down(self: &Arc<Self>, all: &mut BTreeMap<u64, Arc<Taken>>, client: Option<Network>) -> Seat {
        let mut next = lock(&self.next);
        *next += 1;
        let state = State { phase: Phase::Head, since: Instant::now(), leaves: false, ends: false };
        let taken = Arc::new(Taken { client, state: watch::Sender::new(state) });
        all.insert(*next, Arc::clone(&taken));
        Seat { number: *next, taken, seats: Arc::clone(self) }
    }

    fn say(&self, what: &str, bound: usize) {
        let mut said_at = lock(&self.said_at);
        if said_at.is_none_or(|at| at.elapsed() >= SAY) {
            *said_at = Some(Instant::now());
            tracing::warn!(code = "too_many_connections", bound, "{what}: those that wait longest are closed");
        }
    }
}

/// Asks the one to leave that waits longest among these: for a head that is half there, or else for what to ask next, or else for
/// a body. Each may take a moment for what it sends, a head this long. Answers whether there is one.
fn make_room(taken: &BTreeMap<u64, Arc<Taken>>, among: impl Fn(&Taken) -> bool, head: Duration) -> bool {
    let waits = |one: &&Arc<Taken>| {
        let State { phase, since, leaves, .. } = *one.state.borrow();
        let order = match phase {
            Phase::Head => (since.elapsed() >= head).then_some((0, since)),
            Phase::Idle => Some((1, since)),
            Phase::Body => (since.elapsed() >= FIRST).then_some((2, since)),
            Phase::Answering => None,
        };
        order.filter(|_| !leaves)
    };
    let all = taken.values().filter(|one| among(one));
    let first = all.filter_map(|one| waits(&one).map(|order| (order, one))).min_by_key(|(order, _)| *order);
    first.inspect(|(_, one)| one.state.send_modify(|state| state.leaves = true)).is_some()
}

impl Seat {
    /// Says what the connection is doing from now on. Whoever says at the last moment what it was waited for stays.
    pub fn enter(&self, phase: Phase) {
        self.taken.state.send_modify(|state| {
            (state.phase, state.since, state.leaves) = (phase, Instant::now(), false);
        });
    }

    /// Says that the portal is about to end, so that nobody who says nothing keeps it.
    pub fn hurry(&self) {
        self.taken.state.send_modify(|state| state.ends = true);
    }

    /// Waits until the connection has to leave.
    pub async fn is_over(&self) {
        let mut states = self.taken.state.subscribe();
        loop {
            let state = *states.borrow_and_update();
            if state.leaves {
                return;
            }
            let over = async {
                match self.patience(state) {
                    Some(patience) => sleep_until(state.since + patience).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => return,
                changed = states.changed() => if changed.is_err() { return },
            }
        }
    }

    /// How long a phase may take; as long as it likes where we are the ones who are waited for.
    fn patience(&self, state: State) -> Option<Duration> {
        let Patience { head, body, idle, idle_of_a_proxy } = self.seats.bounds.patience;
        let patience = match state.phase {
            Phase::Head => head,
            // Its answer, that it took too long, comes first.
            Phase::Body => body + FIRST,
            Phase::Idle if self.taken.client.is_none() => idle_of_a_proxy,
            Phase::Idle => idle,
            Phase::Answering => return None,
        };
        Some(if state.ends && state.phase != Phase::Body { patience.min(FIRST) } else { patience })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.seats.taken).remove(&self.number);
        self.seats.freed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORKS: [Option<Network>; 2] = [Some(Network::Net(1)), Some(Network::Net(2))];

    /// What is waited for comes; no machine is so slow.
    const COMES: Duration = Duration::from_mins(1);
    /// What is waited for does not come.
    const NEVER: Duration = Duration::from_millis(300);

    fn seats(all: usize, client: usize) -> Arc<Seats> {
        Seats::new(Bounds { all, client, patience: PATIENCE })
    }

    #[test]
    fn the_portal_leaves_descriptors_to_the_database_and_the_relay() {
        let bounds = |descriptors| {
            let Bounds { all, client, .. } = Bounds::within(descriptors);
            (all, client)
        };
        assert_eq!(bounds(1_024), (768, 192));
        assert_eq!(bounds(256), (128, 32));
        assert_eq!(bounds(1_000_000), (4_096, 256));
        assert_eq!(bounds(1), (1, 1));
    }

    #[tokio::test]
    async fn whoever_waits_longest_leaves_for_somebody_who_has_no_seat() {
        let seats = seats(3, 9);
        let silent = seats.take(NETWORKS[0]).await.unwrap();
        let idle = seats.take(NETWORKS[0]).await.unwrap();
        idle.enter(Phase::Idle);
        let busy = seats.take(NETWORKS[0]).await.unwrap();
        busy.enter(Phase::Answering);
        tokio::time::sleep(FIRST).await;
        let ((), (), next, last) = tokio::join!(
            async {
                silent.is_over().await;
                drop(silent);
            },
            async {
                idle.is_over().await;
                drop(idle);
            },
            timeout(COMES, seats.take(NETWORKS[1])),
            timeout(COMES, seats.take(NETWORKS[1])),
        );
        let (next, last) = (next.unwrap().unwrap(), last.unwrap().unwrap());
        assert!(timeout(NEVER, seats.take(NETWORKS[1])).await.is_err(), "a head may take a second");
        let (left, _) = tokio::join!(
            timeout(COMES, async {
                tokio::select! { () = next.is_over() => {}, () = last.is_over() => {} }
            }),
            timeout(FIRST * 2, seats.take(NETWORKS[1])),
        );
        assert!(left.is_ok(), "and no longer where somebody waits");
        assert!(timeout(NEVER, busy.is_over()).await.is_err(), "nobody is cut off while we answer");
    }

    #[tokio::test]
    async fn a_client_has_fewer_seats_than_all_and_a_proxy_has_as_many_as_there_are() {
        let seats = seats(9, 2);
        let mine = [seats.take(NETWORKS[0]).await.unwrap(), seats.take(NETWORKS[0]).await.unwrap()];
        for seat in &mine {
            seat.enter(Phase::Answering);
        }
        assert!(seats.take(NETWORKS[0]).await.is_none());
        let _other = seats.take(NETWORKS[1]).await.unwrap();
        let mut proxy = Vec::new();
        for _ in 0..6 {
            proxy.push(seats.take(None).await.unwrap());
        }
        mine[1].enter(Phase::Idle);
        let (mine_again, ()) = tokio::join!(timeout(COMES, seats.take(NETWORKS[0])), async {
            mine[1].is_over().await;
            proxy.pop();
        });
        assert!(mine_again.unwrap().is_some(), "an idle one makes way for a new one");
    }
}
