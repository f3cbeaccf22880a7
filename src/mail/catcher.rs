//! The demo's mail catcher: takes every email, keeps the link in it until the program ends, and sends nothing anywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::message::{Bytes, Envelope};
use crate::app::upkeep::populate::SentLink;
use crate::domain::link::Purpose;
use crate::domain::mail::{Failure, FailureClass, Outcome, Stage};

/// Emails to this domain are refused, so that a demo can show what happens then.
pub const REFUSES: &str = "nowhere.example";
/// How many links are kept.
const MOST: usize = 100_000;

/// What was caught: the links, by the emails' Message-IDs.
#[derive(Debug, Clone)]
pub struct Catcher {
    public_url: String,
    links: Arc<Mutex<HashMap<String, String>>>,
}

impl Catcher {
    /// Nothing was caught yet; links begin with this address.
    #[must_use]
    pub fn new(public_url: String) -> Self {
        Self { public_url, links: Arc::default() }
    }

    /// Takes the links of emails that the past tells of, by their Message-IDs.
    pub fn remember(&self, links: Vec<SentLink>) {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).extend(links);
    }

    /// The link in an email that was caught, if it has one.
    #[must_use]
    pub fn link(&self, message_id: &str) -> Option<String> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).get(message_id).cloned()
    }

    /// Takes an email, or refuses it as a relay would.
    pub fn send(&self, envelope: &Envelope, mail: &Bytes) -> Outcome {
        if envelope.to.domain() == REFUSES {
            return Outcome::Failed(Failure {
                class: FailureClass::Permanent,
                stage: Stage::Recipient,
                code: Some(550),
                text: "5.1.1 The demo's mail catcher refuses nowhere.example".to_owned(),
            });
        }
        // Quoted-printable breaks long lines softly; a link itself has nothing that it writes otherwise.
        let text = String::from_utf8_lossy(mail).replace("=\r\n", "");
        if let Some(link) = find(&text, &self.public_url) {
            let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
            if links.len() < MOST {
                links.insert(envelope.message_id.clone(), link);
            }
        }
        Outcome::Accepted("caught; nothing was sent".to_owned())
    }
}

/// The first link with a code.
fn find(text: &str, public_url: &str) -> Option<String> {
    Purpose::ALL.iter().find_map(|purpose| {
        let begin = format!("{public_url}/{}/", purpose.path());
        let rest = &text[text.find(&begin)?..];
        let end = rest[begin.len()..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        Some(rest[..end.map_or(rest.len(), |end| begin.len() + end)].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_found_and_ends_where_the_code_does() {
        let base = "http://127.0.0.1:1";
        let found = |text: &str| find(text, base);
        assert_eq!(found("x http://127.0.0.1:1/r/AB-CD\r\nmore"), Some(format!("{base}/r/AB-CD")));
        assert_eq!(found("\"http://127.0.0.1:1/i/AB-CD\">"), Some(format!("{base}/i/AB-CD")));
        assert_eq!(found("http://127.0.0.1:1/forgot"), None);
    }
}
