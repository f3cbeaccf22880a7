//! A relay that misbehaves on demand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::wire::Stream;

/// What the relay does when its turn comes.
#[derive(Debug, Clone, Copy)]
pub enum Reaction {
    Say(&'static str),
    /// Says nothing and keeps the line.
    Silent,
    HangUp,
    SayAndHangUp(&'static str),
    /// Answers byte by byte, each in a packet of its own.
    Spell(&'static str),
    /// Answers with a line of megabytes that does not end.
    Flood,
    /// At the final dot: takes the email and hangs up without a word.
    TakeAndHangUp,
    /// At the final dot: takes the email and says so half a second later.
    Wait,
}

/// A relay to be: what it does at `CONNECT`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `DOT`, `RSET`.
#[derive(Default)]
pub struct Fake {
    script: HashMap<&'static str, VecDeque<Reaction>>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
}

/// A relay that runs, and what it saw.
pub struct Running {
    /// Its port on 127.0.0.1.
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    lines: Vec<String>,
    mails: Vec<Vec<u8>>,
    connections: usize,
}

/// A certificate for these names, and the file that makes it trusted.
pub struct Certificate {
    acceptor: TlsAcceptor,
    pub pem: String,
}

impl Certificate {
    pub fn of(names: &[&str]) -> Self {
        let mut parameters = parameters(names);
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2200, 1, 1);
        Self::with(&parameters)
    }

    /// As [`Self::of`], but its time is over.
    pub fn expired(name: &str) -> Self {
        let mut parameters = parameters(&[name]);
        parameters.not_before = rcgen::date_time_ymd(2019, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2020, 1, 1);
        Self::with(&parameters)
    }

    fn with(parameters: &rcgen::CertificateParams) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), pem: certificate.pem() }
    }
}

fn parameters(names: &[&str]) -> rcgen::CertificateParams {
    let mut parameters =
        rcgen::CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, names[0]);
    parameters
}

impl Fake {
    /// One that does all as it should, without TLS.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does this at its next turn there, and so on; the last one for ever.
    pub fn at(mut self, turn: &'static str, does: &[Reaction]) -> Self {
        self.script.insert(turn, does.iter().copied().collect());
        self
    }

    pub fn starttls(mut self, certificate: &Certificate) -> Self {
        self.tls = Some(certificate.acceptor.clone());
        self
    }

    /// Speaks TLS from the first byte with this certificate.
    pub fn implicit(mut self, certificate: &Certificate) -> Self {
        self.implicit = true;
        self.starttls(certificate)
    }

    pub async fn start(self) -> Running {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (script, tls, implicit) = (Arc::new(Mutex::new(self.script)), self.tls, self.implicit);
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let talk = Talk { script: script.clone(), tls: tls.clone(), seen: shared.clone() };
                tokio::spawn(async move { talk.run(socket, implicit).await });
            }
        });
        Running { port, seen }
    }
}

impl Running {
    /// The commands that came, over all connections.
    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().lines.clone()
    }

    pub fn mails(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().mails.clone()
    }

    pub fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

#[derive(Clone)]
struct Talk {
    script: Arc<Mutex<HashMap<&'static str, VecDeque<Reaction>>>>,
    tls: Option<TlsAcceptor>,
    seen: Arc<Mutex<Seen>>,
}

