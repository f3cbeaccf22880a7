//! What is done with links: invitations, resets, changes of address.

pub mod accept;
pub mod ask_link;
#[cfg(test)]
mod binding_tests;
pub mod confirm_email;
pub mod forgot;
pub mod keep_email;
pub mod look;
#[cfg(test)]
mod power_tests;
pub(in crate::app) mod prove;
pub mod redeem;
pub mod renew;
pub mod resend;
pub mod reset;
pub mod reset_password;
pub mod revoke;
pub mod show_link;
