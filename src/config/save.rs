//! Writing settings: into a file that keeps everything else in it, at once or not at all, readable by its owner only as
//! soon as a password is in it.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table};

use super::file;
use super::key::find;
use super::problem::{Problem, shown};
use super::redact::holds_password;
use super::source::Source;

/// New contents of a file, written beside it: what follows can only fail if the disk does. Taken away again unless kept.
pub struct Prepared {
    path: PathBuf,
    beside: PathBuf,
}

impl Prepared {
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the contents in the place of the file.
    ///
    /// # Errors
    /// A folder that can't be written to any more.
    pub fn keep(&self) -> Result<(), Problem> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
        let kept = std::fs::rename(&self.beside, &self.path)
            .and_then(|()| std::fs::File::open(folder).and_then(|folder| folder.sync_all()));
        kept.map_err(|error| unwritable(&self.path, &error))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // It is gone if it was kept.
        let _ = std::fs::remove_file(&self.beside);
    }
}

/// Sets some settings in a file, as soon as they are kept; the file is made with its folder if it is missing.
///
/// # Errors
/// A value that its setting cannot have, a file that is no settings file, a folder that cannot be written to. Nothing
/// is changed then.
pub fn prepare(path: &Path, values: &[(&'static str, String)]) -> Result<Prepared, Problem> {
    let source = Source::File(path.to_owned(), 1);
    let text = file::read(path)?.map(|read| read.text).unwrap_or_default();
    let mut document: DocumentMut = text.parse().map_err(|_| {
        Problem::new(
            "config_syntax",
            format!("the settings file {} isn't TOML, so nothing was added to it", shown(path)),
            "find out what is wrong with `rsvp config check`",
        )
    })?;
    for (name, text) in values {
        let Some(key) = find(name) else { return Err(file::unknown(name, &source)) };
        let value = key.kind.of_text(text).map_err(|wrong| Problem::wrong(name, &source, wrong))?;
        set(document.as_table_mut(), name, value.to_toml()).ok_or_else(|| {
            Problem::new(
                "config_value",
                format!("{}: a section of {name} isn't a section", shown(path)),
                "find out what is wrong with `rsvp config check`",
            )
        })?;
    }
    let has_password = values.iter().any(|(_, text)| holds_password(text));
    write(path, &document.to_string(), has_password)
}

/// The same, at once.
///
/// # Errors
/// As [`prepare`].
#[cfg(test)]
pub fn save(path: &Path, values: &[(&'static str, String)]) -> Result<(), Problem> {
    prepare(path, values)?.keep()
}

/// Writes a secret for a file of its own, for example the one that `mail.smtp.password_file` names.
///
/// # Errors
/// A folder that cannot be written to.
pub fn prepare_secret(path: &Path, secret: &str) -> Result<Prepared, Problem> {
    write(path, secret, true)
}

/// Puts a value at its place; `None` if something else is where a section should be.
fn set(root: &mut Table, name: &str, value: toml_edit::Value) -> Option<()> {
    let (sections, last) = name.rsplit_once('.')?;
    let mut table: &mut dyn toml_edit::TableLike = root;
    for section in sections.split('.') {
        let item = table.entry(section).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        table = item.as_table_like_mut()?;
    }
    match table.get_mut(last) {
        // What is around the old value, such as a comment behind it, stays.
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        _ => {
            table.insert(last, Item::Value(value));
        }
    }
    Some(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        "config_write",
        format!("{} can't be written: {error}", shown(path)),
        "check the folder, its permissions and the space left",
    )
}

/// Writes beside a file what will be in it. A file that is there keeps its owner, and its mode unless a secret comes into it; a
/// new one is its owner's only, who is whoever owns the folder where root writes.
fn write(path: &Path, text: &str, is_secret: bool) -> Result<Prepared, Problem> {
    let io = |error: std::io::Error| unwritable(path, &error);
    // A link stays a link: the file it leads to is replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or_else(|| Path::new("/"));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    let beside = beside(&path);
    let _ = std::fs::remove_file(&beside);
    let (owner, is_new) = match std::fs::metadata(&path) {
        Ok(metadata) => (metadata, false),
        Err(_) => (std::fs::metadata(folder).map_err(io)?, true),
    };
    let mode = if is_new || is_secret { 0o600 } else { owner.mode() & 0o7777 };
    let prepared = Prepared { path: path.clone(), beside };
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&prepared.beside)?;
        file.write_all(text.as_bytes())?;
        let written = file.metadata()?;
        if (written.uid(), written.gid()) != (owner.uid(), owner.gid()) && rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&prepared.beside, Some(owner.uid()), Some(owner.gid()))?;
        }
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()
    };
    write().map_err(io)?;
    Ok(prepared)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}
