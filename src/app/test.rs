//! An organisation for tests of use cases: a clock that only tests move, randomness that repeats itself, and one
//! database of each kind, so that every test runs on both.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::{App, Options};
use crate::app::links::show_link;
use crate::app::session::set_up::{self, Parts};
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::code::{Code, CodeOrLink};
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::role::OrganisationRole;
use crate::domain::time::{Clock, Random, Timestamp, Uptime};
use crate::domain::user::{User, UserId};
use crate::secrets::{HashParameters, Hasher, Keys};
use crate::store::Store;

/// A clock that moves when a test says so.
pub struct FakeClock {
    now: AtomicI64,
    /// How far it was set wrong; what passed in truth is the rest.
    off: AtomicI64,
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn uptime(&self) -> Uptime {
        let passed = self.now.load(Ordering::SeqCst) - self.off.load(Ordering::SeqCst);
        Uptime { boot: "test".to_owned(), since: Duration::from_millis(passed.try_into().unwrap()) }
    }
}

/// Different bytes at each call, the same in each run.
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            chunk.copy_from_slice(&next.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// An organisation in a fresh database.
pub struct World {
    /// What use cases work with.
    pub app: App,
    /// The first administrator.
    pub ada: User,
    /// Whether the database is PostgreSQL.
    pub on_postgres: bool,
    clock: Arc<FakeClock>,
    folder: tempfile::TempDir,
}

pub fn operator() -> Actor {
    Actor::operator(Origin { door: "command", ..Origin::default() })
}

pub fn signed_in(user: UserId) -> Actor {
    Actor { who: Who::User(user), origin: Origin { door: "terminal", ..Origin::default() } }
}

/// A password that every rule accepts.
pub const PASSWORD: &str = "violet tractor sings twice";

impl World {
    pub fn pass(&self, length: Duration) {
        let now = self.clock.now().plus(length);
        self.clock.now.store(now.0, Ordering::SeqCst);
    }

    /// Somebody sets the clock by so many days, which do not pass.
    pub fn set_clock(&self, days: i64) {
        for clock in [&self.clock.now, &self.clock.off] {
            clock.fetch_add(days * 86_400_000, Ordering::SeqCst);
        }
    }

    /// Every row of the database as text.
    pub async fn everything(&self) -> Vec<String> {
        self.app.store.everything().await
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("rsvp.key")
    }

    pub async fn in_database(url: &str, folder: tempfile::TempDir) -> Self {
        let clock = Arc::new(FakeClock { now: AtomicI64::new(1_800_000_000_000), off: AtomicI64::new(0) });
        let random = Arc::new(Counting(AtomicU64::new(1)));
        let parts = Parts {
            store: Store::open(url, true).await.unwrap(),
            keys: Arc::new(Keys::create(&folder.path().join("rsvp.key"), &*random).unwrap()),
            hasher: Arc::new(Hasher::new(HashParameters { memory_kib: 8, iterations: 1, parallelism: 1 }, 4).unwrap()),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random,
            options: Options { public_url: Some("https://rsvp.example.org".to_owned()), ..Options::default() },
        };
        let request = set_up::Request {
            organisation: Name::parse("Example Ltd").unwrap(),
            name: Name::parse("Ada Lovelace").unwrap(),
            email: Email::parse("ada@example.org").unwrap(),
            password: Password::typed(PASSWORD).unwrap(),
            language: Language::English,
        };
        let (app, ada) = set_up::run(parts, &operator(), request).await.unwrap();
        Self { app, ada, on_postgres: url.starts_with("postgres"), clock, folder }
    }
}

/// An organisation on SQLite alone.
pub async fn world_on_sqlite() -> World {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("rsvp.db").display());
    World::in_database(&url, folder).await
}

/// Tells a story on SQLite, and on PostgreSQL where the tests were given one (`RSVP_TEST_POSTGRES`, which `tests/run`
/// sets; without it this says so, and fails under CI).
pub async fn on_both<F: AsyncFn(&World)>(story: F) {
    story(&world_on_sqlite().await).await;

    let Some(server) = crate::store::test::server() else { return };
    let url = crate::store::test::fresh_postgres(&server).await;
    story(&World::in_database(&url, tempfile::tempdir().unwrap()).await).await;
}

/// What a test invites Grace with.
pub fn grace() -> crate::app::users::invite::Request {
    crate::app::users::invite::Request {
        email: Email::parse("grace@navy.example").unwrap(),
        name: Name::parse("Grace Hopper").unwrap(),
        role: OrganisationRole::None,
        workspaces: Vec::new(),
        language: Language::English,
        valid_for: None,
        message: String::new(),
        hold: false,
    }
}

/// The code of an invited user's open invitation.
pub async fn link_code(world: &World, user: UserId) -> Code {
    link_code_with(&world.app, user).await
}

/// The same where the organisation works with other keys by now.
pub async fn link_code_with(app: &App, user: UserId) -> Code {
    let shown = show_link::run(app, &operator(), show_link::Request { user }).await.unwrap();
    CodeOrLink::parse(&shown.link).unwrap().code
}

/// Invites somebody who accepts at once with [`PASSWORD`].
pub async fn active(world: &World, email: &str, administrator: bool) -> UserId {
    let name = Name::parse(email.split('@').next().unwrap()).unwrap();
    let role = if administrator { OrganisationRole::Administrator } else { OrganisationRole::None };
    let request = crate::app::users::invite::Request { email: Email::parse(email).unwrap(), name, role, ..grace() };
    let user = crate::app::users::invite::run(&world.app, &operator(), request).await.unwrap().user.id;
    let code = link_code(world, user).await;
    crate::app::links::accept::run(&world.app, crate::app::links::accept::tests::choosing(code)).await.unwrap();
    user
}
