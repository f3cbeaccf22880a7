//! Workers that are killed in the middle of their work lose no email and send none that is not wanted.
//!
//! Several workers share one outbox with a relay that is down for a while; each is ended with SIGKILL at random moments
//! and started again, while somebody goes on resending and revoking invitations. What the relay took is then compared
//! with what the database says. `RSVP_TEST_KILL_SECONDS` makes it longer (60), `RSVP_TEST_SEED` repeats the decisions
//! of a run.
//!
//! Size: two stories on each database with 2,000 emails each; as many at once as the machine has cores, 75 seconds
//! each.

mod support;

use std::collections::{HashMap, HashSet};
use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use support::cli::{Home, Served};
use support::postgres::Database;
use support::relay::{Relay, Taken};
use support::seed;

const MAILS: usize = 2_000;
/// How long a worker may hold an email here, so that those of a killed one go on soon.
const LEASE_MS: &str = "2000";
/// How long the relay is down, in the middle.
const DOWN: Duration = Duration::from_secs(5);

/// Decisions that can be repeated.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let asked = env::var("RSVP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = asked.unwrap_or_else(|| RandomState::new().hash_one("dice"));
        println!("RSVP_TEST_SEED={seed}");
        Self(seed | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("a small number")
    }
}

/// An organisation whose emails go to a relay of ours.
struct World {
    home: Home,
    relay: Relay,
    url: String,
    _database: Option<Database>,
}

impl World {
    fn new(database: Option<Database>, answers_after: Duration) -> Self {
        let relay = Relay::start(answers_after);
        let mut home = Home::new();
        home.settings(&format!(
            "[portal]\npublic_url = \"http://127.0.0.1:8400\"\n[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n\
             connections = 2\n[mail.smtp]\nurl = \"smtp://127.0.0.1:{}?tls=none\"\n",
            relay.port
        ));
        home.set("RSVP_TEST_LEASE_MS", LEASE_MS);
        if let Some(database) = &database {
            home.set("RSVP_DATABASE__URL", &database.url);
        }
        home.set_up().ends(0);
        let url = database
            .as_ref()
            .map_or_else(|| format!("sqlite://{}", home.database().display()), |database| database.url.clone());
        seed::invited(&url, MAILS);
        Self { home, relay, url, _database: database }
    }

    fn worker(&self) -> Served {
        self.home.start(&["serve", "--no-portal"])
    }

    fn mails(&self) -> Vec<Row> {
        let columns = "SELECT id, message_id, state, subject_id, attempts, crashes FROM outbox ORDER BY id";
        seed::rows(&self.url, columns, |row| Row {
            id: row.try_get("", "id").expect("a number"),
            message_id: row.try_get("", "message_id").expect("text"),
            state: row.try_get("", "state").expect("text"),
            invitation: row.try_get("", "subject_id").expect("a number"),
            attempts: row.try_get("", "attempts").expect("a number"),
            crashes: row.try_get("", "crashes").expect("a number"),
        })
    }

    fn count(&self, statement: &str) -> i64 {
        seed::rows(&self.url, statement, |row| row.try_get_by_index(0).expect("a number"))[0]
    }
}

/// An email as the database has it.
#[derive(Debug)]
struct Row {
    id: i64,
    message_id: String,
    state: String,
    invitation: i64,
    attempts: i64,
    crashes: i64,
}

/// What callers were answered while workers died.
#[derive(Default)]
struct Answered {
    resent: i64,
    revoked: i64,
    kills: usize,
}

