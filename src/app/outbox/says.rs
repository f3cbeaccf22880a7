//! Whether a claimed mail is still wanted, and what it has to say: checked under the lease, for a whole batch at once.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::{Job, Says};
use crate::app::App;
use crate::app::look::{
    LinkState, email_change_code, invitation_code, reset_code, standing, standing_of_email_change, standing_of_reset,
};
use crate::domain::code::{Code, Purpose};
use crate::domain::content::{Content, EmailChange, Invitation, PasswordChanged, Reset, Test};
use crate::domain::language::Language;
use crate::domain::mail::{MailKind, MailState};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::store::{Addressee, Claimed, Held, Step, StoreError, StoredEmailChange, StoredLink, StoredReset, Tx};

/// Makes jobs of those that are still wanted and ends the others.
pub(super) async fn prepare(app: &App, tx: &Tx, claimed: Vec<Claimed>, now: Timestamp) -> Result<Vec<Job>, StoreError> {
    let known = Known::gather(app, tx, &claimed, now).await?;
    let mut jobs = Vec::with_capacity(claimed.len());
    for claimed in claimed {
        let (id, lease) = (claimed.mail.id, claimed.lease);
        match known.wanted(&claimed) {
            Wanted::Yes(code, content, language) => jobs.push(Job {
                code: code.map(|code| Zeroizing::new(code.format())),
                held: Held { id, lease },
                not_after: claimed.not_after,
                crashes: claimed.crashes,
                starts_at: now,
                message_id: claimed.message_id,
                says: claimed.rendered.map_or_else(|| Says::Fresh(Box::new(content), language), Says::Kept),
                mail: claimed.mail,
            }),
            Wanted::No(state) => {
                tx.let_go(id, lease, &Step::End(state, now), None).await?;
            }
            // The link would still work, but nobody ever got it: somebody has to know.
            Wanted::TooLate(user) => {
                tx.set_mail_failed(user, Some(now)).await?;
                tx.let_go(id, lease, &Step::End(MailState::Expired, now), None).await?;
            }
        }
    }
    Ok(jobs)
}

/// Whether a claimed mail is still wanted, and what it takes to write it.
enum Wanted {
    Yes(Option<Code>, Content, Language),
    No(MailState),
    TooLate(UserId),
}

/// Everything that a batch is about.
struct Known<'a> {
    app: &'a App,
    now: Timestamp,
    people: HashMap<UserId, Addressee>,
    invitations: HashMap<i64, StoredLink>,
    resets: HashMap<i64, StoredReset>,
    email_changes: HashMap<i64, StoredEmailChange>,
}

impl<'a> Known<'a> {
    async fn gather(app: &'a App, tx: &Tx, claimed: &[Claimed], now: Timestamp) -> Result<Self, StoreError> {
        let subjects = |kinds: &[MailKind]| -> Vec<i64> {
            claimed.iter().filter(|c| kinds.contains(&c.mail.kind)).filter_map(|c| c.subject).collect()
        };
        let invitations = tx.stored_invitations(&subjects(&[MailKind::Invitation])).await?;
        let resets = tx.stored_resets(&subjects(&[MailKind::Reset])).await?;
        let email_changes = tx.stored_email_changes(&subjects(&[MailKind::ConfirmEmail, MailKind::KeepEmail])).await?;
        let senders = (invitations.values().filter_map(|stored| stored.issued_by))
            .chain(resets.values().filter_map(|stored| stored.issued_by))
            .chain(email_changes.values().filter_map(|stored| stored.issued_by));
        let testers = subjects(&[MailKind::Test]).into_iter().map(UserId);
        let mut people: Vec<UserId> =
            claimed.iter().filter_map(|c| c.mail.user).chain(senders).chain(testers).collect();
        people.sort_unstable();
        people.dedup();
        Ok(Self { app, now, people: tx.addressees(&people).await?, invitations, resets, email_changes })
    }

