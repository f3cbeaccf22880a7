//! Why a file can't be trusted: who can read, change or exchange it, and the command that ends it.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::login::{Us, group_name, name_of, rerun_as};
use crate::domain::command_line::shell;
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::visible;

/// A file that the organisation depends on, and that others can read, change or put another in the place of.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub struct Untrusted {
    /// What it is, with its article: `the key file`.
    what: &'static str,
    path: PathBuf,
    why: Why,
}

/// What is wrong with a file, with its links, or with a folder above it.
#[derive(Debug)]
pub(super) enum Why {
    /// Others can read it.
    Readable {
        mode: u32,
    },
    /// Others can write to it.
    Writable {
        mode: u32,
    },
    /// It, or a link to it, belongs to another login.
    Foreign {
        file: PathBuf,
        owner: u32,
    },
    /// A folder above it belongs to another login, who can exchange what is in it.
    ForeignFolder {
        folder: PathBuf,
        owner: u32,
    },
    /// Others can exchange what is in a folder above it: everybody, or a group.
    OpenFolder {
        folder: PathBuf,
        owner: u32,
        mode: u32,
        group: Option<u32>,
    },
    /// It, or a link to it, lies in a folder where every login may make files, such as `/tmp`.
    SharedFolder {
        folder: PathBuf,
        mode: u32,
    },
    /// A folder, a named pipe, a device or a socket.
    NotAFile(&'static str),
    /// It has more bytes than anything of its kind.
    TooLarge {
        most: u64,
    },
    Io(std::io::Error),
}

impl Untrusted {
    pub(super) fn new(what: &'static str, path: &Path, why: Why) -> Self {
        Self { what, path: path.to_owned(), why }
    }

    /// What the system said, where the file could not be had at all.
    #[must_use]
    pub const fn io(&self) -> Option<&std::io::Error> {
        match &self.why {
            Why::Io(error) => Some(error),
            Why::Readable { .. }
            | Why::Writable { .. }
            | Why::Foreign { .. }
            | Why::ForeignFolder { .. }
            | Why::OpenFolder { .. }
            | Why::SharedFolder { .. }
            | Why::NotAFile(_)
            | Why::TooLarge { .. } => None,
        }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.io().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Whether it, or a folder above it, belongs to another login.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(self.why, Why::Foreign { .. } | Why::ForeignFolder { .. })
    }

    /// Whether it is something else than a file of its kind.
    #[must_use]
    pub const fn is_another_kind(&self) -> bool {
        matches!(self.why, Why::NotAFile(_) | Why::TooLarge { .. })
    }

    fn message(&self) -> String {
        let (what, path) = (self.what, shown(&self.path));
        match &self.why {
            Why::Readable { mode } => format!("{what} {path} can be read by others (mode {mode:04o})"),
            Why::Writable { mode } => format!("{what} {path} can be written by others (mode {mode:04o})"),
            Why::Foreign { file, owner } if *file == self.path => {
                format!("{what} {path} belongs to another login, {}", named(*owner))
            }
            Why::Foreign { file, owner } => {
                format!("{what} {path} depends on {}, which belongs to another login, {}", shown(file), named(*owner))
            }
            Why::ForeignFolder { folder, owner } => {
                format!("another login can replace {what} {path}: {} owns {}", named(*owner), shown(folder))
            }
            Why::OpenFolder { folder, mode, group: None, .. } => {
                format!("others can replace {what} {path}: they can write to {} (mode {mode:04o})", shown(folder))
            }
            Why::OpenFolder { folder, mode, group: Some(group), .. } => {
                let group = visible(&group_name(*group)).into_owned();
                let folder = shown(folder);
                format!("others can replace {what} {path}: the group {group} can write to {folder} (mode {mode:04o})")
            }
            Why::SharedFolder { folder, mode } => format!(
                "{what} {path} can't be in {}, where every login can make files (mode {mode:04o})",
                shown(folder)
            ),
            Why::NotAFile(kind) => format!("{what} {path} is {kind}, not a file"),
            Why::TooLarge { most } => format!("{what} {path} is larger than {}", size(*most)),
            Why::Io(error) => format!("{what} {path} can't be read: {error}"),
        }
    }

    fn advice(&self) -> String {
        let us = Us::now();
        match &self.why {
            Why::Readable { .. } => format!("close it with `chmod 600 {}`", typed(&self.path)),
            Why::Writable { .. } => format!("close it with `chmod go-w {}`", typed(&self.path)),
            Why::Foreign { file, owner } => belongs_elsewhere(us, file, *owner),
            Why::ForeignFolder { folder, owner } => belongs_elsewhere(us, folder, *owner),
            Why::OpenFolder { folder, owner, .. } => format!("close it with `{}`", closing("go-w", folder, *owner)),
            Why::SharedFolder { folder, .. } => {
                let own = folder.join(format!("rsvp-{}", us.uid));
                format!("make a folder of your own with `mkdir -m 700 {}`, and name a file in that", typed(&own))
            }
            Why::NotAFile(_) | Why::TooLarge { .. } => "name another file, or move this one away".to_owned(),
            Why::Io(_) => "check the file, its permissions and the disk it is on".to_owned(),
        }
    }
}

impl Explain for Untrusted {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        match &self.why {
            Why::Foreign { .. } | Why::ForeignFolder { .. } => "file_foreign",
            Why::Readable { .. } | Why::Writable { .. } | Why::OpenFolder { .. } | Why::SharedFolder { .. } => {
                "file_open"
            }
            Why::NotAFile(_) | Why::TooLarge { .. } => "file_invalid",
            Why::Io(_) => "file_io",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(self.advice())
    }
}

/// What to do about what another login owns. Root runs as that login; anybody else may have been given the file.
fn belongs_elsewhere(us: Us, path: &Path, owner: u32) -> String {
    let command = rerun_as(&name_of(owner));
    if us.uid == 0 {
        return format!("run rsvp as that login: `{command}`");
    }
    let ours = format!("sudo chown {} {}", shell(&name_of(us.uid)), typed(path));
    format!("run rsvp as that login: `{command}`; or if it is yours, take it with `{ours}`")
}

/// The command that takes rights away from a folder, for whoever may.
pub(super) fn closing(rights: &str, folder: &Path, owner: u32) -> String {
    let sudo = if owner == Us::now().uid { "" } else { "sudo " };
    format!("{sudo}chmod {rights} {}", typed(folder))
}

fn named(uid: u32) -> String {
    visible(&name_of(uid)).into_owned()
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// A path as it is typed in a command.
fn typed(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = text.chars().all(|c| c == '/' || shell(&c.to_string()).len() == c.len_utf8());
    if plain { text.into_owned() } else { visible(&shell(&text)).into_owned() }
}

fn size(bytes: u64) -> String {
    if bytes >= 1024 * 1024 { format!("{} MiB", bytes / (1024 * 1024)) } else { format!("{} KiB", bytes / 1024) }
}

/// What something is that is no file, with its article.
pub(super) fn kind_of(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_symlink() {
        "a link"
    } else {
        "a device"
    }
}
