//! The terminal: who owns its modes, what it sends, and what it can show.

mod appearance;
mod background;
mod decode;
mod guard;
mod pace;
mod screen;
mod tty;
mod zone;

pub use appearance::{Appearance, Look, Paint, Wish};
pub use decode::{Decoder, Input};
pub use guard::Guard;
pub use pace::Pace;
pub use zone::zone;
