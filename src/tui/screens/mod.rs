//! The screens, each with its own state, and what keys and answers do to it.

pub mod audit;
mod before_sign_in;
pub mod mail;
pub mod set_up;
pub mod sign_in;
pub mod users;
pub mod workspaces;
