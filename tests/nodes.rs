//! Many processes on one PostgreSQL server that is restarted, killed, cut off and failed over to a synchronous standby:
//! what was reported as stored is stored, and no email is lost or sent in two versions.
//!
//! `RSVP_TEST_NODES_SECONDS` makes it longer (40).
//!
//! Size: three workers, two portals, two terminals, 1,500 emails, a minute.

mod support;

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use support::cli::{Home, PASSWORD, Served};
use support::cluster::Cluster;
use support::relay::Relay;
use support::seed;

const MAILS: usize = 1_500;

/// What callers were told.
#[derive(Default)]
struct Told {
    invited: Vec<String>,
    accepted: Vec<String>,
    /// How many were told that something went wrong.
    refused: usize,
}

/// What happens to the server.
type Trouble = (&'static str, fn(&Cluster));

/// In its order.
const HAVOC: [Trouble; 4] = [
    ("restarted", Cluster::restart),
    ("cut off", Cluster::cut),
    ("killed", Cluster::crash),
    ("failed over", Cluster::fail_over),
];

fn world(cluster: &Cluster, relay: &Relay) -> Home {
    let mut home = Home::new();
    home.set("RSVP_DATABASE__URL", &cluster.url());
    home.settings(&format!(
        "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\nconnections = 2\n[mail.smtp]\n\
         url = \"smtp://127.0.0.1:{}?tls=none\"\n",
        relay.port
    ));
    home.set_up().ends(0);
    home
}

/// Goes on inviting and accepting, through the command line and both portals, while the server is in trouble.
fn work(home: &Home, cluster: &Cluster, length: Duration) -> Told {
    let (began, mut told, mut next) = (Instant::now(), Told::default(), 0);
    let mut number = 0;
    while began.elapsed() < length || next < HAVOC.len() {
        if next < HAVOC.len() && began.elapsed() > length * (u32::try_from(next).expect("few") + 1) / 5 {
            let (what, does) = HAVOC[next];
            does(cluster);
            println!("{:?}: the server was {what}", began.elapsed());
            next += 1;
        }
        number += 1;
        let person = format!("new{number}@example.org");
        if home.run(&format!("invite {person}")).status != 0 {
            told.refused += 1;
            continue;
        }
        told.invited.push(person.clone());
        let link = home.run(&format!("link {person}"));
        if link.status != 0 {
            told.refused += 1;
            continue;
        }
        // A portal lets one client accept so often in a minute; a bare code goes beside it.
        let link = link.out.trim();
        let way = if number % 5 == 0 { link } else { link.rsplit('/').next().unwrap_or_default() };
        let accepted = home.type_in(&format!("{PASSWORD}\n"), &["accept", way, "--password-stdin"]);
        if accepted.status == 0 {
            told.accepted.push(person);
        } else {
            told.refused += 1;
        }
    }
    told
}

/// Waits until every email has come to its end.
fn wait_for_the_end(url: &str) {
    let until = Instant::now() + Duration::from_mins(3);
    loop {
        let open = seed::states(url).into_iter().filter(|(state, _)| state == "queued" || state == "sending");
        let open: i64 = open.map(|(_, count)| count).sum();
        if open == 0 {
            return;
        }
        assert!(Instant::now() < until, "{open} emails never came to their end");
        thread::sleep(Duration::from_millis(300));
    }
}

/// Compares what the relay took with what the database says.
fn compare_emails(url: &str, relay: &Relay) {
    let mut copies: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
    for mail in relay.taken() {
        copies.entry(mail.message_id.trim_matches(['<', '>']).to_owned()).or_default().push(mail.content);
    }
    let rows = seed::rows(url, "SELECT message_id, state FROM outbox", |row| {
        let text = |column| row.try_get::<String>("", column).expect("text");
        (text("message_id"), text("state"))
    });
    let mut twice = 0;
    for (message_id, state) in &rows {
        let copies = copies.remove(message_id).unwrap_or_default();
        match state.as_str() {
            "sent" => assert!(!copies.is_empty(), "the relay never took {message_id}"),
            "cancelled" => {}
            other => panic!("{message_id} is {other}"),
        }
        twice += usize::from(copies.len() > 1);
        assert!(copies.iter().all(|copy| *copy == copies[0]), "the copies of {message_id} differ");
    }
    assert!(copies.is_empty(), "the relay took what nobody wrote: {:?}", copies.keys());
    println!("{} emails, {twice} of them taken more than once", rows.len());
    // What a relay took while the server was away is written down when it is back, within the lease.
    assert!(twice < rows.len() / 20, "{twice} of {} were taken more than once", rows.len());
}

#[test]
fn many_processes_lose_nothing_while_their_server_is_restarted_killed_and_failed_over() {
    let Some(cluster) = Cluster::start() else { return };
    let relay = Relay::start(Duration::from_millis(20));
    let mut home = world(&cluster, &relay);
    let portals: [Served; 2] = std::array::from_fn(|_| home.serve_with(&["--no-worker"]));
    seed::invited(&cluster.url(), MAILS);
    let workers: [Served; 3] = std::array::from_fn(|_| home.start(&["serve", "--no-portal"]));
    let mut terminals = [home.terminal().args(["--operator"]).start(), home.terminal().args(["--operator"]).start()];
    for terminal in &mut terminals {
        terminal.wait_for("Bulk 1");
    }
    let seconds = std::env::var("RSVP_TEST_NODES_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let told = work(&home, &cluster, Duration::from_secs(seconds));
    wait_for_the_end(&cluster.url());
    for person in &told.invited {
        let wanted = if told.accepted.contains(person) { "active" } else { "" };
        let shown = home.run(&format!("show {person} --json")).ends(0).json();
        assert!(wanted.is_empty() || shown["status"] == wanted, "{person} is {}", shown["status"]);
    }
    compare_emails(&cluster.url(), &relay);
    home.run("audit verify").ends(0);
    // The terminals were open all the time, and show what is there now.
    home.run("invite last@example.org --name Zuletzt").ends(0);
    for terminal in &mut terminals {
        terminal.send("/Zuletzt\r");
        terminal.wait_for("last@example.org");
    }
    println!("{} invited, {} accepted, {} refused", told.invited.len(), told.accepted.len(), told.refused);
    assert!(told.accepted.len() > 5);
    drop((workers, portals));
}
