//! Backups, restoring one, moving to another database and upgrades, as an operator does them: whatever is killed or
//! fails on the way, there is always one whole organisation. Size: some two hundred starts of the program.

mod support;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::cli::{Home, PASSWORD, Said};
use support::postgres::Database;
use support::seed;

/// An organisation on PostgreSQL, whose key is in the home's data folder.
fn on_postgres() -> Option<(Home, Database)> {
    let database = Database::fresh()?;
    let mut home = Home::new();
    home.set("RSVP_DATABASE__URL", &database.url);
    home.set_up().ends(0);
    Some((home, database))
}

/// Tells the same story on SQLite and on PostgreSQL.
fn on_both(story: impl Fn(&mut Home)) {
    story(&mut Home::with_organisation());
    if let Some((mut home, _database)) = on_postgres() {
        story(&mut home);
    }
}

/// The code of somebody's link.
fn link(home: &Home, person: &str) -> String {
    home.run(&format!("link {person}")).ends(0).out.trim().rsplit('/').next().unwrap().to_owned()
}

/// Accepts with a bare code, beside the database.
fn accept(home: &Home, code: &str) -> Said {
    home.type_in(&format!("{PASSWORD}\n"), &["accept", code, "--password-stdin"])
}

fn id(home: &Home, person: &str) -> i64 {
    home.run(&format!("show {person} --json")).ends(0).json()["id"].as_i64().unwrap()
}

fn status(home: &Home, person: &str) -> String {
    home.run(&format!("show {person} --json")).ends(0).json()["status"].as_str().unwrap().to_owned()
}

/// How many users the embedded database has.
fn everybody(home: &Home) -> i64 {
    seed::rows(&home.database_url(), "SELECT count(*) AS n FROM users", |row| row.try_get("", "n").unwrap())[0]
}

/// The names in a folder that begin so.
fn beginning(folder: &Path, begin: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(begin)).collect();
    names.sort();
    names
}

fn folder(home: &Home) -> PathBuf {
    home.key().parent().unwrap().to_owned()
}

#[test]
fn a_restored_backup_brings_back_whom_it_has_and_nothing_that_must_not_come_back() {
    on_both(|home| {
        for person in ["ann", "bea", "cleo"] {
            home.run(&format!("invite {person}@example.org")).ends(0);
        }
        let (ann, bea) = (link(home, "ann@example.org"), link(home, "bea@example.org"));
        accept(home, &ann).ends(0);
        let served = home.serve();
        let file = home.path("backup.db");
        let shown = file.display().to_string();
        home.run(&format!("backup {shown}")).ends(0).tells("doesn't hold the key");
        // What happens afterwards: somebody accepts, somebody is erased, somebody is new.
        accept(home, &bea.clone()).ends(0);
        home.type_in("", &["erase", "cleo@example.org", "--yes"]).ends(0);
        home.run("invite dora@example.org").ends(0);
        let dora = id(home, "dora@example.org");
        home.run(&format!("restore-backup {shown} --yes")).ends(3).tells("portal on").tells("is still running");
        drop(served);
        until_gone(home);
        let said = home.run(&format!("restore-backup {shown} --dry-run")).ends(0);
        assert!(said.out.contains("recorded changes since then will be gone"), "{said:?}");
        assert_eq!(status(home, "bea@example.org"), "active", "looking changes nothing");
        let said = home.run(&format!("restore-backup {shown} --yes --json")).ends(0).json();
        assert_eq!((said["links_ended"].as_i64(), said["erased_again"].as_i64()), (Some(2), Some(1)), "{said}");

        assert_eq!(status(home, "ann@example.org"), "active");
        assert_eq!(status(home, "bea@example.org"), "invited");
        for gone in ["cleo@example.org", "dora@example.org"] {
            home.run(&format!("show {gone}")).ends(4);
        }
        let url = home.database_url();
        let traces = "SELECT count(*) AS n FROM links WHERE address LIKE 'cleo%'";
        assert_eq!(seed::rows(&url, traces, |row| row.try_get::<i64>("", "n").unwrap()), [0]);
        // A link of before works no more, and a number is never given twice.
        accept(home, &bea).ends(4);
        home.run("resend --view invited").ends(0);
        accept(home, &link(home, "bea@example.org")).ends(0);
        home.run("invite eve@example.org").ends(0);
        assert!(id(home, "eve@example.org") > dora);
        let verified = home.run("audit verify").ends(0).out;
        assert!(verified.contains("A backup was restored once"), "{verified}");
        // What was replaced is a backup as well, and going back to it is the same way.
        let kept = said["kept"].as_str().unwrap().to_owned();
        home.run(&format!("restore-backup {kept} --yes")).ends(0);
        assert_eq!(status(home, "bea@example.org"), "active");
        assert_eq!(id(home, "dora@example.org"), dora);
        let verified = home.run("audit verify").ends(0).out;
        assert!(verified.contains("are sealed and unchanged"), "{verified}");
    });
}

