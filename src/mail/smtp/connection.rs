//! One connection to the relay: opening it, sending emails over it, closing it.

use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::classify::{classify, clean};
use super::reply::{Reply, StageError};
use super::wire::{Wire, lost};
use super::{Relay, SignIn, Tls, dial, tls};
use crate::domain::mail::{Failure, Outcome, Stage};
use crate::mail::message::{Envelope, address};
use crate::mail::render::DOTS;

/// Most emails over one connection: some relays count, and answer 421 to the next.
const MAILS: u32 = 100;
/// Longest time that a connection is used (Postfix, `smtp_connection_reuse_time_limit`).
const REUSE: Duration = Duration::from_mins(5);

/// One stage as somebody watches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedStage {
    pub stage: Stage,
    /// From the question to the whole answer.
    pub took: Duration,
    /// What came of it: what is worth knowing about it, or why it failed.
    pub result: Result<String, Failure>,
}

/// Who watches the stages go by.
type Watcher<'a> = &'a mut (dyn FnMut(WatchedStage) + Send);

/// A connection that is signed in and ready for emails.
pub struct Connection {
    relay: Relay,
    wire: Wire,
    opened: Instant,
    mails: u32,
    /// Cleared while a conversation is under way, so that one that was broken off, by whatever, is never continued.
    sound: bool,
}

impl Connection {
    /// Opens a connection: socket, TLS, greeting, sign-in.
    pub async fn open(relay: &Relay) -> Result<Self, Failure> {
        open_watched(relay, &mut |_| ()).await
    }

