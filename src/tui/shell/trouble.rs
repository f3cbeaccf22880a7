//! What the head's third row says: why mail does not flow or links are not served, and what to do. The most pressing
//! first; nothing when all is well.

use crate::app::upkeep::health::Health;
use crate::domain::explain::ASK_THE_OPERATOR;
use crate::domain::node::Alive;
use crate::domain::text::visible;
use crate::domain::time::{Timestamp, words};
use crate::tui::ctx::Here;
use crate::tui::refused::sentence;

/// The troubles in their order, each in one sentence; in a restricted session without commands, which nobody can type there.
pub fn troubles(health: &Health, (here, is_restricted): (Here, bool), now: Timestamp) -> Vec<String> {
    let mut all = Vec::new();
    let do_it = |command: &str| if is_restricted { sentence(ASK_THE_OPERATOR) } else { command.to_owned() };
    let waiting = |count: u64| {
        if count == 1 { "1 email is waiting".to_owned() } else { format!("{count} emails are waiting") }
    };
    if health.held_at.is_some() {
        let what = do_it("Run rsvp release mail.");
        all.push(format!("A backup was restored, so {}. {what}", waiting(health.waiting)));
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
        let what = do_it(what);
        all.push(format!("{}, and nothing sends email. {what}", waiting(health.waiting)));
    }
    if here.demo {
        return all;
    }
    if !health.has_address {
        let until = if is_restricted { "the portal has an address" } else { "portal.public_url is set" };
        all.push(format!("Links are bare codes until {until}."));
    }
    match health.portal {
        Alive::Now => {}
        Alive::Never => all.push(format!("Nothing serves the links yet. {}", do_it("Start rsvp serve."))),
        Alive::Last(seen) => {
            let ago = words(now.since(seen));
            all.push(format!("The portal stopped {ago} ago. {}", do_it("Start rsvp serve.")));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::upkeep::health::RelayTrouble;
    use crate::domain::explain::is_for_a_shell;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn well() -> Health {
        Health { portal: Alive::Now, worker: Alive::Now, has_address: true, ..Health::default() }
    }

    #[test]
    fn nothing_is_said_when_all_is_well() {
        assert!(troubles(&Health { waiting: 3, ..well() }, (Here::default(), false), NOW).is_empty());
    }

    #[test]
    fn the_relay_comes_first_and_what_it_says_is_harmless() {
        let relay = RelayTrouble {
            reason: "535 no\u{1b}[2J.".to_owned(),
            next_probe_at: NOW.plus(std::time::Duration::from_secs(40)),
        };
        let all = troubles(
            &Health { relay: Some(relay), waiting: 41, portal: Alive::Never, ..well() },
            (Here::default(), false),
            NOW,
        );
        assert_eq!(all[0], "Relay: 535 no\\u{1b}[2J. 41 emails are waiting. Next try in 40 s.");
        assert!(all[1].starts_with("Nothing serves the links yet"));
    }

    #[test]
    fn waiting_email_says_what_is_missing_and_nothing_where_this_program_sends_it() {
        let health = Health { waiting: 1, worker: Alive::Never, ..well() };
        let text = "1 email is waiting, and nothing sends email. Set mail.transport, then start rsvp serve.";
        assert_eq!(troubles(&health, (Here::default(), false), NOW), [text]);
        let set = Here { has_transport: true, ..Here::default() };
        assert_eq!(
            troubles(&health, (set, false), NOW),
            ["1 email is waiting, and nothing sends email. Start rsvp serve."]
        );
        assert!(troubles(&health, (Here { sends: true, ..set }, false), NOW).is_empty());
    }

    #[test]
    fn a_restricted_session_is_told_of_no_command_and_no_setting() {
        let stopped = Health { waiting: 2, worker: Alive::Never, portal: Alive::Last(NOW), ..Health::default() };
        let held = Health { held_at: Some(NOW), ..stopped.clone() };
        let never = Health { portal: Alive::Never, ..stopped.clone() };
        for health in [stopped, held, never] {
            for has_transport in [false, true] {
                let here = Here { has_transport, ..Here::default() };
                assert!(troubles(&health, (here, false), NOW).iter().any(|text| is_for_a_shell(text)));
                for text in troubles(&health, (here, true), NOW) {
                    assert!(!is_for_a_shell(&text), "{text}");
                }
            }
        }
    }
}
