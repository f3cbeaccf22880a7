//! A clock that is wrong under a running service, for seconds and for good: nothing is deleted, email goes on leaving, and
//! people sign in.
//!
//! The clock is set by libfaketime, which moves it for running programs too and leaves alone the time that passes. `tests/run`
//! installs it (Debian: faketime). Size: two services and some sixty starts of the command line, half a minute.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use support::DEADLINE;
use support::cli::{Home, PASSWORD, Served};
use support::postgres::Database;
use support::pty::{Terminal, key};
use support::relay::Relay;

const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 24 * HOUR;

/// A machine with an organisation on it, whose clock is moved.
struct Machine {
    home: Home,
    relay: Relay,
    clock: PathBuf,
    log: PathBuf,
    invited: usize,
}

impl Machine {
    fn new() -> Option<Self> {
        Self::with(None)
    }

    /// One whose organisation is in this database.
    fn with(database: Option<&str>) -> Option<Self> {
        let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
        let library =
            [library.to_owned(), library.replace("x86_64", "aarch64")].into_iter().find(|l| Path::new(l).exists());
        let Some(library) = library else {
            support::skip("libfaketime (`tests/run` installs it as root; Debian: faketime)");
            return None;
        };
        let mut home = Home::new();
        let (clock, log) = (home.path("clock"), home.path("log"));
        let relay = Relay::start(Duration::ZERO);
        home.settings(&format!(
            "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\nper_minute = 600\n\
             [mail.smtp]\nurl = \"smtp://127.0.0.1:{}?tls=none\"\n[retention]\nbin = \"30d\"\naudit = \"30d\"\n",
            relay.port
        ));
        for (name, value) in [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_NO_CACHE", "1"),
            ("NO_FAKE_STAT", "1"),
            ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
            // What takes hours and minutes otherwise.
            ("RSVP_TEST_CLEAN_MS", "200"),
            ("RSVP_TEST_LEASE_MS", "2000"),
        ] {
            home.set(name, value);
        }
        if let Some(url) = database {
            home.set("RSVP_DATABASE__URL", url);
        }
        let mut machine = Self { home, relay, clock, log, invited: 0 };
        machine.set(0);
        machine.home.set_up().ends(0);
        machine.home.run("invite gone@example.org").ends(0);
        machine.home.run("delete gone@example.org --yes").ends(0);
        // Without a public address, which is known now, no email with a link leaves.
        drop(machine.serve());
        Some(machine)
    }

    /// Sets the clock so many seconds ahead, for everything that runs.
    fn set(&self, ahead: i64) {
        let next = self.clock.with_extension("next");
        fs::write(&next, format!("{ahead:+}")).unwrap();
        fs::rename(next, &self.clock).unwrap();
    }

    fn serve(&mut self) -> Served {
        let log = self.log.clone();
        self.home.serve_into(&log)
    }

    /// Invites somebody, whose email must leave soon; answers their link.
    fn invite(&mut self, when: &str) -> String {
        let begun = self.relay.taken().len();
        self.invited += 1;
        let address = format!("p{}@example.org", self.invited);
        self.home.run(&format!("invite {address}")).ends(0);
        assert!(self.relay.wait_for(begun + 1, DEADLINE / 4), "no email leaves {when}: {}", self.read());
        self.home.run(&format!("link {address}")).ends(0).out.trim().to_owned()
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn wait_for_line(&self, text: &str, count: usize) {
        let deadline = Instant::now() + DEADLINE;
        while self.read().matches(text).count() < count {
            assert!(Instant::now() < deadline, "no {count} lines “{text}” in {}", self.read());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// That nobody was removed from the bin, nothing was forgotten of the audit log, and nothing panicked.
    fn has_everything(&self) {
        let all = self.home.run("audit list --limit 1000 --json").ends(0).json();
        let all = all["items"].as_array().unwrap();
        assert!(all.len() > 3 && all.iter().all(|entry| !entry["detail"].is_null()), "{all:?}");
        for action in ["purge", "forget-details"] {
            assert!(all.iter().all(|entry| entry["action"] != action), "{all:?}");
        }
        self.home.run("restore gone@example.org").ends(0);
        self.home.run("delete gone@example.org --yes").ends(0);
        assert!(!self.read().contains("panicked"), "{}", self.read());
    }

    fn wait_for_mail_of(&self, address: &str, wanted: &dyn Fn(&serde_json::Value) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let all = self.home.run("mail list --json").ends(0).json();
            let mut all = all["items"].as_array().unwrap().iter();
            let mail = all.find(|mail| mail["to"] == address).unwrap();
            if wanted(mail) {
                return;
            }
            assert!(Instant::now() < deadline, "{mail}");
        }
    }

    fn wait_for_failed_sign_ins(&self, count: usize) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let all = self.home.run("audit list --action sign-in-failed --json").ends(0).json();
            if all["items"].as_array().unwrap().len() == count {
                return;
            }
            assert!(Instant::now() < deadline, "{all}");
        }
    }

    fn sign_in_screen(&self) -> Terminal {
        let mut screen = self.home.terminal().size(160, 40).start();
        screen.wait_for("Password forgotten?");
        screen
    }
}

/// Seconds since 1970, by the true clock.
fn now() -> i64 {
    rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec
}

/// From now to a day of another time.
fn to(days_after_1970: i64) -> i64 {
    days_after_1970 * 24 * HOUR - now()
}

