//! Whether a claimed mail is still wanted, and what it has to say: checked under the lease, for a whole batch at once.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::links::look::{
    LinkState, email_change_code, invitation_code, reset_code, standing, standing_of_active,
};
use crate::app::mail::outbox::{Job, Says};
use crate::domain::code::{Code, Purpose};
use crate::domain::content::{Content, EmailChange, Invitation, PasswordChanged, Reset, Test};
use crate::domain::language::Language;
use crate::domain::mail::{MailKind, MailState};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::store::{Addressee, Claimed, Held, Step, StoreError, StoredEmailChange, StoredLink, StoredReset, Tx};

/// Makes jobs of those that are still wanted and ends the others.
pub(in crate::app) async fn prepare(
    app: &App,
    tx: &Tx,
    claimed: Vec<Claimed>,
    now: Timestamp,
) -> Result<Vec<Job>, StoreError> {
    let known = Known::gather(app, tx, &claimed, now).await?;
    let mut jobs = Vec::with_capacity(claimed.len());
    for claimed in claimed {
        let (id, lease) = (claimed.mail.id, claimed.lease);
        let end = match (known.verdict(&claimed), known.content(&claimed)) {
            (Verdict::Wanted, Some((content, language))) => {
                jobs.push(Job {
                    code: known.code(&claimed).map(|code| Zeroizing::new(code.format())),
                    held: Held { id, lease },
                    not_after: claimed.not_after,
                    crashes: claimed.crashes,
                    starts_at: now,
                    message_id: claimed.message_id,
                    says: claimed.rendered.map_or_else(|| Says::Fresh(Box::new(content), language), Says::Kept),
                    mail: claimed.mail,
                });
                continue;
            }
            (Verdict::Wanted, None) => MailState::Cancelled,
            (Verdict::Unwanted(state), _) => state,
            (Verdict::TooLate(user), _) => {
                tx.set_mail_failed(user, Some(now)).await?;
                MailState::Expired
            }
        };
        tx.let_go(id, lease, &Step::End(end, now), None).await?;
    }
    Ok(jobs)
}

/// Whether a claimed mail is still wanted.
enum Verdict {
    Wanted,
    Unwanted(MailState),
    TooLate(UserId),
}

