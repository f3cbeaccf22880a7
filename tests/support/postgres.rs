//! A PostgreSQL database of its own for a test, on the server that `RSVP_TEST_POSTGRES` names.
//!
//! `tests/run` starts that server and names it. The login in the URL must be allowed to create databases. A database
//! is dropped together with its [`Database`], so that a test cannot see what another one left.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use sea_orm::{ConnectionTrait, Database as Connector, DbErr};

/// The environment variable with the URL of a server, for example `postgres://rsvp@127.0.0.1:5433/postgres`.
pub const SERVER: &str = "RSVP_TEST_POSTGRES";

pub struct Database {
    server: String,
    name: String,
    /// Where it is, for `database.url`.
    pub url: String,
}

impl Database {
    /// A new database, or nothing (said loudly, and a failure under CI) where no server is named.
    pub fn fresh() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(SERVER) else {
            super::skip("PostgreSQL (`tests/run` starts one and sets RSVP_TEST_POSTGRES)");
            return None;
        };
        let name = format!("rsvp_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        run(&server, format!("CREATE DATABASE {name}")).unwrap_or_else(|error| panic!("{SERVER}: {error}"));
        let url = with_database(&server, &name);
        Some(Self { server, name, url })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A process that the test started may still be connected; the database of a failed test goes as well.
        if let Err(error) = run(&self.server, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)) {
            eprintln!("the database {} stays: {error}", self.name);
        }
    }
}

/// Runs one statement on its own thread, because a test may be asynchronous itself.
fn run(server: &str, statement: String) -> Result<(), DbErr> {
    let server = server.to_owned();
    let work = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let connection = Connector::connect(server).await?;
            connection.execute_unprepared(&statement).await?;
            connection.close().await
        })
    });
    work.join().expect("the statement runs to its end")
}

/// The URL `server` with the name of its database exchanged.
fn with_database(server: &str, name: &str) -> String {
    let (address, parameters) = server.split_once('?').map_or((server, None), |(a, p)| (a, Some(p)));
    let authority = address.find("://").map_or(0, |at| at + 3);
    let base = address[authority..].find('/').map_or(address, |at| &address[..authority + at]);
    parameters.map_or_else(|| format!("{base}/{name}"), |parameters| format!("{base}/{name}?{parameters}"))
}

#[test]
fn the_name_of_the_database_is_exchanged_and_nothing_else() {
    for (server, expected) in [
        ("postgres://a@127.0.0.1:5433/postgres", "postgres://a@127.0.0.1:5433/x"),
        ("postgres://a:b@host", "postgres://a:b@host/x"),
        ("postgres://a@host/old?sslmode=require", "postgres://a@host/x?sslmode=require"),
    ] {
        assert_eq!(with_database(server, "x"), expected);
    }
}
