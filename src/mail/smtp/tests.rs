//! What becomes of an email when the relay misbehaves.

use std::time::Duration;

use tempfile::TempDir;

use super::connection::walk;
use super::fake::{Certificate, Fake, Reaction, Running};
use super::*;
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::mail::FailureClass::{Ambiguous, Permanent, Temporary, Transport};
use crate::domain::mail::{Failure, FailureClass, Outcome, Stage};
use crate::domain::time::Timestamp;
use crate::mail::message::Envelope;

const MAIL: &[u8] = b"Subject: x\r\n\r\nHello\r\n.\r\nbye\r\n";

fn relay(running: &Running) -> Relay {
    Relay {
        host: "127.0.0.1".into(),
        port: running.port,
        tls: Tls::None,
        sign_in: None,
        allow_plain: false,
        authorities: None,
        hello: Some("rsvp.example.org".into()),
        // Far longer than anything here takes; a test of a silence shortens the one stage that is silent.
        limits: Limits::SENDING,
    }
}

fn with_password(relay: Relay) -> Relay {
    let sign_in = SignIn { user: "ada".into(), password: Zeroizing::new("engine-secret".into()) };
    Relay { sign_in: Some(sign_in), ..relay }
}

fn envelope() -> Envelope {
    Envelope {
        from_name: "Example Hall".into(),
        from: Email::parse("rsvp@example.org").unwrap(),
        return_path: Some(Email::parse("bounces@example.org").unwrap()),
        to: Email::parse("zoe@example.net").unwrap(),
        to_name: "Zoë".into(),
        message_id: "42@example.org".into(),
        date: Timestamp(0),
        code: Some(Code { id: 42, mac: [9; 16] }),
    }
}

async fn deliver(relay: &Relay) -> Outcome {
    match Connection::open(relay).await {
        Ok(mut connection) => connection.send(&envelope(), MAIL).await,
        Err(failure) => Outcome::Failed(failure),
    }
}

async fn failure(relay: &Relay) -> Failure {
    match deliver(relay).await {
        Outcome::Failed(failure) => failure,
        Outcome::Accepted(words) => panic!("accepted: {words}"),
    }
}

fn judged(failure: &Failure) -> (FailureClass, Stage, Option<u16>) {
    (failure.class, failure.stage, failure.code)
}

#[tokio::test]
async fn a_mail_reaches_the_relay_as_it_was_written() {
    let running = Fake::new().start().await;
    assert_eq!(deliver(&relay(&running)).await, Outcome::Accepted("taken as 4711".into()));
    assert_eq!(running.mails(), [MAIL]);
    assert_eq!(
        running.lines(),
        ["EHLO rsvp.example.org", "MAIL FROM:<bounces@example.org>", "RCPT TO:<zoe@example.net>", "DATA"]
    );
}

#[tokio::test]
async fn a_machine_without_a_name_greets_with_its_address() {
    for hello in [None, Some(String::new()), Some("two words\r\nRSET".to_owned())] {
        let running = Fake::new().start().await;
        Connection::open(&Relay { hello, ..relay(&running) }).await.map(|_| ()).unwrap();
        assert_eq!(running.lines(), ["EHLO [127.0.0.1]"]);
    }
}

