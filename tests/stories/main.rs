//! Each action that a key can do, done by a person: the real program in a pseudo-terminal, on a real database. A story
//! reads twice what came of it: on the screen, and from the database as the command line reads it, so that a success
//! that is shown for what is not stored fails. Beside each is at least one case that is refused, cancelled or
//! overtaken. Size: a program in a pseudo-terminal for each story, and some starts of the command line.

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod desk;
mod links;
mod lock;
mod mail;
mod many;
mod rows;
mod users;
mod workspaces;
