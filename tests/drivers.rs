//! The tests' own tools do what they say: the pseudo-terminal, the database, the mail server.
//!
//! A driver that sees nothing would let every story pass that waits for something to be absent.
//!
//! Size: a shell in a pseudo-terminal, one database, one mail server; about a second.

mod support;

use std::path::Path;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::{Message, SmtpTransport, Transport};
use sea_orm::ConnectionTrait;
use support::postgres::Database;
use support::pty::{Starter, key};
use support::smtp::Sink;
use vt100::Color;

/// A shell with a prompt that a test can wait for.
fn shell(home: &Path) -> Starter {
    Starter::of(Path::new("/bin/sh"), home).env("PS1", "ready> ")
}

#[test]
fn the_terminal_shows_what_the_program_draws_and_passes_keys_on() {
    let home = tempfile::tempdir().expect("a home");
    let mut terminal = shell(home.path()).size(60, 10).start();
    terminal.wait_for("ready>");
    terminal.send("printf '\\033[1;31m%s\\033[0m\\n' \"$((20 + 3))-red\"");
    terminal.send(key::ENTER);
    terminal.wait_for("23-red");
    assert_eq!(terminal.cell_of("23-red").fgcolor(), Color::Idx(1));
    assert!(terminal.cell_of("23-red").bold());
    assert!(!terminal.shows("24-red"));
}

#[test]
fn the_terminal_answers_and_can_be_resized_and_copied_to() {
    let home = tempfile::tempdir().expect("a home");
    let mut terminal = shell(home.path()).start();
    terminal.wait_for("ready>");
    terminal.resize(70, 12);
    terminal.send("stty size\r");
    terminal.wait_for("12 70");
    terminal.send("printf '\\033]52;c;aGVsbG8=\\007done-%s\\n' copying\r");
    terminal.wait_for("done-copying");
    assert_eq!(terminal.clipboard(), ["aGVsbG8="]);
    // Where the cursor is, asked as programs ask it; the answer arrives as if it were typed.
    terminal.send("stty raw -echo; printf '\\033[6n'; dd bs=1 count=6 2>/dev/null | od -c; stty sane; printf '%s-%s\\n' all sane\r");
    terminal.wait_for("033   [");
    terminal.wait_for("all-sane");
    terminal.send("stty raw -echo; printf '\\033[5n'; dd bs=1 count=4 2>/dev/null | od -c; stty sane\r");
    terminal.wait_for("033   [   0   n");
}

#[test]
fn the_terminal_tells_when_modes_were_changed_and_how_the_program_ended() {
    let home = tempfile::tempdir().expect("a home");
    let mut terminal = shell(home.path()).start();
    terminal.wait_for("ready>");
    terminal.send("stty -echo; printf '%s-%s\\n' now quiet\r");
    terminal.wait_for("now-quiet");
    let quiet = terminal.modes();
    terminal.send("stty echo; printf '%s-%s\\n' now loud\r");
    terminal.wait_for("now-loud");
    assert_ne!(terminal.modes(), quiet);
    terminal.send("printf '%s-%s\\n' last words; exit 7\r");
    assert_eq!(terminal.wait_exit().exit_code(), 7);
    assert!(terminal.shows("last-words"), "{}", terminal.picture());
}

#[test]
fn a_terminal_that_nobody_reads_fills_up_until_somebody_does() {
    let home = tempfile::tempdir().expect("a home");
    let mut terminal = shell(home.path()).start_unread();
    terminal.send("yes full | head -c 200000; printf '%s-%s\\n' at last; exit\r");
    assert!(!terminal.has_ended_within(Duration::from_millis(300)), "its writing waits");
    terminal.read_on();
    terminal.wait_for("at-last");
    assert!(terminal.wait_exit().success());
    assert!(terminal.written() > 200_000);
}

#[test]
#[should_panic(expected = "24-red")]
fn a_cell_that_is_not_there_is_a_failure() {
    let home = tempfile::tempdir().expect("a home");
    let mut terminal = shell(home.path()).start();
    terminal.wait_for("ready>");
    terminal.settle(Duration::from_millis(1));
    terminal.cell_of("24-red");
}

#[tokio::test]
async fn each_test_gets_a_database_of_its_own() {
    let (Some(one), Some(other)) = (Database::fresh(), Database::fresh()) else { return };
    assert_ne!(one.url, other.url);
    let connection = sea_orm::Database::connect(&one.url).await.expect("it is there");
    connection.execute_unprepared("CREATE TABLE mark (id INT)").await.expect("it takes a table");
    let elsewhere = sea_orm::Database::connect(&other.url).await.expect("it is there");
    assert!(elsewhere.execute_unprepared("SELECT id FROM mark").await.is_err());
    // Dropped although somebody is still connected.
    let url = one.url.clone();
    drop(one);
    assert!(sea_orm::Database::connect(url).await.is_err());
}

#[test]
fn the_mail_server_takes_a_mail_and_refuses_another() {
    let Some(sink) = Sink::start() else { return };
    let mail = |to: &str| {
        let mailbox = |address: &str| address.parse::<Mailbox>().expect("an address");
        let body = "Grüße, follow <http://127.0.0.1:8080/i/ABC-DEF> to join.";
        Message::builder()
            .from(mailbox("rsvp@example.org"))
            .to(mailbox(to))
            .subject("Für Grace")
            .multipart(MultiPart::alternative_plain_html(body.to_owned(), format!("<p>{body}</p>")))
            .expect("a mail")
    };
    let relay = SmtpTransport::builder_dangerous("127.0.0.1").port(sink.port).build();
    assert!(relay.send(&mail("grace+554@example.org")).expect_err("refused at RCPT").is_permanent());
    assert!(relay.send(&mail("grace+d451@example.org")).expect_err("refused at the end").is_transient());
    relay.send(&mail("grace@example.org")).expect("accepted");
    let taken = sink.next();
    assert_eq!(taken.to, ["grace@example.org"]);
    assert_eq!(taken.from, "rsvp@example.org");
    assert_eq!(taken.header("subject"), Some("Für Grace"));
    assert_eq!(taken.link("/i/"), "http://127.0.0.1:8080/i/ABC-DEF");
    assert!(taken.html.contains("<p>Grüße"));
    assert!(taken.defects.is_empty(), "{:?}", taken.defects);
    assert!(std::fs::read_to_string(&taken.file).expect("the mail as it came").contains("Subject: "));
}
