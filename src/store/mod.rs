//! All SQL. Everything above speaks of users, links and emails; only here are there rows.
//!
//! The same statements run on SQLite and PostgreSQL, and each method's tests run on both.

mod addressees;
mod audit;
mod audit_chain;
mod backup;
mod connect;
mod demo_history;
mod entities;
mod erasures;
mod error;
mod file;
mod limits;
mod link_views;
mod links;
mod list;
mod mails;
mod nodes;
mod order;
mod outbox;
mod outcome;
mod postgres;
mod power;
mod proxies;
mod requests;
mod schema;
mod sending;
mod server_problem;
#[cfg(test)]
mod server_tests;
mod settings;
mod sqlite;
mod stamp;
#[cfg(test)]
pub mod test;
#[cfg(test)]
pub mod test_server;
mod tx;
#[cfg(test)]
mod upgrade_tests;
mod users;
mod workspaces;

pub use addressees::Addressee;
pub use audit::AuditQuery;
pub use audit_chain::Logged;
pub use backup::{Backup, BackupError, Completed, CopyProgress, Draft, Note, OldDatabase, ThinnedOut, Upgraded};
pub use demo_history::{PastEntry, PastLink, PastMail, PastUser};
pub use error::StoreError;
pub use limits::Tries;
pub use links::{NewLink, OpenLinks, StoredLink};
pub use list::{Place, Rows};
pub use mails::{MailQuery, RelayTrouble};
pub use nodes::LastSign;
pub use outbox::NewMail;
pub use postgres::DatabaseOptions;
pub use requests::Asked;
pub use sending::{Claimed, Due, Held, Step};
pub use server_problem::ServerProblem;
pub use settings::Installation;
pub use stamp::Stamp;
pub use tx::Tx;
pub use users::NewUser;

/// An open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: sea_orm::DatabaseConnection,
    /// The embedded database's file itself, not a link to it: SQLite keeps its log beside the file.
    file: Option<file::File>,
    /// The server that a database is on.
    server: Option<std::sync::Arc<postgres::Server>>,
}
