//! Opening an organisation that exists, and creating one.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::CannotBegin;
use super::server_clock;
use super::system::{SystemClock, SystemRandom};
use super::{key_place, other_installation, running};
use crate::access;
use crate::app::session::set_up::{self, Parts};
use crate::app::upkeep::kept;
use crate::app::{App, Options};
use crate::cli::{Failed, Out};
use crate::config::settings::{Database, DatabaseLocation, Settings};
use crate::domain::actor::Actor;
use crate::domain::mail::LEASE;
use crate::domain::message_links::OwnPlaces;
use crate::domain::password::PasswordRules;
use crate::domain::time::{Clock as _, words};
use crate::domain::user::User;
use crate::secrets::{HashParameters, Hasher, Keys};
use crate::store::{DatabaseOptions, Installation, Store, StoreError, Upgraded};

/// Every database that was opened, so that each way out ends its connections.
static OPENED: Mutex<Vec<Store>> = Mutex::new(Vec::new());

/// Notes that a database was opened.
fn opened(store: Store) -> Store {
    OPENED.lock().unwrap_or_else(PoisonError::into_inner).push(store.clone());
    store
}

/// Ends every connection: the last thing before the program ends, whichever way it does. A stopped installation is one
/// file and its key.
pub async fn close_all() {
    let all = std::mem::take(&mut *OPENED.lock().unwrap_or_else(PoisonError::into_inner));
    for store in all {
        store.close().await;
    }
}

pub fn rules(settings: &Settings) -> PasswordRules {
    PasswordRules { min_chars: settings.password.min_length }
}

pub fn options(settings: &Settings) -> Options {
    Options {
        per_minute: settings.mail.per_minute,
        lease: lease(),
        public_url: settings.portal.public_url.clone(),
        valid_for: settings.valid_for,
        undo_hold: settings.terminal.undo_hold,
        bin: settings.bin,
        upgrade_copy: settings.upgrade_copy,
        audit: Some(settings.audit).filter(|kept| !kept.is_zero()),
        password: rules(settings),
        limits: settings.limits,
        own_places: own_places(settings),
        mail_domain: settings
            .mail
            .from
            .as_ref()
            .map_or(Options::default().mail_domain, |from| from.email.domain().to_owned()),
    }
}

/// The sender's domain, and the hosts of the portal and of where people go on.
fn own_places(settings: &Settings) -> OwnPlaces {
    let urls = [&settings.portal.public_url, &settings.portal.continue_url];
    let host = |url: &String| url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase));
    OwnPlaces {
        domains: settings.mail.from.iter().map(|from| from.email.domain().to_ascii_lowercase()).collect(),
        hosts: urls.into_iter().flatten().filter_map(host).collect(),
    }
}

pub fn hasher(settings: &Settings) -> Result<Arc<Hasher>, Failed> {
    let parameters = HashParameters {
        memory_kib: settings.password.memory_kib,
        iterations: settings.password.iterations,
        parallelism: settings.password.parallelism,
    };
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Arc::new(Hasher::new(parameters, at_once)?))
}

/// How the settings say that a database is reached.
pub fn database<'a>(settings: &'a Settings, url: &'a str) -> DatabaseOptions<'a> {
    let Database { ca_file, allow_plain, connections, .. } = &settings.database;
    DatabaseOptions { url, ca_file: ca_file.as_deref(), allow_plain: *allow_plain, connections: *connections }
}

/// Whether an organisation could be there: the embedded database has a file, or there is a server to ask.
///
/// # Errors
/// A file that only another login can see.
fn is_there(settings: &Settings) -> Result<bool, CannotBegin> {
    match &settings.database.location {
        DatabaseLocation::File(path) if access::is_out_of_reach(path) => Err(CannotBegin::OtherLogin(path.clone())),
        DatabaseLocation::File(path) => Ok(path.exists()),
        DatabaseLocation::Server(_) => Ok(true),
    }
}

/// That nothing is set up here, and where this machine's organisation may be instead.
fn nowhere(settings: &Settings) -> Failed {
    match (running::has_lost(settings), other_installation::find(settings)) {
        (Some(gone), _) => gone.into(),
        (None, Some(other)) => other.into(),
        (None, None) => match lost_database(settings) {
            Some(gone) => gone.into(),
            None => CannotBegin::NoOrganisation(settings.database.shown()).into(),
        },
    }
}

/// An embedded database that is gone, as its key says that is there.
fn lost_database(settings: &Settings) -> Option<CannotBegin> {
    let DatabaseLocation::File(path) = &settings.database.location else { return None };
    let key = &settings.key_file;
    let is_lost = path.symlink_metadata().is_err() && key.symlink_metadata().is_ok();
    is_lost.then(|| CannotBegin::DatabaseGone { path: path.clone(), key: key.clone() })
}

