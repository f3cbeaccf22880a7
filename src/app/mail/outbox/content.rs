//! Whether a claimed email is still wanted, and what it has to say: checked under the lease, for a whole batch at once.

use std::collections::HashMap;

use zeroize::Zeroizing;

use crate::app::App;
use crate::app::links::prove::code_of;
use crate::app::mail::outbox::job::{Claims, Job, JobContent};
use crate::app::upkeep::tidy;
use crate::domain::code::Code;
use crate::domain::content::{Content, LinkMail, PasswordChanged, Test};
use crate::domain::language::Language;
use crate::domain::link::{Link, LinkId, LinkState};
use crate::domain::mail::{LONGEST_HOLD, MailKind, MailState};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::store::{Addressee, Claimed, Held, Step, StoreError, StoredLink, Tx};

#[derive(Clone, Copy)]
enum Verdict {
    Wanted,
    Unwanted(MailState),
    TooLate(UserId),
}

/// What an email has to say and in which language, whether its link works or not; nothing if whom or what it is about
/// is gone.
pub(in crate::app) async fn read(
    app: &App,
    tx: &Tx,
    mail: Claimed,
    now: Timestamp,
) -> Result<Option<JobContent>, StoreError> {
    let known = Known::gather(app, tx, std::slice::from_ref(&mail), now).await?;
    let fresh = known.content(&mail).map(|(content, language)| JobContent::Unrendered(Box::new(content), language));
    Ok(mail.rendered.map(JobContent::Stored).or(fresh))
}

/// Everything that a batch is about.
pub(super) struct Known<'a> {
    app: &'a App,
    now: Timestamp,
    people: HashMap<UserId, Addressee>,
    links: HashMap<LinkId, StoredLink>,
}

impl<'a> Known<'a> {
    pub(super) async fn gather(app: &'a App, tx: &Tx, claimed: &[Claimed], now: Timestamp) -> Result<Self, StoreError> {
        let carried: Vec<LinkId> = claimed.iter().filter_map(Claimed::link).collect();
        let links = tx.stored_links(&carried).await?;
        let senders = links.values().filter_map(|stored| stored.link.issued_by);
        let testers = claimed.iter().filter(|c| c.mail.kind == MailKind::Test).filter_map(|c| c.subject).map(UserId);
        let mut people: Vec<UserId> =
            claimed.iter().filter_map(|c| c.mail.user).chain(senders).chain(testers).collect();
        people.sort_unstable();
        people.dedup();
        Ok(Self { app, now, people: tx.addressees(&people).await?, links })
    }

    /// Makes jobs of those that are still wanted and ends the others.
    pub(super) async fn jobs(&self, tx: &Tx, claimed: Vec<Claimed>, claims: &mut Claims) -> Result<(), StoreError> {
        let mut doubtful = None;
        claims.jobs.reserve(claimed.len());
        for claimed in claimed {
            let (id, lease) = (claimed.mail.id, claimed.lease);
            let verdict = self.verdict(&claimed);
            let end = match (verdict, self.content(&claimed)) {
                (Verdict::Wanted, Some((content, language))) => {
                    claims.jobs.push(Job {
                        code: self.code(&claimed).map(|code| Zeroizing::new(code.format())),
                        held: Held { id, lease },
                        not_after: claimed.not_after,
                        crashes: claimed.crashes,
                        starts_at: self.now,
                        message_id: claimed.message_id,
                        content: claimed
                            .rendered
                            .map_or_else(|| JobContent::Unrendered(Box::new(content), language), JobContent::Stored),
                        mail: claimed.mail,
                    });
                    continue;
                }
                (Verdict::Wanted, None) => MailState::Cancelled,
                (Verdict::Unwanted(state), _) => state,
                (Verdict::TooLate(_), _) => MailState::Expired,
            };
            if end == MailState::Expired {
                // A clock that is wrong for a moment must not end what nobody could have sent too late.
                if doubtful.is_none() {
                    doubtful = Some(tidy::is_clock_doubtful(self.app, tx, self.now).await?);
                }
                if doubtful == Some(true) {
                    let later = Step::Wait(self.now.plus(LONGEST_HOLD), claimed.mail.attempts);
                    tx.let_go(id, lease, &later, None).await?;
                    continue;
                }
            }
            if let Verdict::TooLate(user) = verdict {
                tx.set_mail_failed(user, Some(self.now)).await?;
            }
            tx.let_go(id, lease, &Step::End(end, self.now), None).await?;
            claims.unwanted.push((id, end));
        }
        Ok(())
    }

    fn verdict(&self, claimed: &Claimed) -> Verdict {
        let over = claimed.not_after <= self.now;
        if claimed.mail.kind.purpose().is_none() {
            // A notice or a test has no link whose end would be its own.
            return if over { Verdict::Unwanted(MailState::Expired) } else { Verdict::Wanted };
        }
        // Its user or its link is gone, or the key that made the link proves nothing any more.
        let (Some((id, state)), Some(_)) = (self.state(claimed), self.code(claimed)) else {
            return Verdict::Unwanted(MailState::Cancelled);
        };
        let kind = claimed.mail.kind;
        match state {
            // The link would still work, but nobody ever got it: somebody has to know.
            LinkState::Pending if over && kind == MailKind::Invitation => Verdict::TooLate(id),
            LinkState::Pending => Verdict::Wanted,
            // The owner of the old address has to know that the new one was confirmed meanwhile.
            LinkState::Accepted if kind == MailKind::KeepEmail => Verdict::Wanted,
            LinkState::Expired => Verdict::Unwanted(MailState::Expired),
            LinkState::Superseded | LinkState::Revoked | LinkState::Accepted => Verdict::Unwanted(MailState::Cancelled),
        }
    }

    /// Whom an email with a link goes to, and what the link is for them now.
    fn state(&self, claimed: &Claimed) -> Option<(UserId, LinkState)> {
        let (id, stored) = (claimed.mail.user?, self.link(claimed)?);
        let person = self.people.get(&id)?;
        Some((id, stored.link.state_for(person.status, person.power_rises, self.now)))
    }

    /// The link that an email carries, if it is there.
    fn link(&self, claimed: &Claimed) -> Option<&StoredLink> {
        self.links.get(&claimed.link()?)
    }

    /// The code of the link in an email, if it has one.
    fn code(&self, claimed: &Claimed) -> Option<Code> {
        code_of(self.app, self.link(claimed)?)
    }

    /// What an email has to say, and in which language.
    fn content(&self, claimed: &Claimed) -> Option<(Content, Language)> {
        if claimed.mail.kind == MailKind::Test {
            return Some(self.test(claimed));
        }
        let user = self.people.get(&claimed.mail.user?)?;
        let content = match claimed.mail.kind.purpose() {
            Some(_) => Content::Link(self.link_mail(user, &self.link(claimed)?.link)),
            None => Content::PasswordChanged(PasswordChanged {
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

    fn link_mail(&self, user: &Addressee, link: &Link) -> LinkMail {
        let (email, new_email) = link.addresses();
        LinkMail {
            purpose: link.purpose,
            organisation: self.organisation(),
            sender: link.issued_by.and_then(|id| self.people.get(&id)).map(|sender| sender.name.clone()),
            name: user.name.clone(),
            role: user.role,
            workspaces: user.workspaces.clone(),
            message: link.message.clone(),
            email: email.as_str().to_owned(),
            new_email: new_email.map(|email| email.as_str().to_owned()),
            expires_at: link.expires_at,
            public_url: self.app.options.public_url.clone().unwrap_or_default(),
        }
    }

    fn organisation(&self) -> String {
        self.app.organisation().to_owned()
    }
}
