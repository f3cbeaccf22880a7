//! What keeps an installation going: keys, heartbeats, tidying, backups.

pub mod backup;
#[cfg(test)]
mod clock_tests;
pub mod health;
pub mod kept;
pub mod key;
#[cfg(test)]
mod key_tests;
pub mod move_database;
pub mod nodes;
pub mod populate;
pub mod proxies;
pub mod queue;
pub mod ready;
pub mod requests;
pub mod restore_backup;
pub mod revision;
pub mod tidy;
pub mod watch;
