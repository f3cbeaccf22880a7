//! Read everything about one user: each invitation and each mail with its fate, and the history.

use super::audit::veil;
use super::step::Step;
use super::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::audit::Entry;
use crate::domain::invitation::Invitation;
use crate::domain::mail::Mail;
use crate::domain::user::{User, UserId};

/// Everything about one user.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The user.
    pub user: User,
    /// The invitations, the newest first.
    pub invitations: Vec<Invitation>,
    /// The mails, the newest first.
    pub mails: Vec<Mail>,
    /// The history, the newest first; at most [`HISTORY`] entries.
    pub history: Vec<Entry>,
}

/// How many entries of the history are read.
pub const HISTORY: u64 = 50;

/// Reads everything about one user.
pub async fn show(app: &App, actor: &Actor, id: UserId) -> Result<Detail, Failure> {
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

async fn read(step: &Step<'_>, id: UserId) -> Result<Detail, Failure> {
    let user = step.user(id).await?;
    let mut history = step.tx.history(id, HISTORY).await?;
    veil(step, &mut history).await?;
    let (invitations, mails) = (step.tx.invitations(id).await?, step.tx.mails_to(id, HISTORY).await?);
    Ok(Detail { user, invitations, mails, history })
}
