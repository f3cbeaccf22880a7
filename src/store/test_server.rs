//! A PostgreSQL server of a test's own, which it may configure, stop and fill; and a connection through the middle, which it
//! may cut.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server that runs until it is dropped. Its first login is `rsvp`, which needs no password on its socket.
pub struct OwnServer {
    programs: PathBuf,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl OwnServer {
    /// Starts one with these settings and lines of `pg_hba.conf`; none (said loudly, and a failure under CI) where
    /// PostgreSQL is not installed.
    pub fn start(settings: &[&str], admits: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            super::test::skip("PostgreSQL's programs are not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let server = Self { programs, folder, port };
        OwnServer::own(server.folder.path());
        let data = server.path("data");
        let made = server
            .run("initdb", &["--username=rsvp", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        assert!(made, "initdb");
        let mut all = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        let socket = server.folder.path().display();
        let usual = [format!("port = {port}"), format!("unix_socket_directories = '{socket}'")];
        // What was committed must outlive the server's processes, not this machine.
        let careless = ["fsync = off", "listen_addresses = '127.0.0.1'"].map(str::to_owned);
        for line in usual.iter().chain(&careless).map(String::as_str).chain(settings.iter().copied()) {
            all.push('\n');
            all.push_str(line);
        }
        std::fs::write(data.join("postgresql.conf"), all + "\n").unwrap();
        let admits = ["local all all trust"].iter().chain(admits).fold(String::new(), |all, line| all + line + "\n");
        std::fs::write(data.join("pg_hba.conf"), admits).unwrap();
        server.up();
        Some(server)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Gives a file or folder to the login that the server runs as.
    pub fn own(path: &Path) {
        if rustix::process::geteuid().is_root() {
            assert!(Command::new("chown").arg("-R").arg("postgres").arg(path).status().unwrap().success());
        }
    }

    pub fn up(&self) {
        assert!(self.control(&["start", "--wait"]), "the server does not start");
    }

    /// Ends it at once, as a crash does.
    pub fn down(&self) {
        assert!(self.control(&["stop", "--mode=immediate"]), "the server does not stop");
    }

    fn control(&self, what: &[&str]) -> bool {
        let log = self.path("log").display().to_string();
        self.run("pg_ctl", &[what, &["--silent", "--log", &log]].concat())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let program = self.programs.join(program);
        let mut command =
            Command::new(if rustix::process::geteuid().is_root() { Path::new("runuser") } else { &program });
        if rustix::process::geteuid().is_root() {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        command.args(arguments).arg("--pgdata").arg(self.path("data")).current_dir("/");
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Through the socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://rsvp@localhost:{}/{database}?host={}", self.port, self.folder.path().display())
    }

    /// Runs statements as the first login.
    pub async fn run_sql(&self, statements: &[&str]) {
        run_sql(&self.url("postgres"), statements).await;
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.control(&["stop", "--mode=immediate"]);
    }
}

/// Runs statements by themselves on a connection of their own.
pub async fn run_sql(url: &str, statements: &[&str]) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(*statement)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// The texts of a query's first column.
pub async fn texts(url: &str, query: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::raw_sql(AssertSqlSafe(query)).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The folder of the newest server programs.
fn programs() -> Option<PathBuf> {
    let all = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut all: Vec<_> = all.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    all.retain(|path| path.join("initdb").exists());
    all.sort_by_key(|path| path.parent().and_then(|path| path.file_name()?.to_str()?.parse::<u32>().ok()));
    all.pop()
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the server sees the COMMIT.
    Before,
    /// When the server has answered it, and the answer is kept back.
    After,
    /// The same, and nobody comes through any more.
    ForGood,
}

/// Stands between a program and a server.
pub struct Proxy {
    port: u16,
    cut: Arc<Mutex<Option<(usize, Cut)>>>,
    closed: Arc<AtomicBool>,
}

impl Proxy {
    /// In front of the server of a URL; answers with the URL that leads through it.
    pub async fn before(url: &str) -> (Self, String) {
        let mut url = url::Url::parse(url).unwrap();
        let proxy = Self::to(url.port().unwrap()).await;
        url.set_port(Some(proxy.port)).unwrap();
        (proxy, url.into())
    }

    async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, closed) = (Arc::<Mutex<Option<(usize, Cut)>>>::default(), Arc::new(AtomicBool::new(false)));
        let (cuts, shut) = (Arc::clone(&cut), Arc::clone(&closed));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shut.load(Ordering::SeqCst) {
                    continue;
                }
                let (cuts, shut) = (Arc::clone(&cuts), Arc::clone(&shut));
                tokio::spawn(async move { drop(Box::pin(pass(client, server, &cuts, &shut)).await) });
            }
        });
        Self { port, cut, closed }
    }

    /// Cuts at a COMMIT, after so many others.
    pub fn cut_after(&self, others: usize, cut: Cut) {
        *self.cut.lock().unwrap() = Some((others, cut));
    }

    pub fn open_again(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }
}

async fn pass(
    mut client: TcpStream,
    server: u16,
    cuts: &Mutex<Option<(usize, Cut)>>,
    shut: &AtomicBool,
) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server)).await?;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let some = &up[..read?];
                if some.is_empty() {
                    return Ok(());
                }
                let commits = some.windows(7).any(|window| window == b"COMMIT\0");
                let cut = if commits { next_cut(cuts) } else { None };
                if cut == Some(Cut::Before) {
                    return Ok(());
                }
                server.write_all(some).await?;
                if let Some(cut) = cut {
                    // The answer was sent when the change was stored.
                    let answered = server.read(&mut down).await? > 0;
                    shut.fetch_or(answered && cut == Cut::ForGood, Ordering::SeqCst);
                    return Ok(());
                }
            }
            read = server.read(&mut down) => {
                let some = &down[..read?];
                if some.is_empty() {
                    return Ok(());
                }
                client.write_all(some).await?;
            }
        }
    }
}

