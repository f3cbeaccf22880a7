//! Renew links: a link that works is replaced by a new one, in the same transaction, when its user was given more power than
//! when it was issued, and when whoever was shown it may no longer know it. So nobody who saw a link, or reads the mailbox
//! it went to, ever gains from what happens to its user afterwards.

use serde_json::json;

use crate::app::step::{Issued, Step};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::link::{Link, LinkState, Purpose};
use crate::domain::role::{Membership, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

/// What no longer works because a new one was sent for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Renewed {
    #[default]
    Nothing,
    Invitation,
    Reset,
    /// Both links of a change of address.
    EmailChange,
}

impl Renewed {
    /// What became of the earlier link, as a clause behind what was saved; empty if nothing was sent.
    #[must_use]
    pub fn clause(self) -> String {
        let new = match self {
            Self::Nothing => return String::new(),
            Self::Invitation => "a new invitation",
            Self::Reset => "a new password reset",
            Self::EmailChange => "new links to confirm the address",
        };
        format!("; they may do more now, so the earlier link no longer works and they are sent {new}")
    }
}

/// What becomes of so many links that somebody was shown, when they may no longer know them; nothing of none.
#[must_use]
pub fn of_views(views: u64) -> Option<String> {
    match views {
        0 => None,
        1 => Some(
            "1 invitation link that they were shown stops working too, and the invited person is sent a new one."
                .to_owned(),
        ),
        more => Some(format!(
            "{more} invitation links that they were shown stop working too, and the invited people are sent new ones."
        )),
    }
}

/// What a dry run says of the same links, as a clause behind what is possible; empty of none.
#[must_use]
pub fn would_end_clause(views: u64) -> String {
    match views {
        0 => String::new(),
        1 => "; 1 invitation link that they were shown would stop working, and the invited person would be sent a new one"
            .to_owned(),
        more => format!(
            "; {more} invitation links that they were shown would stop working, and the invited people would be sent new \
             ones"
        ),
    }
}

/// What became of the same links, as a clause behind what was done; empty of none.
#[must_use]
pub fn ended_clause(replaced: u64) -> String {
    match replaced {
        0 => String::new(),
        1 => "; 1 invitation link that they were shown no longer works, and the invited person is sent a new one"
            .to_owned(),
        more => format!(
            "; {more} invitation links that they were shown no longer work, and the invited people are sent new ones"
        ),
    }
}

/// How many links that work still were shown to those of these people who lose power by a change, and so end with it.
pub async fn views(
    app: &App,
    actor: &Actor,
    people: &[UserId],
    loses: &(dyn Fn(&User) -> bool + Sync),
) -> Result<u64, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            // Few were ever shown one, and there may be a million people.
            let viewers = tx.viewers(step.now).await?;
            let mut losing = Vec::new();
            for id in people.iter().filter(|id| viewers.contains(id)) {
                losing.extend(tx.user(*id).await?.filter(|user| loses(user)).map(|user| user.id));
            }
            Ok(tx.views(&losing, step.now).await?)
        })
        .await
}

/// Renews what a change of somebody's role or memberships leaves behind; `before` is the user before it. Answers with what
/// was sent to that user, and with how many links were replaced that they were shown.
pub(in crate::app) async fn after_roles_changed(step: &Step<'_>, before: &User) -> Result<(Renewed, u64), Failure> {
    let after = step.changed(before.id).await?;
    let replaced = if fell(before, &after) { seen_by(step, after.id).await? } else { 0 };
    Ok((overtaken(step, &after).await?, replaced))
}