/// Waits until a part that was killed is taken for gone.
fn until_gone(home: &Home) {
    let deadline = Instant::now() + support::DEADLINE;
    loop {
        let nodes = home.run("nodes --json").ends(0).json();
        if nodes["items"].as_array().unwrap().iter().all(|node| node["alive"] == false) {
            return;
        }
        assert!(Instant::now() < deadline, "{nodes}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn after_a_restore_no_email_leaves_until_it_is_released() {
    let mut home = Home::with_organisation();
    let mails = home.path("mails");
    fs::create_dir(&mails).unwrap();
    for (name, value) in [("TRANSPORT", "file"), ("FOLDER", &mails.display().to_string()), ("FROM", "rsvp@example.org")]
    {
        home.set(&format!("RSVP_MAIL__{name}"), value);
    }
    let file = home.path("backup.db").display().to_string();
    home.run(&format!("backup {file}")).ends(0);
    home.run(&format!("restore-backup {file} --yes")).ends(0);
    home.set("RSVP_PORTAL__PUBLIC_URL", "http://127.0.0.1:9");
    home.run("invite ann@example.org").ends(0);
    let served = home.start(&["serve", "--no-portal"]);
    home.run("mail list").ends(0).tells("a backup was restored");
    assert_eq!(fs::read_dir(&mails).unwrap().count(), 0);
    home.run("release mail").ends(0);
    let deadline = Instant::now() + support::DEADLINE;
    while fs::read_dir(&mails).unwrap().count() == 0 {
        assert!(Instant::now() < deadline, "no email leaves");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(served);
}

#[test]
fn without_the_list_of_the_erased_the_program_says_what_would_come_back() {
    let home = Home::with_organisation();
    home.run("invite ann@example.org").ends(0);
    let file = home.path("backup.db").display().to_string();
    home.run(&format!("backup {file}")).ends(0);
    // Another machine, which has the key and nothing else.
    let other = Home::new();
    fs::create_dir_all(folder(&other)).unwrap();
    home.run(&format!("key export {}", other.path("exported").display())).ends(0);
    fs::rename(other.path("exported"), other.key()).unwrap();
    let said = other.run(&format!("restore-backup {file} --dry-run")).ends(0);
    assert!(said.out.contains("WARNING: the list of erased people"), "{said:?}");
    // With the list beside it nothing is amiss.
    fs::rename(other.path("exported.erased"), folder(&other).join("rsvp.key.erased")).unwrap();
    let said = other.run(&format!("restore-backup {file} --dry-run")).ends(0);
    assert!(!said.out.contains("WARNING"), "{said:?}");
    other.run(&format!("restore-backup {file} --yes")).ends(0);
    assert_eq!(status(&other, "ann@example.org"), "invited");
    // A machine whose key is another's is refused, and one that lost the key gets a new one.
    let stranger = Home::with_organisation();
    let refused = stranger.run(&format!("restore-backup {file} --yes --json")).ends(1);
    assert_eq!(refused.error()["code"], "key_other");
    let lost = Home::new();
    lost.run(&format!("restore-backup {file} --yes")).ends(1).tells("doesn't exist");
    lost.run(&format!("restore-backup {file} --yes --key-lost")).ends(0);
    assert_eq!(status(&lost, "ann@example.org"), "invited");
    lost.run("audit verify").ends(0);
    lost.run("resend ann@example.org --force").ends(0);
    accept(&lost, &link(&lost, "ann@example.org")).ends(0);
}

#[test]
fn a_backup_or_a_restore_that_is_killed_leaves_one_whole_organisation_and_no_half_backup() {
    let home = Home::with_organisation();
    let url = format!("sqlite://{}", home.database().display());
    seed::invited(&url, 4_000);
    let first = home.path("first.db").display().to_string();
    let began = Instant::now();
    home.run(&format!("backup {first}")).ends(0);
    let mut whole = began.elapsed();
    let target = home.path("second.db");
    let shown = target.display().to_string();
    let mut kills = 0;
    for step in 0..16 {
        let mut child = home.spawn(&["backup", &shown]);
        std::thread::sleep(whole * step / 16);
        // A machine that has less to do by now is quicker than at first.
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        } else {
            whole = whole * 2 / 3;
        }
        let _ = child.kill();
        child.wait().unwrap();
        if target.exists() {
            home.run(&format!("backup --check {shown}")).ends(0);
            fs::remove_file(&target).unwrap();
        }
    }
    assert!(kills > 4, "{kills} of 16 were killed");
    home.run(&format!("backup {shown}")).ends(0);
    let beside = beginning(home.path("").as_path(), "second.db");
    assert_eq!(beside, ["second.db"], "what was cut off is gone");

    let began = Instant::now();
    home.run(&format!("restore-backup {first} --yes")).ends(0);
    whole = began.elapsed();
    kills = 0;
    for step in 0..16 {
        let mut child = home.spawn(&["restore-backup", &first, "--yes"]);
        std::thread::sleep(whole * step / 16);
        // A machine that has less to do by now is quicker than at first.
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        } else {
            whole = whole * 2 / 3;
        }
        let _ = child.kill();
        child.wait().unwrap();
        home.run("audit verify").ends(0);
        assert_eq!(everybody(&home), 4_001, "after step {step}");
    }
    assert!(kills > 4, "{kills} of 16 were killed");
    home.run("invite new@example.org").ends(0);
}

#[test]
fn a_move_to_another_database_keeps_everything_and_only_one_of_them_goes_on() {
    let Some(database) = Database::fresh() else { return };
    let mut home = Home::with_organisation();
    for person in ["ann@example.org", "bea@example.org"] {
        home.run(&format!("invite {person}")).ends(0);
    }
    home.run("workspace create Crew").ends(0);
    home.run("member add Crew:admin ann@example.org").ends(0);
    let (ann, bea) = (link(&home, "ann@example.org"), link(&home, "bea@example.org"));
    accept(&home, &ann).ends(0);
    let before = home.run("list --json").ends(0).json();
    home.run(&format!("migrate --to {}", database.url)).ends(0).tells("database.url = ");
    home.run("list").ends(3).tells("was moved to postgres://");
    home.set("RSVP_DATABASE__URL", &database.url);
    assert_eq!(home.run("list --json").ends(0).json(), before);
    home.run("audit verify").ends(0);
    // A link goes on working: it is the same organisation.
    accept(&home, &bea).ends(0);
    home.run("invite cleo@example.org").ends(0);
    // And back, into a file of its own.
    let file = home.path("data/rsvp/back.db");
    home.run(&format!("migrate --to sqlite://{}", file.display())).ends(0);
    let back = home.run(&format!("--database sqlite://{} list --json", file.display())).ends(0).json();
    assert_eq!(back["items"].as_array().unwrap().len(), 4);
    // Where something is, nothing is moved to.
    let other = Home::with_organisation();
    let refused = other.run(&format!("migrate --to {} --json", database.url)).ends(3);
    assert_eq!(refused.error()["code"], "target_not_empty");
    other.run("list").ends(0);
}

/// Takes a database back to the schema of the release before, as far as it has one.
fn downgrade(home: &Home) {
    let url = format!("sqlite://{}", home.database().display());
    let columns = ["host", "pid", "login", "version"].map(|column| format!("ALTER TABLE nodes DROP COLUMN {column}"));
    let mut statements = columns.to_vec();
    statements.push("DELETE FROM seaql_migrations WHERE version LIKE '%node_process'".to_owned());
    seed::run(&url, &statements);
}

#[test]
fn a_database_that_somebody_has_open_or_that_is_not_ours_is_not_replaced_and_a_damaged_one_is() {
    let home = Home::with_organisation();
    let file = home.path("backup.db").display().to_string();
    home.run(&format!("backup {file}")).ends(0);
    let url = format!("sqlite://{}", home.database().display());
    home.run("invite ann@example.org").ends(0);
    let restore = format!("restore-backup {file} --yes");
    seed::while_held(&url, || home.run(&restore).ends(3).tells("has the database"));
    assert_eq!(status(&home, "ann@example.org"), "invited");
    assert_eq!(beginning(&folder(&home), "rsvp.db"), ["rsvp.db"]);

    let mut bytes = fs::read(home.database()).unwrap();
    bytes[..4_096].fill(7);
    fs::write(home.database(), bytes).unwrap();
    home.run("list").ends(1).tells("damaged");
    let said = home.run(&restore).ends(0);
    assert!(said.out.contains("is restored"), "{said:?}");
    home.run("audit verify").ends(0);

    fs::remove_file(home.database()).unwrap();
    seed::run(&format!("{url}?mode=rwc"), &["CREATE TABLE notes (text TEXT)".to_owned()]);
    support::cli::mode(&home.database(), 0o600);
    home.run(&restore).ends(1).tells("belongs to another program");
    fs::remove_file(home.database()).unwrap();
    home.run(&restore).ends(0);
    home.run("audit verify").ends(0);
}

#[test]
fn an_upgrade_keeps_a_copy_that_brings_the_version_before_back() {
    let home = Home::with_organisation();
    home.run("invite ann@example.org").ends(0);
    downgrade(&home);
    home.run("list").ends(0);
    let copies = beginning(&folder(&home), "rsvp.db.before-upgrade-");
    assert_eq!(copies.len(), 1, "{copies:?}");
    home.run("invite bea@example.org").ends(0);
    let copy = folder(&home).join(&copies[0]).display().to_string();
    let said = home.run(&format!("restore-backup {copy} --dry-run")).ends(0);
    assert!(said.out.contains("1 recorded change since then will be gone"), "{said:?}");
    home.run(&format!("restore-backup {copy} --yes")).ends(0);
    assert_eq!(status(&home, "ann@example.org"), "invited");
    home.run("show bea@example.org").ends(4);
    assert_eq!(
        beginning(&folder(&home), "rsvp.db.before-upgrade-"),
        copies,
        "a backup is brought up to date without one"
    );
}

#[test]
fn an_upgrade_waits_for_whatever_runs_and_names_it() {
    let home = Home::with_organisation();
    downgrade(&home);
    let url = format!("sqlite://{}", home.database().display());
    let now = "CAST(strftime('%s', 'now') AS INTEGER) * 1000";
    let node = format!("INSERT INTO nodes (kind, started_at, seen_at) VALUES ('worker', {now}, {now})");
    seed::run(&url, &[node]);
    home.run("list").ends(3).tells("the worker, an earlier version, running since");
    assert!(beginning(&folder(&home), "rsvp.db.before").is_empty());
    seed::run(&url, &["UPDATE nodes SET left_at = seen_at".to_owned()]);
    home.run("list").ends(0);
}

#[test]
fn an_upgrade_that_is_killed_at_any_instant_is_done_by_the_next_start() {
    let template = Home::with_organisation();
    let url = format!("sqlite://{}", template.database().display());
    seed::invited(&url, 2_000);
    downgrade(&template);
    let whole_database = fs::read(template.database()).unwrap();
    let home = Home::with_organisation();
    fs::copy(template.key(), home.key()).unwrap();
    let put = || {
        for name in beginning(&folder(&home), "rsvp.db") {
            fs::remove_file(folder(&home).join(name)).unwrap();
        }
        let mut file = fs::File::create(home.database()).unwrap();
        file.write_all(&whole_database).unwrap();
        support::cli::mode(&home.database(), 0o600);
    };
    for name in beginning(&folder(&home), "rsvp.key.") {
        fs::remove_file(folder(&home).join(name)).unwrap();
    }
    put();
    let began = Instant::now();
    home.run("list").ends(0);
    let mut whole = began.elapsed();
    let mut kills = 0;
    for step in 0..16 {
        put();
        let mut child = home.spawn(&["list"]);
        std::thread::sleep(whole * step / 16);
        // A machine that has less to do by now is quicker than at first.
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        } else {
            whole = whole * 2 / 3;
        }
        let _ = child.kill();
        child.wait().unwrap();
        home.run("list --limit 1").ends(0);
        assert_eq!(everybody(&home), 2_001, "after step {step}");
        for copy in beginning(&folder(&home), "rsvp.db.before-upgrade-") {
            assert!(!copy.contains("partial"), "step {step} left {copy}");
            home.run(&format!("backup --check {}", folder(&home).join(copy).display())).ends(0);
        }
    }
    assert!(kills > 4, "{kills} of 16 were killed");
}