#[tokio::test]
async fn a_no_is_judged_by_its_stage_and_said_in_words() {
    let cases: &[(&str, &str, FailureClass, Stage, &str)] = &[
        ("CONNECT", "554 go away", Transport, Stage::Greeting, "refuses the connection (554); it says: go away"),
        ("CONNECT", "421 busy", Transport, Stage::Greeting, "closes the connection for now (421)"),
        ("EHLO", "550 bad name", Transport, Stage::Hello, "doesn't accept this machine's greeting (550)"),
        (
            "AUTH",
            "535 5.7.8 no",
            Transport,
            Stage::SignIn,
            "refuses our sign-in (535): check mail.smtp.user and its password",
        ),
        ("AUTH", "454 4.7.0 later", Transport, Stage::SignIn, "can't check the sign-in right now (454)"),
        ("AUTH", "534 5.7.9 stronger", Transport, Stage::SignIn, "refuses our sign-in (534)"),
        ("MAIL", "553 not yours", Transport, Stage::Sender, "refuses our own address (553): check mail.from"),
        (
            "MAIL",
            "530 5.7.0 Authentication required",
            Transport,
            Stage::Sender,
            "requires a sign-in or TLS first (530)",
        ),
        ("MAIL", "451 later", Transport, Stage::Sender, "from our address right now (451)"),
        ("MAIL", "432 4.3.2 too many", Transport, Stage::Sender, "too many connections from here (432)"),
        (
            "RCPT",
            "450 greylisted",
            Temporary,
            Stage::Recipient,
            "doesn't accept email for this address right now (450)",
        ),
        ("RCPT", "452 full", Temporary, Stage::Recipient, "(452); it says: full"),
        (
            "RCPT",
            "550 5.1.1 unknown",
            Permanent,
            Stage::Recipient,
            "refuses this address (550); it says: 5.1.1 unknown",
        ),
        ("RCPT", "550 5.4.5 Daily relay limit exceeded", Transport, Stage::Recipient, "daily limit is used up (550)"),
        ("RCPT", "503 order", Temporary, Stage::Recipient, "(503)"),
        ("RCPT", "421 bye", Transport, Stage::Recipient, "(421)"),
        ("DATA", "451 later", Temporary, Stage::Data, "doesn't accept this email right now (451)"),
        ("DATA", "554 no", Permanent, Stage::Data, "refuses this email (554)"),
        ("DOT", "452 full", Temporary, Stage::Dot, "doesn't accept this email right now (452)"),
        ("DOT", "554 5.7.1 spam", Permanent, Stage::Dot, "refuses this email (554); it says: 5.7.1 spam"),
        ("DOT", "421 shutting down", Transport, Stage::Dot, "(421)"),
    ];
    for (turn, answer, class, stage, words) in cases {
        let running = Fake::new().at(turn, &[Reaction::Say(answer)]).start().await;
        let failure = failure(&with_password(relay(&running))).await;
        let code = answer[..3].parse().ok();
        assert_eq!(judged(&failure), (*class, *stage, code), "{turn} {answer}");
        assert!(failure.text.contains(words), "{turn} {answer}: {}", failure.text);
        assert!(running.mails().is_empty());
    }
}

#[tokio::test]
async fn a_broken_line_is_judged_by_its_stage() {
    let cases = [
        ("CONNECT", Transport, Stage::Greeting),
        ("EHLO", Transport, Stage::Hello),
        ("AUTH", Transport, Stage::SignIn),
        ("MAIL", Transport, Stage::Sender),
        ("RCPT", Temporary, Stage::Recipient),
        ("DATA", Temporary, Stage::Data),
        ("DOT", Ambiguous, Stage::Dot),
    ];
    for (turn, class, stage) in cases {
        let running = Fake::new().at(turn, &[Reaction::HangUp]).start().await;
        let failure = failure(&with_password(relay(&running))).await;
        assert_eq!(judged(&failure), (class, stage, None), "{turn}");
        assert!(failure.text.contains("the relay hung up"), "{}", failure.text);
        assert_eq!(failure.text.contains("may or may not have accepted the email"), class == Ambiguous);
    }
}

