//! `rsvp backup`, `rsvp restore-backup` and `rsvp migrate --to`: what is said and asked.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::args;
use super::ask;
use super::out::{Failed, Out, Status, Usage};
use crate::app::upkeep::backup::{self, Completed, CopyProgress, Note, ThinnedOut};
use crate::app::upkeep::restore_backup::{Backup, OldDatabase, Restored};
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::text::{counted, visible};
use crate::domain::time::Timestamp;

/// How a line begins that says what could go wrong.
const WARNING: &str = "WARNING: ";

/// How the name of a backup begins and ends that a folder holds.
const NAMED: (&str, &str) = ("rsvp-", ".db");

/// `rsvp backup FILE`
pub async fn run(app: &App, actor: &Actor, args: &args::Backup, out: Out) -> Result<Status, Failed> {
    let Some(file) = &args.file else { return Ok(Status::Done) };
    let folder = file.is_dir().then_some(file.as_path());
    if args.keep.is_some() && folder.is_none() {
        let hint = "name a folder that exists";
        return Err(Usage::new(format!("{} isn't a folder, and --keep is about one", shown(file)), hint).into());
    }
    let progress = Progress::new(out);
    let note = &|so_far| progress.note(so_far);
    let done = match folder {
        None => backup::run(app, actor, file, note).await.map(|done| (done, file.clone())),
        Some(folder) => into_folder(app, actor, folder, note).await,
    };
    progress.end();
    let (done, target) = done?;
    let thinned_out = match (folder, args.keep) {
        (Some(folder), Some(keep)) => backup::thin_out(app, folder, &target, keep.into()).await,
        _ => ThinnedOut::default(),
    };
    let removed = thinned_out.removed;
    let users = done.completed.rows.get("users").copied().unwrap_or(0);
    let data = json!({
        "file": shown(&target),
        "made_at": done.completed.made_at.rfc3339(),
        "users": users,
        "removed": removed,
    });
    out.data(&data, || {
        let mut text = format!("Backed up {} into {} and checked it.", users_of(&done.completed), shown(&target));
        if removed > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, " Removed {}.", counted(removed, "older backup"));
        }
        text
    });
    out.message("It doesn't hold the key. Keep a copy of that elsewhere: rsvp key export FILE");
    if let Some(failure) = done.unrecorded {
        out.message("The backup is complete, but the audit log doesn't say so:");
        return Err(failure.into());
    }
    match thinned_out.failed {
        Some(failed) => Err(failed.into()),
        None => Ok(Status::Done),
    }
}

/// Backs up into a folder, under a name that nothing has yet: another one may take it meanwhile.
async fn into_folder(
    app: &App,
    actor: &Actor,
    folder: &Path,
    note: Note<'_>,
) -> Result<(backup::Done, PathBuf), Failure> {
    loop {
        let target = dated(folder, app.now());
        match backup::run(app, actor, &target, note).await {
            Err(failure) if failure.is_taken() && dated(folder, app.now()) != target => {}
            done => return done.map(|done| (done, target)),
        }
    }
}

/// `rsvp backup --check FILE`
pub fn checked(backup: &Backup, out: Out) -> Status {
    out.data(&described(backup), || {
        let made_at = backup.completed.made_at.rfc3339();
        format!("{} is complete and in order: {}, as of {made_at}.", shown(&backup.path), users_of(&backup.completed))
    });
    Status::Done
}

fn described(backup: &Backup) -> Value {
    json!({
        "file": shown(&backup.path),
        "made_at": backup.completed.made_at.rfc3339(),
        "program": backup.completed.program,
        "organisation": backup.installation.organisation.as_str(),
        "key": backup.installation.key_fingerprint,
        "rows": backup.completed.rows,
    })
}

fn users_of(completed: &Completed) -> String {
    counted(completed.rows.get("users").copied().unwrap_or(0), "user")
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// A name in a folder that says when the backup was made, and that nothing has yet.
fn dated(folder: &Path, now: Timestamp) -> PathBuf {
    let stamp = now.rfc3339().replace(['-', ':'], "");
    let first = folder.join(format!("{}{stamp}{}", NAMED.0, NAMED.1));
    let more = (2..100).map(|n| folder.join(format!("{}{stamp}-{n}{}", NAMED.0, NAMED.1)));
    std::iter::once(first.clone()).chain(more).find(|name| !name.exists()).unwrap_or(first)
}

/// How far a copy is, on a terminal that shows it.
pub struct Progress {
    shows: bool,
    percent: AtomicU64,
}

impl Progress {
    #[must_use]
    pub fn new(out: Out) -> Self {
        Self { shows: !out.json && std::io::stderr().is_terminal(), percent: AtomicU64::new(u64::MAX) }
    }

    pub fn note(&self, so_far: CopyProgress) {
        let percent = so_far.done.saturating_mul(100).checked_div(so_far.of).unwrap_or(0).min(100);
        if self.shows && self.percent.swap(percent, Ordering::Relaxed) != percent {
            let _ = write!(std::io::stderr().lock(), "\r{percent:3} %");
        }
    }

    /// Takes the line away.
    pub fn end(&self) {
        if self.shows && self.percent.load(Ordering::Relaxed) != u64::MAX {
            let _ = write!(std::io::stderr().lock(), "\r     \r");
        }
    }
}

/// What restoring a backup would mean.
pub struct Outlook<'a> {
    pub backup: &'a Backup,
    pub old: &'a OldDatabase,
    /// Whose the database is that it replaces, if it is another organisation's.
    pub other: Option<&'a str>,
    /// Where the organisation is.
    pub database: &'a str,
    /// How many people were erased since; nothing where nobody knows.
    pub erased: Option<usize>,
    /// Where the list of them should be.
    pub list: &'a Path,
}

