//! `rsvp backup --check`, `rsvp restore-backup` and `rsvp migrate`: what touches a database that is not the
//! organisation's own, or not yet.

use std::path::{Path, PathBuf};

use super::system::{SystemClock, SystemRandom, origin};
use super::{key_place, open};
use crate::app::upkeep::restore_backup::{self, Backup, OldDatabase, Restored, next_epoch};
use crate::app::upkeep::{kept, move_database};
use crate::cli::args::{Migrate, RestoreBackup};
use crate::cli::backup::{Outlook, Progress, checked, moved, restored};
use crate::cli::{Failed, Out, Status};
use crate::config::layers::{self, Argument, Inputs};
use crate::config::settings::{DatabaseLocation, Settings};
use crate::domain::actor::Actor;
use crate::domain::time::{Clock as _, Timestamp};
use crate::secrets::{Keys, Replacement, SecretsError};
use crate::store::{Draft, Store, Upgraded};

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
    Ok(moved(&database, &setting, out))
}

/// `rsvp restore-backup FILE`
pub async fn restore(settings: &Settings, args: &RestoreBackup, out: Out) -> Result<Status, Failed> {
    let now = SystemClock.now();
    let backup = Store::inspect_backup(&args.file, false).await?;
    let old =
        Store::look_at_old(open::database(settings, settings.database.url()?.expose()), backup.last_entry, now).await?;
    let file = key_place::file(settings, &backup.installation.key_fingerprint);
    let keys = match Keys::load(&file) {
        Err(SecretsError::Missing(_)) if args.key_lost => {
            key_place::is_lost_elsewhere(settings, &backup.installation.key_fingerprint)?;
            None
        }
        loaded => Some(loaded?),
    };
    if let Some(keys) = &keys
        && !keys.knows(&backup.installation.key_fingerprint)
    {
        return Err(SecretsError::OtherKey(file).into());
    }
    let beside = Keys::in_memory(&SystemRandom);
    let list = keys.as_ref().unwrap_or(&beside).erased_list();
    let listed = if keys.is_some() { list.read()? } else { None };
    let mut erased = listed.clone().unwrap_or_default();
    erased.extend(old.erased.iter().copied());
    let database = settings.database.shown();
    let known = listed.is_some() || old.later_changes.is_some();
    let outlook = Outlook {
        backup: &backup,
        old: &old,
        database: &database,
        erased: known.then_some(erased.len()),
        list: list.path(),
    };
    if args.dry_run {
        return Ok(outlook.report(out));
    }
    if !args.yes && !outlook.sure()? {
        out.message("Nothing was changed.");
        return Ok(Status::Refused);
    }
    let numbers = keys.as_ref().unwrap_or(&beside).kept_numbers().read().max(&old.numbers);
    let request = restore_backup::Request { made_at: backup.completed.made_at, numbers, erased };
    let (done, aside) = Box::pin(put_back(settings, &backup, keys, &request, &old, now, out)).await?;
    let status = restored(&outlook, &done, aside.as_deref(), out);
    // From now on the key's own files know what the restored database has.
    kept::run(&open::open(settings).await?).await?;
    Ok(status)
}

async fn put_back(
    settings: &Settings,
    backup: &Backup,
    keys: Option<Keys>,
    request: &restore_backup::Request,
    old: &OldDatabase,
    now: Timestamp,
    out: Out,
) -> Result<(Restored, Option<PathBuf>), Failed> {
    let place = match &settings.database.location {
        DatabaseLocation::File(path) => path,
        DatabaseLocation::Server(_) => &settings.key_file,
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
    let done = restore_backup::run(&app, &Actor::operator(origin("command")), request).await?;
    let aside = install(settings, draft, old, now, out).await?;
    if let Some(replacement) = replacement {
        replacement.finish()?;
    }
    Ok((done, aside))
}

/// Puts the copy in the place of the organisation's database; answers where what was there is kept.
async fn install(
    settings: &Settings,
    draft: Draft,
    old: &OldDatabase,
    now: Timestamp,
    out: Out,
) -> Result<Option<PathBuf>, Failed> {
    let progress = Progress::new(out);
    let note = &|so_far| progress.note(so_far);
    let installed = match &settings.database.location {
        DatabaseLocation::File(path) => draft.take_place_of(path, old, now).await,
        DatabaseLocation::Server(_) => {
            let url = settings.database.url()?;
            let options = open::database(settings, url.expose());
            draft.replace_server(options, &settings.key_file, old, now, note).await
        }
    };
    progress.end();
    Ok(installed?)
}
