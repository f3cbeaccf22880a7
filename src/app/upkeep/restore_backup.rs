//! Restore a backup: make a copy of it the organisation that goes on. What happened since is in the database that it
//! replaces; what must not come back (links, erased people, numbers) does not.

use std::collections::BTreeSet;

use serde_json::json;

use crate::app::audit::seal_audit::continue_above;
use crate::app::context::hex;
use crate::app::step::{Step, record_by};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::numbers::Numbers;
use crate::domain::policy::allow;
use crate::domain::time::{Random, Timestamp};
use crate::domain::user::UserId;
use crate::secrets::{LastLink, Lost};
pub use crate::store::{Backup, OldDatabase, OpenLinks};
use crate::store::{Installation, Tx};

#[derive(Debug, Clone)]
pub struct Request {
    /// The moment whose state the backup has.
    pub made_at: Timestamp,
    /// The highest numbers that were ever given, as far as anything knows.
    pub numbers: Numbers,
    /// Everybody who was ever erased, by number.
    pub erased: BTreeSet<i64>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The links that were open in the backup: none of them works any more.
    pub links: OpenLinks,
    /// How many people were erased again.
    pub erased: u64,
}

/// The organisation of a backup with an epoch of its own, in which no earlier link works.
#[must_use]
pub fn next_epoch(installation: &Installation, key_fingerprint: &str, random: &dyn Random) -> Installation {
    let mut epoch = [0; 16];
    random.fill(&mut epoch);
    Installation { epoch: hex(&epoch), key_fingerprint: key_fingerprint.to_owned(), ..installation.clone() }
}

/// Makes a copy that nobody else uses the organisation that goes on; `app` has its new epoch.
pub async fn run(app: &App, actor: &Actor, request: &Request) -> Result<Restored, Failure> {
    app.store.write(|tx| async move { within(app, &tx, actor, request).await }).await
}

async fn within(app: &App, tx: &Tx, actor: &Actor, request: &Request) -> Result<Restored, Failure> {
    let now = app.now();
    let made_with = tx.installation().await?.map(|before| before.key_fingerprint).unwrap_or_default();
    tx.begin_epoch(&app.installation.epoch, app.keys.fingerprint()).await?;
    tx.forget_all_nodes().await?;
    tx.forget_claims().await?;
    let links = tx.end_all_links(now).await?;
    tx.hold_mail(now).await?;
    tx.go_on_above(&request.numbers).await?;
    let detail = json!({ "backup_of": request.made_at.rfc3339(), "links_ended": links.all() });
    record_by(app, tx, actor, now, Record { action: Action::RestoreBackup, subject: None, detail }).await?;
    let place = request.numbers.0.get("audit_chain").copied().unwrap_or(0);
    continue_above(app, tx, (place, tx.last_audit_id().await?), &made_with).await?;
    let mut erased = 0;
    for id in request.erased.iter().copied().map(UserId) {
        if !tx.is_known(id).await? {
            continue;
        }
        let also = tx.erase_user(id, now).await?;
        record_by(app, tx, &Actor::system(), now, Record::erased(id, &also)).await?;
        erased += 1;
    }
    Ok(Restored { links, erased })
}

/// What the file of a new key has to say of the one that made a backup and is lost.
pub async fn lost_key(app: &App, fingerprint: &str) -> Result<Lost, Failure> {
    let (head, entry) = app
        .store
        .read(|tx| async move { Ok::<_, Failure>((tx.chain_head().await?, tx.last_audit_id().await?)) })
        .await?;
    let until = head.map_or_else(LastLink::default, |head| LastLink { seq: head.seq, proof: head.proof });
    Ok(Lost { id: fingerprint.to_owned(), until, entry })
}

/// Lets email leave again that was held after a backup was restored; answers since when, if it was.
pub async fn release_mail(app: &App, actor: &Actor) -> Result<Option<Timestamp>, Failure> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            allow(&step.authority, &Change::Act(Action::ReleaseMail), None)?;
            let Some(since) = tx.mail_held().await? else { return Ok(None) };
            tx.release_mail().await?;
            let detail = json!({ "held_since": since.rfc3339() });
            step.record(Record { action: Action::ReleaseMail, subject: None, detail }).await?;
            Ok(Some(since))
        })
        .await
}
