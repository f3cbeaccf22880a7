//! The steps that every change takes inside its transaction: read again who acts and whom it concerns, ask the policy,
//! write the audit row, enqueue the mail.

use serde_json::Value;

use super::context::authority;
use super::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::audit::{Facts, Part, Parts, Record};
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::email_change;
use crate::domain::invitation::{Ending, InvitationId};
use crate::domain::mail::{GIVE_UP, MailId, MailKind};
use crate::domain::name::Name;
use crate::domain::policy::{Authority, Denied, allow, scope};
use crate::domain::reset::{self, ResetId};
use crate::domain::role::{WorkspaceId, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::store::{NewEmailChange, NewLink, NewMail, Tx};

/// A change under way.
pub(super) struct Step<'a> {
    pub app: &'a App,
    pub tx: &'a Tx,
    pub actor: &'a Actor,
    pub authority: Authority,
    pub now: Timestamp,
}

/// An invitation that was issued.
pub(super) struct Issued {
    pub mail: MailId,
    pub expires_at: Timestamp,
    pub held_until: Option<Timestamp>,
}

impl<'a> Step<'a> {
    /// Reads again who acts.
    pub async fn begin(app: &'a App, tx: &'a Tx, actor: &'a Actor) -> Result<Self, Failure> {
        let authority = authority(tx, actor).await??;
        Ok(Self { app, tx, actor, authority, now: app.now() })
    }

    /// Reads again whom it concerns; somebody out of sight is nobody.
    pub async fn user(&self, id: UserId) -> Result<User, Failure> {
        let user = self.tx.user(id).await?.and_then(|user| self.seen(user));
        user.ok_or_else(|| Failure::NoUser(format!("#{}", id.0)))
    }

    /// A user as the actor sees them, if they do.
    pub fn seen(&self, user: User) -> Option<User> {
        let scope = scope(&self.authority);
        scope.sees(&user.memberships).then(|| scope.narrow(user))
    }

    /// Reads again whom the actor has just changed, and may have put out of sight by that.
    pub async fn changed(&self, id: UserId) -> Result<User, Failure> {
        let user = self.tx.user(id).await?.map(|user| scope(&self.authority).narrow(user));
        user.ok_or_else(|| Failure::NoUser(format!("#{}", id.0)))
    }

    /// Reads again whom it concerns and asks whether the change may be made to the version that was seen.
    pub async fn target(&self, id: UserId, version: Option<i64>, change: &Change) -> Result<User, Failure> {
        if change.removes_administrator() {
            self.tx.guard_administrators().await?;
        }
        self.tx.lock_user(id).await?;
        let user = self.user(id).await?;
        if version.is_some_and(|seen| seen != user.version) {
            return Err(Failure::Changed);
        }
        allow(&self.authority, change, Some(&user))?;
        let removes_an_active_one =
            change.removes_administrator() && user.is_administrator && user.status == Status::Active;
        if removes_an_active_one && self.tx.active_administrators().await? <= 1 {
            return Err(Denied::LastAdministrator.into());
        }
        Ok(user)
    }

    /// Writes the audit row.
    pub async fn record(&self, record: Record) -> Result<(), Failure> {
        record_by(self.app, self.tx, self.actor, self.now, record).await
    }

    /// Finds a workspace by name; one out of sight is not there.
    pub async fn workspace(&self, name: &Name) -> Result<WorkspaceId, Failure> {
        let id = self.tx.workspace(name).await?.filter(|id| scope(&self.authority).has(*id));
        id.ok_or_else(|| Failure::NoWorkspace(name.clone()))
    }

    /// Finds workspaces by name.
    pub async fn workspaces(
        &self,
        wanted: &[(Name, WorkspaceRole)],
    ) -> Result<Vec<(WorkspaceId, WorkspaceRole)>, Failure> {
        let mut found: Vec<(WorkspaceId, WorkspaceRole)> = Vec::with_capacity(wanted.len());
        for (name, role) in wanted {
            let id = self.workspace(name).await?;
            found.retain(|(known, _)| *known != id);
            found.push((id, *role));
        }
        Ok(found)
    }

