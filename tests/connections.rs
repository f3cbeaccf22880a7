//! A service whose portal is held open by people who say nothing: others reach it, and emails leave. Size: one service, a
//! thousand connections.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::DEADLINE;
use support::cli::Home;
use support::relay::Relay;

#[test]
fn a_thousand_half_sent_heads_stop_neither_a_page_nor_an_email() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    if maximum.is_some_and(|most| most < 2_048) {
        support::skip("a limit of 2,048 open files, for the thousand who say nothing");
        return;
    }
    let relay = Relay::start(Duration::ZERO);
    let mut home = Home::with_organisation();
    home.settings(&format!(
        "[portal]\npublic_url = \"http://127.0.0.1:1\"\n[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.com\"\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
        relay.port
    ));
    home.set("RSVP_PORTAL__LISTEN", "127.0.0.1:0");
    let log = home.path("serve.log");
    let said = |text: &str| {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let all = fs::read_to_string(&log).unwrap_or_default();
            if all.contains(text) {
                return all;
            }
            assert!(Instant::now() < deadline, "no “{text}” in {all}");
            thread::sleep(Duration::from_millis(20));
        }
    };
    // As a service without LimitNOFILE in its unit: no more than this, whatever it asks for.
    let script = format!("ulimit -n 1024; exec \"$0\" serve 2>'{}'", log.display());
    let mut service = home.spawn_in_shell(&script, &[]);
    let began = said("listens on http://");
    let portal = began.split("listens on http://").nth(1).unwrap().split(". ").next().unwrap().to_owned();

    let silent: Vec<TcpStream> = (0..1_003)
        .map(|number| {
            let mut stream = TcpStream::connect(&portal).unwrap();
            // One that was closed already has had its time.
            let _ = write!(stream, "GET /forgot HTTP/1.1\r\nHost: {number}\r\nX-Wait: ");
            stream
        })
        .collect();
    let mut person = TcpStream::connect(&portal).unwrap();
    person.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(person, "GET /forgot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let began = Instant::now();
    let mut page = String::new();
    person.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("Reset your password"), "{page}");
    println!("the page came after {:?}", began.elapsed());
    home.run("invite grace@navy.example").ends(0);
    assert!(relay.wait_for(1, DEADLINE), "the email leaves");
    let log = said("the portal has as many connections as it may");
    assert_eq!(log.matches("code=\"too_many_connections\"").count(), 1, "once a minute: {log}");
    assert!(log.contains("bound=768") && !log.contains("out_of_descriptors"), "{log}");
    drop(silent);
    service.kill().unwrap();
    service.wait().unwrap();
}
