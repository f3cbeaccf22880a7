//! From another machine: over a real sshd, with a key that signs somebody in, and with one that no longer does.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::cli::{Home, PASSWORD};
use crate::support::pty::{Starter, key};
use crate::support::sshd::{Sshd, program};
use crate::{line, organisation};

#[test]
fn over_a_real_sshd_somebody_is_invited_and_the_head_says_where_from() {
    let Some(sshd) = Sshd::start() else { return };
    let home = organisation();
    let ssh = program("ssh").expect("the client");
    // As some wrappers start programs: nobody learns that the terminal goes away.
    let command = format!("trap '' HUP; exec {}", line(&home, "--operator"));
    let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client(&command)).start();
    screen.wait_for("grace@navy.example");
    screen.wait_for("ssh 127.0.0.1");
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Ingrid{}ingrid@example.org{}", key::TAB, key::CTRL_S));
    screen.wait_in_row("ingrid@example.org", "◌ invited");
    // The connection is lost while a dialog is open: nothing is left running, and nothing is deleted.
    screen.send("D");
    screen.wait_for("Delete Ingrid?");
    screen.signal(Signal::KILL);
    screen.wait_exit();
    wait_for_nobody(&home);
    assert_eq!(home.run("show ingrid@example.org --json").ends(0).json()["status"], "invited");
}

#[test]
fn an_ssh_key_that_stands_for_an_administrator_opens_the_interface_and_nothing_else() {
    let home = organisation();
    home.run("edit ada@example.org --name Ada").ends(0);
    let forced = line(&home, &format!("--as {}", number(&home, "ada@example.org")));
    let Some(sshd) = Sshd::with(&format!("restrict,pty,command=\"{forced}\"")) else { return };
    let ssh = program("ssh").expect("the client");
    let stolen = home.path("stolen");
    let tries = [
        format!("touch {}", stolen.display()),
        format!("rsvp --operator; touch {}", stolen.display()),
        format!("x --operator --database sqlite://{}", stolen.display()),
        "$(id) `id` \u{1b}]0;id\u{7}".to_owned(),
    ];
    for command in tries {
        let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client(&command)).start();
        screen.wait_for("grace@navy.example");
        screen.wait_for("Ada · administrator · ssh 127.0.0.1");
        // To the shell and back would be a shell.
        screen.send("\u{1a}");
        screen.wait_for("You have no shell here.");
        screen.send(":");
        screen.wait_for("All actions");
        let shown = screen.picture();
        assert!(!shown.contains("rsvp invite") && !shown.contains("rsvp list"), "no command lines: {shown}");
        screen.send(key::ESCAPE);
        screen.wait_gone("All actions");
        screen.send("q");
        screen.wait_exit();
    }
    assert!(!stolen.exists());
    // Files are not to be had in another way, nor is anything without a terminal.
    let mut without = sshd.client("cat /etc/passwd");
    without.retain(|argument| argument != "-tt");
    let told = std::process::Command::new(&ssh).arg("-T").args(without).output().expect("ssh runs");
    let heard = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(!told.status.success() && !heard.contains("root:"), "{told:?}");
    let mut sftp = sshd.client("sftp");
    sftp.retain(|argument| argument != "-tt");
    sftp.insert(0, "-s".to_owned());
    let told = std::process::Command::new(&ssh).args(sftp).output().expect("ssh runs");
    assert!(!told.status.success(), "{told:?}");

    let entries = home.run("audit list --action sign-in --actor ada@example.org --json").ends(0).json();
    let entry = &entries["items"][0]["detail"];
    assert_eq!(
        (entry["ssh_key"].as_str(), &entry["change"]["by"]),
        (Some(sshd.fingerprint().as_str()), &"ssh key".into())
    );
}

#[test]
fn a_terminal_that_was_left_alone_asks_for_the_password_and_then_all_is_as_it_was() {
    let home = organisation();
    home.settings("[terminal]\nidle_lock = \"3s\"\n");
    let starter = Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data"));
    let starter = starter.env("XDG_CONFIG_HOME", home.path("config"));
    // What a client says of settings counts for nothing here.
    let starter = starter.env("RSVP_DATABASE__URL", "sqlite:///nowhere/else.db");
    let ada = number(&home, "ada@example.org");
    let mut screen = starter.args(["--as", &ada]).start();
    screen.wait_for("grace@navy.example");
    screen.send("iZo\u{eb} Quinn");
    screen.wait_for("Zo\u{eb} Quinn");
    screen.wait_for("Locked. Type the password of ada@example.org");
    assert!(!screen.shows("grace@navy.example") && !screen.shows("Quinn"));
    screen.send("wrong");
    screen.send(key::ENTER);
    screen.wait_for("address or password is wrong");
    screen.send(PASSWORD);
    screen.send(key::ENTER);
    screen.wait_for("Zo\u{eb} Quinn");
    screen.send(key::CTRL_C);
    screen.wait_gone("Invite user");
    screen.send("q");
    screen.wait_exit();
}

