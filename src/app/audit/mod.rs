//! The audit log: reading, sealing and verifying it.

#[cfg(test)]
mod chain_tests;
mod erasures;
#[cfg(test)]
mod erasures_tests;
pub mod follow_audit;
#[cfg(test)]
mod head_tests;
pub mod list_audit;
pub mod seal_audit;
pub mod verify_audit;
