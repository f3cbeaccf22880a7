//! The folders on the way to a file, and whether others can exchange what is in one of them.
//!
//! The way is walked as the system walks it, link by link: a link can be exchanged in its own folder, and each folder on
//! the way to where it leads in the one above.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{Metadata, metadata, symlink_metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::login::Us;
use super::untrusted::{Untrusted, Why, closing};

/// Most links on one way, as Linux has it.
const MOST_LINKS: usize = 40;

/// What a stop on the way is to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// A folder above another folder on the way.
    Above,
    /// The folder that holds the file, or a link to it.
    Holds,
    /// A link.
    Link,
}

/// A folder that our own group can write to. Whether that is anybody else, only the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupFolder {
    pub folder: PathBuf,
    /// The lowest twelve bits of its permissions.
    pub mode: u32,
    /// The command that takes the group's right away.
    pub command: String,
}

/// Whether nobody but this login and root can put another file at this path, whether there is one or not; answers the
/// folders on the way that our own group can write to.
///
/// # Errors
/// The first link or folder on the way that is another login's, or that others can write to.
pub fn judge(what: &'static str, path: &Path) -> Result<Vec<GroupFolder>, Untrusted> {
    let us = Us::now();
    let mut group = Vec::new();
    let walked = walk(path, |at, metadata, stop| match verdict(us, at, metadata, stop)? {
        Verdict::Private => Ok(()),
        Verdict::Group => {
            let found = GroupFolder {
                folder: at.to_owned(),
                mode: metadata.mode() & 0o7777,
                command: closing("g-w", at, metadata.uid()),
            };
            if !group.contains(&found) {
                group.push(found);
            }
            Ok(())
        }
    });
    walked.map_err(|why| Untrusted::new(what, path, why))?;
    Ok(group)
}

/// What nobody but us and root can exchange.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Private,
    /// But for our own group.
    Group,
}

fn verdict(us: Us, at: &Path, metadata: &Metadata, stop: Stop) -> Result<Verdict, Why> {
    let (owner, gid, mode) = (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777);
    let folder = at.to_owned();
    if stop == Stop::Link {
        return if us.trusts(owner) { Ok(Verdict::Private) } else { Err(Why::Foreign { file: folder, owner }) };
    }
    if !us.trusts(owner) {
        return Err(Why::ForeignFolder { folder, owner });
    }
    let (by_group, by_others) = (mode & 0o020 != 0, mode & 0o002 != 0);
    // What belongs to somebody stays theirs in root's sticky folder; but anybody can make a file beside it.
    let is_sticky = mode & 0o1000 != 0 && owner == 0 && (by_group || by_others);
    match stop {
        Stop::Above if is_sticky => Ok(Verdict::Private),
        Stop::Holds if is_sticky && by_others => Err(Why::SharedFolder { folder, mode }),
        Stop::Above | Stop::Holds | Stop::Link => match (by_others, by_group) {
            (true, _) => Err(Why::OpenFolder { folder, owner, mode, group: None }),
            (false, true) if gid == us.gid => Ok(Verdict::Group),
            (false, true) => Err(Why::OpenFolder { folder, owner, mode, group: Some(gid) }),
            (false, false) => Ok(Verdict::Private),
        },
    }
}

/// Shows each folder and each link on the way to a path, as far as it exists and can be entered.
fn walk<E>(path: &Path, mut visit: impl FnMut(&Path, &Metadata, Stop) -> Result<(), E>) -> Result<(), E> {
    let Ok(path) = std::path::absolute(path) else { return Ok(()) };
    let mut rest = parts(&path);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(next) = rest.pop_front() {
        if next == ".." {
            at.pop();
            continue;
        }
        let inner = at.join(&next);
        let found = symlink_metadata(&inner).ok();
        let is_link = found.as_ref().is_some_and(Metadata::is_symlink);
        let stop = if is_link || rest.is_empty() { Stop::Holds } else { Stop::Above };
        let Ok(folder) = metadata(&at) else { return Ok(()) };
        visit(&at, &folder, stop)?;
        let Some(found) = found else { return Ok(()) };
        if is_link {
            visit(&inner, &found, Stop::Link)?;
            links += 1;
            let Some(target) = std::fs::read_link(&inner).ok().filter(|_| links <= MOST_LINKS) else { return Ok(()) };
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            for part in parts(&target).into_iter().rev() {
                rest.push_front(part);
            }
        } else if found.is_dir() {
            at = inner;
        } else {
            return Ok(());
        }
    }
    Ok(())
}

