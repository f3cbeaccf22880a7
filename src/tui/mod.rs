//! Front door: the terminal interface.
//!
//! State in, state out: what happens becomes a [`message::Msg`], `update` changes the state and answers with effects,
//! the runner performs them by calling `app` and sends what came of them back as messages. `update` does no IO, `view`
//! only reads. The parts before the main screens, sign-in and set-up, are sessions of the same kind.

mod canvas;
mod commands;
mod dialogs;
mod frames;
mod head;
mod hints;
mod keymap;
mod message;
mod possible;
mod reads;
mod runner;
mod screens;
mod session;
mod state;
mod term;
#[cfg(test)]
mod tests;
mod theme;
mod trouble;
mod update;
mod view;
mod widgets;

pub use keymap::{Keymap, Own};
pub use message::Refused;
pub use runner::{Work, run};
pub use screens::set_up::{Answers, Begun, CheckSetting, Choice, Create, Paths, Point, set_up};
pub use screens::sign_in::sign_in;
pub use session::Terminal;
pub use state::Me;
pub use term::{Appearance, Look, Paint, Wish};
