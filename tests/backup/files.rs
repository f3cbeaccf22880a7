//! Upgrades, full disks, and what is left in the folders.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::cli::Home;
use crate::support::{self, seed};
use crate::{beginning, downgrade, everybody, folder, kill_at_every_step, run_on_full_disk, status};

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
    let whole = began.elapsed();
    kill_at_every_step(&home, &["list"], whole, put, |step| {
        home.run("list --limit 1").ends(0);
        assert_eq!(everybody(&home), 2_001, "after step {step}");
        for copy in beginning(&folder(&home), "rsvp.db.before-upgrade-") {
            assert!(!copy.contains("partial"), "step {step} left {copy}");
            home.run(&format!("backup --check {}", folder(&home).join(copy).display())).ends(0);
        }
    });
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
