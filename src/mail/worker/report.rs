//! The worker's lines in the service's log, so that "why didn't she get it" has an answer there.

use crate::app::mail::outbox::{Job, JobResult, RelayChange, TurnResult};
use crate::domain::mail::{FailureClass, Outcome, Stage};

/// The lines of the log for a turn: one for each email, by its number, and what became of the relay.
pub(super) fn report(results: &[(Job, JobResult)], turned: &TurnResult) {
    for error in &turned.unreadable {
        tracing::warn!(%error, "put off an email that can't be read");
    }
    for (email, state) in &turned.unwanted {
        tracing::info!(email = email.0, "an email is {} and was not sent", state.name());
    }
    for (job, result) in results {
        let id = job.mail.id;
        tried(job, result, turned.ended.contains(&id), turned.given_up.contains(&id));
    }
    match turned.relay {
        Some(RelayChange::Paused { failures, length }) => {
            tracing::warn!(failures, seconds = length.as_secs(), "emails are paused: the relay can't be used");
        }
        Some(RelayChange::Resumed) => tracing::info!("emails are resumed: the relay works again"),
        None => {}
    }
}

/// What the relay did with an email. Neither an address nor the relay's words, which may repeat one.
fn tried(job: &Job, result: &JobResult, held: bool, given_up: bool) {
    let (email, kind) = (job.mail.id.0, job.mail.kind.name());
    match result {
        JobResult::Tried(Outcome::Accepted(words)) => {
            let queue_id = queue_id(words);
            if held {
                tracing::info!(email, kind, queue_id, "the relay accepted an email");
            } else {
                tracing::warn!(
                    email,
                    kind,
                    queue_id,
                    "the relay accepted an email that was cancelled or taken over meanwhile"
                );
            }
        }
        JobResult::Tried(Outcome::Failed(failure)) => {
            let (stage, code) = (failure.stage.name(), failure.code);
            // Before the relay answers, the words are our own.
            let ours = matches!(failure.stage, Stage::Connect | Stage::Tls) && code.is_none();
            let reason = ours.then_some(failure.text.as_str());
            let outcome = match failure.class {
                FailureClass::Transport | FailureClass::Temporary | FailureClass::Ambiguous if given_up => {
                    "failed: there is no time left to try it again"
                }
                FailureClass::Transport => "waits: the relay can't be used",
                FailureClass::Temporary => "waits: the relay said not now",
                FailureClass::Permanent => "failed: the relay refused it",
                FailureClass::Ambiguous => "waits: nobody knows whether the relay has it",
            };
            tracing::warn!(email, kind, stage, code, reason, "an email {outcome}");
        }
        JobResult::Untried => tracing::debug!(email, kind, "an email goes back untried"),
    }
}

/// The number that a relay gave an email, in the words of those that say it (`2.0.0 Ok: queued as 4F1A…`, Postfix and others).
fn queue_id(words: &str) -> &str {
    let after = words.split_once("queued as ").map_or("", |(_, after)| after);
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(after.len());
    &after[..end.min(64)]
}

#[cfg(test)]
mod tests {
    use super::queue_id;

    #[test]
    fn the_number_of_the_relay_is_found_and_nothing_else_of_its_words() {
        assert_eq!(queue_id("2.0.0 Ok: queued as 4F1A00C9"), "4F1A00C9");
        assert_eq!(queue_id("ok queued as <ada@example.org>"), "");
        assert_eq!(queue_id("2.0.0 OK 1732 gsmtp"), "");
    }
}
