//! A real sshd of a test's own on loopback, and the client to it: the way in which the program is used.
//!
//! It runs as whoever runs the tests and lets only them in, with a key made for it. `tests/run` installs the package.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const SSHD: &str = "/usr/sbin/sshd";

/// A server that runs until it is dropped.
pub struct Sshd {
    folder: TempDir,
    server: Child,
    port: u16,
}

impl Sshd {
    /// Starts one, or nothing (said loudly, and a failure under CI) where it is not installed.
    pub fn start() -> Option<Self> {
        Self::with("")
    }

    /// The same where the client's key stands for something: what its line in `authorized_keys` begins with.
    pub fn with(options: &str) -> Option<Self> {
        let client = Command::new("ssh").arg("-V").stderr(Stdio::null()).status();
        if !Path::new(SSHD).exists() || client.is_err() {
            super::skip("sshd and ssh (`tests/run` installs them as root; Debian: openssh-server openssh-client)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["host", "client"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path(name)).status();
            assert!(made.is_ok_and(|status| status.success()), "a key");
        }
        let key = fs::read_to_string(path("client.pub")).expect("the client's key");
        fs::write(path("authorized"), format!("{options} {key}")).expect("who may come in");
        // As root the server needs its empty folder, which the package leaves to the service to make.
        drop(fs::create_dir_all("/run/sshd"));
        let port = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\nPrintMotd no\n\
             ExposeAuthInfo yes\nAcceptEnv LANG LC_* TERM\nSubsystem sftp internal-sftp\n",
            path("host").display(),
            path("authorized").display(),
        );
        fs::write(path("sshd_config"), settings).expect("its settings");
        let server = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(path("sshd_config"))
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd starts");
        let sshd = Self { folder, server, port };
        let deadline = Instant::now() + super::DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "sshd does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        Some(sshd)
    }

    /// The client's key, as its `.pub` file has it.
    pub fn public_key(&self) -> String {
        fs::read_to_string(self.folder.path().join("client.pub")).expect("the client's key")
    }

    /// Lets in whom this line of `authorized_keys` lets in, and nobody else.
    pub fn authorize(&self, line: &str) {
        fs::write(self.folder.path().join("authorized"), line).expect("who may come in");
    }

    /// The fingerprint of the client's key, as `ssh-keygen -l` writes it.
    pub fn fingerprint(&self) -> String {
        let told = Command::new("ssh-keygen").arg("-lf").arg(self.folder.path().join("client.pub")).output();
        let told = String::from_utf8(told.expect("ssh-keygen").stdout).expect("text");
        told.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// The client's arguments to run a command there in a terminal; the client is `ssh`.
    pub fn client(&self, command: &str) -> Vec<String> {
        let key = self.folder.path().join("client");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
        let options =
            ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes"];
        let mut all = vec!["-tt".to_owned(), "-F".to_owned(), "/dev/null".to_owned()];
        all.extend(options.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]));
        all.extend(["-p".to_owned(), self.port.to_string(), "-i".to_owned(), key.display().to_string()]);
        all.extend(["127.0.0.1".to_owned(), command.to_owned()]);
        all
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

pub fn program(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists())
}
