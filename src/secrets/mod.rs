//! The key file, the keys derived from it, and the hashing of passwords. Nothing here is ever printed or logged.

mod error;
mod exchange;
mod file;
mod hash;
mod head;
mod hex;
mod key;
mod keys;

pub use error::SecretsError;
pub use exchange::{Exchange, Replacement};
pub use file::{Last, Lost, Past};
pub use hash::{HashParameters, Hasher};
pub use key::{Key, Proof};
pub use keys::{Keys, Sealer, Told};
