//! Why something was not done, in words, as an answer brings it to a screen.

use super::me::Me;
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::policy::Denied;
use crate::domain::text::capital;
use crate::domain::user::User;

/// Why something was not done, with what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Whether somebody else's change, a rule or a failure is why.
    pub kind: Kind,
    /// What happened, as a whole clause that begins small.
    pub message: String,
    /// What to do, the same way.
    pub hint: Option<String>,
    /// What somebody without a shell can do.
    pub hint_without_shell: Option<String>,
    /// Whether whoever sits here may not be here any more.
    pub ends_session: bool,
}

impl Refused {
    /// Message and hint as sentences: `This user is already active. Send a password reset instead.`
    pub fn sentences(&self, me: &Me) -> String {
        self.sentences_with(if me.restricted { self.hint_without_shell.as_deref() } else { self.hint.as_deref() })
    }

    /// The same for somebody who has a shell: whoever types a password to sign in, or sets up.
    pub fn with_commands(&self) -> String {
        self.sentences_with(self.hint.as_deref())
    }

    fn sentences_with(&self, hint: Option<&str>) -> String {
        let hint = hint.map_or(String::new(), |hint| format!(" {}", sentence(hint)));
        format!("{}{hint}", sentence(&self.message))
    }
}

/// A clause as a sentence of its own: a capital letter at its beginning, unless an address stands there, and a full
/// stop at its end.
pub fn sentence(clause: &str) -> String {
    let clause = clause.trim_end();
    let is_address = clause.split(' ').next().is_some_and(|first| first.contains('@'));
    sentence_end(&if is_address { clause.to_owned() } else { capital(clause) })
}

fn sentence_end(clause: &str) -> String {
    let end = if clause.ends_with(['.', '?', '!', '\u{2026}']) { "" } else { "." };
    format!("{clause}{end}")
}

/// A refusal of the policy and what to do, as one clause.
pub fn clause(denied: Denied) -> String {
    denied.hint().map_or_else(|| denied.to_string(), |hint| format!("{denied}; {hint}"))
}

/// A clause about somebody, as a sentence that names them: `Ada Lovelace is already active.`
pub fn about(name: &Name, clause: &str) -> String {
    match clause.strip_prefix("this user ") {
        // A name is as its owner writes it.
        Some(rest) => format!("{name} {}", sentence_end(rest)),
        None => format!("{name}: {}", sentence(clause)),
    }
}

impl<E: Explain> From<E> for Refused {
    fn from(error: E) -> Self {
        let ends = [Denied::NoAuthority, Denied::PasswordChanged, Denied::KeyClosed]
            .iter()
            .any(|denied| denied.code() == error.code());
        Self {
            kind: error.kind(),
            message: error.to_string(),
            hint: error.hint(),
            hint_without_shell: error.hint_for(false),
            ends_session: ends,
        }
    }
}

/// Why a form was not saved.
#[derive(Debug, Clone)]
pub struct Unsaved {
    pub refused: Refused,
    /// What somebody else made of the user meanwhile, where that is why.
    pub theirs: Option<Box<User>>,
}

impl From<Refused> for Unsaved {
    fn from(refused: Refused) -> Self {
        Self { refused, theirs: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Failure;

    #[test]
    fn message_and_hint_are_two_sentences() {
        let refused = Refused::from(Denied::AlreadyActive);
        let me = crate::tui::tests::operator();
        assert_eq!(refused.sentences(&me), "This user is already active. Send a password reset instead.");
        // Somebody whom an SSH key brought here is told of no command.
        let gone = Refused::from(Failure::NoUser("#7".to_owned()));
        assert!(gone.sentences(&me).contains("`rsvp list --search`"));
        let restricted = Me { restricted: true, ..me };
        assert_eq!(
            gone.sentences(&restricted),
            "There is no user #7. Check the spelling, or search for it in the list."
        );
        assert!(!refused.ends_session && Refused::from(Denied::NoAuthority).ends_session);
        assert_eq!(sentence("what now?"), "What now?");
        assert_eq!(sentence("zoe@example.org is taken"), "zoe@example.org is taken.");
        let ada = Name::stored("Ada Lovelace".to_owned());
        assert_eq!(about(&ada, &Denied::AlreadyActive.to_string()), "Ada Lovelace is already active.");
        let noa = Name::parse("de Vries").unwrap();
        assert_eq!(about(&noa, &Denied::AlreadyActive.to_string()), "de Vries is already active.");
        assert_eq!(about(&ada, &Denied::Yourself.to_string()), "Ada Lovelace: You can't do this to yourself.");
    }
}
