//! What the head's third row says: why mail does not flow or links are not served, and what to do. The most pressing
//! first; nothing when all is well.

use crate::app::upkeep::health::Health;
use crate::domain::node::Alive;
use crate::domain::text::visible;
use crate::domain::time::{Timestamp, words};
use crate::tui::ctx::Here;

/// The troubles in their order, each in one sentence.
pub fn troubles(health: &Health, here: Here, now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    let waiting = |count: u64| {
        if count == 1 { "1 email is waiting".to_owned() } else { format!("{count} emails are waiting") }
    };
    if health.held_at.is_some() {
        all.push(format!("Run rsvp release mail: a backup was restored. {}.", waiting(health.waiting)));
    } else if let Some(relay) = &health.relay {
        let next = if relay.next_probe_at > now {
            format!("Next try in {}.", words(relay.next_probe_at.since(now)))
        } else {
            "Trying again now.".to_owned()
        };
        let reason = visible(relay.reason.trim_end_matches('.')).into_owned();
        all.push(format!("Relay: {reason}. {}. {next}", waiting(health.waiting)));
    } else if health.worker != Alive::Now && health.waiting > 0 && !here.sends {
        let what = if here.has_transport { "Start rsvp serve." } else { "Set mail.transport, then start rsvp serve." };
        all.push(format!("{}, and nothing sends email. {what}", waiting(health.waiting)));
    }
    if here.demo {
        return all;
    }
    if !health.has_address {
        all.push("Links are bare codes until portal.public_url is set.".to_owned());
    }
    match health.portal {
        Alive::Now => {}
        Alive::Never => all.push("Nothing serves the links yet. Start rsvp serve.".to_owned()),
        Alive::Last(seen) => {
            let ago = words(now.since(seen));
            all.push(format!("The portal stopped {ago} ago. Start rsvp serve."));
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
        assert!(troubles(&Health { waiting: 3, ..well() }, Here::default(), NOW).is_empty());
    }

    #[test]
    fn the_relay_comes_first_and_what_it_says_is_harmless() {
        let relay = RelayTrouble {
            reason: "535 no\u{1b}[2J.".to_owned(),
            next_probe_at: NOW.plus(std::time::Duration::from_secs(40)),
        };
        let all =
            troubles(&Health { relay: Some(relay), waiting: 41, portal: Alive::Never, ..well() }, Here::default(), NOW);
        assert_eq!(all[0], "Relay: 535 no\\u{1b}[2J. 41 emails are waiting. Next try in 40 s.");
        assert!(all[1].starts_with("Nothing serves the links yet"));
    }

    #[test]
    fn waiting_email_says_what_is_missing_and_nothing_where_this_program_sends_it() {
        let health = Health { waiting: 1, worker: Alive::Never, ..well() };
        let text = "1 email is waiting, and nothing sends email. Set mail.transport, then start rsvp serve.";
        assert_eq!(troubles(&health, Here::default(), NOW), [text]);
        let set = Here { has_transport: true, ..Here::default() };
        assert_eq!(troubles(&health, set, NOW), ["1 email is waiting, and nothing sends email. Start rsvp serve."]);
        assert!(troubles(&health, Here { sends: true, ..set }, NOW).is_empty());
    }
}
