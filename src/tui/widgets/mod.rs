//! What screens and dialogs are made of.

pub mod ascii;
pub mod fields;
pub mod fuzzy;
pub mod lines;
pub mod scroll;
pub mod secret;
pub mod text;
