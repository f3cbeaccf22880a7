//! The web servers of the documentation, started on loopback with the configuration that the page shows: no code of a link
//! comes into any of their logs, wherever in a request it is and whether rsvp answers or not.

use std::fs::{self, File};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tempfile::TempDir;

use crate::blocks::{Kind, the};
use crate::support::cli::Home;
use crate::support::{DEADLINE, skip};

/// The name in the examples.
const NAME: &str = "rsvp.example.org";
/// The file that the server is started with.
const CONFIGURATION: &str = "configuration";
/// What has the place of a code, and its shape.
pub const MARK: &str = "M4RKM-4RKM4-RKM4R-KM4RK-M4RKM-4RKM4-RKM4R";

/// The same for a method, of which some servers pass on letters and hyphens only.
const MARK_OF_LETTERS: &str = "MARKM-ARKMA-RKMAR-KMARK-MARKM-ARKMA-RKMAR";

/// A web server that runs until it is dropped, with everything that it writes in one folder.
struct WebServer {
    folder: TempDir,
    server: Child,
    http: u16,
    https: u16,
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // Its workers end with it.
        let _ = rustix::process::kill_process(pid(&self.server), rustix::process::Signal::TERM);
        let _ = self.server.wait();
    }
}

fn pid(child: &Child) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The program, or nothing (said loudly) where it is not installed.
pub fn program(names: &[&str], package: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/sbin", "/bin"];
    let all = folders.iter().flat_map(|folder| names.iter().map(move |name| Path::new(folder).join(name)));
    let found = all.into_iter().find(|path| path.exists());
    if found.is_none() {
        skip(&format!("{package} (`tests/run` installs it as root; Debian: apt-get install {package})"));
    }
    found
}

/// A certificate for the name and its key, in one file and in two.
fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    fs::write(folder.join("certificate.pem"), &certificate).unwrap();
    fs::write(folder.join("key.pem"), &key).unwrap();
    fs::write(folder.join("certificate-and-key.pem"), certificate + &key).unwrap();
}