/// Renews the link that was sent to a user for less than they may do by now.
async fn overtaken(step: &Step<'_>, after: &User) -> Result<Renewed, Failure> {
    match after.status {
        Status::Suspended | Status::Deleted => return Ok(Renewed::Nothing),
        Status::Invited | Status::Active => {}
    }
    let overtaken = |link: &Link| link.state(step.now) == LinkState::Pending && link.power_rises != after.power_rises;
    if after.open_invitation().is_some_and(overtaken) {
        step.spend().await?;
        send_again(step, after).await?;
        return Ok(Renewed::Invitation);
    }
    if let Some(change) = after.email_change.as_ref().filter(|change| overtaken(change)) {
        step.spend().await?;
        step.issue_email_change(after, &change.to).await?;
        return Ok(Renewed::EmailChange);
    }
    if step.tx.open_link(after.id, Purpose::Reset).await?.as_ref().is_some_and(overtaken) {
        step.spend().await?;
        step.issue_reset(after).await?;
        return Ok(Renewed::Reset);
    }
    Ok(Renewed::Nothing)
}

/// Gives an invited user back the unexpired invitation, and its unsent mail, that was closed at that moment; a new one, if
/// the link would open more by now than it did then.
pub(in crate::app) async fn reopen(step: &Step<'_>, user: &User, closed_at: Option<Timestamp>) -> Result<(), Failure> {
    let Some(closed_at) = closed_at.filter(|_| !user.has_password) else { return Ok(()) };
    let Some(closed) = step.tx.revoked_invitation(user.id, closed_at, step.now).await? else { return Ok(()) };
    if !step.app.keys.still_proves(&closed.key_id) {
        return Ok(());
    }
    if closed.link.power_rises != user.power_rises {
        step.spend().await?;
        send_again(step, user).await?;
        return Ok(());
    }
    step.tx.reopen_link(&closed.link).await?;
    step.tx.requeue_cancelled(user.id, closed_at, step.now).await?;
    Ok(step.tx.set_open_expiry(user.id, Some(closed.link.expires_at)).await?)
}

/// Sends an invitation like the last one, to the user as stored now.
pub(in crate::app) async fn send_again(step: &Step<'_>, user: &User) -> Result<Issued, Failure> {
    let last = user.invitation.as_ref();
    let valid_for = last.map_or(step.app.options.valid_for, Link::validity);
    step.reissue(user, valid_for, last.and_then(|last| last.message.clone())).await
}

/// Renews every invitation whose link somebody was shown who may no longer know it, also of people whom the actor cannot
/// see; answers with how many. They count against the actor's limit: who gives and takes a role again and again would write
/// to people without end.
pub(in crate::app) async fn seen_by(step: &Step<'_>, viewer: UserId) -> Result<u64, Failure> {
    let mut invited = Vec::new();
    for id in step.tx.seen_by(viewer, step.now).await? {
        if id == viewer {
            continue;
        }
        step.tx.lock_user(id).await?;
        let is_open = |user: &User| {
            let open = user.open_invitation().filter(|_| user.status == Status::Invited);
            open.is_some_and(|open| open.state(step.now) == LinkState::Pending)
        };
        invited.extend(step.tx.user(id).await?.filter(is_open));
    }
    step.spend_on(invited.len() as u64).await?;
    for user in &invited {
        // Nobody asked for this email: it comes from whoever invited them, unless that is who lost the role.
        let sender = user.invitation.as_ref().and_then(|last| last.issued_by).filter(|by| *by != viewer);
        let for_them = Step { issuer: sender, renews: step.authority.user, authority: step.authority.clone(), ..*step };
        let issued = send_again(&for_them, user).await?;
        let detail = json!({
            "expires_at": issued.link.expires_at.rfc3339(),
            "because": "someone who had seen the link lost their role",
        });
        step.record(Record::about(Action::Resend, user.id).with(detail)).await?;
    }
    Ok(invited.len() as u64)
}

/// Whether somebody may do less than before anywhere.
fn fell(before: &User, after: &User) -> bool {
    let now = |m: &Membership| after.memberships.iter().find(|n| n.workspace == m.workspace).map(|n| n.role);
    let mut held = before.memberships.iter().filter(|was| was.role > WorkspaceRole::Member);
    before.organisation_role.exceeds(after.organisation_role) || held.any(|was| now(was).is_none_or(|is| is < was.role))
}
