//! The terminal: who owns its modes, and what it can show.

mod appearance;
mod background;
mod guard;
mod zone;

pub use appearance::{Appearance, Look, Paint, Wish};
pub use background::{Reply, Taken};
pub use guard::Guard;
pub use zone::zone;
