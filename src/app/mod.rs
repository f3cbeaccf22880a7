//! The use cases, one a file, named after its action.
//!
//! Each has the same shape: a request, an error whose messages say what to do next, one async function. A change goes
//! one way: in one transaction, read again who acts and whom it concerns, ask the policy, change the store, write the
//! audit row, put the mail into the outbox, commit. No front door can leave a step out, because no front door sees the
//! store.

pub mod accept;
pub mod act;
pub mod ask_link;
pub mod audit;
#[cfg(test)]
mod audit_chain_tests;
#[cfg(test)]
mod binding_tests;
pub mod bulk;
pub mod cancel_mail;
pub mod come_as;
pub mod confirm_email;
pub mod context;
pub mod create_workspace;
pub mod delete;
pub mod delete_workspace;
pub mod edit;
pub mod erase;
pub mod failure;
pub mod find;
pub mod forgot;
pub mod health;
pub mod invite;
pub mod keep_email;
pub mod key;
#[cfg(test)]
mod key_tests;
pub mod list;
pub mod look;
pub mod mails;
pub mod nodes;
pub mod operator_start;
pub mod outbox;
pub mod populate;
pub mod preview_mail;
pub mod queue;
pub mod reactivate;
pub mod redeem;
#[cfg(test)]
mod removal_tests;
pub mod rename_workspace;
pub mod resend;
pub mod reset;
pub mod reset_password;
pub mod restore;
pub mod retry_mail;
pub mod revision;
pub mod revoke;
#[cfg(test)]
mod scope_tests;
pub mod seal_audit;
pub mod set_up;
pub mod show;
pub mod show_link;
pub mod sign_in;
mod step;
pub mod suspend;
#[cfg(test)]
pub mod test;
pub mod test_mail;
pub mod tidy;
pub mod undo;
pub mod unlock;
pub mod verify_audit;
pub mod watch;
pub mod workspaces;

pub use context::{App, Options};
pub use failure::Failure;
