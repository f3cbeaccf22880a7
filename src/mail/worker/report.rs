//! The worker's lines in the service's log, so that "why didn't she get it" has an answer there.

use crate::app::mail::outbox::{Job, JobResult};
use crate::domain::mail::{FailureClass, Outcome};

/// A line of the log for each email, by its number: what the relay did with it. Neither an address nor the relay's words,
/// which may repeat one.
pub(super) fn report(job: &Job, result: &JobResult, held: bool) {
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
            let outcome = match failure.class {
                FailureClass::Transport => "waits: the relay can't be used",
                FailureClass::Temporary => "waits: the relay said not now",
                FailureClass::Permanent => "failed: the relay refused it",
                FailureClass::Ambiguous => "waits: nobody knows whether the relay has it",
            };
            tracing::warn!(email, kind, stage, code, "an email {outcome}");
        }
        JobResult::Untried => {}
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
