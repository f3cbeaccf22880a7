//! What the tests from outside lean on: a pseudo-terminal, a database of their own, a mail server, a web client.
//!
//! Nothing here waits for luck: each wait is for something that was seen, and its deadline only tells a test that
//! hangs from one that is slow. What a machine lacks is skipped with a line that says so, and fails under `CI=true`.

#![expect(dead_code, reason = "each test binary compiles this and uses another part of it")]

pub mod cli;
pub mod cluster;
pub mod postfix;
pub mod postgres;
pub mod pty;
pub mod relay;
pub mod seed;
pub mod smtp;
pub mod sshd;

use std::time::Duration;

/// How long something may take before a test gives up on it: far more than a loaded machine needs.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Says that a test is skipped because of `missing`; under `CI=true` that is a failure.
pub fn skip(missing: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "under CI nothing may be missing: {missing}");
    eprintln!("SKIPPED: {missing}");
}
