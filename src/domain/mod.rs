//! The rules: what the words of the program mean and what may happen to them.
//!
//! Nothing here knows a database, a network, a terminal or a clock of its own: time and randomness come in as values.
//! Whatever a front door shows as impossible and a use case refuses is decided here, once.

pub mod action;
pub mod actor;
pub mod allowance;
pub mod audit;
pub mod change;
pub mod clock_guard;
pub mod code;
pub mod command_line;
pub mod common_passwords;
pub mod content;
pub mod denied;
pub mod email;
#[cfg(test)]
mod email_corpus;
pub mod explain;
pub mod invitation;
pub mod language;
pub mod link;
pub mod mail;
pub mod message_links;
pub mod name;
pub mod node;
pub mod numbers;
pub mod password;
pub mod policy;
#[cfg(test)]
mod policy_model;
pub mod proxy;
pub mod query;
pub mod role;
pub mod scope;
pub mod selection;
pub mod ssh_key;
pub mod status;
pub mod task;
#[cfg(test)]
pub mod test;
pub mod text;
pub mod time;
pub mod user;
mod user_id;
pub mod workspace;