/// What to do at this COMMIT.
fn next_cut(cuts: &Mutex<Option<(usize, Cut)>>) -> Option<Cut> {
    let mut cuts = cuts.lock().unwrap();
    match *cuts {
        Some((0, cut)) => {
            *cuts = None;
            Some(cut)
        }
        Some((others, cut)) => {
            *cuts = Some((others - 1, cut));
            None
        }
        None => None,
    }
}

/// A pgbouncer in front of a server, which lends each transaction another one of two sessions, until it is dropped.
pub struct Pooler {
    folder: tempfile::TempDir,
    child: std::process::Child,
    pub port: u16,
    /// Its version: (1, 18).
    pub version: (u32, u32),
}

impl Pooler {
    /// Starts the one that `RSVP_TEST_PGBOUNCER` or the system has; none (said loudly, and a failure under CI) where there is
    /// none. It knows one database, `postgres`, and the logins `rsvp` and `ada`, the second with a password.
    pub fn start(server: &OwnServer) -> Option<Self> {
        let program = std::env::var("RSVP_TEST_PGBOUNCER").unwrap_or_else(|_| "/usr/sbin/pgbouncer".to_owned());
        let Ok(version) = Command::new(&program).arg("--version").output() else {
            super::test::skip("pgbouncer is not installed (`tests/run` installs it as root)");
            return None;
        };
        let version = String::from_utf8(version.stdout).unwrap();
        let mut numbers = version.split_whitespace().nth(1).unwrap().split('.').map(|number| number.parse().unwrap());
        let version = (numbers.next().unwrap(), numbers.next().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        std::fs::write(folder.path().join("users"), "\"rsvp\" \"secret\"\n\"ada\" \"right\"\n").unwrap();
        let settings = format!(
            "[databases]\npostgres = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = transaction\n\
             default_pool_size = 2\nserver_login_retry = 1\nquery_wait_timeout = 2\n",
            server.folder.path().display(),
            server.port,
            folder.path().join("users").display(),
        );
        std::fs::write(folder.path().join("pgbouncer.ini"), settings).unwrap();
        OwnServer::own(folder.path());
        let as_root = rustix::process::geteuid().is_root();
        // It refuses to be root.
        let user: &[&str] = if as_root { &["--user", "postgres"] } else { &[] };
        let mut command = Command::new(&program);
        command.args(user).arg("--quiet").arg(folder.path().join("pgbouncer.ini"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(std::time::Instant::now() < deadline, "pgbouncer does not listen");
            std::thread::yield_now();
        }
        Some(Self { folder, child, port, version })
    }

    pub fn url(&self, user: &str, database: &str) -> String {
        assert!(self.folder.path().exists());
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
