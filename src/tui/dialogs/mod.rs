//! Dialogs: what stands above a screen and gets every key. They hold words, and the message that is sent when somebody
//! decides; they know no screen. Each is a file: what it holds, what keys do to it, how it looks.

mod comparison;
mod dialog;
mod form;
mod frame;
mod list;
mod memberships;
mod menu;
mod picker;
mod progress;
mod question;
mod reading;
mod touch;
mod window;

pub use comparison::Comparison;
pub use dialog::Dialog;
pub use form::Form;
pub use frame::{frame, pane};
pub use list::{Filter, List};
pub use memberships::Memberships;
pub use menu::Menu;
pub use picker::Entry;
pub use progress::Progress;
pub use question::Question;
pub use reading::{Paragraph, Reading, Side};
pub use touch::{Choice, Touch, Touched};
pub use window::{Window, columns};