pub async fn open(settings: &Settings) -> Result<App, Failed> {
    open_if_set_up(settings).await?.ok_or_else(|| nowhere(settings))
}

/// Opens the organisation, if one was set up where the settings say; a database that cannot be read is an error, never
/// "none".
pub async fn open_if_set_up(settings: &Settings) -> Result<Option<App>, Failed> {
    let Some((store, installation)) = look(settings).await? else { return Ok(None) };
    let keys = key_place::load(settings, &installation.key_fingerprint)?;
    let clock = server_clock::of(&store).await?;
    let app = with_keys(settings, store, installation, keys)?.with_clock(clock);
    kept::try_run(&app).await;
    Ok(Some(app))
}

/// The database and whose it is, if it is anybody's.
pub async fn look(settings: &Settings) -> Result<Option<(Store, Installation)>, Failed> {
    if !is_there(settings)? {
        // A first screen that offers to begin anew would be the last thing that helps then.
        return match (running::has_lost(settings), lost_database(settings)) {
            (None, Some(gone)) => Err(gone.into()),
            (Some(_), _) | (None, None) => Ok(None),
        };
    }
    let Some(store) = open_store(settings).await? else { return Ok(None) };
    let installation = store.installation().await?;
    Ok(installation.map(|installation| (store, installation)))
}

/// Opens the database, if there is one; an embedded one of an earlier version is brought up to date first.
async fn open_store(settings: &Settings) -> Result<Option<Store>, Failed> {
    let url = settings.database.url()?;
    let options = database(settings, url.expose());
    let is_file = matches!(settings.database.location, DatabaseLocation::File(_));
    match Store::open(options, false).await {
        Err(StoreError::Empty) => Ok(None),
        Err(StoreError::Older) if is_file => {
            if let Upgraded::Changed { copy: Some(copy) } = Store::upgrade(options, SystemClock.now()).await? {
                let text = format!(
                    "The database was brought up to date. A copy from before is in {}; it is removed after {}.",
                    copy.display(),
                    words(settings.upgrade_copy)
                );
                tracing::info!("{text}");
                Out { json: !std::io::stderr().is_terminal() }.message(&text);
            }
            Ok(Some(opened(Store::open(options, false).await?)))
        }
        done => Ok(Some(opened(done?))),
    }
}

/// The database and whose it is, for what comes before its key is known.
pub async fn without_keys(settings: &Settings) -> Result<(Store, Installation), Failed> {
    look(settings).await?.ok_or_else(|| nowhere(settings))
}

pub fn with_keys(settings: &Settings, store: Store, installation: Installation, keys: Keys) -> Result<App, Failed> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    Ok(App::new(store, Arc::new(keys), hasher(settings)?, clock, random, installation, options(settings)))
}

/// That an organisation may be made where the settings say: it isn't a second one by accident, and the login that the
/// folder belongs to can use it afterwards.
pub fn may_create(settings: &Settings) -> Result<(), Failed> {
    if let Some(gone) = running::has_lost(settings) {
        return Err(gone.into());
    }
    if let Some(other) = other_installation::find(settings) {
        return Err(other.into());
    }
    if let Some(gone) = lost_database(settings) {
        return Err(gone.into());
    }
    match &settings.database.location {
        DatabaseLocation::File(path) if access::is_for_another_login(path) => {
            Err(CannotBegin::OtherLogin(path.clone()).into())
        }
        DatabaseLocation::File(_) | DatabaseLocation::Server(_) => Ok(()),
    }
}

/// Creates an organisation: the database if it is embedded, the key, and the first administrator. A key that was made
/// for an organisation that did not come into being does not stay.
pub async fn create(settings: &Settings, actor: &Actor, answers: set_up::Request) -> Result<(App, User), Failed> {
    may_create(settings)?;
    let store = opened(Store::open(database(settings, settings.database.url()?.expose()), true).await?);
    if let Some(existing) = store.installation().await? {
        return Err(set_up::Error::Exists(existing.organisation).into());
    }
    let random = Arc::new(SystemRandom);
    let keys = Arc::new(Keys::prepare(&settings.key_file, &*random)?);
    let parts = Parts {
        store: store.clone(),
        keys: Arc::clone(&keys),
        hasher: hasher(settings)?,
        clock: Arc::new(SystemClock),
        random,
        options: options(settings),
    };
    match set_up::run(parts, actor, answers).await {
        Ok((app, user)) => {
            keys.settle()?;
            let clock = server_clock::of(&store).await?;
            Ok((app.with_clock(clock), user))
        }
        Err(error) => {
            keys.discard();
            Err(error.into())
        }
    }
}

/// How long a worker may hold an email; a test of the debug build that ends workers waits less.
fn lease() -> Duration {
    let asked = std::env::var("RSVP_TEST_LEASE_MS").ok().filter(|_| cfg!(debug_assertions));
    asked.and_then(|text| text.parse().ok()).map_or(LEASE, Duration::from_millis)
}