    /// Issues an invitation and enqueues its mail; the earlier one is superseded and its unsent mail cancelled.
    pub async fn issue(
        &self,
        user: &User,
        valid_for: std::time::Duration,
        message: Option<String>,
        hold: bool,
    ) -> Result<Issued, Failure> {
        self.tx.end_open_invitation(user.id, Ending::Superseded, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        let expires_at = self.now.plus(valid_for);
        let link = NewLink {
            user: user.id,
            nonce: self.app.bytes(),
            address: user.email.key(),
            issued_at: self.now,
            issued_by: self.actor.who.user(),
            expires_at,
            message,
            key_id: self.app.keys.fingerprint().to_owned(),
        };
        let invitation: InvitationId = self.tx.insert_invitation(&link).await?;
        let held_until = hold.then(|| self.now.plus(self.app.options.undo_hold)).filter(|until| *until > self.now);
        let (kind, subject, due) = (MailKind::Invitation, Some(invitation.0), held_until.unwrap_or(self.now));
        let mail = self.enqueue(kind, user, &user.email, subject, due, expires_at).await?;
        self.tx.set_invited(user.id, self.now, expires_at).await?;
        Ok(Issued { mail, expires_at, held_until })
    }

    /// Puts the mail with the open invitation's link into the outbox once more: the same link, the same expiry.
    pub async fn send_link_again(&self, user: &User) -> Result<(), Failure> {
        let Some(open) = user.invitation.as_ref().filter(|invitation| invitation.ended.is_none()) else {
            return Ok(());
        };
        let (kind, subject) = (MailKind::Invitation, Some(open.id.0));
        self.enqueue(kind, user, &user.email, subject, self.now, open.expires_at).await?;
        Ok(())
    }

    /// Issues a password reset and enqueues its mail. Answers with the mail and when the link stops working.
    pub async fn issue_reset(&self, user: &User) -> Result<(MailId, Timestamp), Failure> {
        let (reset, expires_at) = self.new_reset(user).await?;
        let (kind, subject) = (MailKind::Reset, Some(reset.0));
        let mail = self.enqueue(kind, user, &user.email, subject, self.now, expires_at).await?;
        Ok((mail, expires_at))
    }

    /// Issues a password reset without a mail; the earlier one is superseded and its unsent mail cancelled. Answers until
    /// when its link works.
    pub async fn new_reset(&self, user: &User) -> Result<(ResetId, Timestamp), Failure> {
        self.tx.end_open_reset(user.id, Ending::Superseded, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        let expires_at = self.now.plus(reset::VALIDITY);
        let link = NewLink {
            user: user.id,
            nonce: self.app.bytes(),
            address: user.email.key(),
            issued_at: self.now,
            issued_by: self.actor.who.user(),
            expires_at,
            message: None,
            key_id: self.app.keys.fingerprint().to_owned(),
        };
        Ok((self.tx.insert_reset(&link).await?, expires_at))
    }

    /// Asks a new address whether it is the user's, and tells the one that they have. An earlier change is superseded, and
    /// a password reset that is under way ends: whoever still reads the old mailbox may not decide this. Answers until
    /// when it can be confirmed.
    pub async fn issue_email_change(&self, user: &User, to: &Email) -> Result<Timestamp, Failure> {
        self.tx.end_open_email_change(user.id, Ending::Superseded, self.now).await?;
        self.tx.end_open_reset(user.id, Ending::Revoked, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        let expires_at = self.now.plus(email_change::VALIDITY);
        let change = NewEmailChange {
            user: user.id,
            nonce: self.app.bytes(),
            from: user.email.clone(),
            to: to.clone(),
            issued_at: self.now,
            issued_by: self.actor.who.user(),
            expires_at,
            key_id: self.app.keys.fingerprint().to_owned(),
        };
        let subject = Some(self.tx.insert_email_change(&change).await?.0);
        self.enqueue(MailKind::ConfirmEmail, user, to, subject, self.now, expires_at).await?;
        self.enqueue(MailKind::KeepEmail, user, &user.email, subject, self.now, self.now.plus(GIVE_UP)).await?;
        Ok(expires_at)
    }

    async fn enqueue(
        &self,
        kind: MailKind,
        user: &User,
        to: &Email,
        subject: Option<i64>,
        due: Timestamp,
        not_after: Timestamp,
    ) -> Result<MailId, Failure> {
        let not_after = not_after.min(self.now.plus(GIVE_UP));
        let times = Times { now: self.now, due, not_after };
        enqueue(self.app, self.tx, kind, user, to, subject, times).await
    }

    /// Gives an invited user back the unexpired invitation, and its unsent mail, that closing at that moment took away.
    pub async fn reopen_links(&self, user: &User, closed_at: Option<Timestamp>) -> Result<(), Failure> {
        let Some(closed_at) = closed_at.filter(|_| !user.has_password) else { return Ok(()) };
        if let Some(expires_at) =
            self.tx.revive_invitation(user.id, closed_at, self.now, |key| self.app.keys.still_proves(key)).await?
        {
            self.tx.requeue_cancelled(user.id, closed_at, self.now).await?;
            self.tx.set_open_expiry(user.id, Some(expires_at)).await?;
        }
        Ok(())
    }

    /// Ends what a user who may not come in has open: invitation, reset, change of address, unsent mail.
    pub async fn close_links(&self, user: UserId) -> Result<u64, Failure> {
        self.tx.end_open_invitation(user, Ending::Revoked, self.now).await?;
        self.tx.end_open_reset(user, Ending::Revoked, self.now).await?;
        self.tx.end_open_email_change(user, Ending::Revoked, self.now).await?;
        Ok(self.tx.cancel_unsent(user, &MailKind::ALL, self.now).await?)
    }
}

/// When a mail is enqueued, due, and not worth sending any more.
pub(super) struct Times {
    pub now: Timestamp,
    pub due: Timestamp,
    pub not_after: Timestamp,
}

/// Puts a mail to a user, at one of their addresses, into the outbox. `subject` is the row whose link it carries.
pub(super) async fn enqueue(
    app: &App,
    tx: &Tx,
    kind: MailKind,
    user: &User,
    to: &Email,
    subject: Option<i64>,
    times: Times,
) -> Result<MailId, Failure> {
    let new = NewMail {
        kind,
        user: Some(user.id),
        subject,
        to: to.clone(),
        to_name: user.name.clone(),
        message_id: app.message_id(),
        at: times.now,
        next_at: times.due,
        not_after: times.not_after,
    };
    Ok(tx.insert_mail(&new).await?)
}

/// Writes an audit row for an actor who needs no authority, such as an invited person.
pub(super) async fn record_by(
    app: &App,
    tx: &Tx,
    actor: &Actor,
    now: Timestamp,
    record: Record,
) -> Result<(), Failure> {
    tx.write_audit(now, actor, &record, &parts(app, actor, now, &record)).await?;
    app.check_key(tx).await
}

/// The personal parts of an audit row, each with its keyed hash, bound to the rest of the row.
pub(super) fn parts(app: &App, actor: &Actor, at: Timestamp, record: &Record) -> Parts {
    let facts = Facts {
        id: 0,
        at: at.0,
        actor_kind: actor.who.kind().to_owned(),
        actor_id: actor.who.user().map(|id| id.0),
        action: record.action.name().to_owned(),
        subject_id: record.subject.map(|id| id.0),
        detail_hash: Vec::new(),
        origin_hash: Vec::new(),
    };
    let part = |text: String, bound_to: &[u8]| {
        let salt: [u8; 16] = app.bytes();
        let hash = app.keys.current().audit_hash(&salt, bound_to, &text);
        Part { text, salt, hash }
    };
    Parts {
        origin: part(origin(actor), &facts.bound_to_origin()),
        detail: part(record.detail.to_string(), &facts.bound_to_detail()),
    }
}

/// How the actor came here.
fn origin(actor: &Actor) -> String {
    let origin = &actor.origin;
    let mut all = serde_json::Map::new();
    let claims = [("login", &origin.login), ("ssh_source", &origin.ssh_source), ("ssh_key", &origin.ssh_key)];
    for (key, value) in claims {
        if let Some(value) = value {
            all.insert(key.to_owned(), value.as_str().into());
        }
    }
    if let Some(uid) = origin.uid {
        all.insert("uid".to_owned(), uid.into());
    }
    all.insert("door".to_owned(), origin.door.into());
    Value::Object(all).to_string()
}
