//! Looking after an installation.

pub mod dns;
