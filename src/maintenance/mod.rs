//! Looking after an installation.

pub mod dns;
mod names;
pub mod people;
