//! What a failure means: for the relay as a whole, for this email, for the person who reads about it.
//!
//! The judgement goes by stage, because the same code means different things at different stages: 550 to the sender's
//! address is a mistake in the settings and must not cost a thousand invitations their life; 550 to the recipient's is
//! final.

use super::Relay;
use super::reply::{Reply, StageError};
use crate::domain::mail::{ANSWER_BYTES, Failure, FailureClass, Stage};
use crate::domain::text::visible;

/// Judges a failure and puts it into words.
pub fn classify(relay: &Relay, stage: Stage, trouble: &StageError) -> Failure {
    let code = match trouble {
        StageError::Refused(reply) | StageError::Unexpected(reply) => Some(reply.code),
        StageError::Silent(_) | StageError::Lost(_) | StageError::Garbled(_) | StageError::Stopped(_) => None,
    };
    Failure { class: class(stage, trouble), stage, code, text: clean(&words(relay, stage, trouble)) }
}

fn class(stage: Stage, trouble: &StageError) -> FailureClass {
    use FailureClass::{Permanent, Temporary, Transport};
    let StageError::Refused(reply) = trouble else { return unanswered(stage) };
    // Google and others refuse each email with a permanent code once a day's quota is used up, but say that it is
    // congestion (RFC 3463, 3.5: X.4.5): no email of ours is at fault.
    if is_used_up(reply) {
        return Transport;
    }
    // The relay closes, has too many of our connections, or wants a sign-in: about us and it, at whatever stage it says
    // so.
    if matches!(reply.code, 421 | 432 | 530 | 534 | 535 | 538) {
        return Transport;
    }
    match stage {
        // 503, a wrong order of commands, is a misunderstanding of this connection and no word about the email.
        Stage::Recipient | Stage::Data | Stage::Dot => {
            if reply.code >= 500 && reply.code != 503 {
                Permanent
            } else {
                Temporary
            }
        }
        Stage::Build
        | Stage::Connect
        | Stage::Tls
        | Stage::Greeting
        | Stage::Hello
        | Stage::SignIn
        | Stage::Sender
        | Stage::File
        | Stage::Worker => Transport,
    }
}

/// The class of a failure at which the relay did not say no.
const fn unanswered(stage: Stage) -> FailureClass {
    match stage {
        // Only an answer that says no says no; after everything else the relay may have the email.
        Stage::Dot => FailureClass::Ambiguous,
        // Counts as a try of this email: if it is this recipient that the relay chokes on, the others must not wait for
        // it.
        Stage::Recipient | Stage::Data => FailureClass::Temporary,
        Stage::Build
        | Stage::Connect
        | Stage::Tls
        | Stage::Greeting
        | Stage::Hello
        | Stage::SignIn
        | Stage::Sender
        | Stage::File
        | Stage::Worker => FailureClass::Transport,
    }
}

fn is_used_up(reply: &Reply) -> bool {
    reply.words().starts_with("5.4.5 ")
}

fn words(relay: &Relay, stage: Stage, trouble: &StageError) -> String {
    let place = relay.place();
    let maybe = if stage == Stage::Dot { ", so it may or may not have accepted the email" } else { "" };
    match trouble {
        StageError::Stopped(why) => why.clone(),
        StageError::Silent(limit) if stage == Stage::Connect => {
            format!("nothing answers at {place} within {} s", limit.as_secs())
        }
        StageError::Silent(limit) => {
            format!("{place} didn't answer {} within {} s{maybe}", asked(stage), limit.as_secs())
        }
        StageError::Lost(why) => {
            format!("the connection to {place} broke while waiting for the answer {}: {why}{maybe}", to(stage))
        }
        StageError::Garbled(why) => format!("{place} breaks the rules of SMTP {}: {why}{maybe}", at(stage)),
        StageError::Unexpected(reply) => {
            format!("{place} answered {} {}, which isn't a valid answer{maybe}{}", reply.code, to(stage), said(reply))
        }
        StageError::Refused(reply) if is_used_up(reply) => {
            format!("the relay's daily limit is used up ({}){}", reply.code, said(reply))
        }
        StageError::Refused(reply) => format!("{}{}", refused(relay, stage, reply.code), said(reply)),
    }
}

fn refused(relay: &Relay, stage: Stage, code: u16) -> String {
    let place = relay.place();
    match (stage, code) {
        (_, 421) => format!("the relay closes the connection for now ({code})"),
        (_, 432) => format!("the relay has too many connections from here ({code})"),
        (Stage::SignIn, 400..=499) => format!("the relay can't check the sign-in right now ({code})"),
        (Stage::SignIn, _) => {
            format!("the relay refuses our sign-in ({code}): check mail.smtp.user and its password")
        }
        (_, 530 | 534 | 535 | 538) => {
            format!(
                "the relay requires a sign-in or TLS first ({code}): check mail.smtp.user, its password and mail.smtp.tls"
            )
        }
        (Stage::Tls, _) => format!("{place} refuses to start TLS ({code})"),
        (Stage::Greeting, _) => format!("{place} refuses the connection ({code})"),
        (Stage::Hello, _) => {
            format!(
                "the relay doesn't accept this machine's greeting ({code}): it may require a fully qualified host name"
            )
        }
        (Stage::Sender, 400..=499) => format!("the relay doesn't accept email from our address right now ({code})"),
        (Stage::Sender, _) => {
            format!("the relay refuses our own address ({code}): check mail.from and mail.return_path")
        }
        (Stage::Recipient, 400..=499) => format!("the relay doesn't accept email for this address right now ({code})"),
        (Stage::Recipient, _) => format!("the relay refuses this address ({code})"),
        (_, 400..=499) => format!("the relay doesn't accept this email right now ({code})"),
        (Stage::Build | Stage::Connect | Stage::Data | Stage::Dot | Stage::File | Stage::Worker, _) => {
            format!("the relay refuses this email ({code})")
        }
    }
}

/// The relay's own words, which often say more than its code.
fn said(reply: &Reply) -> String {
    match reply.words() {
        words if words.is_empty() => String::new(),
        words => format!("; it says: {words}"),
    }
}

const fn asked(stage: Stage) -> &'static str {
    match stage {
        Stage::Tls => "the TLS handshake",
        Stage::Greeting => "with a greeting",
        Stage::Hello => "our greeting",
        Stage::SignIn => "our sign-in",
        Stage::Sender => "the sender's address",
        Stage::Recipient => "the recipient's address",
        Stage::Data => "the start of the email",
        Stage::Dot => "the end of the email",
        Stage::Build | Stage::Connect | Stage::File | Stage::Worker => "us",
    }
}

fn to(stage: Stage) -> String {
    if stage == Stage::Greeting { "that greets us".to_owned() } else { format!("to {}", asked(stage)) }
}

fn at(stage: Stage) -> String {
    if stage == Stage::Greeting { "when it greets us".to_owned() } else { format!("after {}", asked(stage)) }
}

/// Text that can be stored and shown: no control characters, at most [`ANSWER_BYTES`].
pub fn clean(text: &str) -> String {
    let text = visible(text);
    if text.len() <= ANSWER_BYTES {
        return text.into_owned();
    }
    let mut end = ANSWER_BYTES - '…'.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_relay_says_can_be_stored_and_shown(text in "(.|\r|\n|\u{1b}|\u{202e}){0,900}") {
            let cleaned = clean(&text);
            prop_assert!(cleaned.len() <= ANSWER_BYTES);
            prop_assert_eq!(visible(&cleaned), cleaned.as_str());
        }
    }
}
