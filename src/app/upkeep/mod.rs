//! What keeps an installation going: keys, heartbeats, tidying.

#[cfg(test)]
mod clock_tests;
pub mod health;
pub mod key;
#[cfg(test)]
mod key_tests;
pub mod nodes;
pub mod populate;
pub mod queue;
pub mod ready;
pub mod revision;
pub mod tidy;
pub mod watch;