/// What a mail has to say and in which language, whether its link works or not; nothing if whom or what it is about is
/// gone.
pub(in crate::app) async fn content(
    app: &App,
    tx: &Tx,
    mail: Claimed,
    now: Timestamp,
) -> Result<Option<Says>, StoreError> {
    let known = Known::gather(app, tx, std::slice::from_ref(&mail), now).await?;
    let fresh = known.content(&mail).map(|(content, language)| Says::Fresh(Box::new(content), language));
    Ok(mail.rendered.map(Says::Kept).or(fresh))
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

    /// Whether a mail is still wanted.
    fn verdict(&self, claimed: &Claimed) -> Verdict {
        let over = claimed.not_after <= self.now;
        let (Some(standing), Some(id)) = (self.standing(claimed), claimed.mail.user) else {
            // A notice or a test has no link whose end would be its own.
            let linkless = MailKind::LINKLESS.contains(&claimed.mail.kind);
            return match linkless {
                true if over => Verdict::Unwanted(MailState::Expired),
                true => Verdict::Wanted,
                false => Verdict::Unwanted(MailState::Cancelled),
            };
        };
        // The key that made its link proves nothing any more.
        if self.code(claimed).is_none() {
            return Verdict::Unwanted(MailState::Cancelled);
        }
        match (standing, claimed.mail.kind) {
            // The link would still work, but nobody ever got it: somebody has to know.
            (LinkState::Works, MailKind::Invitation) if over => Verdict::TooLate(id),
            // The owner of the old address has to know that the new one was confirmed meanwhile.
            (LinkState::Works, _) | (LinkState::Used, MailKind::KeepEmail) => Verdict::Wanted,
            (LinkState::Expired, _) => Verdict::Unwanted(MailState::Expired),
            _ => Verdict::Unwanted(MailState::Cancelled),
        }
    }

    /// Whether the link in a mail works, if it has one.
    fn standing(&self, claimed: &Claimed) -> Option<LinkState> {
        let (subject, status) = (claimed.subject?, self.people.get(&claimed.mail.user?)?.status);
        match claimed.mail.kind {
            MailKind::Invitation => Some(standing(self.invitations.get(&subject)?, status, self.now)),
            MailKind::Reset => Some(standing_of_active(self.resets.get(&subject)?.reset.state(self.now), status)),
            MailKind::ConfirmEmail | MailKind::KeepEmail => {
                Some(standing_of_active(self.email_changes.get(&subject)?.change.state(self.now), status))
            }
            MailKind::PasswordChanged | MailKind::Test => None,
        }
    }

    /// The code of the link in a mail, if it has one.
    fn code(&self, claimed: &Claimed) -> Option<Code> {
        let subject = claimed.subject?;
        let change = |purpose| email_change_code(self.app, purpose, self.email_changes.get(&subject)?);
        match claimed.mail.kind {
            MailKind::Invitation => invitation_code(self.app, self.invitations.get(&subject)?),
            MailKind::Reset => reset_code(self.app, self.resets.get(&subject)?),
            MailKind::ConfirmEmail => change(Purpose::ConfirmEmail),
            MailKind::KeepEmail => change(Purpose::KeepEmail),
            MailKind::PasswordChanged | MailKind::Test => None,
        }
    }

    /// What a mail has to say, and in which language.
    fn content(&self, claimed: &Claimed) -> Option<(Content, Language)> {
        if claimed.mail.kind == MailKind::Test {
            return Some(self.test(claimed));
        }
        let user = self.people.get(&claimed.mail.user?)?;
        let content = match claimed.mail.kind {
            MailKind::Invitation => self.invitation(user, self.invitations.get(&claimed.subject?)?),
            MailKind::Reset => self.reset(user, self.resets.get(&claimed.subject?)?),
            MailKind::ConfirmEmail => {
                Content::ConfirmEmail(self.email_change(user, self.email_changes.get(&claimed.subject?)?))
            }
            MailKind::KeepEmail => {
                Content::KeepEmail(self.email_change(user, self.email_changes.get(&claimed.subject?)?))
            }
            MailKind::PasswordChanged | MailKind::Test => Content::PasswordChanged(PasswordChanged {
                organisation: self.organisation(),
                name: user.name.clone(),
                changed_at: claimed.mail.created_at,
                public_url: self.app.options.public_url.clone(),
            }),
        };
        Some((content, user.language))
    }

    fn test(&self, claimed: &Claimed) -> (Content, Language) {
        let sender = claimed.subject.and_then(|id| self.people.get(&UserId(id)));
        let content = Test {
            organisation: self.organisation(),
            sender: sender.map(|sender| sender.name.clone()),
            sent_at: claimed.mail.created_at,
        };
        (Content::Test(content), sender.map_or_else(Language::default, |sender| sender.language))
    }

    fn invitation(&self, user: &Addressee, stored: &StoredLink) -> Content {
        Content::Invitation(Invitation {
            organisation: self.organisation(),
            inviter: self.name(stored.issued_by),
            name: user.name.clone(),
            administrator: user.is_administrator,
            workspaces: user.workspaces.clone(),
            message: stored.invitation.message.clone(),
            expires_at: stored.invitation.expires_at,
            public_url: self.public_url(),
        })
    }

    fn reset(&self, user: &Addressee, stored: &StoredReset) -> Content {
        Content::Reset(Reset {
            organisation: self.organisation(),
            requester: self.name(stored.issued_by),
            name: user.name.clone(),
            expires_at: stored.reset.expires_at,
            public_url: self.public_url(),
        })
    }

    fn email_change(&self, user: &Addressee, stored: &StoredEmailChange) -> EmailChange {
        EmailChange {
            organisation: self.organisation(),
            requester: self.name(stored.issued_by),
            name: user.name.clone(),
            from: stored.change.from.as_str().to_owned(),
            to: stored.change.to.as_str().to_owned(),
            expires_at: stored.change.expires_at,
            public_url: self.public_url(),
        }
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
