//! How fast the outbox is sent, beside the bare conversation without a queue in the same run.
//!
//!     cargo bench --bench outbox              SQLite, and PostgreSQL where RSVP_TEST_POSTGRES names a server
//!
//! The whole program sends to a relay in this process: `rsvp serve --no-portal` with four connections, as it is
//! installed. Times are from the first email that the relay takes to the last; afterwards the database must say of
//! every email that it was sent. The bare conversation is the same bytes over as many connections, and nothing else.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use support::cli::Home;
use support::postgres::Database;
use support::relay::{Relay, Taken};
use support::seed;

/// Emails to a relay that answers at once.
const MAILS: usize = 10_000;
/// Emails to a relay whose every answer takes [`ROUND_TRIP`].
const FAR: usize = 1_000;
const ROUND_TRIP: Duration = Duration::from_millis(20);
const CONNECTIONS: usize = 4;
const DEADLINE: Duration = Duration::from_mins(5);

fn main() {
    // `cargo test --benches` only sees that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mail = measured("SQLite", MAILS, Duration::ZERO, None);
    bare(&mail.content);
    measured("SQLite, a relay 20 ms away", FAR, ROUND_TRIP, None);
    match Database::fresh() {
        Some(database) => {
            measured("PostgreSQL", MAILS, Duration::ZERO, Some(&database.url));
        }
        None => println!("PostgreSQL: skipped"),
    }
}

/// Sends so many emails and prints how fast; answers the last one.
fn measured(name: &str, count: usize, delay: Duration, database: Option<&str>) -> Taken {
    let relay = Relay::start(delay);
    let mut home = Home::new();
    home.settings(&format!(
        "[portal]\npublic_url = \"http://127.0.0.1:8400\"\n[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n\
         connections = {CONNECTIONS}\n[mail.smtp]\nurl = \"smtp://127.0.0.1:{}?tls=none\"\n",
        relay.port
    ));
    if let Some(url) = database {
        home.set("RSVP_DATABASE__URL", url);
    }
    home.set_up().ends(0);
    let url = database.map_or_else(|| format!("sqlite://{}", home.database().display()), str::to_owned);
    seed::invited(&url, count);
    let running = home.start(&["serve", "--no-portal"]);
    assert!(relay.wait_for(count, DEADLINE), "{} of {count} emails left", relay.taken().len());
    let taken = relay.taken();
    let took = taken[count - 1].at - taken[0].at;
    // What the relay took last is written down a moment later.
    let until = Instant::now() + Duration::from_secs(10);
    let sent = || seed::states(&url) == [("sent".to_owned(), i64::try_from(count).expect("a count"))];
    while !sent() && Instant::now() < until {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(sent(), "{:?}", seed::states(&url));
    drop(running);
    println!("{name}: {count} emails in {:.2} s, {:.0} a second", took.as_secs_f64(), rate(count, took));
    taken.into_iter().next_back().expect("a mail")
}

/// The same email as often over as many connections, without a queue.
fn bare(mail: &[u8]) {
    let relay = Relay::start(Duration::ZERO);
    let port = relay.port;
    let lanes: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let mail = mail.to_vec();
            thread::spawn(move || converse(port, &mail, MAILS / CONNECTIONS))
        })
        .collect();
    let began = Instant::now();
    for lane in lanes {
        lane.join().expect("a lane").expect("a conversation");
    }
    let took = began.elapsed();
    println!("bare conversation: {MAILS} emails in {:.2} s, {:.0} a second", took.as_secs_f64(), rate(MAILS, took));
}

fn converse(port: u16, mail: &[u8], times: usize) -> std::io::Result<()> {
    let mut writer = TcpStream::connect(("127.0.0.1", port))?;
    writer.set_nodelay(true)?;
    let mut reader = BufReader::new(writer.try_clone()?);
    let mut line = String::new();
    let mut answer = || {
        line.clear();
        reader.read_line(&mut line).map(drop)
    };
    answer()?;
    for _ in 0..times {
        for command in ["MAIL FROM:<rsvp@example.org>\r\n", "RCPT TO:<bulk@example.org>\r\n", "DATA\r\n"] {
            writer.write_all(command.as_bytes())?;
            answer()?;
        }
        writer.write_all(mail)?;
        writer.write_all(b".\r\n")?;
        answer()?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a count of emails is far below 2^52")]
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
