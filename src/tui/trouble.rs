//! What the head's third row says: why mail does not flow or links are not served, and what to do. The most pressing
//! first; nothing when all is well.

use crate::app::upkeep::health::Health;
use crate::domain::node::Alive;
use crate::domain::text::visible;
use crate::domain::time::{Timestamp, words};

/// The troubles in their order, each in one sentence.
pub fn troubles(health: &Health, demo: bool, now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    let mails = |count: u64| if count == 1 { "1 mail waits".to_owned() } else { format!("{count} mails wait") };
    if let Some(relay) = &health.relay {
        let next = if relay.next_probe_at > now {
            format!("next try in {}", words(relay.next_probe_at.since(now)))
        } else {
            "it is tried now".to_owned()
        };
        all.push(format!("Relay: {}. {}; {next}.", visible(relay.reason.trim_end_matches('.')), mails(health.waiting)));
    } else if health.worker != Alive::Now && health.waiting > 0 {
        all.push(format!(
            "{} and nobody sends them: set mail.transport, then start rsvp serve.",
            mails(health.waiting)
        ));
    }
    if demo {
        return all;
    }
    if !health.has_address {
        all.push("Links are bare codes until portal.public_url is set.".to_owned());
    }
    match health.portal {
        Alive::Now => {}
        Alive::Never => all.push("Nobody serves the links yet: start rsvp serve.".to_owned()),
        Alive::Last(seen) => {
            all.push(format!("The portal is gone since {}: start rsvp serve.", words(now.since(seen))));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::upkeep::health::RelayTrouble;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn well() -> Health {
        Health { portal: Alive::Now, worker: Alive::Now, has_address: true, ..Health::default() }
    }

    #[test]
    fn nothing_is_said_when_all_is_well() {
        assert!(troubles(&Health { waiting: 3, ..well() }, false, NOW).is_empty());
    }

    #[test]
    fn the_relay_comes_first_and_what_it_says_is_harmless() {
        let relay = RelayTrouble {
            reason: "535 no\u{1b}[2J.".to_owned(),
            next_probe_at: NOW.plus(std::time::Duration::from_secs(40)),
        };
        let all = troubles(&Health { relay: Some(relay), waiting: 41, portal: Alive::Never, ..well() }, false, NOW);
        assert_eq!(all[0], "Relay: 535 no\\u{1b}[2J. 41 mails wait; next try in 40 s.");
        assert!(all[1].starts_with("Nobody serves the links yet"));
    }

    #[test]
    fn mails_that_nobody_sends_are_told_with_what_to_do() {
        let all = troubles(&Health { waiting: 1, worker: Alive::Never, ..well() }, false, NOW);
        assert_eq!(all, ["1 mail waits and nobody sends them: set mail.transport, then start rsvp serve."]);
    }
}
