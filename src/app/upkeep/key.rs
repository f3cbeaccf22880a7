//! The key: what it is, exchanging it, and making a new one after it was lost.
//!
//! The file knows of an exchange before the database does, and both change only while nobody else writes with the old
//! key: everything that the old one wrote is sealed before, and a process that still has it is refused afterwards.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::audit::seal_audit::{self, is_sealed, seal_as_it_is};
use crate::app::failure::takes_failures;
use crate::app::step::{Step, record_by};
use crate::app::upkeep::{kept, nodes};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::{ChainLink, Record};
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::policy::allow;
use crate::domain::text::visible;
pub use crate::secrets::KeyState;
use crate::secrets::{Exchange, KeyRecord, LastLink, Lost, Retirement, SecretsError};
pub use crate::store::OpenLinks;
use crate::store::{StoreError, Tx};

/// How often an exchange is tried again when somebody else wrote in between.
const TRIES: u32 = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The key's fingerprint.
    pub id: String,
    /// How many links are open that it made.
    pub open_links: u64,
    /// Those that counted before it, the newest first, each with the number of its open links.
    pub older: Vec<(KeyRecord, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    pub id: String,
    pub ended: OpenLinks,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Others wrote all the time.
    #[error("someone else changed something at every attempt; the key wasn't replaced")]
    Busy,
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Busy => Some("close the open terminals, then try again".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// The current key, the earlier ones, and how many open links use each.
pub async fn status(app: &App) -> Result<Status, Failure> {
    let by_key = app.store.read(|tx| async move { tx.open_links_by_key(app.now()).await }).await?;
    let (records, oldest) = (app.keys.records(), app.keys.oldest());
    let count = |id: &str| {
        let of = |key: &str| if key.is_empty() { oldest == id } else { key == id };
        by_key.iter().filter(|(key, _)| of(key)).map(|(_, open)| open).sum()
    };
    let older = records
        .into_iter()
        .map(|record| {
            let open = count(&record.id);
            (record, open)
        })
        .collect();
    Ok(Status { id: app.keys.fingerprint().to_owned(), open_links: count(app.keys.fingerprint()), older })
}

/// How many links are open: so many end when a key is stolen or lost.
pub async fn open_links(app: &App) -> Result<OpenLinks, Failure> {
    Ok(app.store.read(|tx| async move { tx.open_links(app.now()).await }).await?)
}

/// Exchanges the key. `old` works with the key before, unless that had ended already; `new` with the one to be. Links
/// that a retired key made go on working; those of a stolen one end now.
pub async fn rotate_key(
    old: Option<&App>,
    new: &App,
    actor: &Actor,
    mut exchange: Exchange,
) -> Result<Exchanged, Error> {
    nodes::refuse_while_running(new).await?;
    let retirement = exchange.retirement();
    let mut tries = 0;
    let ended = loop {
        if let Some(old) = old
            && let Err(failure) = seal_audit::run(old).await
        {
            // What an earlier try wrote into the file is taken back: the database took no part in it.
            if tries > 0 {
                exchange.abandon()?;
            }
            return Err(failure.into());
        }
        let head = new.store.read(|tx| async move { tx.chain_head().await }).await?;
        exchange.write(last(head.as_ref()))?;
        let (before, head) = (exchange.before(), &head);
        let done = new
            .store
            .write(|tx| async move {
                let exchanged = tx.exchange_key(before, new.keys.fingerprint()).await?;
                let quiet = match old {
                    Some(old) => tx.chain_head().await? == *head && is_sealed(old, &tx).await?,
                    None => true,
                };
                if !exchanged {
                    return Err(SecretsError::Exchanged.into());
                }
                if !quiet {
                    return Err(Error::Busy);
                }
                let ended = if retirement == Retirement::Stolen {
                    tx.end_all_links(new.now()).await?
                } else {
                    OpenLinks::default()
                };
                record(new, &tx, actor, Action::RotateKey, before, ended).await?;
                Ok(ended)
            })
            .await;
        match done {
            Err(Error::Busy) if tries < TRIES => tries += 1,
            Err(refused @ (Error::Busy | Error::Failure(Failure::Secrets(_)))) => {
                exchange.abandon()?;
                return Err(refused);
            }
            // What became of a change that broke off is not known: the file keeps both keys, and the next try finishes.
            done => break done?,
        }
    };
    exchange.finish()?;
    Ok(Exchanged { id: new.keys.fingerprint().to_owned(), ended })
}

/// Copies the key, and what is kept beside it, into new files. What cannot be recorded is not done.
pub async fn export_key(app: &App, actor: &Actor, to: &Path) -> Result<(), Failure> {
    kept::run(app).await?;
    let export = app.keys.export(to)?;
    let shown = &visible(&to.to_string_lossy()).into_owned();
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            allow(&step.authority, &Change::Act(Action::ExportKey), None)?;
            tx.note_key_export(app.now(), app.keys.fingerprint()).await?;
            let detail = json!({ "file": shown, "key": app.keys.fingerprint() });
            step.record(Record { action: Action::ExportKey, subject: None, detail }).await
        })
        .await?;
    Ok(export.finish()?)
}

/// What the file of a new key has to say of the lost one.
pub async fn lost(app: &App, before: &str) -> Result<Lost, Error> {
    nodes::refuse_while_running(app).await?;
    let (head, entry) = app
        .store
        .read(|tx| async move { Ok::<_, StoreError>((tx.chain_head().await?, tx.last_audit_id().await?)) })
        .await?;
    Ok(Lost { id: before.to_owned(), until: last(head.as_ref()), entry })
}

/// Takes a new key into use after the one before was lost; every open link ends, because nobody can prove it. What
/// nobody can prove of the log is sealed as it is, once, so that it cannot be changed from then on.
pub async fn new_key(app: &App, actor: &Actor, lost: &Lost) -> Result<Exchanged, Error> {
    let before = &lost.id;
    let ended = app
        .store
        .write(|tx| async move {
            let exchanged = tx.exchange_key(before, app.keys.fingerprint()).await?;
            let quiet = last(tx.chain_head().await?.as_ref()) == lost.until && tx.last_audit_id().await? == lost.entry;
            if !exchanged || !quiet {
                return Err(Error::Busy);
            }
            seal_as_it_is(app, &tx).await?;
            let ended = tx.end_all_links(app.now()).await?;
            record(app, &tx, actor, Action::NewKey, before, ended).await?;
            Ok(ended)
        })
        .await?;
    Ok(Exchanged { id: app.keys.fingerprint().to_owned(), ended })
}

fn last(head: Option<&ChainLink>) -> LastLink {
    head.map_or_else(LastLink::default, |head| LastLink { seq: head.seq, proof: head.proof.clone() })
}

async fn record(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    action: Action,
    before: &str,
    ended: OpenLinks,
) -> Result<(), Failure> {
    let detail: Value = json!({
        "key": { "before": before, "after": app.keys.fingerprint() },
        "links_ended": ended.all(),
    });
    record_by(app, tx, actor, app.now(), Record { action, subject: None, detail }).await
}
