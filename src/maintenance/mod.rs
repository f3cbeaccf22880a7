//! Looking after an installation.

mod names;
pub mod people;
