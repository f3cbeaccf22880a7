//! Front door: the terminal interface.
//!
//! State in, state out: what happens becomes a [`message::Msg`], `update` changes the state and answers with effects,
//! the runner performs them by calling `app` and sends what came of them back as messages. `update` does no IO, `view`
//! only reads. The parts before the main screens, sign-in and set-up, are sessions of the same kind.

mod appearance;
mod bulk;
mod fields;
mod form;
mod keymap;
mod mail;
mod message;
mod runner;
mod session;
mod set_up;
mod sign_in;
mod state;
mod term;
#[cfg(test)]
mod test;
#[cfg(test)]
mod test_bulk;
#[cfg(test)]
mod test_mail;
#[cfg(test)]
mod test_start;
mod text;
mod theme;
mod trouble;
mod update;
mod view;

pub use appearance::Appearance;
pub use message::Refused;
pub use runner::{Work, run};
pub use session::Terminal;
pub use set_up::{Answers, Begun, CheckSetting, Choice, Create, Paths, Point, set_up};
pub use sign_in::sign_in;
pub use state::Me;
