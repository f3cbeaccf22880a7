//! The shell around the screens: routes what happens to the screen that it concerns, and owns the dialogs, the message
//! at the bottom, the head, the lock and undo. It knows no screen's inside.

mod head;
mod hints;
mod leave;
mod lock;
mod msg;
mod palette;
mod route;
mod runner;
mod screens;
mod stack;
mod state;
mod trouble;
mod update;
mod view;

pub use runner::{Work, run};

#[cfg(test)]
pub use {
    msg::{Change, Effect, Msg, Read},
    runner::changed,
    screens::{ScreenChange, ScreenMsg, ScreenRead},
    state::{Lock, Shell},
    update::{clicked, happened, update},
    view::draw,
};
