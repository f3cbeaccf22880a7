//! The key file, the keys derived from it, and the hashing of passwords. Nothing here is ever printed or logged.

mod beside;
mod error;
mod exchange;
mod file;
mod hash;
mod head;
mod hex;
mod kept;
mod key;
mod keys;
mod lock;

pub use error::{SecretsError, UnfinishedExchange};
pub use exchange::{Exchange, Replacement};
pub use file::{LastLink, Lost, Retirement};
pub use hash::{HashParameters, Hasher};
pub use kept::{ErasedList, KeptNumbers};
pub use key::{Key, Proof};
pub use keys::{KeyRecord, KeyState, Keys, Sealer};
