//! The use cases, one a file, named after its action, in folders by what they act on.
//!
//! Each has the same shape: a request, an error whose messages say what to do next, one async function. A change goes
//! one way: in one transaction, read again who acts and whom it concerns, ask the policy, change the store, write the
//! audit row, put the email into the outbox, commit. No front door can leave a step out, because no front door sees the
//! store.

pub mod audit;
pub mod context;
pub mod failure;
pub mod links;
pub mod mail;
pub mod session;
mod step;
#[cfg(test)]
pub mod test;
#[cfg(test)]
mod unknown_values_tests;
pub mod upkeep;
mod user_request;
pub mod users;
pub mod workspaces;

pub use context::{App, Options};
pub use failure::Failure;
pub use user_request::{Done, UserRequest};
