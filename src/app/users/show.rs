//! Read everything about one user: each invitation and each email with its fate, and the history.

use serde_json::{Value, json};

use crate::app::audit::list_audit::veil;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::audit::Entry;
use crate::domain::link::{Link, Purpose};
use crate::domain::mail::Mail;
use crate::domain::policy::Denied;
use crate::domain::scope::LogScope;
use crate::domain::user::{User, UserId};
use crate::store::{AuditQuery, StoreError, Tx};

/// Everything about one user.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    pub user: User,
    /// How many links that work still of other people the user was shown.
    pub views: u64,
    /// The invitations, the newest first.
    pub invitations: Vec<Link>,
    /// The emails, the newest first.
    pub mails: Vec<Mail>,
    /// The history, the newest first; at most [`HISTORY`] entries.
    pub history: Vec<Entry>,
}

/// How many entries of the history are read.
pub const HISTORY: u64 = 50;

/// Reads everything about one user.
pub async fn run(app: &App, actor: &Actor, id: UserId) -> Result<Detail, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            read(&step, id).await
        })
        .await
}

/// Reads everything about several users in one snapshot; whoever is gone by now is left out.
pub async fn show_all(app: &App, actor: &Actor, ids: &[UserId]) -> Result<Vec<Detail>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let mut all = Vec::with_capacity(ids.len());
            for id in ids {
                match read(&step, *id).await {
                    Ok(detail) => all.push(detail),
                    Err(Failure::NoUser(_)) => {}
                    Err(failure) => return Err(failure),
                }
            }
            Ok(all)
        })
        .await
}

/// All that is kept of one user, for the person's own request.
#[derive(Debug, Clone, PartialEq)]
pub struct Everything {
    /// The user, each invitation, each email, and the whole history.
    pub detail: Detail,
    /// The password resets, the newest first.
    pub resets: Vec<Link>,
    /// The links that confirm a new address, the newest first.
    pub email_changes: Vec<Link>,
    /// What the user did, the newest first, and from where; what it changed of others is left out.
    pub did: Vec<Entry>,
}

/// Entries that are read at once.
const CHUNK: u64 = 1_000;

/// Reads all that is kept of one user. Only administrators may.
pub async fn show_everything(app: &App, actor: &Actor, id: UserId) -> Result<Everything, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            if !step.authority.is_administrator() {
                return Err(Denied::AdministratorsOnly.into());
            }
            let Detail { user, views, invitations, .. } = read(&step, id).await?;
            let mut history = entries(&tx, AuditQuery { subject: Some(id), ..AuditQuery::default() }).await?;
            // Where somebody else came from is theirs.
            for entry in history.iter_mut().filter(|entry| entry.actor_id != Some(id)) {
                let change = entry.detail.get_mut("change").map(Value::take);
                entry.detail = change.map_or(Value::Null, |change| json!({ "change": change }));
            }
            let mut did = entries(&tx, AuditQuery { actor: Some(id), ..AuditQuery::default() }).await?;
            for entry in did.iter_mut().filter(|entry| entry.subject != Some(id)) {
                entry.subject_name = None;
                if let Some(detail) = entry.detail.as_object_mut() {
                    detail.remove("change");
                }
            }
            let mails = tx.mails_to(id, u64::from(u32::MAX)).await?;
            let detail = Detail { user, views, invitations, mails, history };
            let (resets, email_changes) =
                (tx.links(id, Purpose::Reset).await?, tx.links(id, Purpose::ConfirmEmail).await?);
            Ok(Everything { detail, resets, email_changes, did })
        })
        .await
}

/// All entries that a query finds, however many.
async fn entries(tx: &Tx, mut query: AuditQuery) -> Result<Vec<Entry>, StoreError> {
    let mut all: Vec<Entry> = Vec::new();
    loop {
        query.beyond = all.last().map(|entry| entry.id);
        let page = tx.audit_entries(&LogScope::Whole, &query, CHUNK).await?;
        let last = (page.len() as u64) < CHUNK;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

async fn read(step: &Step<'_>, id: UserId) -> Result<Detail, Failure> {
    let user = step.user(id).await?;
    let mut history = step.tx.history(id, HISTORY).await?;
    veil(step, &mut history).await?;
    let (invitations, mails) = (step.tx.links(id, Purpose::Invitation).await?, step.tx.mails_to(id, HISTORY).await?);
    let views = step.tx.views(&[id], step.now).await?;
    Ok(Detail { user, views, invitations, mails, history })
}
