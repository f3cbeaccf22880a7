//! Interface: the terminal interface.
//!
//! State in, state out: what happens becomes a message, `update` changes the state and answers with effects, the runner
//! performs them by calling `app` and sends what came of them back as messages. `update` does no IO, `view` only reads.
//! The shell routes to the screens, of which each owns its state, messages and effects; the parts before the main
//! screens, sign-in and set-up, are sessions of the same kind.

mod canvas;
mod ctx;
mod dialogs;
mod effect;
mod frames;
mod keymap;
mod layout;
mod me;
mod reads;
mod refused;
mod screen;
mod screens;
mod session;
mod shell;
mod term;
#[cfg(test)]
mod tests;
mod theme;
mod widgets;

pub use keymap::{Keymap, Own};
pub use me::Me;
pub use refused::Refused;
pub use screens::set_up::{Answers, Begun, CheckSetting, Choice, Create, Paths, Point, set_up};
pub use screens::sign_in::sign_in;
pub use session::Terminal;
pub use shell::{Work, run};
pub use term::{Appearance, Look, Paint, Wish};
