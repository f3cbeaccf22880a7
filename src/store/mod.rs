//! All SQL. Everything above speaks of users, invitations and mails; only here are there rows.
//!
//! The same statements run on SQLite and PostgreSQL, and each method's tests run on both.

mod audit;
mod connect;
mod entities;
mod error;
mod invitations;
mod list;
mod outbox;
mod sending;
mod settings;
#[cfg(test)]
pub mod test;
mod tx;
mod users;

pub use error::StoreError;
pub use invitations::{NewLink, StoredLink};
pub use list::{Place, Rows};
pub use outbox::NewMail;
pub use sending::{Claimed, Step};
pub use settings::Installation;
pub use tx::Tx;
pub use users::NewUser;

/// An open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: sea_orm::DatabaseConnection,
}
