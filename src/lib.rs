//! rsvp: invite and look after an organisation's users from a terminal, over SSH.

#![expect(dead_code, reason = "in construction")]

mod domain;
mod mail;
