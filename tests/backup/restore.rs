//! Back up, restore, and move to another database.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::cli::Home;
use crate::support::postgres::Database;
use crate::support::{self, seed};
use crate::{accept, beginning, everybody, folder, id, kill_at_every_step, link, on_both, status, until_gone};

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
        home.run("resend --view invited --yes").ends(0);
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
fn what_waited_for_its_seal_in_a_backup_is_sealed_although_the_key_was_exchanged_since() {
    on_both(|home| {
        home.run("invite tom@example.org").ends(0);
        // The erasure seals what it takes from, and waits for its own seal in the backup.
        home.type_in("", &["erase", "tom@example.org", "--yes"]).ends(0);
        let file = home.path("backup.db").display().to_string();
        home.run(&format!("backup {file}")).ends(0);
        home.run("key rotate").ends(0);
        home.run(&format!("restore-backup {file} --yes")).ends(0);
        let verified = home.run("audit verify").ends(0).out;
        assert!(verified.contains("are sealed and unchanged"), "{verified}");
        assert!(!verified.contains("not sealed"), "{verified}");
    });
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
    assert!(said.out.contains("isn't there: the list of erased people"), "{said:?}");
    // With the list beside it nothing is amiss.
    for name in ["erased", "numbers"] {
        fs::rename(other.path(&format!("exported.{name}")), folder(&other).join(format!("rsvp.key.{name}"))).unwrap();
    }
    let said = other.run(&format!("restore-backup {file} --dry-run")).ends(0);
    assert!(!said.out.contains("WARNING"), "{said:?}");
    other.run(&format!("restore-backup {file} --yes")).ends(0);
    assert_eq!(status(&other, "ann@example.org"), "invited");
    // A machine whose key is another's is refused, and one that lost the key gets a new one.
    let stranger = Home::with_organisation();
    let refused = stranger.run(&format!("restore-backup {file} --yes --json")).ends(1);
    assert_eq!(refused.error()["code"], "key_other");
    let lost = Home::new();
    lost.run(&format!("restore-backup {file} --yes")).ends(1).tells("doesn't exist").tells("add --key-lost");
    let said = lost.run(&format!("restore-backup {file} --yes --key-lost")).ends(0);
    said.tells("WARNING: ").tells("A new key was made");
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
    let whole = began.elapsed();
    let target = home.path("second.db");
    let shown = target.display().to_string();
    kill_at_every_step(
        &home,
        &["backup", &shown],
        whole,
        || {},
        |_| {
            if target.exists() {
                home.run(&format!("backup --check {shown}")).ends(0);
                fs::remove_file(&target).unwrap();
            }
        },
    );
    home.run(&format!("backup {shown}")).ends(0);
    let beside = beginning(home.path("").as_path(), "second.db");
    assert_eq!(beside, ["second.db"], "what was cut off is gone");

    let began = Instant::now();
    home.run(&format!("restore-backup {first} --yes")).ends(0);
    let whole = began.elapsed();
    kill_at_every_step(
        &home,
        &["restore-backup", &first, "--yes"],
        whole,
        || {},
        |step| {
            home.run("audit verify").ends(0);
            assert_eq!(everybody(&home), 4_001, "after step {step}");
        },
    );
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
    let before = fs::read(home.database()).unwrap();
    home.run(&restore).ends(1).tells("belongs to another program");
    home.run("migrate").ends(1).tells("belongs to another program");
    assert_eq!(fs::read(home.database()).unwrap(), before);
    fs::remove_file(home.database()).unwrap();
    home.run(&restore).ends(0);
    home.run("audit verify").ends(0);
}

#[test]
fn a_backup_that_somebody_put_something_into_is_refused() {
    let home = Home::with_organisation();
    home.run("invite ann@example.org").ends(0);
    for (at, statement) in [
        "CREATE TRIGGER keep BEFORE DELETE ON users BEGIN SELECT RAISE(IGNORE); END",
        "CREATE VIEW everybody AS SELECT * FROM users",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'users'",
        "DELETE FROM users WHERE email LIKE 'ann%'",
    ]
    .into_iter()
    .enumerate()
    {
        let file = home.path(&format!("{at}.db"));
        home.run(&format!("backup {}", file.display())).ends(0);
        seed::run(&format!("sqlite://{}", file.display()), &[statement.to_owned()]);
        home.run(&format!("restore-backup {} --yes", file.display())).ends(1).tells("is damaged");
        assert_eq!(status(&home, "ann@example.org"), "invited", "{statement}");
        assert_eq!(beginning(&folder(&home), "rsvp.db"), ["rsvp.db"]);
    }
}

#[test]
fn the_numbers_of_another_organisation_erase_nobody() {
    let home = Home::with_organisation();
    home.run("invite ann@example.org").ends(0);
    let file = home.path("backup.db").display().to_string();
    home.run(&format!("backup {file}")).ends(0);
    home.run(&format!("key export {}", home.path("exported").display())).ends(0);
    // Somebody began anew in the same place, and there the second user was erased.
    let other = Home::with_organisation();
    other.run("invite bea@example.org").ends(0);
    other.type_in("", &["erase", "bea@example.org", "--yes"]).ends(0);
    for name in ["rsvp.key", "rsvp.key.erased", "rsvp.key.numbers"] {
        let from = home.path(&name.replace("rsvp.key", "exported"));
        fs::copy(from, folder(&other).join(name)).unwrap();
        support::cli::mode(&folder(&other).join(name), 0o600);
    }
    fs::remove_file(folder(&other).join("rsvp.key.head")).unwrap();
    let said = other.run(&format!("restore-backup {file} --yes --json")).ends(0).json();
    assert_eq!((said["other_organisation"].as_str(), said["erased_again"].as_i64()), (Some("Example"), Some(0)));
    assert_eq!(status(&other, "ann@example.org"), "invited");
    // A set-up in the place of an organisation that is gone begins with nothing of it.
    for name in ["rsvp.db", "rsvp.key"] {
        fs::remove_file(folder(&home).join(name)).unwrap();
    }
    home.set_up().ends(0);
    assert_eq!(fs::read_to_string(folder(&home).join("rsvp.key.erased")).unwrap_or_default(), "");
    home.run("audit verify").ends(0);
}

#[test]
fn a_restore_through_a_link_and_a_copy_that_was_made_in_the_future() {
    let home = Home::with_organisation();
    let (there, backups) = (home.path("there"), home.path("backups"));
    fs::create_dir(&there).unwrap();
    fs::create_dir(&backups).unwrap();
    fs::rename(home.database(), there.join("real.db")).unwrap();
    std::os::unix::fs::symlink(there.join("real.db"), home.database()).unwrap();
    let first = home.run(&format!("backup {} --json", backups.display())).ends(0).json();
    let first = PathBuf::from(first["file"].as_str().unwrap());
    home.run(&format!("restore-backup {} --yes", first.display())).ends(0);
    assert!(home.database().is_symlink() && beginning(&there, "real.db").len() == 2);
    // A name from a time when the clock was ahead, and two of one second: the newest stay, whatever they are called.
    fs::rename(&first, backups.join("rsvp-20990101T000000Z.db")).unwrap();
    let mut last = String::new();
    for _ in 0..3 {
        let said = home.run(&format!("backup {} --keep 1 --json", backups.display())).ends(0).json();
        said["file"].as_str().unwrap().clone_into(&mut last);
        assert!(Path::new(&last).exists(), "{said}");
    }
    assert_eq!(beginning(&backups, "rsvp-").len(), 1);
    home.run(&format!("backup --check {last}")).ends(0);
}
