//! The steps that every change takes inside its transaction: read again who acts and whom it concerns, ask the policy,
//! write the audit row, enqueue the email.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::context::authority;
use super::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::allowance::{Allowance, DAY, HOUR};
use crate::domain::audit::{Facts, Part, Parts, Record};
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::link::{Ending, Link, LinkId, Purpose};
use crate::domain::mail::{GIVE_UP, MailId, MailKind};
use crate::domain::message_links::foreign_link;
use crate::domain::name::Name;
use crate::domain::policy::{Authority, Denied, allow, scope};
use crate::domain::role::{Membership, Role, WorkspaceId, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::store::{NewLink, NewMail, StoredLink, Tx};

/// A change under way.
pub(super) struct Step<'a> {
    pub app: &'a App,
    pub tx: &'a Tx,
    pub actor: &'a Actor,
    pub authority: Authority,
    /// In whose name links are issued; nobody's, at the shell and at the portal.
    pub issuer: Option<UserId>,
    /// Who makes the links necessary that replace what somebody was shown.
    pub renews: Option<UserId>,
    pub now: Timestamp,
}

/// A link that was issued, and its email.
pub(super) struct Issued {
    pub link: Link,
    pub mail: MailId,
    pub held_until: Option<Timestamp>,
}

impl Issued {
    /// The user who was read before as they are stored once this invitation was issued anew.
    pub fn to(self, user: User) -> User {
        let invitation = Some(self.link);
        User { version: user.version + 1, invitation, mail_failed_at: None, asked_at: None, ..user }
    }
}

/// What may be chosen of a link.
pub(super) struct Terms {
    pub valid_for: Duration,
    pub message: Option<String>,
    /// Where the email of the link goes that is issued together with it.
    pub other: Option<Email>,
}

impl Terms {
    /// The usual ones.
    pub const fn of(purpose: Purpose) -> Self {
        Self { valid_for: purpose.validity(), message: None, other: None }
    }
}

impl<'a> Step<'a> {
    /// Reads again who acts.
    pub async fn begin(app: &'a App, tx: &'a Tx, actor: &'a Actor) -> Result<Self, Failure> {
        let authority = authority(tx, actor).await??;
        Ok(Self { app, tx, actor, authority, issuer: actor.who.user(), renews: None, now: app.now() })
    }

