//! rsvp: invite and look after an organisation's users from a terminal, over SSH.

#![expect(dead_code, reason = "in construction")]

mod app;
mod config;
mod domain;
mod secrets;
mod store;
