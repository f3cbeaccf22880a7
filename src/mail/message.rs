//! From a mail's words to its bytes. The same mail has the same bytes at every try: its Message-ID and Date were fixed
//! when it was enqueued, and whatever else it is made of is kept with it, so that a relay or a person can tell that two
//! copies are one mail.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::render::Rendered;
use crate::domain::email::Email;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;

/// Who mails come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The address.
    pub address: Email,
    /// The name beside it: the organisation's.
    pub name: String,
}

/// What is kept of a mail between two tries. It holds no code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The sender's address at the first try.
    pub from: String,
    /// The sender's name at the first try.
    pub from_name: String,
    /// The words.
    pub words: Rendered,
}

/// What is fixed when a mail is enqueued.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The address.
    pub to: &'a Email,
    /// The name.
    pub to_name: &'a str,
    /// The Message-ID without its brackets.
    pub message_id: &'a str,
    /// The Date.
    pub date: Timestamp,
}

/// Why a mail cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum CannotBuild {
    /// An address that no mail can be sent to.
    #[error("the address {address} cannot stand in a mail: {reason}")]
    Address {
        /// The address, harmless to show.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else.
    #[error("the mail cannot be built: {0}")]
    Other(String),
}

/// The mail's bytes with the code in its place (RFC 5322; the two forms are `multipart/alternative`, RFC 2046, 5.1.4).
/// They hold a secret.
pub fn bytes(kept: &Kept, envelope: Envelope<'_>, code: &str) -> Result<Zeroizing<Vec<u8>>, CannotBuild> {
    let other = |e: &dyn std::fmt::Display| CannotBuild::Other(e.to_string());
    let words = kept.words.with_code(code);
    let since = Duration::from_millis(u64::try_from(envelope.date.0).unwrap_or(0));
    // The Message-ID is random and the mail's own, so no text in it holds this line.
    let boundary: String = envelope.message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let body = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(SinglePart::plain(words.text))
        .singlepart(SinglePart::html(words.html));
    // RFC 3834, 5: nobody's holiday notice answers this mail.
    let auto = HeaderName::new_from_ascii("Auto-Submitted".to_owned()).map_err(|e| other(&e))?;
    let message = Message::builder()
        .from(mailbox(&kept.from_name, &Email::stored(kept.from.clone()))?)
        .to(mailbox(envelope.to_name, envelope.to)?)
        .subject(words.subject)
        .date(UNIX_EPOCH + since)
        .message_id(Some(format!("<{}>", envelope.message_id)))
        .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
        .multipart(body)
        .map_err(|e| other(&e))?;
    Ok(Zeroizing::new(message.formatted()))
}

fn mailbox(name: &str, email: &Email) -> Result<Mailbox, CannotBuild> {
    let address = Address::new(email.local(), email.domain())
        .map_err(|e| CannotBuild::Address { address: visible(email.as_str()).into_owned(), reason: e.to_string() })?;
    // A line end in a name would end the header, and lettre panics at one.
    let name = Some(visible(name.trim()).into_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address))
}