impl WebServer {
    /// Starts one before rsvp on this port.
    fn start(kind: Kind, upstream: u16) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // Its workers are another login's.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        certificate(folder.path());
        let (http, https) = (free_port(), free_port());
        let mut command = Setup { folder: folder.path(), http, https, upstream }.command(kind)?;
        let said = File::create(folder.path().join("said.log")).unwrap();
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let server = command.spawn().unwrap();
        let mut server = Self { folder, server, http, https };
        let deadline = Instant::now() + DEADLINE;
        for port in [http, https] {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                let ended = server.server.try_wait().unwrap();
                assert!(ended.is_none() && Instant::now() < deadline, "{kind:?}: {}", server.logs());
                thread::sleep(Duration::from_millis(20));
            }
        }
        Some(server)
    }

    /// Everything that it wrote, the configuration left out.
    fn logs(&self) -> String {
        let mut all = String::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    all.push_str("\n== ");
                    all.push_str(&path.display().to_string());
                    all.push('\n');
                    all.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
                }
            }
        }
        all
    }

    /// Sends bytes over TLS and answers what comes back.
    fn ask(&self, request: &[u8]) -> String {
        self.ask_for(NAME, &[], request)
    }

    /// The same, with what the handshake says: the name of the server, and the protocols to choose from.
    fn ask_for(&self, name: &str, protocols: &[&str], request: &[u8]) -> String {
        let client = rustls::ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Anybody));
        let mut client = client.with_no_client_auth();
        client.alpn_protocols = protocols.iter().map(|one| one.as_bytes().to_vec()).collect();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
        exchange(rustls::StreamOwned::new(connection, connect(self.https)), request)
    }

    /// Sends a request for a path; the answer's status and body.
    fn get(&self, path: &str) -> String {
        self.ask(head("GET", path, "").as_bytes())
    }

    /// Asks everything that a link's path can be in, and what it can't be in.
    fn ask_everything(&self) {
        for path in ["i", "r", "c", "k"].map(|letter| format!("/{letter}/{MARK}")) {
            self.get(&path);
            self.ask(head("HEAD", &path, "").as_bytes());
            ask_plainly(self.http, head("GET", &path, "").as_bytes());
            let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n";
            self.ask((head("POST", &path, form) + "password=x").as_bytes());
        }
        self.ask(head("POST", &format!("/i/{MARK}/ask"), "Content-Length: 0\r\n").as_bytes());
        for path in [
            format!("/x/{MARK}"),
            format!("/{MARK}"),
            format!("/i/{MARK}/more"),
            format!("//i/{MARK}"),
            format!("/x/../i/{MARK}"),
            format!("/i/../../{MARK}"),
            format!("/i%2F{MARK}"),
            format!("/%69/{MARK}"),
            format!("/I/{MARK}"),
            format!("/i/{MARK}%ff"),
            format!("/i/{MARK}%zz"),
            format!("/i/{MARK}%00"),
            format!("/i/{MARK}?from={MARK}"),
            format!("/forgot?next=/i/{MARK}"),
            format!("https://{NAME}/i/{MARK}"),
            format!("/i/{MARK}{}", "x".repeat(20_000)),
        ] {
            self.get(&path);
            ask_plainly(self.http, head("GET", &path, "").as_bytes());
        }
        self.ask(head("GET", "/health", &format!("Referer: https://{NAME}/i/{MARK}\r\n")).as_bytes());
        self.ask(head("GET", &format!("/i/{MARK}"), &format!("X-Long: {}\r\n", "x".repeat(70_000))).as_bytes());
        // Larger than any form, and cut off.
        let large = head("POST", &format!("/i/{MARK}"), "Content-Length: 1000000\r\n") + &"x".repeat(200_000);
        self.ask(large.as_bytes());
        let strange = [
            format!("GET /i/{MARK} HTTP/9.9\r\nHost: {NAME}\r\n\r\n"),
            format!("GET /i/{MARK}\r\n\r\n"),
            format!("GET /i/{MARK} with spaces HTTP/1.1\r\nHost: {NAME}\r\n\r\n"),
            format!("G@T /i/{MARK} HTTP/1.1\r\nHost: {NAME}\r\n\r\n"),
            format!("GET /i/{MARK} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
            format!(
                "GET /i/{MARK} HTTP/1.1\r\nHost: {NAME}\r\nTransfer-Encoding: nonsense\r\nConnection: close\r\n\r\n"
            ),
            format!("GET /i/{MARK} HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n"),
        ];
        for request in strange {
            self.ask(request.as_bytes());
            ask_plainly(self.http, request.as_bytes());
            ask_plainly(self.https, request.as_bytes());
        }
        self.ask_beside_the_path();
    }

    /// Has the code where no link has it: in the method, in headers, in the host, in the handshake and in the protocol.
    fn ask_beside_the_path(&self) {
        let header = |header: String| head("GET", "/health", &format!("{header}\r\n"));
        let bare = |line: &str, host: &str| format!("{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let names =
            ["User-Agent", "Referer", "Cookie", "Authorization", "Accept", "X-Code", "X-Forwarded-For", "Forwarded"];
        let refused = ["Expect", "Upgrade", "Transfer-Encoding", "Content-Length", "Connection", "Host"];
        let mut requests: Vec<String> =
            names.iter().chain(&refused).map(|name| header(format!("{name}: {MARK}"))).collect();
        requests.extend([
            head(MARK, "/health", ""),
            head(MARK_OF_LETTERS, "/health", ""),
            head(&format!("GET{MARK}"), "/health", ""),
            head(&format!("post-{MARK}"), "/i/", ""),
            head("CONNECT", &format!("{MARK}:443"), ""),
            head("OPTIONS", MARK, ""),
            header(format!("Authorization: Basic {MARK}")),
            header(format!("{MARK}: x")),
            header(format!("{MARK} x")),
            header(MARK.to_owned()),
            bare("GET /health HTTP/1.1", MARK),
            bare("GET /health HTTP/1.1", &format!("{MARK}.example.org:443")),
            bare("GET /health HTTP/1.1", &format!("{MARK}/{MARK}")),
            bare(&format!("GET http://{MARK}/health HTTP/1.1"), NAME),
            bare(&format!("GET /health {MARK}"), NAME),
            bare(&format!("GET /health HTTP/{MARK}"), NAME),
            bare(&format!("GET /health HTTP/1.1 {MARK}"), NAME),
            format!("{MARK}\r\n\r\n"),
        ]);
        for request in &requests {
            self.ask(request.as_bytes());
            ask_plainly(self.http, request.as_bytes());
        }
        // Not even TLS.
        ask_plainly(self.https, MARK.as_bytes());
        let domain = format!("{MARK}.example.org");
        for name in [MARK, &domain] {
            for host in [NAME, name] {
                self.ask_for(name, &[], bare("GET /health HTTP/1.1", host).as_bytes());
            }
        }
        for protocols in [&[MARK][..], &[MARK, "http/1.1"][..]] {
            self.ask_for(NAME, protocols, head("GET", "/health", "").as_bytes());
        }
    }
}

/// The same without TLS.
fn ask_plainly(port: u16, request: &[u8]) -> String {
    exchange(connect(port), request)
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {NAME}\r\n{more}Connection: close\r\n\r\n")
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    // Some requests are never answered: what comes within this time is enough.
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Whoever refuses a request may close while it is being sent.
fn exchange(mut stream: impl std::io::Read + Write, request: &[u8]) -> String {
    let _ = stream.write_all(request).and_then(|()| stream.flush());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// What the example is changed to: a folder of its own, free ports and rsvp's.
struct Setup<'a> {
    folder: &'a Path,
    http: u16,
    https: u16,
    upstream: u16,
}

impl Setup<'_> {
    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn upstream(&self) -> (&'static str, String) {
        ("127.0.0.1:8400", format!("127.0.0.1:{}", self.upstream))
    }

    /// A folder of the example, which is ours.
    fn here<'a>(&self, folder: &'a str) -> (&'a str, String) {
        (folder, format!("{}/", self.folder.display()))
    }

    /// How the server is started with the configuration of the page; nothing where it is not installed.
    fn command(&self, kind: Kind) -> Option<Command> {
        let (command, text) = match kind {
            Kind::Nginx => self.nginx()?,
            Kind::Caddy => self.caddy()?,
            Kind::Apache => self.apache()?,
            Kind::Haproxy => self.haproxy()?,
            Kind::Shell
            | Kind::Commands
            | Kind::Answer
            | Kind::Json
            | Kind::Settings
            | Kind::Fail2banFilter
            | Kind::Fail2banJail
            | Kind::SshdConfig
            | Kind::AuthorizedKeys
            | Kind::Systemd => unreachable!("{kind:?} is no web server"),
        };
        fs::write(self.at(CONFIGURATION), text).unwrap();
        Some(command)
    }

    fn nginx(&self) -> Option<(Command, String)> {
        let mut command = Command::new(program(&["nginx"], "nginx-light")?);
        command.args(["-e", &self.at("main.log"), "-c", &self.at(CONFIGURATION)]);
        let block = the(Kind::Nginx).with(&[
            ("listen 80;", format!("listen 127.0.0.1:{};", self.http)),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{} ssl;", self.https)),
            self.here("/var/log/nginx/"),
            self.here("/etc/ssl/rsvp/"),
            self.upstream(),
        ]);
        let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders = folders.map(|one| format!("{one}_temp_path {};", self.at(one))).join("\n");
        let (pid, main, others) = (self.at("pid"), self.at("main.log"), self.at("others.log"));
        let text = format!(
            "{user}daemon off;\npid {pid};\nerror_log {main};\nevents {{}}\nhttp {{\n{folders}\n\
             access_log {others};\n{block}}}\n"
        );
        Some((command, text))
    }

    fn caddy(&self) -> Option<(Command, String)> {
        let mut command = Command::new(program(&["caddy"], "caddy")?);
        command.args(["run", "--adapter", "caddyfile", "--config", &self.at(CONFIGURATION)]);
        command.env("HOME", self.folder);
        command.env("XDG_DATA_HOME", self.at("data")).env("XDG_CONFIG_HOME", self.at("config"));
        let text = the(Kind::Caddy).with(&[self.here("/var/log/caddy/"), self.upstream()]);
        let first = "{\n\tlog {";
        assert!(text.starts_with(first), "{text}");
        let more = format!(
            "{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port {}\n\thttps_port {}\n\tlog {{",
            self.http, self.https
        );
        Some((command, text.replacen(first, &more, 1)))
    }

    fn apache(&self) -> Option<(Command, String)> {
        let mut command = Command::new(program(&["apache2", "httpd"], "apache2")?);
        command.args(["-D", "FOREGROUND", "-f", &self.at(CONFIGURATION)]);
        let block = the(Kind::Apache).with(&[
            ("<VirtualHost *:80>", format!("<VirtualHost *:{}>", self.http)),
            ("<VirtualHost *:443>", format!("<VirtualHost *:{}>", self.https)),
            self.here("/var/log/apache2/"),
            self.here("/etc/ssl/rsvp/"),
            self.upstream(),
        ]);
        let modules = ["mpm_event", "authz_core", "ssl", "proxy", "proxy_http", "setenvif", "alias"];
        let load = |name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so");
        let modules = modules.map(load).join("\n");
        let (here, main, pid) = (self.folder.display(), self.at("main.log"), self.at("pid"));
        let user = if rustix::process::geteuid().is_root() { "User www-data\nGroup www-data\n" } else { "" };
        let text = format!(
            "{modules}\nServerRoot {here}\nDefaultRuntimeDir {here}\nPidFile {pid}\n{user}ServerName localhost\n\
             Listen 127.0.0.1:{}\nListen 127.0.0.1:{}\nErrorLog {main}\n{block}",
            self.http, self.https
        );
        Some((command, text))
    }

    fn haproxy(&self) -> Option<(Command, String)> {
        let mut command = Command::new(program(&["haproxy"], "haproxy")?);
        command.args(["-db", "-f", &self.at(CONFIGURATION)]);
        let socket = UnixDatagram::bind(self.folder.join("log")).unwrap();
        fs::set_permissions(self.folder.join("log"), fs::Permissions::from_mode(0o666)).unwrap();
        let mut log = File::create(self.folder.join("rsvp.log")).unwrap();
        // It ends with the test.
        thread::spawn(move || {
            let mut line = vec![0; 65_536];
            while let Ok(length) = socket.recv(&mut line) {
                let _ = log.write_all(&line[..length]).and_then(|()| log.write_all(b"\n"));
            }
        });
        let text = the(Kind::Haproxy).with(&[
            ("bind :80\n", format!("bind 127.0.0.1:{}\n", self.http)),
            ("bind :443 ssl", format!("bind 127.0.0.1:{} ssl", self.https)),
            ("/dev/log", self.at("log")),
            // It waits a second before each try.
            ("timeout connect 5s\n", "timeout connect 5s\n    retries 0\n".to_owned()),
            self.here("/etc/ssl/rsvp/"),
            self.upstream(),
        ]);
        Some((command, text))
    }
}

