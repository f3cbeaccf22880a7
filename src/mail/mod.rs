//! Emails: what they say, how they are written as bytes, and how they reach the relay.
//!
//! Nothing here decides what is sent or when: `app` hands out what is due and takes back what came of it. An email
//! counts as accepted only after the relay's 250 to the final dot, and a rendered email that is stored holds no secret.

pub mod catcher;
pub mod folder;
pub mod message;
pub mod preview;
pub mod render;
pub mod smtp;
pub mod transport;
pub mod worker;

#[cfg(test)]
mod samples;
