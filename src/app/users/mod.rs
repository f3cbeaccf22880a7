//! What is done to users, and how they are read.

pub mod bulk;
pub mod command_lines;
pub mod delete;
pub mod edit;
pub mod erase;
pub mod find;
pub mod invite;
#[cfg(test)]
mod limit_tests;
pub mod list;
pub mod perform;
#[cfg(test)]
mod race_tests;
pub mod reactivate;
#[cfg(test)]
mod removal_tests;
pub mod restore;
#[cfg(test)]
mod scope_tests;
pub mod show;
pub mod suspend;
pub mod undo;