/// Whoever has the certificate is believed: it was made a moment ago, by us or by the server.
#[derive(Debug)]
struct Anybody;

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Starts rsvp with an invited person behind the web server, and asks.
fn no_code_is_in_the_logs(kind: Kind, masked: &str) {
    let mut home = Home::with_organisation();
    let rsvp = home.serve();
    let address = home.variable("RSVP_PORTAL__PUBLIC_URL");
    let upstream = address.rsplit(':').next().unwrap().parse().unwrap();
    let Some(server) = WebServer::start(kind, upstream) else { return };
    home.run("invite grace@example.org").ends(0);
    let link = home.run("link grace@example.org --json").ends(0).json()["link"].as_str().unwrap().to_owned();
    let path = link.strip_prefix(&address).unwrap();
    let code = path.rsplit('/').next().unwrap();

    let page = server.get(path);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("grace@example.org"), "{kind:?}: {page}");
    assert!(server.get("/health").contains("ok"));
    let elsewhere = ask_plainly(server.http, head("GET", path, "").as_bytes());
    assert!(elsewhere.contains(&format!("https://{NAME}")), "{kind:?}: {elsewhere}");
    server.ask_everything();
    // Its upstream refuses from now on.
    drop(rsvp);
    let page = server.get(path);
    assert!(page.starts_with("HTTP/1.1 50"), "{kind:?}: {page}");
    server.ask_everything();

    let deadline = Instant::now() + DEADLINE;
    let in_log = |status: &str| {
        let logs = server.logs();
        logs.lines().any(|line| [masked, "GET", status].iter().all(|part| line.contains(part)))
    };
    while !(in_log("200") && (in_log("502") || in_log("503"))) {
        assert!(Instant::now() < deadline, "{kind:?}: {masked} is not in {}", server.logs());
        thread::sleep(Duration::from_millis(50));
    }
    let logs = server.logs().to_uppercase();
    for secret in [code, MARK, MARK_OF_LETTERS] {
        let found = logs.lines().find(|line| line.contains(&secret[..11]));
        assert!(found.is_none(), "{kind:?}: {found:?}");
    }
}

#[test]
fn nginx_passes_pages_on_and_writes_no_code_into_a_log() {
    no_code_is_in_the_logs(Kind::Nginx, "/i/-");
}

#[test]
fn caddy_passes_pages_on_and_writes_no_code_into_a_log() {
    no_code_is_in_the_logs(Kind::Caddy, "\"/i/\"");
}

#[test]
fn apache_passes_pages_on_and_writes_no_code_into_a_log() {
    no_code_is_in_the_logs(Kind::Apache, "/i/-");
}

#[test]
fn haproxy_passes_pages_on_and_writes_no_code_into_a_log() {
    no_code_is_in_the_logs(Kind::Haproxy, "/i/-");
}
