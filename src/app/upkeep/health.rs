//! What the head of every screen says beside the counts: whether email is sent, and whether a portal serves the links.

use crate::app::step::Step;
use crate::app::upkeep::nodes::state;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::allowance::Allowance;
use crate::domain::mail::MailState;
use crate::domain::node::{Alive, NodeKind};
use crate::domain::policy::scope;
use crate::domain::time::Timestamp;
pub use crate::store::RelayTrouble;

/// How far emails are counted.
pub const MAILS_BOUND: u64 = 100_000;

/// Whether mail flows and links are served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Emails that wait or are being sent, counted up to [`MAILS_BOUND`].
    pub waiting: u64,
    /// Emails that were given up, counted up to [`MAILS_BOUND`].
    pub dead: u64,
    /// Why no email leaves, if the relay is left alone.
    pub relay: Option<RelayTrouble>,
    /// Since when no email leaves because a backup was restored.
    pub held_at: Option<Timestamp>,
    pub worker: Alive,
    pub portal: Alive,
    /// Whether links can be made: the portal's public address is set.
    pub has_address: bool,
    /// What the actor may send still, where there is a limit for them.
    pub allowance: Option<Allowance>,
    /// When this was read.
    pub at: Timestamp,
}

pub async fn run(app: &App, actor: &Actor) -> Result<Health, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            read(&step).await
        })
        .await
}

pub(in crate::app) async fn read(step: &Step<'_>) -> Result<Health, Failure> {
    let (tx, scope) = (step.tx, scope(&step.authority));
    let waiting = [MailState::Queued, MailState::Sending];
    Ok(Health {
        waiting: tx.count_mails(&scope, &waiting, MAILS_BOUND).await?,
        dead: tx.count_mails(&scope, &[MailState::Dead], MAILS_BOUND).await?,
        relay: tx.relay_trouble(step.now).await?,
        held_at: tx.mail_held().await?,
        worker: state(tx, NodeKind::Worker, step.now).await?,
        portal: state(tx, NodeKind::Portal, step.now).await?,
        has_address: step.app.options.public_url.is_some(),
        allowance: step.allowance().await?,
        at: step.now,
    })
}