/// 2 January 1970; the day after 32 bits of seconds are over; 2 March 2100, which follows on no leap day.
const FAR: [i64; 3] = [1, 24_856, 47_542];

/// The status that the portal of this link answers with.
fn opens(link: &str) -> u16 {
    let (host, path) = link.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_clock_that_is_wrong_for_seconds_loses_nothing_and_keeps_nobody_waiting() {
    let Some(mut machine) = Machine::new() else { return };
    let served = machine.serve();
    let kept = machine.invite("at first");
    let mut jumps = 0;
    for off in [HOUR, -HOUR, YEAR, -YEAR].into_iter().chain(FAR.map(to)) {
        machine.set(off);
        let link = machine.invite(&format!("{off} s off"));
        assert_eq!(opens(&link), 200, "{off}");
        opens(&kept);
        if off.abs() > HOUR {
            jumps += 1;
            machine.wait_for_line("Nothing is deleted for good: the clock jumped", jumps);
        }
        machine.set(0);
        machine.invite(&format!("after it was {off} s off"));
        assert_eq!(opens(&kept), 200, "{off}");
        if off.abs() > HOUR {
            jumps += 1;
            machine.wait_for_line("Nothing is deleted for good: the clock jumped", jumps);
        }
    }
    // A relay that is down meanwhile: what waits does not expire, and the relay is asked as soon as the clock is right.
    machine.relay.set_down(true);
    machine.home.run("invite late@example.org").ends(0);
    machine.wait_for_line("the relay can't be used", 1);
    machine.set(4 * YEAR);
    machine.wait_for_mail_of("late@example.org", &|mail| mail["next_at"].as_str().unwrap() > "2029");
    machine.set(0);
    machine.relay.set_down(false);
    let taken = machine.relay.taken().len();
    assert!(machine.relay.wait_for(taken + 1, DEADLINE / 4), "{}", machine.read());
    machine.has_everything();
    let doctor = machine.home.run("doctor");
    assert_eq!(doctor.out.matches("the clock jumped").count(), 1, "{doctor:?}");
    drop(served);
}

#[test]
fn a_clock_that_was_wrong_for_a_moment_keeps_the_owner_of_a_password_out_and_nobody_else_in() {
    let Some(machine) = Machine::new() else { return };
    machine.set(HOUR);
    let mut screen = machine.sign_in_screen();
    screen.send("ada@example.org\t");
    for count in 1..=4 {
        screen.send(&format!("not the password{}", key::ENTER));
        machine.wait_for_failed_sign_ins(count);
    }
    machine.set(0);
    drop(screen);
    let mut screen = machine.sign_in_screen();
    screen.send(&format!("ada@example.org\t{PASSWORD}{}", key::ENTER));
    screen.wait_for("1 Users");

    // A session that begins in the future ends with the next reset.
    machine.set(HOUR);
    let mut ahead = machine.sign_in_screen();
    ahead.send(&format!("ada@example.org\t{PASSWORD}{}", key::ENTER));
    ahead.wait_for("1 Users");
    machine.set(0);
    let link = machine.home.run("reset-password ada@example.org --print-link").ends(0);
    let code = link.out.trim().rsplit('/').next().unwrap();
    machine.home.type_in("copper harvest under moonlight\n", &["reset", code, "--password-stdin"]).ends(0);
    for screen in [&mut screen, &mut ahead] {
        screen.send("r");
        screen.wait_for("changed since you signed in");
    }
}

#[test]
fn a_clock_that_is_wrong_for_good_stops_no_email_and_no_link() {
    let Some(mut machine) = Machine::new() else { return };
    for off in [HOUR, -YEAR, YEAR].into_iter().chain(FAR.map(to)) {
        machine.set(off);
        // Started anew, as after a failure of the clock's battery.
        let served = machine.serve();
        let link = machine.invite(&format!("{off} s off for good"));
        assert_eq!(opens(&link), 200, "{off}");
        machine.home.type_in(&format!("{PASSWORD}\n"), &["accept", &link, "--password-stdin"]).ends(0);
        machine.has_everything();
        drop(served);
    }
}

#[test]
fn on_a_server_its_clock_counts_and_a_machine_whose_own_is_wrong_ends_nothing() {
    let Some(database) = Database::fresh() else { return };
    let Some(mut machine) = Machine::with(Some(&database.url)) else { return };
    let served = machine.serve();
    for off in [HOUR, 4 * YEAR, to(FAR[0])] {
        // Under the running service, and for a second one that starts with it.
        machine.set(off);
        let log = machine.home.path("second.log");
        let second = machine.home.start_into(&["serve", "--no-portal"], fs::File::create(log).unwrap());
        let link = machine.invite(&format!("{off} s off"));
        assert_eq!(opens(&link), 200, "{off}");
        let user = machine.home.run(&format!("show p{}@example.org --json", machine.invited)).ends(0).json();
        let until = user["invitation"]["expires_at"].as_str().unwrap_or_else(|| panic!("{user}")).to_owned();
        let until = until.parse::<jiff::Timestamp>().unwrap().as_second() - now();
        assert!((6 * 24 * HOUR..8 * 24 * HOUR).contains(&until), "{off}: {until}");
        let doctor = machine.home.run("doctor");
        assert!(doctor.out.contains("clock is off by"), "{doctor:?}");
        drop(second);
    }
    machine.set(0);
    machine.has_everything();
    assert!(!machine.read().contains("the clock jumped"), "{}", machine.read());
    drop(served);
}