impl Outlook<'_> {
    fn lines(&self) -> Vec<String> {
        let Backup { completed, installation, .. } = self.backup;
        let mut lines = vec![format!(
            "The backup of {} from {} has {}.",
            visible(installation.organisation.as_str()),
            completed.made_at.rfc3339(),
            users_of(completed)
        )];
        if let Some(other) = self.other {
            lines.push(format!(
                "{WARNING}it replaces {}, which belongs to a DIFFERENT organisation, {other}. What is replaced is kept beside it.",
                self.database
            ));
        } else if self.old.exists {
            let lost = match self.old.later_changes {
                Some(0) => "nothing was changed since".to_owned(),
                Some(entries) => format!("{} since then will be gone", counted(entries, "recorded change")),
                None => "it can't be read, so nobody knows what was changed since".to_owned(),
            };
            lines.push(format!("It replaces {}: {lost}. What is replaced is kept beside it.", self.database));
        } else {
            lines.push(format!("It becomes {}.", self.database));
        }
        if let Some(to) = &self.old.moved_to {
            lines.push(format!(
                "{WARNING}the organisation in {} was moved to {}, and goes on there.",
                self.database,
                visible(to)
            ));
        }
        lines.push("Every link in it stops working, and email waits until you run rsvp release mail.".to_owned());
        match self.erased {
            Some(0) => {}
            Some(people) => lines.push(format!(
                "{} on the list of erased people {} erased again if the backup brings them back.",
                counted(people as u64, "number"),
                if people == 1 { "is" } else { "are" }
            )),
            None => lines.push(format!(
                "{WARNING}{} isn't there: the list of erased people, and beside it the highest numbers. People who were \
                 erased since the backup come back, and numbers may be given twice. Copy both files here from another \
                 machine that has the key.",
                shown(self.list)
            )),
        }
        lines
    }

    fn to_json(&self) -> Value {
        let mut data = described(self.backup);
        data["database"] = self.database.into();
        data["replaces"] = self.old.exists.into();
        data["other_organisation"] = self.other.into();
        data["changes_lost"] = self.old.later_changes.into();
        data["erased"] = self.erased.into();
        data
    }

    /// `--dry-run`
    pub fn report(&self, out: Out) -> Status {
        out.data(&self.to_json(), || self.lines().join("\n"));
        Status::Done
    }

    /// Says what could go wrong, where nobody is asked.
    pub fn warn(&self, out: Out) {
        for line in self.lines().iter().filter(|line| line.starts_with(WARNING)) {
            out.message(line);
        }
    }

    /// Says what it means and asks.
    pub fn sure(&self) -> Result<bool, Failed> {
        ask::sure(&self.lines(), "Restore this backup?")
    }
}

/// What came of `rsvp restore-backup`.
pub fn restored(outlook: &Outlook<'_>, done: &Restored, aside: Option<&Path>, out: Out) -> Status {
    let mut data = outlook.to_json();
    data["links_ended"] = done.links.all().into();
    data["erased_again"] = done.erased.into();
    data["kept"] = aside.map(shown).into();
    out.data(&data, || {
        let mut lines = vec![format!("The backup of {} is restored.", outlook.backup.completed.made_at.rfc3339())];
        lines.extend(aside.map(|aside| format!("What it replaced is in {}.", shown(aside))));
        if done.erased > 0 {
            let people =
                if done.erased == 1 { "1 person was".to_owned() } else { format!("{} people were", done.erased) };
            lines.push(format!("{people} erased again."));
        }
        lines.join("\n")
    });
    if done.links.invitations > 0 {
        let works = if done.links.invitations == 1 { "works" } else { "work" };
        let count = counted(done.links.invitations, "invitation");
        out.message(&format!("{count} no longer {works}. Send them again with: rsvp resend --view invited"));
    }
    out.message("Email waits. See what would leave with `rsvp mail list --state queued`, then run: rsvp release mail");
    Status::Done
}

/// What came of `rsvp migrate --to`.
pub fn moved(place: &str, settings: &[String], out: Out) -> Status {
    out.data(&json!({ "moved_to": place }), || format!("The organisation is in {place} now; every row was compared."));
    out.message("Set this, then start rsvp again:");
    for line in settings {
        out.message(&format!("  {line}"));
    }
    Status::Done
}
