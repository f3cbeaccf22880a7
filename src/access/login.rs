//! The logins of this machine: whose a file is, and the command that runs rsvp as somebody.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::domain::code::CodeOrLink;
use crate::domain::command_line::shell;
use crate::domain::text::visible;

/// Who looks: a login and its own group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Us {
    pub uid: u32,
    pub gid: u32,
}

impl Us {
    /// The login that this process acts as.
    pub fn now() -> Self {
        Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
    }

    /// Whether what belongs to this login is as good as ours: root can change everything anyway.
    pub const fn trusts(self, owner: u32) -> bool {
        owner == self.uid || owner == 0
    }
}

/// The login to run as for what belongs to the owner of this path, or of the nearest folder above it that can be seen:
/// a name, or `#` and a number. What belongs to root is the group's, if that is a login's own; otherwise it is nobody's.
#[must_use]
pub fn login(path: &Path) -> Option<String> {
    let metadata = path.ancestors().find_map(|one| std::fs::metadata(one).ok())?;
    let logins = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    match (metadata.uid(), metadata.gid()) {
        (0, 0) => None,
        (0, gid) => login_with(&logins, 3, gid),
        (uid, _) => Some(login_with(&logins, 2, uid).unwrap_or_else(|| format!("#{uid}"))),
    }
}

/// The name of the login with this number, or `#` and the number.
#[must_use]
pub fn name_of(uid: u32) -> String {
    let logins = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    login_with(&logins, 2, uid).unwrap_or_else(|| format!("#{uid}"))
}

/// The name of the group with this number, or `#` and the number.
#[must_use]
pub(super) fn group_name(gid: u32) -> String {
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    login_with(&groups, 2, gid).unwrap_or_else(|| format!("#{gid}"))
}

/// The number of a login that [`login`] answered.
#[must_use]
pub fn number(login: &str) -> Option<u32> {
    if let Some(number) = login.strip_prefix('#') {
        return number.parse().ok();
    }
    let logins = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = logins.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.find(|fields| fields.first() == Some(&login))?.get(2)?.parse().ok()
}

/// The first entry of `/etc/passwd` or `/etc/group` with this number in a column.
fn login_with(entries: &str, column: usize, number: u32) -> Option<String> {
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = entries.lines().map(fields);
    lines.find(|fields| fields.get(column).is_some_and(|field| *field == number.to_string())).map(|mut f| f.remove(0))
}

/// Whether root would make a file in a folder of another login, who could not use it then.
#[must_use]
pub fn is_for_another_login(path: &Path) -> bool {
    let folder = path.ancestors().skip(1).find_map(|folder| std::fs::metadata(folder).ok());
    rustix::process::geteuid().is_root() && folder.is_some_and(|folder: Metadata| folder.uid() != 0)
}

/// The command that opens rsvp as this login.
#[must_use]
pub fn run_as(login: &str) -> String {
    format!("sudo -u {} rsvp", shell(login))
}

/// The command that does as this login what this process was asked for.
#[must_use]
pub fn rerun_as(login: &str) -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    with_arguments(&run_as(login), arguments)
}

fn with_arguments(command: &str, arguments: impl Iterator<Item = String>) -> String {
    // A code isn't repeated where a log may keep it: the command reads it from stdin as well.
    let repeated = |argument: String| if CodeOrLink::parse(&argument).is_ok() { "-".to_owned() } else { argument };
    arguments.map(repeated).fold(command.to_owned(), |line, argument| format!("{line} {}", visible(&shell(&argument))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Code;

    #[test]
    fn a_login_is_found_by_its_number_or_by_its_group() {
        let logins = "root:x:0:0:root:/root:/bin/sh\nrsvp:x:998:997::/var/lib/rsvp:/bin/sh\n";
        assert_eq!(login_with(logins, 2, 998).as_deref(), Some("rsvp"));
        assert_eq!(login_with(logins, 3, 997).as_deref(), Some("rsvp"));
        assert_eq!(login_with(logins, 2, 997), None);
        assert_eq!(run_as("#998"), "sudo -u '#998' rsvp");
    }

    #[test]
    fn the_command_for_another_login_repeats_no_code() {
        let code = Code { id: 7, mac: [3; 16] }.format();
        for given in [code.clone(), format!("https://rsvp.example.org/i/{code}")] {
            let line = with_arguments(&run_as("rsvp"), ["accept".to_owned(), given].into_iter());
            assert_eq!(line, "sudo -u rsvp rsvp accept -");
        }
    }

    #[test]
    fn the_command_for_another_login_has_the_same_arguments_as_a_shell_reads_them() {
        let arguments = ["invite", "o'hara@example.org", "--name", "Ada Lovelace", ""].map(str::to_owned);
        let line = with_arguments(&run_as("rsvp"), arguments.into_iter());
        assert_eq!(line, r"sudo -u rsvp rsvp invite 'o'\''hara@example.org' --name 'Ada Lovelace' ''");
    }
}
