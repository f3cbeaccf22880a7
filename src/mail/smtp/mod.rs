//! The conversation with the relay (RFC 5321), stage by stage.
//!
//! Addresses, commands and emails are lettre's; the reading and writing is done here, because every stage needs its own
//! time limit and must be known when it fails. Two things must stay true: a connection on which anything odd happened
//! is never used again, since its answers may belong to another question; and only code 250 after the final dot means
//! that the relay took the email.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

mod authorities;
pub mod classify;
pub mod connection;
mod dial;
pub mod reply;
mod tls;
pub mod wire;

pub use authorities::Authorities;
pub use connection::Connection;

/// How the conversation is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "STARTTLS is the command's name")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314), usually on port 465.
    Implicit,
    /// TLS after STARTTLS (RFC 3207), usually on port 587; never without it.
    StartTls,
    /// None: only to this machine, unless [`Relay::allow_plain`].
    None,
}

/// A name and a password for the relay. The password is wiped when dropped and not in `Debug`.
#[derive(Clone)]
pub struct SignIn {
    pub user: String,
    pub password: Zeroizing<String>,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The relay: the SMTP server that takes the emails.
#[derive(Debug, Clone)]
pub struct Relay {
    /// A name, or an address without brackets; a certificate must be valid for it.
    pub host: String,
    /// Usually 465, 587 or 25.
    pub port: u16,
    /// How the conversation is kept from others.
    pub tls: Tls,
    /// With what to sign in, if at all.
    pub sign_in: Option<SignIn>,
    /// Whether emails and password may cross a network in the clear.
    pub allow_plain: bool,
    /// The authorities to trust, for a relay with one of its own; the public ones when there are none.
    pub authorities: Option<Authorities>,
    /// This machine's name as it greets the relay; its address when there is none (RFC 5321, 4.1.4).
    pub hello: Option<String>,
    pub limits: Limits,
}

impl Relay {
    /// The relay as errors name it.
    #[must_use]
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The look-up of the name and reaching one of its addresses.
    pub connect: Duration,
    pub tls: Duration,
    pub greeting: Duration,
    /// The answer to EHLO, and to STARTTLS.
    pub hello: Duration,
    /// The whole of the sign-in.
    pub sign_in: Duration,
    /// The answer to MAIL.
    pub sender: Duration,
    /// The answer to RCPT, and to RSET.
    pub recipient: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// Writing the email.
    pub content: Duration,
    /// The answer to the final dot. Giving up too early makes duplicates: the relay may have taken the email.
    pub dot: Duration,
    /// The answer to QUIT, which nothing depends on.
    pub quit: Duration,
}

impl Limits {
    /// For emails: what RFC 5321, 4.5.3.2 asks for (greeting, MAIL, RCPT 5 min; DATA 2 min; a block of content 3 min;
    /// final dot 10 min), and what Postfix takes for connecting and for EHLO (`smtp_connect_timeout`, 30 s;
    /// `smtp_helo_timeout`, 5 min).
    pub const SENDING: Self = Self {
        connect: Duration::from_secs(30),
        tls: Duration::from_secs(30),
        greeting: Duration::from_mins(5),
        hello: Duration::from_mins(5),
        sign_in: Duration::from_mins(5),
        sender: Duration::from_mins(5),
        recipient: Duration::from_mins(5),
        data: Duration::from_mins(2),
        content: Duration::from_mins(3),
        dot: Duration::from_mins(10),
        quit: Duration::from_secs(5),
    };

    /// For somebody who waits for the result: a relay that takes longer than this for one stage needs fixing.
    pub const WAITED_FOR: Self = Self {
        connect: Duration::from_secs(10),
        tls: Duration::from_secs(10),
        greeting: Duration::from_secs(20),
        hello: Duration::from_secs(20),
        sign_in: Duration::from_secs(20),
        sender: Duration::from_secs(20),
        recipient: Duration::from_secs(20),
        data: Duration::from_secs(20),
        content: Duration::from_secs(20),
        dot: Duration::from_mins(1),
        quit: Duration::from_secs(2),
    };
}

#[cfg(test)]
pub mod fake;
#[cfg(test)]
mod tests;