/// The names of a path, one after the other.
fn parts(path: &Path) -> VecDeque<OsString> {
    let named = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::domain::explain::Explain as _;

    const WHAT: &str = "the key file";

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// What is wrong with a path, and the command that ends it; nothing if nobody can exchange the file.
    fn wrong(path: &Path) -> Option<(String, String)> {
        judge(WHAT, path).err().map(|error| (error.to_string(), error.hint().unwrap()))
    }

    #[test]
    fn a_folder_is_open_when_somebody_else_can_exchange_what_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("rsvp");
        fs::create_dir(&folder).unwrap();
        let file = folder.join("rsvp.key");
        for there in [false, true] {
            if there {
                fs::write(&file, "").unwrap();
            }
            for (bits, is_open) in [(0o700, false), (0o755, false), (0o702, true), (0o777, true), (0o1777, true)] {
                mode(&folder, bits);
                assert_eq!(wrong(&file).is_some(), is_open, "{bits:o}");
            }
        }
        mode(&folder, 0o777);
        let (what, hint) = wrong(&file).unwrap();
        let shown = folder.display();
        assert_eq!(
            what,
            format!("others can replace the key file {}: they can write to {shown} (mode 0777)", file.display())
        );
        assert_eq!(hint, format!("close it with `chmod go-w {shown}`"));
    }

    #[test]
    fn each_folder_above_counts_and_a_sticky_one_of_roots_may_only_be_above() {
        let place = tempfile::tempdir().unwrap();
        let (outer, inner) = (place.path().join("outer"), place.path().join("outer/inner"));
        fs::create_dir_all(&inner).unwrap();
        let file = inner.join("rsvp.key");
        assert_eq!(wrong(&file), None);
        mode(&outer, 0o777);
        assert!(wrong(&file).unwrap().1.ends_with(&format!("`chmod go-w {}`", outer.display())));
        mode(&outer, 0o1777);
        let is_root = Us::now().uid == 0;
        assert_eq!(wrong(&file).is_some(), !is_root, "only root's sticky folder keeps what is in it");
        assert!(wrong(&outer.join("rsvp.key")).is_some(), "anybody can make a file beside it");
        // What is yet to be made lies in a folder that is made for it.
        assert_eq!(wrong(&outer.join("new/rsvp.key")).is_some(), !is_root);
    }

    #[test]
    fn the_own_groups_write_is_named_and_another_groups_is_refused() {
        let us = Us { uid: 1000, gid: 1000 };
        let place = tempfile::tempdir().unwrap();
        mode(place.path(), 0o775);
        let metadata = metadata(place.path()).unwrap();
        let here = Us { uid: metadata.uid(), gid: metadata.gid() };
        let at = place.path();
        for stop in [Stop::Above, Stop::Holds] {
            assert_eq!(verdict(here, at, &metadata, stop).unwrap(), Verdict::Group);
            let other_group = Us { gid: metadata.gid() + 1, ..here };
            let refused = verdict(other_group, at, &metadata, stop);
            assert!(matches!(refused, Err(Why::OpenFolder { group: Some(group), .. }) if group == metadata.gid()));
        }
        assert_eq!(
            judge(WHAT, &at.join("f")).unwrap(),
            [GroupFolder { folder: at.to_owned(), mode: 0o775, command: format!("chmod g-w {}", at.display()) }]
        );
        assert!(us.trusts(0) && us.trusts(1000) && !us.trusts(1001));
    }

    #[test]
    fn the_folder_of_each_link_counts_too() {
        let place = tempfile::tempdir().unwrap();
        let [open, closed] = ["open", "closed"].map(|name| place.path().join(name));
        fs::create_dir(&open).unwrap();
        fs::create_dir(&closed).unwrap();
        fs::write(closed.join("rsvp.key"), "").unwrap();
        mode(&open, 0o777);
        for (link, target) in [
            // A link to the file, a relative one, one to its folder, and a link to a link.
            (open.join("rsvp.key"), closed.join("rsvp.key")),
            (open.join("relative"), PathBuf::from("../closed/rsvp.key")),
            (open.join("folder"), closed.clone()),
            (closed.join("second"), open.join("relative")),
        ] {
            symlink(target, &link).unwrap();
        }
        for path in [open.join("rsvp.key"), open.join("relative"), open.join("folder/rsvp.key"), closed.join("second")]
        {
            let (what, _) = wrong(&path).unwrap();
            assert!(what.contains(&format!("they can write to {} ", open.display())), "{what}");
        }
        mode(&open, 0o755);
        assert_eq!(wrong(&closed.join("second")), None);
        // A link that leads in a circle is for the system to refuse.
        symlink(place.path().join("circle"), place.path().join("circle")).unwrap();
        assert_eq!(wrong(&place.path().join("circle")), None);
    }
}
