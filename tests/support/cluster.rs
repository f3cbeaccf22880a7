//! A PostgreSQL server with a synchronous standby, of the test's own, behind a switch that leads to whichever of them is
//! the primary: what a managed server or Patroni with a proxy is to a program.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;

use tempfile::TempDir;

use super::seed;

/// Primary and standby; both end with this.
pub struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    ports: [u16; 2],
    /// The port behind the switch.
    target: Arc<AtomicU16>,
    switch: u16,
}

impl Cluster {
    /// Starts both, or nothing (said loudly) where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            super::skip("PostgreSQL's server programs (Debian: apt-get install postgresql)");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the permissions");
        let ports = [free_port(), free_port()];
        let target = Arc::new(AtomicU16::new(ports[0]));
        let switch = forward(Arc::clone(&target));
        let cluster = Self { programs, folder, ports, target, switch };
        cluster.make_primary();
        cluster.make_standby();
        Some(cluster)
    }

    /// Where a program finds the primary, whichever that is.
    pub fn url(&self) -> String {
        format!("postgres://rsvp@127.0.0.1:{}/postgres", self.switch)
    }

    /// Restarts the primary as an administrator does.
    pub fn restart(&self) {
        self.control(0, &["restart", "--mode=fast"]);
    }

    /// Kills the primary as a power cut does, and starts it again.
    pub fn crash(&self) {
        self.control(0, &["stop", "--mode=immediate"]);
        self.control(0, &["start"]);
    }

    /// Ends every connection of the primary.
    pub fn cut(&self) {
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        seed::run(&self.direct(0), &[all.to_owned()]);
    }

    /// The primary is gone for good, and the standby takes over.
    pub fn fail_over(&self) {
        self.control(0, &["stop", "--mode=immediate"]);
        self.control(1, &["promote"]);
        self.target.store(self.ports[1], Ordering::SeqCst);
    }

    fn direct(&self, node: usize) -> String {
        format!("postgres://rsvp@127.0.0.1:{}/postgres", self.ports[node])
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("node{node}/data"))
    }

    fn make_primary(&self) {
        let data = self.prepare(0);
        self.program("initdb", &["--pgdata", &data, "--username=rsvp", "--auth=trust", "--encoding=UTF8", "--no-sync"]);
        self.configure(0);
        self.control(0, &["start"]);
    }

    fn make_standby(&self) {
        let data = self.prepare(1);
        let from = format!("host=127.0.0.1 port={} user=rsvp application_name=standby", self.ports[0]);
        self.program(
            "pg_basebackup",
            &["--pgdata", &data, "--write-recovery-conf", "--checkpoint=fast", "--dbname", &from],
        );
        self.configure(1);
        self.control(1, &["start"]);
        let statements = ["ALTER SYSTEM SET synchronous_standby_names = 'standby'", "SELECT pg_reload_conf()"];
        seed::run(&self.direct(0), &statements.map(str::to_owned));
    }

    /// Makes a folder that the login which runs the server owns.
    fn prepare(&self, node: usize) -> String {
        let folder = self.data(node).parent().expect("a folder").to_owned();
        fs::create_dir(&folder).expect("the folder");
        if let Some((user, group)) = login() {
            chown(&folder, Some(user), Some(group)).expect("its owner");
        }
        self.data(node).display().to_string()
    }

    fn configure(&self, node: usize) {
        let (data, port) = (self.data(node), self.ports[node]);
        let sockets = data.parent().expect("a folder").display().to_string();
        let text = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{sockets}'\n\
             max_connections = 300\nwal_keep_size = 256\nfsync = off\n"
        );
        fs::OpenOptions::new()
            .append(true)
            .open(data.join("postgresql.conf"))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .expect("the settings");
    }

    fn control(&self, node: usize, command: &[&str]) {
        let data = self.data(node);
        let log = data.with_file_name("log").display().to_string();
        let data = data.display().to_string();
        self.program("pg_ctl", &[command, &["--silent", "--wait", "--pgdata", &data, "--log", &log]].concat());
    }

    /// Runs a program of the server, which refuses root.
    fn program(&self, name: &str, arguments: &[&str]) {
        let path = self.programs.join(name);
        let mut command = if login().is_some() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.args(arguments).current_dir("/").stdout(Stdio::null());
        let status = command.status().expect("the program starts");
        assert!(status.success(), "{name} {arguments:?}: {status}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in 0..2 {
            let pid = fs::read_to_string(self.data(node).join("postmaster.pid")).unwrap_or_default();
            if let Some(pid) = pid.lines().next() {
                // SIGQUIT is an immediate stop.
                let _ = Command::new("kill").args(["-QUIT", pid]).status();
            }
        }
    }
}

/// The login that runs the server where the tests run as root: its numbers.
fn login() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("the logins");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("the login postgres");
    let mut parts = line.split(':').skip(2).map(|part| part.parse().expect("a number"));
    Some((parts.next().expect("a user"), parts.next().expect("a group")))
}

/// The folder with PostgreSQL's newest server programs.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    let mut all: Vec<PathBuf> = versions.filter(|path| path.join("initdb").exists()).collect();
    all.sort_by_key(|path| version(path));
    all.pop()
}

fn version(programs: &Path) -> u32 {
    let name = programs.parent().and_then(Path::file_name).unwrap_or_default();
    name.to_string_lossy().parse().unwrap_or(0)
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Listens on a port and leads each connection to the one that is the target when it comes.
fn forward(target: Arc<AtomicU16>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", target.load(Ordering::SeqCst))) else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                thread::spawn(move || pour(from, to));
            }
        }
    });
    port
}

fn pour(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16_384];
    while let Ok(length) = from.read(&mut piece) {
        if length == 0 || to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
