//! What every error of a use case can say of itself, so that each front door shows it in its own way.

/// What kind of failure it is: decides the exit status and the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something broke: the database, the relay, the disk.
    Failed,
    /// What was given is not what it should be.
    Invalid,
    /// A rule forbids it.
    Refused,
    /// There is no such thing.
    NotFound,
    /// Somebody else changed it meanwhile.
    Changed,
    /// Nobody knows whether it was done: the database server went away in the middle of storing it.
    Unknown,
}

/// Whether this process, or the whole machine, has as many files and connections open as it may.
#[must_use]
pub fn is_out_of_descriptors(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].into_iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// What to do where [`is_out_of_descriptors`].
pub const OUT_OF_DESCRIPTORS: &str =
    "too many files and connections are open: raise LimitNOFILE of the service's unit (or `ulimit -n`)";

/// What to do about what only the operator can change.
pub const ASK_THE_OPERATOR: &str = "ask whoever runs this server";

/// What to do about what isn't there, for whoever has no command to look for it.
pub const LOOK_AGAIN: &str = "check the spelling, or search for it in the list";

/// Whether a text names a command, an option, a setting, a variable or a file, all of which need a shell. Rather too often than
/// too seldom: what is taken for one costs a reader a hint.
#[must_use]
pub fn is_for_a_shell(text: &str) -> bool {
    let is_between = |c: char| c.is_whitespace() || "()\u{201c}\u{201d}\"',;".contains(c);
    let mut words = text.split(is_between).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        let is_option = word.starts_with("--") && word.len() > 2;
        let is_path = word.starts_with('/') && word.len() > 1 || word.starts_with("docs/") || word.starts_with("~/");
        let is_setting = word.contains('.')
            && word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
        // LimitNOFILE, PGOPTIONS.
        let is_loud =
            word.chars().filter(char::is_ascii_uppercase).count() >= 4 && word.chars().all(char::is_alphanumeric);
        let is_program = ["sudo", "chmod", "createdb", "systemctl", "timedatectl"].contains(&word);
        let is_ours = word == "rsvp"
            && words.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'));
        if word.contains('`') || is_option || is_path || is_setting || is_loud || is_program || is_ours {
            return true;
        }
    }
    false
}

/// An error that says what it is in one word, and what to do next.
pub trait Explain: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> Kind;

    /// A stable word for scripts, in snake case: `already_active`.
    fn code(&self) -> &'static str;

    /// What to do next, where there is something to do.
    fn hint(&self) -> Option<String> {
        None
    }

    /// The same for somebody who has no shell: a command or a setting is for whoever runs the server.
    fn hint_for(&self, has_shell: bool) -> Option<String> {
        let hint = self.hint()?;
        if has_shell || !is_for_a_shell(&hint) {
            return Some(hint);
        }
        let instead = match self.kind() {
            Kind::NotFound => LOOK_AGAIN,
            Kind::Failed | Kind::Invalid | Kind::Refused | Kind::Changed | Kind::Unknown => ASK_THE_OPERATOR,
        };
        Some(instead.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_shell_is_told_from_what_does_not() {
        for text in [
            "find the address with `rsvp list --search`",
            "start rsvp serve",
            "set mail.transport",
            "free space in /var/lib/rsvp",
            "give it with --yes",
            "see docs/backup.md",
            "leave `options` out of database.url, and unset PGOPTIONS",
        ] {
            assert!(is_for_a_shell(text), "{text}");
        }
        for text in [
            "resend the invitation instead",
            "ask an administrator",
            "wait a minute for that email. then send it",
            "look at the user again, and/or close rsvp.",
            "sign in again at 9.30",
        ] {
            assert!(!is_for_a_shell(text), "{text}");
        }
    }
}
