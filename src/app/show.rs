//! Read everything about one user: each invitation and each mail with its fate, and the history.

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
            Ok(Detail {
                user: step.user(id).await?,
                invitations: tx.invitations(id).await?,
                mails: tx.mails_to(id, HISTORY).await?,
                history: tx.history(id, HISTORY).await?,
            })
        })
        .await
}
