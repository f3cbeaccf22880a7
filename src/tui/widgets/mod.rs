//! What screens and dialogs are made of.

pub mod ascii;
pub mod cursor_list;
pub mod fields;
pub mod finished;
pub mod fuzzy;
pub mod lines;
pub mod scroll;
pub mod secret;
pub mod text;