    fn wanted(&self, claimed: &Claimed) -> Wanted {
        let user = claimed.mail.user.and_then(|id| Some((id, self.people.get(&id)?)));
        match (claimed.mail.kind, user, claimed.subject) {
            (MailKind::Invitation, Some((id, user)), Some(subject)) => self.invitation(id, user, subject, claimed),
            (MailKind::Reset, Some((_, user)), Some(subject)) => self.reset(user, subject),
            (kind @ (MailKind::ConfirmEmail | MailKind::KeepEmail), Some((_, user)), Some(subject)) => {
                self.email_change(kind, user, subject)
            }
            _ if claimed.not_after <= self.now => Wanted::No(MailState::Expired),
            (MailKind::PasswordChanged, Some((_, user)), _) => {
                let content = PasswordChanged {
                    organisation: self.organisation(),
                    name: user.name.clone(),
                    changed_at: claimed.mail.created_at,
                    public_url: self.app.options.public_url.clone(),
                };
                Wanted::Yes(None, Content::PasswordChanged(content), user.language)
            }
            (MailKind::Test, _, subject) => {
                let sender = subject.and_then(|id| self.people.get(&UserId(id)));
                let content = Test {
                    organisation: self.organisation(),
                    sender: sender.map(|sender| sender.name.clone()),
                    sent_at: claimed.mail.created_at,
                };
                let language = sender.map_or_else(Language::default, |sender| sender.language);
                Wanted::Yes(None, Content::Test(content), language)
            }
            _ => Wanted::No(MailState::Cancelled),
        }
    }

    fn invitation(&self, id: UserId, user: &Addressee, subject: i64, claimed: &Claimed) -> Wanted {
        let Some(stored) = self.invitations.get(&subject) else { return Wanted::No(MailState::Cancelled) };
        match standing(stored, user.status, self.now) {
            LinkState::Works if claimed.not_after > self.now => {}
            LinkState::Works => return Wanted::TooLate(id),
            LinkState::Expired => return Wanted::No(MailState::Expired),
            _ => return Wanted::No(MailState::Cancelled),
        }
        let content = Invitation {
            organisation: self.organisation(),
            inviter: self.name(stored.issued_by),
            name: user.name.clone(),
            administrator: user.is_administrator,
            workspaces: user.workspaces.clone(),
            message: stored.invitation.message.clone(),
            expires_at: stored.invitation.expires_at,
            public_url: self.public_url(),
        };
        Wanted::Yes(Some(invitation_code(self.app, stored)), Content::Invitation(content), user.language)
    }

    fn reset(&self, user: &Addressee, subject: i64) -> Wanted {
        let Some(stored) = self.resets.get(&subject) else { return Wanted::No(MailState::Cancelled) };
        match standing_of_reset(stored, user.status, self.now) {
            LinkState::Works => {}
            LinkState::Expired => return Wanted::No(MailState::Expired),
            _ => return Wanted::No(MailState::Cancelled),
        }
        let content = Reset {
            organisation: self.organisation(),
            requester: self.name(stored.issued_by),
            name: user.name.clone(),
            expires_at: stored.reset.expires_at,
            public_url: self.public_url(),
        };
        Wanted::Yes(Some(reset_code(self.app, stored)), Content::Reset(content), user.language)
    }

    /// The mail to the new address goes out while its link works. The one to the old address goes out too when the new one
    /// was confirmed meanwhile: its owner has to know.
    fn email_change(&self, kind: MailKind, user: &Addressee, subject: i64) -> Wanted {
        let Some(stored) = self.email_changes.get(&subject) else { return Wanted::No(MailState::Cancelled) };
        match (standing_of_email_change(&stored.change, user.status, self.now), kind) {
            (LinkState::Works, _) | (LinkState::Used, MailKind::KeepEmail) => {}
            (LinkState::Expired, _) => return Wanted::No(MailState::Expired),
            _ => return Wanted::No(MailState::Cancelled),
        }
        let content = EmailChange {
            organisation: self.organisation(),
            requester: self.name(stored.issued_by),
            name: user.name.clone(),
            from: stored.change.from.as_str().to_owned(),
            to: stored.change.to.as_str().to_owned(),
            expires_at: stored.change.expires_at,
            public_url: self.public_url(),
        };
        let (purpose, content) = if kind == MailKind::ConfirmEmail {
            (Purpose::ConfirmEmail, Content::ConfirmEmail(content))
        } else {
            (Purpose::KeepEmail, Content::KeepEmail(content))
        };
        Wanted::Yes(Some(email_change_code(self.app, purpose, stored)), content, user.language)
    }

    fn organisation(&self) -> String {
        self.app.organisation().to_owned()
    }

    fn public_url(&self) -> String {
        self.app.options.public_url.clone().unwrap_or_default()
    }

    fn name(&self, id: Option<UserId>) -> Option<String> {
        id.and_then(|id| self.people.get(&id)).map(|user| user.name.clone())
    }
}
