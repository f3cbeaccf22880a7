//! Machines that fail under a running service: whatever was reported as stored is stored, and everything goes on
//! afterwards without a restart. Size: a service and some thirty starts of the command line.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use support::cli::{Home, PASSWORD, Said, Served, mode};
use support::postgres::Database;
use support::seed;

/// No file of the service may grow beyond so many bytes from now on, as on a disk that is full; or it may again.
fn limit_files(served: &Served, bytes: Option<u64>) {
    let process = Pid::from_raw(served.id().try_into().unwrap()).unwrap();
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(Some(process), Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
}

/// Accepts with this link through the portal.
fn accept(home: &Home, link: &str) -> Said {
    home.type_in(&format!("{PASSWORD}\n"), &["accept", link, "--password-stdin"])
}

/// The status that the portal of this link answers with.
fn asks(link: &str, path: &str) -> u16 {
    let host = link.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Waits until the portal says that it is ready, or not.
fn wait_for(link: &str, status: u16) {
    let deadline = Instant::now() + support::DEADLINE;
    while asks(link, "/ready") != status {
        assert!(Instant::now() < deadline, "/ready never answers {status}");
        std::thread::yield_now();
    }
}

fn status(home: &Home, email: &str) -> String {
    home.run(&format!("show {email} --json")).ends(0).json()["status"].as_str().unwrap().to_owned()
}

/// What fills the disk under a service, or frees it again.
type Fill<'a> = &'a dyn Fn(&Served, bool);

/// Serves on a disk that is full for a moment: what was reported is stored, and everything goes on without a restart.
fn full_for_a_moment(mut home: Home, fill: Fill<'_>) {
    home.set_up().ends(0);
    for person in ["ann@example.org", "bea@example.org"] {
        home.run(&format!("invite {person}")).ends(0);
    }
    let served = home.serve_without_xfsz();
    let link = |person: &str| home.run(&format!("link {person}")).ends(0).out.trim().to_owned();
    let (ann, bea) = (link("ann@example.org"), link("bea@example.org"));
    assert_eq!(asks(&ann, "/ready"), 200);
    fill(&served, true);
    wait_for(&ann, 503);
    assert_eq!(asks(&ann, "/health"), 200, "it is alive");
    // Every connection of the portal meets the full disk. What still has room in SQLite's log may be stored.
    let is_active = (0..4).any(|_| accept(&home, &ann).status == 0);
    fill(&served, false);
    wait_for(&ann, 200);
    if !is_active {
        accept(&home, &ann).ends(0);
    }
    // Refused changes between those that are stored: behind one, a connection that was not closed stores nothing.
    for _ in 0..4 {
        accept(&home, &ann).ends(3);
    }
    // Nobody is kept out, and what was reported is what others read.
    home.run("invite new@example.org").ends(0);
    accept(&home, &bea).ends(0);
    for person in ["ann@example.org", "bea@example.org"] {
        assert_eq!(status(&home, person), "active", "{person}");
    }
    drop(served);
    for person in ["ann@example.org", "bea@example.org"] {
        assert_eq!(status(&home, person), "active", "{person} after the service ended");
    }
    home.run("audit verify").ends(0);
}

#[test]
fn after_a_disk_that_was_full_for_a_moment_everything_that_is_reported_is_stored() {
    full_for_a_moment(Home::new(), &|served, full| limit_files(served, full.then_some(4_096)));
}

/// A small file system of its own in a folder, for as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing (said loudly) where nobody may mount one.
    fn mount(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs"]).arg(folder).stderr(Stdio::null());
        if mounted.status().is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("SKIPPED: no file system can be mounted here: no service met one that is full");
        None
    }

    /// Takes all the room that is left, or gives it back.
    fn fill(&self, full: bool) {
        let ballast = self.0.join("ballast");
        if !full {
            return std::fs::remove_file(ballast).unwrap();
        }
        let mut file = std::fs::File::create(ballast).unwrap();
        for piece in [vec![0; 4_096], vec![0; 64], vec![0]] {
            while file.write_all(&piece).is_ok() {}
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn after_a_file_system_that_was_full_for_a_moment_everything_that_is_reported_is_stored() {
    let home = Home::new();
    let folder = home.database().parent().unwrap().to_owned();
    let Some(disk) = SmallDisk::mount(&folder) else { return };
    full_for_a_moment(home, &|_, full| disk.fill(full));
}

#[test]
fn the_service_says_when_it_cannot_do_its_work_and_outlives_its_terminal() {
    let mut home = Home::with_organisation();
    home.run("invite ann@example.org").ends(0);
    let served = home.serve();
    let link = home.run("link ann@example.org").ends(0).out.trim().to_owned();
    wait_for(&link, 200);
    let process = Pid::from_raw(served.id().try_into().unwrap()).unwrap();
    kill_process(process, Signal::HUP).unwrap();
    // Another file in the place of the database: what is stored now is nowhere.
    let aside = home.path("aside.db");
    std::fs::rename(home.database(), &aside).unwrap();
    std::fs::write(home.database(), "").unwrap();
    wait_for(&link, 503);
    std::fs::remove_file(home.database()).unwrap();
    assert_eq!(asks(&link, "/ready"), 503, "without any file");
    assert_eq!(asks(&link, "/health"), 200, "it is alive");
    std::fs::rename(&aside, home.database()).unwrap();
    wait_for(&link, 200);
}

/// A way to a server that can be cut: from then on nobody gets through, and those who were through are gone.
struct Way {
    port: u16,
    is_cut: Arc<AtomicBool>,
    through: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_cut, through) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let way = Self { port, is_cut: Arc::clone(&is_cut), through: Arc::clone(&through) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                for (mut from, mut to) in [(&client, &server), (&server, &client)].map(|(a, b)| (copy(a), copy(b))) {
                    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
                through.lock().unwrap().extend([client, server]);
            }
        });
        way
    }

    fn cut(&self, cut: bool) {
        self.is_cut.store(cut, Ordering::SeqCst);
        for stream in self.through.lock().unwrap().drain(..) {
            // It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn copy(stream: &TcpStream) -> TcpStream {
    stream.try_clone().unwrap()
}

#[test]
fn while_the_database_server_is_gone_the_service_is_alive_and_not_ready() {
    let Some(database) = Database::fresh() else { return };
    let (before, after) = database.url.split_once('@').unwrap();
    let (server, name) = after.split_once('/').unwrap();
    let way = Way::to(server.to_owned());
    let mut home = Home::new();
    home.set("RSVP_DATABASE__URL", &format!("{before}@127.0.0.1:{}/{name}", way.port));
    home.set_up().ends(0);
    home.run("invite ann@example.org").ends(0);
    let service = home.serve();
    let link = home.run("link ann@example.org").ends(0).out.trim().to_owned();
    wait_for(&link, 200);
    way.cut(true);
    wait_for(&link, 503);
    let began = Instant::now();
    assert_eq!(asks(&link, "/ready"), 503);
    assert!(began.elapsed() < Duration::from_secs(6), "a monitor waits no longer: {:?}", began.elapsed());
    assert_eq!(asks(&link, "/health"), 200, "it is alive");
    way.cut(false);
    wait_for(&link, 200);
    drop(service);
}

#[test]
fn a_set_up_that_is_killed_at_any_instant_is_begun_anew_or_was_done() {
    let wanted =
        ["setup", "--organisation", "Example", "--name", "Ada", "--email", "ada@example.org", "--password-stdin"];
    let began = Instant::now();
    Home::with_organisation();
    let whole = began.elapsed();
    let (mut done, mut kills) = (0, 0);
    for step in 0..40 {
        let home = Home::new();
        let mut child = home.spawn(&wanted);
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        std::thread::sleep(whole * step / 40);
        kills += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        let listed = home.run("list");
        if listed.status == 0 {
            done += 1;
        } else {
            assert_eq!(listed.status, 4, "after step {step}: {listed:?}");
            home.set_up().ends(0);
        }
        // It works: with a key that the database knows, and nothing left beside it.
        home.run("invite grace@example.org").ends(0);
        home.run("link grace@example.org").ends(0);
        home.run("audit verify").ends(0);
        let beside = std::fs::read_dir(home.key().parent().unwrap()).unwrap();
        let mut names: Vec<String> = beside.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let known = ["rsvp.db", "rsvp.key", "rsvp.key.head", "rsvp.key.erased", "rsvp.key.numbers"];
        names.retain(|name| !known.contains(&name.as_str()));
        assert!(names.iter().all(|name| name.starts_with("rsvp.key.setup-")) && names.len() < 2, "{names:?}");
    }
    assert!(kills > 20, "{kills} of 40 were killed, {done} had been done");
}

#[test]
fn a_database_of_another_program_is_left_as_it_is() {
    let home = Home::new();
    std::fs::create_dir_all(home.database().parent().unwrap()).unwrap();
    let url = format!("sqlite://{}?mode=rwc", home.database().display());
    seed::run(&url, &["CREATE TABLE notes (text TEXT)".to_owned(), "INSERT INTO notes VALUES ('mine')".to_owned()]);
    mode(&home.database(), 0o600);
    let before = std::fs::read(home.database()).unwrap();
    home.run("list").ends(1).tells("belongs to another program");
    home.set_up().ends(1).tells("belongs to another program");
    assert_eq!(std::fs::read(home.database()).unwrap(), before);
}