    /// Whether another email may be sent over it.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.sound && self.mails < MAILS && self.opened.elapsed() < REUSE
    }

    /// Whether the relay and we still understand each other, so that QUIT can still be sent.
    #[must_use]
    pub const fn sound(&self) -> bool {
        self.sound
    }

    /// Whether an email was sent over it before.
    #[must_use]
    pub const fn used(&self) -> bool {
        self.mails > 0
    }

    /// Sends an email that [`crate::mail::message::compose`] wrote. When the future is dropped before its end, the
    /// connection is not usable any more.
    pub async fn send(&mut self, envelope: &Envelope, mail: &[u8]) -> Outcome {
        self.send_watched(envelope, mail, &mut |_| ()).await
    }

    async fn send_watched(&mut self, envelope: &Envelope, mail: &[u8], watch: Watcher<'_>) -> Outcome {
        match self.transfer(envelope, mail, watch).await {
            Ok(words) => Outcome::Accepted(words),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    async fn transfer(&mut self, envelope: &Envelope, mail: &[u8], watch: Watcher<'_>) -> Result<String, Failure> {
        let sender = address(envelope.return_path.as_ref().unwrap_or(&envelope.from)).map_err(Failure::from)?;
        let recipient = address(&envelope.to).map_err(Failure::from)?;
        let limits = self.relay.limits;
        self.sound = false;
        self.mails += 1;

        let code = envelope.code.as_ref().map(|code| Zeroizing::new(code.format()));
        let mut stages = Stages { relay: &self.relay, code, watch };
        let wire = &mut self.wire;
        let opening = async {
            stages.command(wire, Stage::Sender, limits.sender, Mail::new(Some(sender), vec![]), &[250]).await?;
            // 251: the relay knows a newer address and sends the email on to it.
            stages.command(wire, Stage::Recipient, limits.recipient, Rcpt::new(recipient, vec![]), &[250, 251]).await?;
            stages.command(wire, Stage::Data, limits.data, Data, &[354]).await
        };
        if let Err((failure, clean_no)) = opening.await {
            // A plain no leaves the conversation where it was; the relay must only forget this email.
            self.sound = clean_no && self.forget().await;
            return Err(failure);
        }
        let content = async {
            within(limits.content, wire.content(mail)).await?;
            within(limits.dot, wire.dot()).await
        };
        match stages.run(Stage::Dot, expecting(content, &[250])).await {
            Ok(reply) => {
                self.sound = true;
                Ok(clean(&stages.masked(&reply.words())))
            }
            Err((failure, clean_no)) => {
                self.sound = clean_no;
                Err(failure)
            }
        }
    }

    async fn forget(&mut self) -> bool {
        let limit = self.relay.limits.recipient;
        matches!(within(limit, self.wire.ask(Rset)).await, Ok(reply) if reply.code == 250)
    }

    /// Sends QUIT and closes. The answer is ignored.
    pub async fn close(mut self) {
        if self.sound {
            let _ = timeout(self.relay.limits.quit, self.wire.ask(Quit)).await;
        }
    }
}

/// Opens a connection, sends the email if there is one, closes; every stage is reported as it ends. Answers what came
/// of the whole: of the email, or of the opening.
pub async fn walk(relay: &Relay, mail: Option<(&Envelope, &[u8])>, watch: Watcher<'_>) -> Result<(), Failure> {
    let mut connection = open_watched(relay, watch).await?;
    let outcome = match mail {
        Some((envelope, bytes)) => connection.send_watched(envelope, bytes, watch).await,
        None => Outcome::Accepted(String::new()),
    };
    connection.close().await;
    match outcome {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Failed(failure) => Err(failure),
    }
}

async fn open_watched(relay: &Relay, watch: Watcher<'_>) -> Result<Connection, Failure> {
    let mut stages = Stages { relay, code: None, watch };
    open_by_stages(relay, &mut stages).await.map_err(|(failure, _)| failure)
}

async fn open_by_stages(relay: &Relay, stages: &mut Stages<'_, '_>) -> Result<Connection, Stopped> {
    let limits = relay.limits;
    // The dialling keeps its own time, address by address; the outer limit only makes sure of it.
    let dialled = within(limits.connect * 2, dial::dial(relay));
    let (socket, local) = stages
        .run(Stage::Connect, async {
            let socket = dialled.await?;
            let (peer, local) = (socket.peer_addr().map_err(lost)?, socket.local_addr().map_err(lost)?);
            Ok(Noted { value: (socket, local.ip()), words: peer.to_string() })
        })
        .await?;
    // Its characters were checked where it was made.
    let hello = ClientId::Domain(dial::hello_name(relay, local));
    let mut wire = Wire::new(Box::new(socket));

    if relay.tls == Tls::Implicit {
        wire = secure(stages, wire).await?;
    }
    stages.run(Stage::Greeting, expecting(within(limits.greeting, wire.answer()), &[220])).await?;
    let mut offers = stages.command(&mut wire, Stage::Hello, limits.hello, Ehlo::new(hello.clone()), &[250]).await?;
    if relay.tls == Tls::StartTls {
        if !offers.lines.iter().skip(1).any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
            return Err(stages.stop(
                Stage::Tls,
                StageError::Stopped(format!(
                    "{} doesn't offer STARTTLS, so nothing was sent: {}",
                    relay.place(),
                    // What never leaves this machine needs no cover.
                    if local.is_loopback() {
                        "mail.smtp.tls = \u{201c}none\u{201d} sends without it to this machine"
                    } else {
                        "use the relay's TLS port with mail.smtp.tls = \u{201c}implicit\u{201d}, or ask the person who runs it"
                    }
                )),
            ));
        }
        let ready = expecting(within(limits.hello, wire.ask(Starttls)), &[220]).await;
        if let Err(trouble) = ready {
            return Err(stages.stop(Stage::Tls, trouble));
        }
        wire = secure(stages, wire).await?;
        // What was offered in the clear may have been anybody's words (RFC 3207, 4.2).
        offers = stages.command(&mut wire, Stage::Hello, limits.hello, Ehlo::new(hello), &[250]).await?;
    }
    if let Some(sign_in) = &relay.sign_in {
        let signing = within(limits.sign_in, authenticate(&mut wire, &offers, sign_in));
        stages.run(Stage::SignIn, signing).await?;
    }
    Ok(Connection { relay: relay.clone(), wire, opened: Instant::now(), mails: 0, sound: true })
}

async fn secure(stages: &mut Stages<'_, '_>, wire: Wire) -> Result<Wire, Stopped> {
    let relay = stages.relay;
    let shaking = async {
        let stream = wire.into_stream()?;
        let (stream, words) = within(relay.limits.tls, tls::shake_hands(relay, stream)).await?;
        Ok(Noted { value: Wire::new(stream), words })
    };
    stages.run(Stage::Tls, shaking).await
}

