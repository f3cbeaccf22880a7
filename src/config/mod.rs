//! Settings: read from every source, checked, and handed out as one typed value.
//!
//! What must stay true: one registry of keys ([`key::KEYS`]) drives reading, checking, showing and saving; every error
//! names the key and where it is written; no error, no `show` and no `Debug` ever holds a password; the environment
//! comes in as a value, so that a test needs no process of its own.

mod build;
pub mod environment;
mod file;
mod key;
pub mod layers;
mod merged;
pub mod own_keys;
pub mod parse;
pub mod problem;
mod redact;
pub mod save;
pub mod secret;
pub mod settings;
mod source;
#[cfg(test)]
mod test_machine;
#[cfg(test)]
mod tests;
mod value;

#[cfg(test)]
pub use key::KEYS;