#[test]
fn a_folder_keeps_the_newest_backups_and_a_stopped_installation_is_one_file_and_its_key() {
    let mut home = Home::with_organisation();
    let backups = home.path("backups");
    fs::create_dir(&backups).unwrap();
    fs::write(backups.join("rsvp-notes.db"), "mine").unwrap();
    for _ in 0..4 {
        home.run(&format!("backup {} --keep 2", backups.display())).ends(0);
    }
    let names = beginning(&backups, "rsvp-");
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&"rsvp-notes.db".to_owned()), "what is not ours stays: {names:?}");
    let live = home.database().display().to_string();
    home.run(&format!("backup {live}")).ends(3).tells("exists already");

    let mut served = home.serve();
    home.run("invite ann@example.org").ends(0);
    let process = Pid::from_raw(served.id().try_into().unwrap()).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    served.wait();
    assert_eq!(beginning(&folder(&home), "rsvp.db"), ["rsvp.db"]);
    // A command that a signal ends leaves nothing behind either.
    seed::invited(&home.database_url(), 3_000);
    let target = home.path("stopped.db").display().to_string();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        for wait in [5, 20, 60, 120] {
            let mut child = home.spawn(&["backup", &target]);
            std::thread::sleep(Duration::from_millis(wait));
            let _ = kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal);
            let status = child.wait().unwrap();
            let _ = fs::remove_file(&target);
            // Before it listens, the signal ends it as it ends any program.
            if status.code().is_some() {
                assert!(beginning(home.path("").as_path(), "stopped.db").is_empty(), "{signal:?} after {wait} ms");
            }
        }
    }
    // Whoever comes next and ends last leaves one file.
    home.run("list").ends(0);
    assert_eq!(beginning(&folder(&home), "rsvp.db"), ["rsvp.db"]);
    home.run("show nobody@example.org").ends(4);
    home.run("key status").ends(0);
    home.run("doctor");
    assert_eq!(beginning(&folder(&home), "rsvp.db"), ["rsvp.db"]);
}

