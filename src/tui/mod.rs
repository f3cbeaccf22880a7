//! Front door: the terminal interface.
//!
//! State in, state out: what happens becomes a [`message::Msg`], `update` changes the state and answers with effects,
//! the runner performs them by calling `app` and sends what came of them back as messages. `update` does no IO, `view`
//! only reads.

mod appearance;
mod form;
mod keymap;
mod message;
mod runner;
mod state;
mod term;
#[cfg(test)]
mod test;
mod text;
mod theme;
mod update;
mod view;

pub use appearance::Appearance;
pub use runner::run;
