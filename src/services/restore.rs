//! `rsvp backup --check`, `rsvp restore-backup` and `rsvp migrate`: what touches a database that is not the
//! organisation's own, or not yet.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::key_place::{self, KeyAway};
use super::open;
use super::system::{SystemClock, SystemRandom, origin};
use crate::app::upkeep::restore_backup::{self, Backup, OldDatabase, Restored, next_epoch};
use crate::app::upkeep::{kept, move_database};
use crate::cli::args::{Migrate, RestoreBackup};
use crate::cli::backup::{Outlook, Progress, checked, moved, restored};
use crate::cli::{Failed, Out, Status, Usage};
use crate::config::layers::{self, Argument, Inputs};
use crate::config::settings::{DatabaseLocation, Settings};
use crate::domain::actor::Actor;
use crate::domain::numbers::Numbers;
use crate::domain::time::Clock as _;
use crate::secrets::{ErasedList, KeptNumbers, Keys, Replacement, SecretsError};
use crate::store::{Draft, Installation, Store, StoreError, Upgraded};

/// `rsvp backup --check FILE`
pub async fn check(file: &Path, out: Out) -> Result<Status, Failed> {
    Ok(checked(&Store::inspect_backup(file, true).await?, out))
}

/// `rsvp migrate`
pub async fn migrate(settings: &Settings, args: &Migrate, inputs: &Inputs<'_>, out: Out) -> Result<Status, Failed> {
    if args.to.is_some() {
        return move_to(settings, args, inputs, out).await;
    }
    let done = Store::upgrade(open::database(settings, settings.database.url()?.expose()), SystemClock.now()).await?;
    let changed = done != Upgraded::Current;
    let text = if changed { "The database is up to date now." } else { "The database was up to date." };
    out.data(&serde_json::json!({ "changed": changed }), || text.to_owned());
    Ok(Status::Done)
}

