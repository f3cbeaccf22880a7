//! Settings in layers: compiled-in default, the machine's file, the login's file, `--config`, environment, arguments.
//!
//! One table of keys drives everything, and every error names the key, where it stands, and the nearest key that exists.

mod error;
mod keys;
mod layers;
mod settings;

pub use layers::{Layers, Places};
pub use settings::{Database, Settings};