/// Runs the program where no file may grow beyond so many KiB, as on a disk that is full.
fn run_on_full_disk(home: &Home, kib: u64, arguments: &[&str]) -> i32 {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    let mut child = home.spawn_in_shell(&script, arguments);
    drop(child.stdin.take());
    child.wait().unwrap().code().unwrap()
}

#[test]
fn on_a_full_disk_nothing_is_told_that_is_not_there_and_everything_goes_on_afterwards() {
    let home = Home::with_organisation();
    let url = format!("sqlite://{}", home.database().display());
    seed::invited(&url, 1_000);
    home.run("list").ends(0);
    let size = fs::metadata(home.database()).unwrap().len() / 1_024;
    let target = home.path("backup.db");
    let shown = target.display().to_string();
    let (mut refused, mut done) = (0, 0);
    let steps = || (1..=8).map(|step| size * step / 5);
    for kib in steps() {
        let status = run_on_full_disk(&home, kib, &["backup", &shown]);
        assert_eq!(status == 0, target.exists(), "{kib} KiB");
        if target.exists() {
            home.run(&format!("backup --check {shown}")).ends(0);
            fs::remove_file(&target).unwrap();
            done += 1;
        } else {
            refused += 1;
        }
    }
    assert!(refused > 2 && done > 0, "{refused} refused, {done} done");
    home.run(&format!("backup {shown}")).ends(0);
    for kib in steps() {
        run_on_full_disk(&home, kib, &["restore-backup", &shown, "--yes"]);
        home.run("list --limit 1").ends(0);
        assert_eq!(everybody(&home), 1_001, "{kib} KiB");
    }
    for kib in steps() {
        downgrade(&home);
        run_on_full_disk(&home, kib, &["list"]);
        home.run("list --limit 1").ends(0);
        assert_eq!(everybody(&home), 1_001, "{kib} KiB");
    }
    home.run("audit verify").ends(0);
}
