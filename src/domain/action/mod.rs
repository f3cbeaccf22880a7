//! Actions: one thing an actor can do, with one name in code, key help, command line and audit log.

mod row;
mod spec;

use std::fmt;

pub use row::{Asks, Object, Precondition, Reach};
pub use spec::Action;

impl Action {
    /// The name in the audit log, in `--json` and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// Verb and object, as keys and menus write it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        self.spec().words
    }

    /// What happened, as a history line says it after the actor's name.
    #[must_use]
    pub const fn past(self) -> &'static str {
        self.spec().past
    }

    /// Whether it can be done to many at once.
    #[must_use]
    pub const fn is_for_many(self) -> bool {
        self.spec().for_many.is_some()
    }

    /// Reads the name back.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_its_own() {
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Some(action));
        }
        assert_eq!(Action::parse("frobnicate"), None);
    }

    #[test]
    fn whatever_asks_says_what_it_means_in_whole_sentences_without_keys_or_commands() {
        for action in Action::ALL {
            let spec = action.spec();
            let asks = spec.asks != Asks::Nothing;
            assert!(!asks || !spec.consequence.is_empty(), "{action}");
            assert_eq!(asks, spec.question.contains("{}"), "{action}");
            for text in [spec.consequence, spec.for_many.unwrap_or_default()] {
                assert!(text.is_empty() || text.ends_with('.'), "{action}: {text}");
                assert!(!text.contains("rsvp ") && !text.contains('`'), "{action}: {text}");
            }
            assert!(!spec.words.ends_with('.') && !spec.past.ends_with('.'), "{action}");
        }
    }

    #[test]
    fn what_is_for_many_is_chosen_and_done_to_something_stored() {
        for action in Action::ALL.into_iter().filter(|action| action.is_for_many()) {
            let spec = action.spec();
            assert!(matches!(spec.object, Object::User | Object::Mail), "{action}");
            assert_ne!(spec.reach, Reach::NotAsked, "{action}");
        }
    }
}
