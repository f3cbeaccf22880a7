//! How long answers take that must tell nothing apart: a report, and no test that could fail, because machines differ.
//!
//! `tests/run --lib -- --ignored --nocapture answer_times` prints medians over a thousand answers each, the kinds in
//! turn, so that whatever else the machine does meets all of them alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::Options;
use super::test::{path, send_with as send, with_options};
use crate::app::UserRequest;
use crate::app::session::sign_in::{self, Request};
use crate::app::test::{PASSWORD, World, active, grace, operator};
use crate::app::users::invite;
use crate::app::users::suspend::{self};
use crate::domain::actor::Origin;
use crate::domain::code::Code;

/// Answers of each kind.
const ROUNDS: u32 = 1_000;

/// Prints the medians, and how far the slowest kind is from the quickest.
fn report(what: &str, kinds: &[&str], mut times: Vec<Vec<Duration>>) {
    let medians: Vec<Duration> = times
        .iter_mut()
        .map(|all| {
            all.sort_unstable();
            all[all.len() / 2]
        })
        .collect();
    println!("{what}:");
    for (kind, median) in kinds.iter().zip(&medians) {
        println!("  {kind:<44} {:>9.3} ms", median.as_secs_f64() * 1_000.0);
    }
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    println!(
        "  between the quickest and the slowest         {:>9.3} ms",
        most.saturating_sub(*least).as_secs_f64() * 1_000.0
    );
}

/// An invited and a suspended user beside Ada, who is active.
async fn people(world: &World) -> String {
    let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
    let bob = active(world, "bob@example.org", true).await;
    suspend::run(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
    path(world, user).await
}

#[tokio::test]
#[ignore = "prints a report, for minutes"]
async fn answer_times_of_codes_and_of_forgotten_passwords() {
    let options = Options { continue_url: None, sends: false, https: false, trusts: Arc::new(|_| true) };
    with_options(options, async |world, base| {
        println!("\non {}", if world.on_postgres { "PostgreSQL" } else { "SQLite" });
        let right = Code::parse(people(world).await.rsplit('/').next().unwrap()).unwrap();
        let wrong = [
            ("the right number, another proof", Code { id: right.id, mac: [1; 16] }, "i"),
            ("a number that nobody has", Code { id: 999_999, mac: [1; 16] }, "i"),
            ("right, for another purpose", right.clone(), "r"),
            ("the right number but for the last byte", last_byte(&right), "i"),
        ];
        for method in ["GET", "POST"] {
            let mut times = vec![Vec::new(); wrong.len()];
            for round in 0..ROUNDS {
                for (at, (_, code, letter)) in wrong.iter().enumerate() {
                    let url = format!("{base}/{letter}/{}", code.format());
                    let from = vec![("x-forwarded-for", format!("2001:db8:{at}:{round:x}::1"))];
                    let form = if method == "POST" { "password=x&password_again=x" } else { "" };
                    let began = Instant::now();
                    assert_eq!(send(method, url, form.to_owned(), from).await.status, 404);
                    times[at].push(began.elapsed());
                }
            }
            report(&format!("{method} with a wrong code"), &wrong.each_ref().map(|one| one.0), times);
        }
        let kinds = ["active", "invited", "suspended", "unknown"];
        let addresses = ["ada@example.org", "grace@navy.example", "bob@example.org", "nobody@example.org"];
        let mut times = vec![Vec::new(); kinds.len()];
        for round in 0..ROUNDS {
            for (at, address) in addresses.iter().enumerate() {
                let from = vec![("x-forwarded-for", format!("2001:db8:{at}:{round:x}::1"))];
                let form = format!("email={}", address.replace('@', "%40"));
                let began = Instant::now();
                assert_eq!(send("POST", format!("{base}/forgot"), form, from).await.status, 200);
                times[at].push(began.elapsed());
            }
        }
        report("POST /forgot", &kinds, times);
    })
    .await;
}

fn last_byte(right: &Code) -> Code {
    let mut mac = right.mac;
    mac[15] ^= 1;
    Code { id: right.id, mac }
}

#[tokio::test]
#[ignore = "prints a report, for minutes"]
async fn answer_times_of_the_sign_in() {
    let options = Options { continue_url: None, sends: false, https: false, trusts: Arc::new(|_| true) };
    with_options(options, async |world, _| {
        println!("\non {}", if world.on_postgres { "PostgreSQL" } else { "SQLite" });
        people(world).await;
        let tries = [
            ("wrong password", "ada@example.org", "something else altogether"),
            ("unknown", "nobody@example.org", PASSWORD),
            ("invited", "grace@navy.example", PASSWORD),
            ("suspended, right password", "bob@example.org", PASSWORD),
        ];
        let mut times = vec![Vec::new(); tries.len()];
        for round in 0..ROUNDS {
            for (at, (_, email, password)) in tries.iter().enumerate() {
                // Far enough apart, and each from elsewhere, that nobody has to wait.
                world.pass(Duration::from_secs(3));
                let origin = Origin { ssh_source: Some(format!("2001:db8::{round:x}")), ..Origin::default() };
                let password = Zeroizing::new((*password).to_owned());
                let began = Instant::now();
                let refused = sign_in::run(&world.app, Request { email: (*email).to_owned(), password, origin }).await;
                times[at].push(began.elapsed());
                assert_eq!(crate::domain::explain::Explain::code(&refused.unwrap_err()), "wrong_sign_in");
            }
        }
        report("Sign-in", &tries.each_ref().map(|one| one.0), times);
    })
    .await;
}