async fn move_to(settings: &Settings, args: &Migrate, inputs: &Inputs<'_>, out: Out) -> Result<Status, Failed> {
    let given = |key, name, text: Option<String>| text.map(|text| Argument { key, name, text });
    let file = args.password_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let wanted =
        [given("database.url", "--to", args.to.clone()), given("database.password_file", "--password-file", file)];
    let arguments = wanted.into_iter().flatten().collect();
    let there = layers::load(&Inputs {
        environment: inputs.environment,
        file: inputs.file.clone(),
        file_may_be_new: false,
        arguments,
    })?
    .settings;
    let (database, url) = (there.database.shown(), there.database.url()?);
    let (target, setting) = match &there.database.location {
        DatabaseLocation::File(path) => (move_database::Target::File(path.clone()), move_database::url_of(path)),
        DatabaseLocation::Server(_) => {
            (move_database::Target::Server(open::database(&there, url.expose())), database.clone())
        }
    };
    let app = open::open(settings).await?;
    let progress = Progress::new(out);
    let actor = Actor::operator(origin("command"));
    let done = move_database::run(&app, &actor, &target, &setting, &|so_far| progress.note(so_far)).await;
    progress.end();
    done?;
    let mut lines = vec![format!("database.url = \"{setting}\"")];
    lines.extend(args.password_file.as_ref().map(|file| format!("database.password_file = \"{}\"", absolute(file))));
    // Where the database is named so, the key would be looked for elsewhere.
    if key_place::file(&there, app.key_fingerprint()) != *app.key_file() {
        lines.push(format!("secrets.key_file = \"{}\"", absolute(app.key_file())));
    }
    Ok(moved(&database, &lines, out))
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// What is known of an organisation beside its backup: in the database that is replaced, and beside the key.
struct Known {
    old: OldDatabase,
    /// Whose that database is, if it is another organisation's.
    other: Option<String>,
    /// Where the list of the erased is.
    list: ErasedList,
    erased: BTreeSet<i64>,
    numbers: Numbers,
    /// Whether that is all: nobody erased can come back, and no number be given twice.
    is_complete: bool,
}

async fn known(settings: &Settings, backup: &Backup, file: &Path, keys: Option<&Keys>) -> Result<Known, Failed> {
    let url = settings.database.url()?;
    let old = Store::look_at_old(open::database(settings, url.expose()), backup.last_entry, SystemClock.now()).await?;
    let (list, kept) = keys.map_or_else(
        || (ErasedList::beside(file), KeptNumbers::beside(file)),
        |keys| (keys.erased_list(), keys.kept_numbers()),
    );
    let (listed, counted) = (list.read()?, kept.read()?);
    // What another organisation erased, or counted, says nothing of this one.
    let ours = &backup.installation.key_fingerprint;
    let is_ours =
        |one: &Installation| keys.map_or(one.key_fingerprint == *ours, |keys| keys.knows(&one.key_fingerprint));
    let other = old.installation.as_ref().filter(|one| !is_ours(one)).map(|one| one.organisation.as_str().to_owned());
    let is_readable = other.is_none() && old.later_changes.is_some();
    // With the key there, the list was there too: the database that is replaced may be a copy from before an erasure.
    let is_complete = (listed.is_some() && counted.is_some()) || (is_readable && keys.is_none());
    let (mut erased, mut numbers) = (listed.unwrap_or_default(), counted.unwrap_or_default());
    if other.is_none() {
        erased.extend(old.erased.iter().copied());
        numbers = numbers.max(&old.numbers);
    }
    Ok(Known { old, other, list, erased, numbers, is_complete })
}

/// `rsvp restore-backup FILE`
pub async fn restore(settings: &Settings, args: &RestoreBackup, out: Out) -> Result<Status, Failed> {
    let backup = Store::inspect_backup(&args.file, false).await?;
    let ours = &backup.installation.key_fingerprint;
    let file = key_place::file(settings, ours);
    let keys = match Keys::load(&file) {
        Err(SecretsError::Missing(_)) if args.key_lost => {
            key_place::is_lost_elsewhere(settings, ours)?;
            None
        }
        Err(SecretsError::Missing(path)) => return Err(KeyAway::OfBackup(path).into()),
        // An earlier try broke off, and is gone on with.
        Ok(keys) if args.key_lost && keys.replaces(ours) => None,
        Ok(_) if args.key_lost => {
            let hint = "leave --key-lost out, or move that file away";
            return Err(Usage::new(format!("there is a key in {}", absolute(&file)), hint).into());
        }
        loaded => Some(key_place::with_kept_place(settings, &file, loaded?)),
    };
    if keys.as_ref().is_some_and(|keys| !keys.knows(ours)) {
        return Err(SecretsError::OtherKey(file).into());
    }
    let looked = known(settings, &backup, &file, keys.as_ref()).await?;
    let database = settings.database.shown();
    let outlook = Outlook {
        backup: &backup,
        old: &looked.old,
        other: looked.other.as_deref(),
        database: &database,
        erased: looked.is_complete.then_some(looked.erased.len()),
        list: looked.list.path(),
    };
    if args.dry_run {
        return Ok(outlook.report(out));
    }
    if let Some(node) = &looked.old.running {
        return Err(StoreError::Running(Box::new(node.clone())).into());
    }
    if args.yes {
        outlook.warn(out);
    } else if !outlook.sure()? {
        out.message("Nothing was changed.");
        return Ok(Status::Refused);
    }
    // Somebody may have been erased while the question was open.
    let now = known(settings, &backup, &file, keys.as_ref()).await?;
    let (done, aside) = Box::pin(put_back(settings, &backup, keys, now, out)).await?;
    let status = restored(&outlook, &done, aside.as_deref(), out);
    if args.key_lost {
        let file = absolute(&settings.key_file);
        out.message(&format!("A new key was made: {file}. Keep a copy of it elsewhere: rsvp key export FILE"));
    }
    let kept = async { Ok::<_, Failed>(kept::run(&open::open(settings).await?).await?) };
    if let Err(failed) = kept.await {
        out.message("The backup is restored. What is kept beside the key could not be brought up to date:");
        return Err(failed);
    }
    Ok(status)
}

async fn put_back(
    settings: &Settings,
    backup: &Backup,
    keys: Option<Keys>,
    known: Known,
    out: Out,
) -> Result<(Restored, Option<PathBuf>), Failed> {
    let place = match &settings.database.location {
        // The file itself, where this is a link to it: only there can the copy take its place.
        DatabaseLocation::File(path) => &std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()),
        DatabaseLocation::Server(_) => &settings.key_file.with_file_name("rsvp.db"),
    };
    let draft = Draft::of_backup(&backup.path, place).await?;
    let (keys, replacement) = if let Some(keys) = keys {
        (keys, None)
    } else {
        let none = Keys::in_memory(&SystemRandom);
        let asking = open::with_keys(settings, draft.store.clone(), backup.installation.clone(), none)?;
        let lost = restore_backup::lost_key(&asking, &backup.installation.key_fingerprint).await?;
        let replacement = Replacement::begin(&settings.key_file, lost, &SystemRandom)?;
        (replacement.keys(), Some(replacement))
    };
    let installation = next_epoch(&backup.installation, keys.fingerprint(), &SystemRandom);
    let app = open::with_keys(settings, draft.store.clone(), installation, keys)?;
    let Known { old, erased, numbers, .. } = known;
    let request = restore_backup::Request { made_at: backup.completed.made_at, numbers, erased };
    let done = restore_backup::run(&app, &Actor::operator(origin("command")), &request).await?;
    let aside = install(settings, draft, place, &old, out).await?;
    if let Some(replacement) = replacement {
        replacement.finish()?;
    }
    Ok((done, aside))
}

/// Puts the copy in the place of the organisation's database; answers where what was there is kept.
async fn install(
    settings: &Settings,
    draft: Draft,
    place: &Path,
    old: &OldDatabase,
    out: Out,
) -> Result<Option<PathBuf>, Failed> {
    let (progress, now) = (Progress::new(out), SystemClock.now());
    let note = &|so_far| progress.note(so_far);
    let installed = match &settings.database.location {
        DatabaseLocation::File(_) => draft.take_place_of(place, old, now).await,
        DatabaseLocation::Server(_) => {
            let url = settings.database.url()?;
            let options = open::database(settings, url.expose());
            draft.replace_server(options, place, old, now, note).await
        }
    };
    progress.end();
    Ok(installed?)
}
