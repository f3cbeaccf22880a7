//! rsvp: manage an organisation's users from a terminal, over SSH.

mod access;
mod app;
mod cli;
mod config;
mod demo;
mod domain;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod mail;
mod maintenance;
mod plain;
mod secrets;
mod services;
mod store;
mod tui;
mod web;
mod words;

pub use services::run;