impl Talk {
    async fn run(self, socket: TcpStream, implicit: bool) {
        socket.set_nodelay(true).unwrap();
        let mut stream: Box<dyn Stream> = Box::new(socket);
        let mut secure = false;
        if let (true, Some(acceptor)) = (implicit, &self.tls) {
            let Ok(tls) = acceptor.accept(stream).await else { return };
            (stream, secure) = (Box::new(tls), true);
        }
        let mut stream = BufReader::new(stream);
        if !self.act(&mut stream, "CONNECT", "220 fake.example ESMTP").await {
            return;
        }
        loop {
            let Some(line) = line(&mut stream).await else { return };
            self.seen.lock().unwrap().lines.push(line.clone());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let goes_on = match verb.as_str() {
                "EHLO" if self.tls.is_some() && !secure => {
                    self.act(&mut stream, "EHLO", "250-fake.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN").await
                }
                "EHLO" => {
                    self.act(&mut stream, "EHLO", "250-fake.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await
                }
                "STARTTLS" => {
                    if !self.act(&mut stream, "STARTTLS", "220 go ahead").await {
                        return;
                    }
                    let Some(acceptor) = &self.tls else { return };
                    let Ok(tls) = acceptor.accept(stream.into_inner()).await else { return };
                    stream = BufReader::new(Box::new(tls));
                    secure = true;
                    true
                }
                "AUTH" => self.act(&mut stream, "AUTH", "235 welcome").await,
                "MAIL" => self.act(&mut stream, "MAIL", "250 sender ok").await,
                "RCPT" => self.act(&mut stream, "RCPT", "250 recipient ok").await,
                "RSET" => self.act(&mut stream, "RSET", "250 forgotten").await,
                "DATA" => self.data(&mut stream).await,
                "QUIT" => {
                    let _ = stream.write_all(b"221 bye\r\n").await;
                    return;
                }
                _ => self.act(&mut stream, "OTHER", "500 what").await,
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn data(&self, stream: &mut BufReader<Box<dyn Stream>>) -> bool {
        let goes_on_with_the_mail = self
            .next("DATA")
            .is_none_or(|does| matches!(does, Reaction::Say(a) | Reaction::Spell(a) if a.starts_with("354")));
        if !self.act(stream, "DATA", "354 go").await {
            return false;
        }
        if !goes_on_with_the_mail {
            return true;
        }
        let mut mail = Vec::new();
        loop {
            let Some(line) = line(stream).await else { return false };
            if line == "." {
                break;
            }
            mail.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            mail.extend_from_slice(b"\r\n");
        }
        let taken = self.next("DOT").is_none_or(|does| match does {
            Reaction::Say(answer) | Reaction::Spell(answer) => answer.starts_with("250"),
            Reaction::TakeAndHangUp | Reaction::Wait => true,
            Reaction::Silent | Reaction::HangUp | Reaction::SayAndHangUp(_) | Reaction::Flood => false,
        });
        if taken {
            self.seen.lock().unwrap().mails.push(mail);
        }
        self.act(stream, "DOT", "250 taken as 4711").await
    }

    /// What comes next at a turn, without taking it.
    fn next(&self, turn: &str) -> Option<Reaction> {
        self.script.lock().unwrap().get(turn).and_then(|does| does.front().copied())
    }

    /// Does what the script says, or answers as a good relay does. Answers whether the conversation goes on.
    async fn act(&self, stream: &mut BufReader<Box<dyn Stream>>, turn: &'static str, good: &'static str) -> bool {
        let does = {
            let mut script = self.script.lock().unwrap();
            match script.get_mut(turn) {
                Some(queue) if queue.len() > 1 => queue.pop_front().unwrap(),
                Some(queue) => *queue.front().unwrap(),
                None => Reaction::Say(good),
            }
        };
        match does {
            Reaction::Say(answer) => {
                stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_ok() && stream.flush().await.is_ok()
            }
            Reaction::Silent => {
                // Until the other side has had enough.
                while line(stream).await.is_some() {}
                false
            }
            Reaction::Spell(answer) => {
                for byte in format!("{answer}\r\n").bytes() {
                    if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
                        return false;
                    }
                    tokio::task::yield_now().await;
                }
                true
            }
            Reaction::Flood => {
                let megabyte = vec![b'2'; 1 << 20];
                for _ in 0..8 {
                    // Until the other side has had enough.
                    if stream.write_all(&megabyte).await.is_err() {
                        break;
                    }
                }
                false
            }
            Reaction::Wait => {
                tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                stream.write_all(b"250 taken at last\r\n").await.is_ok() && stream.flush().await.is_ok()
            }
            Reaction::HangUp | Reaction::TakeAndHangUp => false,
            Reaction::SayAndHangUp(answer) => {
                let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                let _ = stream.flush().await;
                false
            }
        }
    }
}

async fn line(stream: &mut BufReader<Box<dyn Stream>>) -> Option<String> {
    let mut bytes = Vec::new();
    match stream.read_until(b'\n', &mut bytes).await {
        Ok(n) if n > 0 => Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()),
        _ => None,
    }
}
