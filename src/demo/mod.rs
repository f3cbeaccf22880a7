//! The demo: believable people and their past.

mod names;
pub mod people;
