//! The key file, the keys derived from it, and the hashing of passwords. Nothing here is ever printed or logged.

mod error;
mod hash;
mod keys;

pub use error::SecretsError;
pub use hash::{HashParameters, Hasher};
pub use keys::{Keys, Proof};