/// Kills workers, lets the relay go down once, resends and revokes, for as long as it is asked to.
fn havoc(world: &World, workers: usize, dice: &mut Dice) -> Answered {
    let length = env::var("RSVP_TEST_KILL_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (began, length) = (Instant::now(), Duration::from_secs(length));
    let mut running: Vec<Served> = (0..workers).map(|_| world.worker()).collect();
    let mut answered = Answered::default();
    while began.elapsed() < length {
        thread::sleep(Duration::from_millis(100 + dice.below(700) as u64));
        let middle = began.elapsed() > length / 2 && began.elapsed() < length / 2 + DOWN;
        world.relay.set_down(middle);
        let victim = dice.below(workers);
        // The dropped one is killed with SIGKILL and its successor started.
        drop(std::mem::replace(&mut running[victim], world.worker()));
        answered.kills += 1;
        let somebody = format!("bulk{}@example.org", 1 + dice.below(MAILS));
        if dice.below(3) == 0 {
            // One that is revoked already has nothing to revoke.
            answered.revoked += i64::from(world.home.run(&format!("revoke {somebody}")).status == 0);
        } else {
            world.home.run(&format!("resend {somebody} --force")).ends(0);
            answered.resent += 1;
        }
    }
    world.relay.set_down(false);
    // The living finish what is left.
    let until = Instant::now() + Duration::from_mins(3);
    while Instant::now() < until && world.mails().iter().any(|mail| mail.state == "queued" || mail.state == "sending") {
        thread::sleep(Duration::from_millis(200));
    }
    answered
}

fn agree(world: &World, answered: &Answered) {
    let mails = world.mails();
    let taken = world.relay.taken();
    let mut copies: HashMap<&str, Vec<&Taken>> = HashMap::new();
    for mail in &taken {
        copies.entry(mail.message_id.trim_matches(['<', '>'])).or_default().push(mail);
    }
    // Every invitation that was answered as stored has exactly one email.
    let invitations: HashSet<i64> = mails.iter().map(|mail| mail.invitation).collect();
    assert_eq!((mails.len(), invitations.len()), (MAILS + usize_of(answered.resent), mails.len()));
    assert_eq!(world.count("SELECT count(*) FROM links"), i64::try_from(mails.len()).expect("a count"));
    let mut twice = 0;
    for mail in &mails {
        let copies = copies.remove(mail.message_id.as_str()).unwrap_or_default();
        match mail.state.as_str() {
            "sent" => assert!(!copies.is_empty(), "the relay never took what is called sent: {mail:?}"),
            // One that was on its way when it was withdrawn may have arrived; its link no longer works.
            "cancelled" => {}
            _ => panic!("mail {} did not come to its end: {mail:?}", mail.id),
        }
        // A relay that is down costs no email a try.
        assert_eq!(mail.attempts, 0, "{mail:?}");
        if copies.len() > 1 {
            twice += 1;
            assert!(mail.crashes > 0, "sent twice without a reason: {mail:?}");
            assert!(copies.iter().all(|copy| copy.content == copies[0].content), "the copies differ: {mail:?}");
        }
    }
    assert!(copies.is_empty(), "the relay took what nobody wrote: {:?}", copies.keys());
    // Each change that was answered as stored is in the log once.
    let logged = |action| world.count(&format!("SELECT count(*) FROM audit WHERE action = '{action}'"));
    assert_eq!((logged("resend"), logged("revoke")), (answered.resent, answered.revoked));
    // At most one link of a person works, and none of somebody whose invitation was withdrawn last.
    let twice_open = "SELECT count(*) FROM (SELECT user_id FROM links WHERE open_key IS NOT NULL GROUP BY user_id HAVING count(*) > 1) AS x";
    let revived =
        "SELECT count(*) FROM links i WHERE i.open_key IS NOT NULL AND 'revoke' = (SELECT a.action FROM audit a
        WHERE a.subject_id = i.user_id AND a.action IN ('resend', 'revoke') ORDER BY a.id DESC LIMIT 1)";
    assert_eq!((world.count(twice_open), world.count(revived)), (0, 0));
    println!(
        "{} emails, {} kills, {} resent, {} revoked; the relay took {}, {twice} of them more than once",
        mails.len(),
        answered.kills,
        answered.resent,
        answered.revoked,
        taken.len()
    );
    assert!(answered.kills > 20 || env::var("RSVP_TEST_KILL_SECONDS").is_ok(), "{} kills are no havoc", answered.kills);
}

fn usize_of(number: i64) -> usize {
    usize::try_from(number).expect("no negative count")
}

fn story(workers: usize, database: Option<Database>) {
    // So slow that the emails last for most of the time, however many send them.
    let world = World::new(database, Duration::from_millis(6 * workers as u64));
    let answered = havoc(&world, workers, &mut Dice::new());
    agree(&world, &answered);
}

#[test]
fn two_workers_on_sqlite_are_killed_again_and_again_and_no_mail_is_lost() {
    story(2, None);
}

#[test]
fn four_workers_on_sqlite_are_killed_again_and_again_and_no_mail_is_lost() {
    story(4, None);
}

#[test]
fn two_workers_on_postgresql_are_killed_again_and_again_and_no_mail_is_lost() {
    if let Some(database) = Database::fresh() {
        story(2, Some(database));
    }
}

#[test]
fn four_workers_on_postgresql_are_killed_again_and_again_and_no_mail_is_lost() {
    if let Some(database) = Database::fresh() {
        story(4, Some(database));
    }
}