#[test]
fn whoever_is_demoted_is_shown_out_and_their_key_lets_them_in_no_more() {
    let home = organisation();
    home.run("invite bob@example.org --name Bob --role administrator").ends(0);
    let link = home.run("link bob@example.org").ends(0).out;
    let code = link.trim().rsplit('/').next().unwrap_or_default().trim().to_owned();
    home.type_in("violet tractor sings twice\n", &["accept", &code, "--password-stdin"]).ends(0);
    let bob = number(&home, "bob@example.org");
    let Some(sshd) = Sshd::with(&format!("restrict,pty,command=\"{}\"", line(&home, &format!("--as {bob}")))) else {
        return;
    };
    let ssh = program("ssh").expect("the client");
    let begin = || Starter::of(&ssh, &home.path("")).args(sshd.client("")).start();
    let mut screen = begin();
    screen.wait_for("Bob · administrator");
    // What answers a compromise: a reset alone would let the key in again.
    let said = home.run("edit bob@example.org --ssh no").ends(0);
    assert!(said.out.contains("no SSH key can stand for them any more"), "{said:?}");
    assert_eq!(home.run("show bob@example.org --json").ends(0).json()["ssh"], false);
    screen.wait_for("You can no longer sign in with an SSH key.");
    screen.wait_exit();
    let mut screen = begin();
    screen.wait_for(&format!("user #{bob} doesn't manage anything here, isn't active, or can't sign in"));
    screen.wait_exit();
    home.run("edit bob@example.org --ssh yes").ends(0);
    let mut screen = begin();
    screen.wait_for("Bob · administrator");
    home.run("edit bob@example.org --role none").ends(0);
    screen.wait_for("You no longer have a role here, or are no longer active.");
    screen.wait_exit();
    let mut screen = begin();
    screen.wait_for(&format!("user #{bob} doesn't manage anything here, isn't active, or can't sign in"));
    screen.wait_exit();
}

#[test]
fn the_line_that_the_program_writes_lets_its_key_in_and_an_address_that_changed_hands_opens_nothing() {
    let home = organisation();
    let Some(sshd) = Sshd::start() else { return };
    let ssh = program("ssh").expect("the client");
    let settings = home.path("data").join("line.toml");
    std::fs::write(&settings, format!("[database]\nurl = \"sqlite://{}\"\n", home.database().display()))
        .expect("a file");
    std::fs::set_permissions(&settings, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    let settings = settings.display().to_string();
    home.type_in("", &["edit", "ada@example.org", "--name", "Ada"]).ends(0);
    let key = sshd.public_key();
    let said = home.type_in(&key, &["ssh-line", "ada@example.org", "-", "--config", &settings]).ends(0);
    let command =
        format!("{} --config {settings} --as {}", env!("CARGO_BIN_EXE_rsvp"), number(&home, "ada@example.org"));
    assert!(said.out.starts_with(&format!("restrict,pty,command=\"{command}\" ssh-ed25519 ")), "{said:?}");
    assert!(said.out.ends_with(" ada@example.org\n"), "{said:?}");
    sshd.authorize(&said.out);
    let mut screen = Starter::of(&ssh, &home.path("")).args(sshd.client("")).start();
    screen.wait_for("Ada · administrator");
    screen.send("q");
    screen.wait_exit();
    // A forced command of before names an address: it opens nothing, and says what to write instead.
    let old = said.out.replace(&format!("--as {}", number(&home, "ada@example.org")), "--as ada@example.org");
    sshd.authorize(&old);
    let mut screen = Starter::of(&ssh, &home.path("")).size(250, 30).args(sshd.client("")).start();
    screen.wait_for("--as takes a user's number, because an address may change hands");
    screen.wait_for(&format!("--as {}\"", number(&home, "ada@example.org")));
    screen.wait_exit();
}

/// The number of a user.
fn number(home: &Home, address: &str) -> String {
    home.run(&format!("show {address} --json")).ends(0).json()["id"].to_string()
}

/// Waits until no process of this program has the organisation open.
#[track_caller]
fn wait_for_nobody(home: &Home) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let holders = holders(&home.database());
        if holders.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still running: {holders:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The processes that have a file open.
fn holders(file: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in std::fs::read_dir("/proc").expect("processes").flatten() {
        let Ok(open) = std::fs::read_dir(process.path().join("fd")) else { continue };
        if open.flatten().any(|one| std::fs::read_link(one.path()).is_ok_and(|path| path == file)) {
            found.insert(process.file_name().to_string_lossy().into_owned());
        }
    }
    found.remove(&std::process::id().to_string());
    found
}