#[tokio::test]
async fn a_silence_ends_after_the_time_of_its_stage() {
    let short = Duration::from_millis(50);
    let long = Limits::SENDING;
    let cases = [
        ("CONNECT", Transport, Stage::Greeting, Limits { greeting: short, ..long }),
        ("EHLO", Transport, Stage::Hello, Limits { hello: short, ..long }),
        ("AUTH", Transport, Stage::SignIn, Limits { sign_in: short, ..long }),
        ("MAIL", Transport, Stage::Sender, Limits { sender: short, ..long }),
        ("RCPT", Temporary, Stage::Recipient, Limits { recipient: short, ..long }),
        ("DATA", Temporary, Stage::Data, Limits { data: short, ..long }),
        ("DOT", Ambiguous, Stage::Dot, Limits { dot: short, ..long }),
    ];
    for (turn, class, stage, limits) in cases {
        // An EHLO that is answered in time once must not fail in a slow test run; the silent one never answers.
        let running = Fake::new().at(turn, &[Reaction::Silent]).start().await;
        let failure = failure(&Relay { limits, ..with_password(relay(&running)) }).await;
        assert_eq!(judged(&failure), (class, stage, None), "{turn}");
        assert!(failure.text.contains("didn't answer"), "{}", failure.text);
    }
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_is_one_answer() {
    for (turn, answer) in [
        ("CONNECT", "220-fake.example\r\n220 ready"),
        ("EHLO", "250-fake.example\r\n250-8BITMIME\r\n250 AUTH PLAIN"),
        ("AUTH", "235 welcome"),
        ("MAIL", "250 2.1.0 ok"),
        ("RCPT", "250 2.1.5 ok"),
        ("DATA", "354 go"),
        ("DOT", "250-2.0.0 taken\r\n250 as 4711"),
    ] {
        let running = Fake::new().at(turn, &[Reaction::Spell(answer)]).start().await;
        let outcome = deliver(&with_password(relay(&running))).await;
        assert!(matches!(outcome, Outcome::Accepted(_)), "{turn}: {outcome:?}");
        assert_eq!(running.mails().len(), 1, "{turn}");
    }
}

#[tokio::test]
async fn an_answer_of_megabytes_is_given_up_at_its_stage() {
    for (turn, class, stage) in [
        ("CONNECT", Transport, Stage::Greeting),
        ("EHLO", Transport, Stage::Hello),
        ("AUTH", Transport, Stage::SignIn),
        ("MAIL", Transport, Stage::Sender),
        ("RCPT", Temporary, Stage::Recipient),
        ("DATA", Temporary, Stage::Data),
        ("DOT", Ambiguous, Stage::Dot),
    ] {
        let running = Fake::new().at(turn, &[Reaction::Flood]).start().await;
        let failure = failure(&with_password(relay(&running))).await;
        assert_eq!(judged(&failure), (class, stage, None), "{turn}");
        assert!(failure.text.contains("its answer doesn't end"), "{}", failure.text);
    }
}

#[tokio::test]
async fn only_250_after_the_final_dot_is_a_yes() {
    for answer in
        ["354 go on", "220 hello", "251 elsewhere", "252 perhaps", "334 abc", "nonsense", "250", "250-a\r\n250 b"]
    {
        let running = Fake::new().at("DOT", &[Reaction::Say(answer)]).start().await;
        let mut connection = Connection::open(&relay(&running)).await.map_err(|f| f.text).unwrap();
        let outcome = connection.send(&envelope(), MAIL).await;
        if answer.starts_with("250") {
            assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
            assert!(connection.usable());
        } else {
            let Outcome::Failed(failure) = outcome else { panic!("{answer}: {outcome:?}") };
            assert_eq!((failure.class, failure.stage), (Ambiguous, Stage::Dot), "{answer}");
            assert!(!connection.usable(), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_yes_of_the_wrong_kind_is_no_yes() {
    for (turn, answer, class, stage) in [
        ("CONNECT", "250 hello", Transport, Stage::Greeting),
        ("EHLO", "220 hello", Transport, Stage::Hello),
        ("AUTH", "250 fine", Transport, Stage::SignIn),
        ("MAIL", "354 go", Transport, Stage::Sender),
        ("RCPT", "354 go", Temporary, Stage::Recipient),
        ("DATA", "250 ok", Temporary, Stage::Data),
    ] {
        let running = Fake::new().at(turn, &[Reaction::Say(answer)]).start().await;
        let failure = failure(&with_password(relay(&running))).await;
        assert_eq!(judged(&failure), (class, stage, answer[..3].parse().ok()), "{turn}");
        assert!(running.mails().is_empty());
    }
}

#[tokio::test]
async fn answers_that_come_unasked_end_the_connection() {
    let running = Fake::new().at("RCPT", &[Reaction::Say("250 ok\r\n354 already\r\n250 and taken")]).start().await;
    let failure = failure(&relay(&running)).await;
    assert_eq!(judged(&failure), (Temporary, Stage::Data, None));
    assert!(failure.text.contains("it answered before it was asked"), "{}", failure.text);
}

#[tokio::test]
async fn what_is_no_mail_server_is_named_as_such() {
    let running = Fake::new().at("CONNECT", &[Reaction::SayAndHangUp("HTTP/1.1 400 Bad Request")]).start().await;
    let failure = failure(&relay(&running)).await;
    assert_eq!(judged(&failure), (Transport, Stage::Greeting, None));
    assert!(failure.text.contains("breaks the rules of SMTP"), "{}", failure.text);
}

#[tokio::test]
async fn after_a_plain_no_the_connection_goes_on_with_the_next_mail() {
    for turn in ["MAIL", "RCPT", "DATA", "DOT"] {
        let good = if turn == "DATA" { "354 go" } else { "250 ok" };
        let running = Fake::new().at(turn, &[Reaction::Say("550 no"), Reaction::Say(good)]).start().await;
        let mut connection = Connection::open(&relay(&running)).await.map_err(|f| f.text).unwrap();
        assert!(matches!(connection.send(&envelope(), MAIL).await, Outcome::Failed(_)));
        assert!(connection.usable(), "{turn}");
        assert!(matches!(connection.send(&envelope(), MAIL).await, Outcome::Accepted(_)), "{turn}");
        connection.close().await;
        assert_eq!((running.mails().len(), running.connections()), (1, 1));
    }
}

#[tokio::test]
async fn a_conversation_that_was_broken_off_is_not_continued() {
    let running = Fake::new().at("RCPT", &[Reaction::Silent]).start().await;
    let mut connection = Connection::open(&relay(&running)).await.map_err(|f| f.text).unwrap();
    let (envelope, ended) = (envelope(), tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()));
    tokio::select! {
        _ = connection.send(&envelope, MAIL) => panic!("the relay is silent"),
        _ = ended => {}
    }
    assert!(!connection.usable());
}

#[tokio::test]
async fn nothing_listens_or_has_that_name() {
    let running = Fake::new().start().await;
    let nobody = Relay { port: closed_port().await, ..relay(&running) };
    let refused = failure(&nobody).await;
    assert_eq!(judged(&refused), (Transport, Stage::Connect, None));
    assert!(refused.text.starts_with(&format!("nothing answers at 127.0.0.1:{}", nobody.port)), "{}", refused.text);

    let unknown = failure(&Relay { host: "no-such-host.invalid".into(), ..relay(&running) }).await;
    assert_eq!(judged(&unknown), (Transport, Stage::Connect, None));
    assert!(unknown.text.contains("no-such-host.invalid"), "{}", unknown.text);
}

async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn nothing_crosses_a_network_in_the_clear_unless_allowed() {
    let running = Fake::new().start().await;
    // TEST-NET-1 (RFC 5737): nobody is there, and nobody is asked.
    let far = Relay {
        host: "192.0.2.1".into(),
        limits: Limits { connect: Duration::from_millis(50), ..Limits::SENDING },
        ..relay(&running)
    };
    let refused = failure(&far).await;
    assert_eq!(judged(&refused), (Transport, Stage::Connect, None));
    assert!(refused.text.contains("unencrypted"), "{}", refused.text);
    let allowed = failure(&Relay { allow_plain: true, ..far }).await;
    assert!(!allowed.text.contains("unencrypted"), "{}", allowed.text);
}

#[tokio::test]
async fn the_password_is_sent_by_what_the_relay_offers_and_shown_nowhere() {
    let running = Fake::new().start().await;
    let relay = with_password(relay(&running));
    assert!(matches!(deliver(&relay).await, Outcome::Accepted(_)));
    assert_eq!(running.lines()[1], "AUTH PLAIN AGFkYQBlbmdpbmUtc2VjcmV0");
    assert!(!format!("{relay:?}").contains("engine-secret"));

    let login = Fake::new()
        .at("EHLO", &[Reaction::Say("250-fake\r\n250 AUTH=LOGIN")])
        .at("AUTH", &[Reaction::Say("334 VXNlcm5hbWU6")])
        .at("OTHER", &[Reaction::Say("334 UGFzc3dvcmQ6"), Reaction::Say("235 fine")])
        .start()
        .await;
    assert!(matches!(deliver(&Relay { port: login.port, ..relay.clone() }).await, Outcome::Accepted(_)));
    assert_eq!(login.lines()[1..4], ["AUTH LOGIN", "YWRh", "ZW5naW5lLXNlY3JldA=="]);

    let none = Fake::new().at("EHLO", &[Reaction::Say("250 fake")]).start().await;
    let failure = failure(&Relay { port: none.port, ..relay }).await;
    assert_eq!(judged(&failure), (Transport, Stage::SignIn, None));
    assert!(failure.text.contains("offers no sign-in"), "{}", failure.text);
}

/// The name of the file of certificates in its folder.
const CA_FILE: &str = "ca.pem";

/// A relay for `localhost` that trusts this certificate.
fn trusting(running: &Running, certificate: &Certificate, tls: Tls) -> (Relay, TempDir) {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(CA_FILE), &certificate.pem).unwrap();
    let authorities = Some(Authorities::read(&folder.path().join(CA_FILE)));
    (Relay { tls, authorities, ..with_password(relay(running)) }, folder)
}

#[tokio::test]
async fn under_tls_the_password_is_sent_only_after_the_handshake() {
    let certificate = Certificate::of(&["127.0.0.1", "localhost"]);
    for tls in [Tls::Implicit, Tls::StartTls] {
        let fake = Fake::new();
        let fake = if tls == Tls::Implicit { fake.implicit(&certificate) } else { fake.starttls(&certificate) };
        let running = fake.start().await;
        let (relay, _file) = trusting(&running, &certificate, tls);
        assert_eq!(deliver(&relay).await, Outcome::Accepted("taken as 4711".into()));
        assert_eq!(running.mails(), [MAIL]);
        let lines = running.lines();
        let at = |verb: &str| lines.iter().rposition(|line| line.starts_with(verb)).unwrap();
        if tls == Tls::StartTls {
            assert!(at("STARTTLS") < at("EHLO") && at("EHLO") < at("AUTH"), "{lines:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_is_refused_in_words() {
    let good = Certificate::of(&["127.0.0.1"]);
    let other = Certificate::of(&["mail.example.org"]);
    let expired = Certificate::expired("127.0.0.1");
    for (served, trusted, words) in [
        (&good, &other, "from an authority that isn't trusted here"),
        (&other, &other, "the relay's certificate isn't valid for 127.0.0.1, but for mail.example.org"),
        (&expired, &expired, "the certificate of 127.0.0.1 has expired"),
    ] {
        for tls in [Tls::Implicit, Tls::StartTls] {
            let fake = Fake::new();
            let fake = if tls == Tls::Implicit { fake.implicit(served) } else { fake.starttls(served) };
            let running = fake.start().await;
            let (relay, _file) = trusting(&running, trusted, tls);
            let failure = failure(&relay).await;
            assert_eq!(judged(&failure), (Transport, Stage::Tls, None));
            assert!(failure.text.contains(words), "{}", failure.text);
            assert!(!running.lines().iter().any(|line| line.starts_with("AUTH")));
        }
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let running = Fake::new().start().await;
    let failure = failure(&Relay { tls: Tls::StartTls, ..with_password(relay(&running)) }).await;
    assert_eq!(judged(&failure), (Transport, Stage::Tls, None));
    assert!(failure.text.contains("doesn't offer STARTTLS, so nothing was sent"), "{}", failure.text);
    assert!(failure.text.ends_with("sends without it to this machine"), "{}", failure.text);
    assert_eq!(running.lines(), ["EHLO rsvp.example.org"]);
}

#[tokio::test]
async fn words_slipped_in_before_tls_are_not_taken_for_the_relays() {
    let certificate = Certificate::of(&["127.0.0.1"]);
    let slipped = "220 go\r\n250-evil\r\n250 AUTH PLAIN";
    let running = Fake::new().starttls(&certificate).at("STARTTLS", &[Reaction::Say(slipped)]).start().await;
    let (relay, _file) = trusting(&running, &certificate, Tls::StartTls);
    let failure = failure(&relay).await;
    assert_eq!(judged(&failure), (Transport, Stage::Tls, None));
    assert!(failure.text.contains("it spoke before TLS began"), "{}", failure.text);
}

#[tokio::test]
async fn tls_on_a_port_that_has_none_says_which_setting() {
    let running = Fake::new().start().await;
    let failure = failure(&Relay { tls: Tls::Implicit, ..relay(&running) }).await;
    assert_eq!(judged(&failure), (Transport, Stage::Tls, None));
    assert!(failure.text.contains("set mail.smtp.tls to “starttls”"), "{}", failure.text);
}

#[tokio::test]
async fn a_file_of_certificates_that_is_none_is_named() {
    let certificate = Certificate::of(&["127.0.0.1"]);
    let running = Fake::new().implicit(&certificate).start().await;
    let (trusting, folder) = trusting(&running, &certificate, Tls::Implicit);
    let file = folder.path().join(CA_FILE);
    std::fs::write(&file, "no certificate").unwrap();
    let relay = Relay { authorities: Some(Authorities::read(&file)), ..trusting };
    let failure = failure(&relay).await;
    assert!(failure.text.contains("there is none in PEM form; check mail.smtp.ca_file"), "{}", failure.text);
}

#[tokio::test]
async fn what_the_relay_says_is_harmless_and_holds_no_code() {
    let code = Code { id: 42, mac: [9; 16] }.format();
    for quoted in [code.clone(), code.to_lowercase()] {
        let answer: &'static str =
            Box::leak(format!("554 \u{1b}[31mblocked https://x/{quoted} {}", "y".repeat(600)).into_boxed_str());
        let running = Fake::new().at("DOT", &[Reaction::Say(answer)]).start().await;
        let failure = failure(&relay(&running)).await;
        assert!(failure.text.contains("\\u{1b}[31mblocked https://x/•••••-"), "{}", failure.text);
        assert!(!failure.text.to_uppercase().contains(&code[..11]));
        assert!(failure.text.len() <= crate::domain::mail::ANSWER_BYTES);
    }
}

#[tokio::test]
async fn whoever_tests_the_relay_sees_each_stage() {
    use Stage::{Connect, Data, Dot, Greeting, Hello, Recipient, Sender, SignIn, Tls as TlsStage};
    let certificate = Certificate::of(&["127.0.0.1"]);
    let running = Fake::new().starttls(&certificate).start().await;
    let (relay, _file) = trusting(&running, &certificate, Tls::StartTls);
    let mut steps = Vec::new();
    walk(&relay, Some((&envelope(), MAIL)), &mut |step| steps.push(step)).await.unwrap();
    let stages: Vec<_> = steps.iter().map(|step| step.stage).collect();
    assert_eq!(stages, [Connect, Greeting, Hello, TlsStage, Hello, SignIn, Sender, Recipient, Data, Dot]);
    let words = |stage| steps.iter().rfind(|step| step.stage == stage).unwrap().result.clone().unwrap();
    assert_eq!(words(Connect), format!("127.0.0.1:{}", running.port));
    assert_eq!(words(TlsStage), "TLS 1.3, certificate valid for 127.0.0.1");
    assert_eq!(words(SignIn), "as ada");
    assert_eq!(words(Dot), "taken as 4711");
    assert_eq!(running.lines().last().unwrap(), "QUIT");
}

#[tokio::test]
async fn a_test_without_a_mail_stops_before_one_and_a_failed_one_says_where() {
    let running = Fake::new().at("AUTH", &[Reaction::Say("235 ok"), Reaction::Say("535 no")]).start().await;
    let relay = with_password(relay(&running));
    let mut steps = Vec::new();
    walk(&relay, None, &mut |step| steps.push(step)).await.unwrap();
    assert!(steps.iter().all(|step| step.result.is_ok()) && running.mails().is_empty());
    steps.clear();
    let failure = walk(&relay, None, &mut |step| steps.push(step)).await.unwrap_err();
    assert_eq!(failure.stage, Stage::SignIn);
    assert_eq!(steps.last().unwrap().result, Err(failure));
}
