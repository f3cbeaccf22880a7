//! Backups, restoring one, moving to another database and upgrades, as an operator does them: whatever is killed or
//! fails on the way, there is always one whole organisation. Size: some three hundred starts of the program.

mod files;
mod restore;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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

/// Takes a database back to the schema of the release before, as far as it has one.
fn downgrade(home: &Home) {
    let url = format!("sqlite://{}", home.database().display());
    let drops = |table: &str, columns: &[&str]| {
        columns.iter().map(|column| format!("ALTER TABLE {table} DROP COLUMN {column}")).collect::<Vec<_>>()
    };
    let mut statements = drops("nodes", &["host", "pid", "login", "version"]);
    statements.extend(drops("requests", &["asker", "mailed_at"]));
    statements.extend(
        ["DROP TABLE link_views", "DROP INDEX links_issued_by", "DROP INDEX links_renewed_by"].map(str::to_owned),
    );
    statements.extend(drops("links", &["power_rises", "renewed_by"]));
    statements.push("ALTER TABLE users ADD COLUMN is_administrator BOOLEAN NOT NULL DEFAULT FALSE".to_owned());
    statements.push("UPDATE users SET is_administrator = (role = 'administrator')".to_owned());
    statements.extend(drops("users", &["role", "suspended_by", "deleted_by", "power_rises", "ssh"]));
    statements.push("DELETE FROM seaql_migrations WHERE version NOT LIKE '%initial'".to_owned());
    seed::run(&url, &statements);
}

/// Runs the program where no file may grow beyond so many KiB, as on a disk that is full.
fn run_on_full_disk(home: &Home, kib: u64, arguments: &[&str]) -> i32 {
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    let mut child = home.spawn_in_shell(&script, arguments);
    drop(child.stdin.take());
    child.wait().unwrap().code().unwrap()
}

/// Starts a command again and again, after whatever `before` does, and kills it later each time: sixteen instants of the
/// time that all of it took. `after` looks at what is left.
fn kill_at_every_step(home: &Home, arguments: &[&str], mut whole: Duration, before: impl Fn(), after: impl Fn(u32)) {
    let mut kills = 0;
    for step in 0..16 {
        before();
        let mut child = home.spawn(arguments);
        std::thread::sleep(whole * step / 16);
        // A machine that has less to do by now is quicker than at first.
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        } else {
            whole = whole * 2 / 3;
        }
        let _ = child.kill();
        child.wait().unwrap();
        after(step);
    }
    assert!(kills > 4, "{kills} of 16 were killed");
}