/// Signs in by PLAIN (RFC 4616) or, where the relay knows nothing else, LOGIN.
async fn authenticate(wire: &mut Wire, offers: &Reply, sign_in: &SignIn) -> Result<Noted<()>, StageError> {
    let offered = |mechanism: &str| {
        offers.lines.iter().skip(1).any(|line| {
            // Old Exchange servers write AUTH=LOGIN.
            let mut words = line.split([' ', '=']);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case("AUTH"))
                && words.any(|word| word.eq_ignore_ascii_case(mechanism))
        })
    };
    let encoded = |text: &str| Zeroizing::new(STANDARD.encode(text));
    let reply = if offered("PLAIN") {
        let both = Zeroizing::new(format!("\0{}\0{}", sign_in.user, *sign_in.password));
        wire.ask(Zeroizing::new(format!("AUTH PLAIN {}\r\n", *encoded(&both))).as_str()).await?
    } else if offered("LOGIN") {
        let mut reply = wire.ask("AUTH LOGIN\r\n").await?;
        for answer in [sign_in.user.as_str(), sign_in.password.as_str()] {
            if reply.code == 334 {
                reply = wire.ask(Zeroizing::new(format!("{}\r\n", *encoded(answer))).as_str()).await?;
            }
        }
        reply
    } else {
        return Err(StageError::Stopped(
            "the relay offers no sign-in that rsvp supports (PLAIN or LOGIN): remove mail.smtp.user if it needs none, or check mail.smtp.tls".into(),
        ));
    };
    match reply {
        Reply { code: 235, .. } => Ok(Noted { value: (), words: format!("as {}", sign_in.user) }),
        reply if reply.refuses() => Err(StageError::Refused(reply)),
        reply => Err(StageError::Unexpected(reply)),
    }
}

/// Why a conversation stopped, and whether by a plain no, after which the relay and we still understand each other.
type Stopped = (Failure, bool);

/// A result with words for the watcher.
struct Noted<T> {
    value: T,
    words: String,
}

/// Runs stages one after the other and reports each to the watcher.
struct Stages<'r, 'w> {
    relay: &'r Relay,
    /// The code in the email, to be kept out of what is reported: filters like to quote the link that they object to.
    code: Option<Zeroizing<String>>,
    watch: Watcher<'w>,
}

impl Stages<'_, '_> {
    async fn run<T>(
        &mut self,
        stage: Stage,
        work: impl Future<Output = Result<Noted<T>, StageError>>,
    ) -> Result<T, Stopped> {
        let began = Instant::now();
        match work.await {
            Ok(Noted { value, words }) => {
                let words = clean(&self.masked(&words));
                (self.watch)(WatchedStage { stage, took: began.elapsed(), result: Ok(words) });
                Ok(value)
            }
            Err(trouble) => Err(self.failed(stage, began.elapsed(), trouble)),
        }
    }

    async fn command(
        &mut self,
        wire: &mut Wire,
        stage: Stage,
        limit: Duration,
        command: impl std::fmt::Display,
        expected: &[u16],
    ) -> Result<Reply, Stopped> {
        self.run(stage, expecting(within(limit, wire.ask(command)), expected)).await
    }

    fn stop(&mut self, stage: Stage, trouble: StageError) -> Stopped {
        self.failed(stage, Duration::ZERO, trouble)
    }

    fn failed(&mut self, stage: Stage, took: Duration, mut trouble: StageError) -> Stopped {
        if let StageError::Refused(reply) | StageError::Unexpected(reply) = &mut trouble {
            reply.lines = vec![self.masked(&reply.words())];
        }
        let failure = classify(self.relay, stage, &trouble);
        (self.watch)(WatchedStage { stage, took, result: Err(failure.clone()) });
        // 421 announces that the relay hangs up.
        (failure, matches!(trouble, StageError::Refused(reply) if reply.code != 421))
    }

    fn masked(&self, words: &str) -> String {
        let Some(code) = &self.code else { return words.to_owned() };
        let mut out = String::with_capacity(words.len());
        let mut rest = words;
        // In whatever case the relay writes it; both keep their length in bytes.
        while let Some(at) = rest.to_ascii_uppercase().find(code.as_str()) {
            out.extend([&rest[..at], DOTS]);
            rest = &rest[at + code.len()..];
        }
        out + rest
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, StageError>>) -> Result<T, StageError> {
    timeout(limit, work).await.unwrap_or(Err(StageError::Silent(limit)))
}

async fn expecting(
    answer: impl Future<Output = Result<Reply, StageError>>,
    codes: &[u16],
) -> Result<Noted<Reply>, StageError> {
    match answer.await? {
        reply if codes.contains(&reply.code) => Ok(Noted { words: reply.words(), value: reply }),
        reply if reply.refuses() => Err(StageError::Refused(reply)),
        reply => Err(StageError::Unexpected(reply)),
    }
}