    /// Reads the user, where nothing is changed; a user out of sight is not found. A change begins with [`Self::lock`] or
    /// [`Self::target`].
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
        let user = self.lock(id, change.removes_administrator()).await?;
        if version.is_some_and(|seen| seen != user.version) {
            return Err(Failure::Changed);
        }
        self.allow(&user, change).await?;
        Ok(user)
    }

    /// Takes a user until the transaction ends, and only then reads them: what is decided by this is as true when it is
    /// stored. Whoever may take the role of an administrator away waits for everybody else who may.
    pub async fn lock(&self, id: UserId, may_remove_administrator: bool) -> Result<User, Failure> {
        if may_remove_administrator {
            self.tx.guard_administrators().await?;
        }
        self.tx.lock_user(id).await?;
        self.user(id).await
    }

    /// Asks whether the change may be made to a user who was locked.
    pub async fn allow(&self, user: &User, change: &Change) -> Result<(), Failure> {
        allow(&self.authority, change, Some(user))?;
        let removes_an_active_one =
            change.removes_administrator() && user.role() == Role::Administrator && user.status == Status::Active;
        if removes_an_active_one && self.tx.active_administrators().await? <= 1 {
            return Err(Denied::LastAdministrator.into());
        }
        Ok(())
    }

    /// What the actor may send still; nothing where there is no limit for them.
    pub async fn allowance(&self) -> Result<Option<Allowance>, Failure> {
        let Some(actor) = self.authority.user.filter(|_| !self.authority.is_administrator()) else { return Ok(None) };
        let sent = self.tx.links_issued_by(actor, [HOUR, DAY].map(|length| self.now.minus(length)), self.now).await?;
        let [in_hour, in_day] = sent;
        Ok(self.app.options.limits.left(in_hour, in_day))
    }

    /// That the actor may send one more email with a link.
    pub async fn spend(&self) -> Result<(), Failure> {
        self.spend_on(1).await
    }

    /// That the actor may send so many more. Another session of theirs that sends meanwhile is waited for.
    pub async fn spend_on(&self, needed: u64) -> Result<(), Failure> {
        if needed == 0 {
            return Ok(());
        }
        if let Some(actor) = self.authority.user.filter(|_| !self.authority.is_administrator()) {
            self.tx.tries_alone(&format!("sends of user {}", actor.0)).await?;
        }
        match self.allowance().await? {
            Some(allowance) if allowance.left == 0 => Err(Failure::SentEnough(allowance)),
            Some(allowance) if allowance.left < needed => Err(Failure::RenewsTooMany { needed, allowance }),
            Some(_) | None => Ok(()),
        }
    }

    /// That nothing that emails will say leads elsewhere, unless an administrator wrote it.
    pub fn check_links(&self, written: [Option<&str>; 2]) -> Result<(), Failure> {
        let own = &self.app.options.own_places;
        let foreign = || written.into_iter().flatten().find_map(|text| foreign_link(text, own));
        let foreign = if self.authority.is_administrator() { None } else { foreign() };
        foreign.map_or(Ok(()), |link| Err(Failure::ForeignLink(link)))
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

    /// The same, for renaming or deleting it.
    pub async fn locked_workspace(&self, name: &Name) -> Result<WorkspaceId, Failure> {
        let id = self.tx.lock_workspace(name).await?.filter(|id| scope(&self.authority).has(*id));
        id.ok_or_else(|| Failure::NoWorkspace(name.clone()))
    }

    /// Finds workspaces by name.
    pub async fn workspaces(
        &self,
        wanted: &[(Name, WorkspaceRole)],
    ) -> Result<Vec<(WorkspaceId, WorkspaceRole)>, Failure> {
        let memberships = self.memberships(wanted).await?;
        Ok(memberships.into_iter().map(|membership| (membership.workspace, membership.role)).collect())
    }

    /// Finds workspaces by name, as somebody will belong to them; of a name that stands there twice the last role
    /// applies.
    pub async fn memberships(&self, wanted: &[(Name, WorkspaceRole)]) -> Result<Vec<Membership>, Failure> {
        let roles: HashMap<String, WorkspaceRole> = wanted.iter().map(|(name, role)| (name.key(), *role)).collect();
        let scope = scope(&self.authority);
        let names: Vec<&Name> = wanted.iter().map(|(name, _)| name).collect();
        let mut found = self.tx.workspaces_named(&names).await?;
        found.retain(|(id, _)| scope.has(*id));
        if let Some((missing, _)) =
            wanted.iter().find(|(name, _)| !found.iter().any(|(_, own)| own.key() == name.key()))
        {
            return Err(Failure::NoWorkspace(missing.clone()));
        }
        let membership = |(workspace, name): (WorkspaceId, Name)| {
            let role = *roles.get(&name.key())?;
            Some(Membership { workspace, name, role })
        };
        Ok(found.into_iter().filter_map(membership).collect())
    }

    /// Issues the first invitation of a user who was stored in this transaction, with its email.
    pub async fn invite(&self, user: &User, terms: Terms, hold: bool) -> Result<Issued, Failure> {
        let held_until = hold.then(|| self.now.plus(self.app.options.undo_hold)).filter(|until| *until > self.now);
        let link = self.new_link(Purpose::Invitation, user, &user.email, terms).await?.link;
        let mail = self.send(&link, user, held_until.unwrap_or(self.now)).await?;
        Ok(Issued { link, mail, held_until })
    }

    /// Issues an invitation anew; the earlier one is superseded and its unsent mail cancelled.
    pub async fn reissue(&self, user: &User, valid_for: Duration, message: Option<String>) -> Result<Issued, Failure> {
        self.tx.end_open_links(user.id, &[Purpose::Invitation], Ending::Superseded, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        let issued = self.invite(user, Terms { valid_for, message, other: None }, false).await?;
        self.tx.set_invited(user.id, self.now, issued.link.expires_at).await?;
        Ok(issued)
    }

    /// Puts the email with the open invitation's link into the outbox once more: the same link, the same expiry.
    pub async fn send_link_again(&self, user: &User) -> Result<(), Failure> {
        if let Some(open) = user.open_invitation() {
            self.send(open, user, self.now).await?;
        }
        Ok(())
    }

    /// Issues a password reset and enqueues its email.
    pub async fn issue_reset(&self, user: &User) -> Result<Issued, Failure> {
        let link = self.new_reset(user).await?.link;
        let mail = self.send(&link, user, self.now).await?;
        Ok(Issued { link, mail, held_until: None })
    }

    /// Issues a password reset without an email; the earlier one is superseded and its unsent mail cancelled.
    pub async fn new_reset(&self, user: &User) -> Result<StoredLink, Failure> {
        self.tx.end_open_links(user.id, &[Purpose::Reset], Ending::Superseded, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        self.new_link(Purpose::Reset, user, &user.email, Terms::of(Purpose::Reset)).await
    }

    /// Asks a new address whether it is the user's, and tells the one that they have. An earlier change is superseded,
    /// and a password reset that is under way ends: whoever still reads the old mailbox may not decide this. Answers
    /// until when it can be confirmed.
    pub async fn issue_email_change(&self, user: &User, to: &Email) -> Result<Timestamp, Failure> {
        self.tx.end_open_links(user.id, &Purpose::EMAIL_CHANGE, Ending::Superseded, self.now).await?;
        self.tx.end_open_links(user.id, &[Purpose::Reset], Ending::Revoked, self.now).await?;
        self.tx.cancel_unsent(user.id, &MailKind::LINKS, self.now).await?;
        let mut until = self.now;
        for (purpose, to, other) in [(Purpose::ConfirmEmail, to, &user.email), (Purpose::KeepEmail, &user.email, to)] {
            let terms = Terms { other: Some(other.clone()), ..Terms::of(purpose) };
            let link = self.new_link(purpose, user, to, terms).await?.link;
            self.send(&link, user, self.now).await?;
            until = link.expires_at;
        }
        Ok(until)
    }

    /// Issues a link. The earlier one of its purpose has ended.
    async fn new_link(&self, purpose: Purpose, user: &User, to: &Email, terms: Terms) -> Result<StoredLink, Failure> {
        let new = NewLink {
            purpose,
            user: user.id,
            nonce: self.app.bytes(),
            key_id: self.app.keys.fingerprint().to_owned(),
            to: to.clone(),
            other: terms.other,
            message: terms.message,
            issued_at: self.now,
            issued_by: self.issuer,
            renewed_by: self.renews,
            power_rises: user.power_rises,
            expires_at: self.now.plus(terms.valid_for),
        };
        Ok(self.tx.insert_link(new).await?)
    }

    /// Puts the email that carries a link into the outbox.
    async fn send(&self, link: &Link, user: &User, due: Timestamp) -> Result<MailId, Failure> {
        let give_up = self.now.plus(GIVE_UP);
        // The old address is told of a change that was confirmed meanwhile as well.
        let not_after = match link.purpose {
            Purpose::Invitation | Purpose::Reset | Purpose::ConfirmEmail => give_up.min(link.expires_at),
            Purpose::KeepEmail => give_up,
        };
        let times = Times { now: self.now, due, not_after };
        enqueue(self.app, self.tx, MailKind::of(link.purpose), user, &link.to, Some(link.id), times).await
    }

    /// Ends what a user who may not come in has open: every link, every unsent mail.
    pub async fn close_links(&self, user: UserId) -> Result<u64, Failure> {
        self.tx.end_open_links(user, &Purpose::ALL, Ending::Revoked, self.now).await?;
        Ok(self.tx.cancel_unsent(user, &MailKind::ALL, self.now).await?)
    }
}

/// When an email is enqueued, due, and no longer worth sending.
pub(super) struct Times {
    pub now: Timestamp,
    pub due: Timestamp,
    pub not_after: Timestamp,
}

/// Puts an email to a user, at one of their addresses, into the outbox. `link` is what it carries.
pub(super) async fn enqueue(
    app: &App,
    tx: &Tx,
    kind: MailKind,
    user: &User,
    to: &Email,
    link: Option<LinkId>,
    times: Times,
) -> Result<MailId, Failure> {
    let new = NewMail {
        kind,
        user: Some(user.id),
        subject: link.map(|id| id.0),
        to: to.clone(),
        to_name: user.name.clone(),
        message_id: app.message_id(),
        at: times.now,
        next_at: times.due,
        not_after: times.not_after,
    };
    Ok(tx.insert_mail(&new).await?)
}

/// Writes an audit row for an actor who needs no authority, for example an invited person.
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
