//! A real Postfix of a test's own: STARTTLS with a certificate made for it, sign-in by SASL, and everything handed on
//! to the test's mail server, so that what arrives has gone through a relay as people have one.
//!
//! Postfix's master process runs as root only. `tests/run` installs the packages where it may.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The name and password with which the relay lets somebody in.
pub const LOGIN: (&str, &str) = ("rsvp", "relay secret words");
pub const REFUSED: &str = "nobody@refused.example";

/// A relay that runs until it is dropped.
pub struct Postfix {
    folder: TempDir,
    /// Its port on 127.0.0.1.
    pub port: u16,
}

impl Postfix {
    /// Starts one that hands everything on to a server on `next`, or nothing (said loudly, and a failure under CI)
    /// where it cannot run.
    pub fn start(next: u16) -> Option<Self> {
        let there = |program: &str| Path::new(program).exists();
        if !(there("/usr/sbin/postfix") && there("/usr/sbin/saslpasswd2") && there("/usr/lib/postfix/sbin/master")) {
            super::skip(
                "Postfix with SASL (`tests/run` installs it as root; Debian: postfix libsasl2-modules sasl2-bin)",
            );
            return None;
        }
        if !Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0") {
            super::skip("Postfix runs as root only");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
        let postfix = Self { folder, port };
        postfix.configure(next);
        postfix.up();
        Some(postfix)
    }

    /// The certificate that it shows, to be trusted.
    pub fn certificate(&self) -> PathBuf {
        self.path("cert.pem")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("mail.log")).unwrap_or_default()
    }

    /// Starts it again, and waits until it listens.
    pub fn up(&self) {
        self.control("start");
        let deadline = Instant::now() + super::DEADLINE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "Postfix does not listen: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn down(&self) {
        self.control("abort");
        let deadline = Instant::now() + super::DEADLINE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(Instant::now() < deadline, "Postfix does not end");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn control(&self, what: &str) {
        let config = self.path("conf");
        let mut postfix = Command::new("/usr/sbin/postfix");
        postfix.arg("-c").arg(config).arg(what).stdout(Stdio::null()).stderr(Stdio::null());
        // Ending one that has ended already is no error of a test.
        let _ = postfix.status();
    }

    fn configure(&self, next: u16) {
        // Postfix's own processes, which are not root, look things up below.
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).expect("the permissions");
        // Debian's Postfix looks for SASL's settings below its own.
        for name in ["conf", "queue", "data", "sasl", "conf/sasl"] {
            fs::create_dir(self.path(name)).expect("a folder");
        }
        self.certify();
        fs::write(self.path("conf/main.cf"), self.main(next)).expect("a file");
        fs::write(self.path("conf/master.cf"), self.master()).expect("a file");
        self.add_login();
        for (owner, name) in [("postfix", "data"), ("root:postfix", "sasl/sasldb2")] {
            assert!(Command::new("chown").arg(owner).arg(self.path(name)).status().expect("chown").success());
        }
        fs::set_permissions(self.path("sasl/sasldb2"), fs::Permissions::from_mode(0o640)).expect("the permissions");
    }

    fn certify(&self) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let parameters = rcgen::CertificateParams::new(names).expect("a certificate");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        fs::write(self.certificate(), certificate.pem()).expect("a file");
        fs::write(self.path("key.pem"), key.serialize_pem()).expect("a file");
        fs::set_permissions(self.path("key.pem"), fs::Permissions::from_mode(0o600)).expect("the permissions");
    }

    /// Its settings, with where it passes emails on to.
    fn main(&self, next: u16) -> String {
        let here = self.folder.path().display();
        let main = [
            "compatibility_level = 3.6".to_owned(),
            format!("queue_directory = {here}/queue"),
            format!("data_directory = {here}/data"),
            format!("maillog_file = {here}/mail.log"),
            format!("maillog_file_prefixes = {}", std::env::temp_dir().display()),
            "myhostname = relay.example.org".to_owned(),
            "mydestination =".to_owned(),
            "alias_maps =".to_owned(),
            "alias_database =".to_owned(),
            // Nobody is trusted for where they come from.
            "mynetworks = 192.0.2.1/32".to_owned(),
            "inet_interfaces = 127.0.0.1".to_owned(),
            "inet_protocols = ipv4".to_owned(),
            format!("relayhost = [127.0.0.1]:{next}"),
            "smtp_tls_security_level = none".to_owned(),
            "smtpd_tls_security_level = may".to_owned(),
            "smtpd_tls_auth_only = yes".to_owned(),
            format!("smtpd_tls_cert_file = {here}/cert.pem"),
            format!("smtpd_tls_key_file = {here}/key.pem"),
            "smtpd_sasl_auth_enable = yes".to_owned(),
            "smtpd_sasl_type = cyrus".to_owned(),
            "smtpd_sasl_path = smtpd".to_owned(),
            "smtpd_sasl_local_domain = relay.example.org".to_owned(),
            "smtpd_relay_restrictions = permit_sasl_authenticated, reject".to_owned(),
            format!(
                "smtpd_recipient_restrictions = check_recipient_access inline:{{{{{REFUSED} = 550 5.1.1 no such user}}}}"
            ),
        ];
        main.join("\n") + "\n"
    }

    fn master(&self) -> String {
        let mut master = format!("127.0.0.1:{} inet n - n - - smtpd\n", self.port);
        for (service, program) in [
            ("cleanup unix n - n - 0", "cleanup"),
            ("qmgr unix n - n 300 1", "qmgr"),
            ("tlsmgr unix - - n 1000? 1", "tlsmgr"),
            ("rewrite unix - - n - -", "trivial-rewrite"),
            ("bounce unix - - n - 0", "bounce"),
            ("defer unix - - n - 0", "bounce"),
            ("trace unix - - n - 0", "bounce"),
            ("proxymap unix - - n - -", "proxymap"),
            ("smtp unix - - n - -", "smtp"),
            ("relay unix - - n - -", "smtp"),
            ("error unix - - n - -", "error"),
            ("retry unix - - n - -", "error"),
            ("anvil unix - - n - 1", "anvil"),
            ("scache unix - - n - 1", "scache"),
            ("postlog unix-dgram n - n - 1", "postlogd"),
        ] {
            master.extend([service, " ", program, "\n"]);
        }
        master
    }

    fn add_login(&self) {
        let here = self.folder.path().display();
        let sasl = format!(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {here}/sasl/sasldb2\n"
        );
        fs::write(self.path("conf/sasl/smtpd.conf"), sasl).expect("a file");
        let mut add = Command::new("/usr/sbin/saslpasswd2")
            .args(["-p", "-c", "-u", "relay.example.org", "-f"])
            .arg(self.path("sasl/sasldb2"))
            .arg(LOGIN.0)
            .stdin(Stdio::piped())
            .spawn()
            .expect("saslpasswd2");
        add.stdin.take().expect("stdin").write_all(LOGIN.1.as_bytes()).expect("a password");
        assert!(add.wait().expect("an end").success());
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.control("abort");
    }
}
