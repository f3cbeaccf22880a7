//! From rendered words and an envelope to the bytes that the relay gets.
//!
//! The same words and the same envelope make the same bytes, on every machine and at every try, so that an email that a
//! relay saw twice is recognised as one. Names and subjects cannot add a header: every value is made visible first, and
//! what is then still not fit for its place is an error, never a guess.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, Date, Header, HeaderName, HeaderValue, MessageId};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::render::{PLACEHOLDER, Rendered};
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::mail::{Failure, FailureClass, Stage};
use crate::domain::text::{shorten, visible};
use crate::domain::time::Timestamp;

/// Longest line of an email without its line end (RFC 5322, 2.1.1).
const LINE_BYTES: usize = 998;
/// Longest Message-ID with its brackets: a header line has at most [`LINE_BYTES`], and folding would
/// break an id in two.
const MESSAGE_ID_BYTES: usize = 250;
/// Most characters of a name or subject in a header; what is longer is cut.
const HEADER_CHARS: usize = 400;
/// The last moment that a Date header is written for: the end of the year 9999.
const LAST_DATE_MS: i64 = 253_402_300_799_000;

/// Who emails come from, as the settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub address: Email,
    /// The name beside it: the organisation's.
    pub name: String,
    /// Where email that cannot be delivered goes back to; the address when there is none.
    pub return_path: Option<Email>,
}

/// What is kept of an email between two tries, so that they are the same email whatever became of the settings. It
/// holds no code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The sender's address at the first try.
    pub from: String,
    /// The sender's name at the first try.
    pub from_name: String,
    /// Subject and both bodies, in the recipient's language.
    pub words: Rendered,
}

/// Who writes to whom, and what makes this email this email. Holds a secret where there is a code.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The name that the reader sees as the sender; may be empty.
    pub from_name: String,
    /// The address that the reader sees as the sender.
    pub from: Email,
    /// Where email that cannot be delivered goes back to; the sender's address when there is none.
    pub return_path: Option<Email>,
    /// The one recipient: an email never has two.
    pub to: Email,
    /// The person's name; may be empty.
    pub to_name: String,
    /// The Message-ID, with or without its brackets.
    pub message_id: String,
    /// The Date: when the email was enqueued.
    pub date: Timestamp,
    /// The code for the link, where the email has one.
    pub code: Option<Code>,
}

#[derive(Debug, thiserror::Error)]
pub enum CannotCompose {
    /// An address that no relay would take as it is.
    #[error("the address \u{201c}{address}\u{201d} can't get email: {why}")]
    Address {
        /// The address, made visible.
        address: String,
        why: &'static str,
    },
    /// A Message-ID that is none.
    #[error("the Message-ID \u{201c}{0}\u{201d} can't be used in a header")]
    MessageId(String),
    /// A link without a code, or a code without a link.
    #[error("the email {0}")]
    Code(&'static str),
    /// The library refuses the whole.
    #[error("the email can't be put together: {0}")]
    Refused(#[from] lettre::error::Error),
}

impl From<CannotCompose> for Failure {
    /// An email that cannot be written today cannot be written tomorrow either.
    fn from(error: CannotCompose) -> Self {
        let text = shorten(&visible(&error.to_string()), HEADER_CHARS).into_owned();
        Self { class: FailureClass::Permanent, stage: Stage::Build, code: None, text }
    }
}

/// The bytes of an email. They hold the code, and are wiped when dropped.
pub type Bytes = Zeroizing<Vec<u8>>;

pub fn compose(rendered: &Rendered, envelope: &Envelope) -> Result<Bytes, CannotCompose> {
    let filled = match (&envelope.code, rendered.wants_code()) {
        (Some(code), true) => rendered.with_code(&Zeroizing::new(code.format())),
        (None, false) => rendered.clone(),
        (Some(_), false) => return Err(CannotCompose::Code("has no place for its code")),
        (None, true) => return Err(CannotCompose::Code("has a link without a code")),
    };
    let message_id = message_id(&envelope.message_id)?;
    let parts = MultiPart::alternative()
        .boundary(boundary(&message_id, rendered))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body(&filled.text)))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(body(&filled.html)));
    let message = Message::builder()
        .from(mailbox(&envelope.from_name, &envelope.from)?)
        .to(mailbox(&envelope.to_name, &envelope.to)?)
        .subject(header_text(&filled.subject))
        .header(Date::new(moment(envelope.date)))
        .header(MessageId::from(message_id))
        .header(AutoSubmitted)
        .header(SuppressAnswers)
        .multipart(parts)?;
    Ok(Zeroizing::new(message.formatted()))
}

/// An address as the conversation and the headers carry it: ASCII, so that no relay needs SMTPUTF8.
pub fn address(email: &Email) -> Result<Address, CannotCompose> {
    let wrong = |why| CannotCompose::Address { address: visible(email.as_str()).into_owned(), why };
    if !email.as_str().is_ascii() {
        return Err(wrong("it has letters outside ASCII"));
    }
    if email.as_str().bytes().any(|b| b <= b' ' || b == 0x7f || b == b'<' || b == b'>') {
        return Err(wrong("it has a space, a bracket or a control character"));
    }
    email.as_str().parse().map_err(|_| wrong("it isn't an address"))
}

fn mailbox(name: &str, email: &Email) -> Result<Mailbox, CannotCompose> {
    let name = header_text(name.trim());
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(email)?))
}

/// Text for a header: one line, nothing hidden. lettre panics on a line break in a name and passes escape characters
/// on.
fn header_text(text: &str) -> String {
    shorten(&visible(&text.replace(PLACEHOLDER, "")), HEADER_CHARS).into_owned()
}

fn message_id(id: &str) -> Result<String, CannotCompose> {
    let bare = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id);
    let fits = bare.len() + 2 <= MESSAGE_ID_BYTES
        && bare.bytes().all(|b| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b))
        && bare.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty());
    if fits { Ok(format!("<{bare}>")) } else { Err(CannotCompose::MessageId(visible(id).into_owned())) }
}

fn moment(at: Timestamp) -> SystemTime {
    let ms = at.0.clamp(0, LAST_DATE_MS);
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs())
}

/// A part's text as ASCII. What is ASCII stays as it is, so that its link can be found whole in the source, which the
/// library's own choice would break at column 76; the rest is quoted-printable or base64, whichever is shorter.
fn body(text: &str) -> Body {
    // A carriage return without its line feed ends a line for one relay and not for the next.
    let text = text.replace('\r', "");
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE_BYTES) {
        let lines = text.replace('\n', "\r\n");
        return Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    }
    Body::new(text)
}

/// A line that occurs in no part: made of all that the email says, so that no text can be written to hold it.
fn boundary(message_id: &str, rendered: &Rendered) -> String {
    let mut hash = Sha256::new();
    for part in [message_id, &rendered.subject, &rendered.text, &rendered.html] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut out = String::from("rsvp-");
    for byte in &hash.finalize()[..16] {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// That no person wrote this at this moment, so that no holiday notice answers it (RFC 3834, 5).
#[derive(Clone)]
struct AutoSubmitted;

/// The same for Exchange, which does not read [`AutoSubmitted`] (MS-OXCMAIL, 2.2.3.2.14).
#[derive(Clone)]
struct SuppressAnswers;

macro_rules! fixed_header {
    ($header:ident, $name:literal, $value:literal) => {
        impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}

fixed_header!(AutoSubmitted, "Auto-Submitted", "auto-generated");
fixed_header!(SuppressAnswers, "X-Auto-Response-Suppress", "All");

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
