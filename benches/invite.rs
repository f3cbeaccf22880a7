//! What an invitation costs beside a bare durable commit in the same run, on SQLite.
//!
//!     cargo bench --bench invite
//!
//! The whole program invites: `rsvp invite` with one address and with many; the difference is what each of the others
//! takes. The bare commit is one INSERT between BEGIN IMMEDIATE and COMMIT, in a database beside it that is opened in
//! the same way. Between the two is a transaction that stores the rows of an invitation by hand, into the same tables
//! with the same indexes: what is above it is the program's, what is below is SQLite's.

#[path = "../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use support::cli::Home;

/// How many people each round invites, and how many bare commits it makes.
const EACH: usize = 400;
/// How often the three are measured in turn; the median of each is reported.
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` only sees that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let home = Home::with_organisation();
    let beside = home.path("bare.db");
    let mut bare = runtime.block_on(open(&beside));
    runtime.block_on(run(&mut bare, "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"));
    let mut rows = runtime.block_on(open(&home.database()));
    let (mut commits, mut by_hand, mut invitations) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        commits.push(runtime.block_on(commit(&mut bare)));
        by_hand.push(runtime.block_on(store(&mut rows, round)));
        let one = invite(&home, &format!("one{round}"), 1);
        invitations.push(invite(&home, &format!("many{round}"), EACH + 1).saturating_sub(one) / size());
    }
    runtime.block_on(async {
        bare.close().await.expect("an end");
        rows.close().await.expect("an end");
    });
    let (commit, by_hand, invitation) = (median(commits), median(by_hand), median(invitations));
    let times = |what: Duration| what.as_secs_f64() / commit.as_secs_f64();
    println!("bare commit: {:.3} ms", commit.as_secs_f64() * 1e3);
    println!("the rows of an invitation by hand: {:.3} ms, {:.1} times", by_hand.as_secs_f64() * 1e3, times(by_hand));
    println!("invitation: {:.3} ms, {:.1} times", invitation.as_secs_f64() * 1e3, times(invitation));
}

/// Opens a database as the program does.
async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-512")
        .pragma("secure_delete", "ON")
        .connect()
        .await
        .expect("a database")
}

async fn run(connection: &mut SqliteConnection, statement: &str) {
    connection.execute(AssertSqlSafe(statement)).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// One row in a transaction, so many times; answers what one took.
async fn commit(connection: &mut SqliteConnection) -> Duration {
    let began = Instant::now();
    for _ in 0..EACH {
        run(connection, "BEGIN IMMEDIATE").await;
        let insert = sqlx::query("INSERT INTO rows (text) VALUES (?)").bind("a row that has some words in it");
        insert.execute(&mut *connection).await.expect("a row");
        run(connection, "COMMIT").await;
    }
    began.elapsed() / size()
}

/// The rows of an invitation in a transaction, so many times; answers what one took.
async fn store(connection: &mut SqliteConnection, round: usize) -> Duration {
    let began = Instant::now();
    for number in 0..EACH {
        let name = format!("hand{round}x{number}");
        run(connection, "BEGIN IMMEDIATE").await;
        let user = sqlx::query(
            "INSERT INTO users (name, name_key, email, email_key, email_sort, search_key, role, language,
                 created_at, invited_at, last_sign_in_at, open_expires_at, mail_failed_at, asked_at, version)
             VALUES (?1, ?1, ?1, ?1, ?1, ?1, 'none', 'en', 1, 1, 0, 2, 0, 0, 1)",
        );
        let user = user.bind(&name).execute(&mut *connection).await.expect("a user").last_insert_rowid();
        let link = sqlx::query(
            "INSERT INTO links (purpose, user_id, open_key, nonce, key_id, address, issued_at, expires_at)
             VALUES ('invitation', ?1, ?1, randomblob(16), 'bench', ?2, 1, 2)",
        );
        let link = link.bind(user).bind(&name).execute(&mut *connection).await.expect("a link").last_insert_rowid();
        let mail = sqlx::query(
            "INSERT INTO outbox (kind, user_id, subject_id, to_address, to_name, message_id, state, created_at,
                 next_at, not_after, attempts, crashes, lease, lease_until)
             VALUES ('invitation', ?1, ?2, ?3, ?3, ?3, 'cancelled', 1, 1, 2, 0, 0, 0, 0)",
        );
        mail.bind(user).bind(link).bind(&name).execute(&mut *connection).await.expect("a mail");
        let entry = sqlx::query(
            "INSERT INTO audit (at, actor_kind, action, subject_id, detail_hash, origin_hash)
             VALUES (1, 'operator', 'invite', ?1, randomblob(32), randomblob(32))",
        );
        let entry = entry.bind(user).execute(&mut *connection).await.expect("an entry").last_insert_rowid();
        let detail = sqlx::query(
            "INSERT INTO audit_detail (audit_id, salt, detail, origin_salt, origin)
             VALUES (?1, randomblob(16), ?2, randomblob(16), '{\"door\":\"command\",\"login\":\"bench\",\"uid\":1000}')",
        );
        let text = format!("{{\"administrator\":false,\"email\":\"{name}\",\"expires_at\":\"\",\"name\":\"{name}\"}}");
        detail.bind(entry).bind(text).execute(&mut *connection).await.expect("a detail");
        run(connection, "COMMIT").await;
    }
    began.elapsed() / size()
}

/// Invites so many people with one command; answers how long it took.
fn invite(home: &Home, name: &str, count: usize) -> Duration {
    let addresses: Vec<_> = (0..count).map(|number| format!("{name}x{number}@example.org")).collect();
    let mut arguments = vec!["invite"];
    arguments.extend(addresses.iter().map(String::as_str));
    let began = Instant::now();
    let said = home.type_in("", &arguments);
    let took = began.elapsed();
    said.ends(0);
    took
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

fn size() -> u32 {
    u32::try_from(EACH).expect("a small number")
}
