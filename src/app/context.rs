//! What every use case works with: the store, the keys, the clock, randomness, and the few settings that are rules.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use crate::domain::actor::{Actor, Who};
use crate::domain::allowance::SendLimits;
use crate::domain::code::Code;
use crate::domain::link::Purpose;
use crate::domain::mail::LEASE;
use crate::domain::message_links::OwnPlaces;
use crate::domain::password::PasswordRules;
use crate::domain::policy::{Authority, Denied};
use crate::domain::time::{Clock, Random, Timestamp, Uptime, days};
use crate::secrets::{Hasher, Keys, SecretsError};
use crate::store::{Installation, Store, StoreError, Tx};

#[derive(Debug, Clone)]
pub struct Options {
    /// The portal's address as people reach it, without a slash at its end; links are built from nothing else.
    pub public_url: Option<String>,
    /// How long an invitation's link works unless said otherwise.
    pub valid_for: Duration,
    /// How long the email of a single invitation from the terminal waits.
    pub undo_hold: Duration,
    /// Most emails in a minute over all workers, for relays that count; no limit when there is none.
    pub per_minute: Option<u32>,
    /// How long a worker may hold an email before another takes over.
    pub lease: Duration,
    /// How long a deleted user stays in the bin.
    pub bin: Duration,
    /// How long the copy of the database from before an upgrade is kept.
    pub upgrade_copy: Duration,
    /// How long the details of the audit log are kept; for ever when there is none.
    pub audit: Option<Duration>,
    pub password: PasswordRules,
    /// The domain in a Message-ID: the sender address's.
    pub mail_domain: String,
    /// What somebody who isn't an administrator may send.
    pub limits: SendLimits,
    /// Where their messages may link to.
    pub own_places: OwnPlaces,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: None,
            valid_for: Purpose::Invitation.validity(),
            undo_hold: Duration::from_secs(10),
            per_minute: None,
            lease: LEASE,
            bin: days(30),
            upgrade_copy: days(14),
            audit: Some(days(1095)),
            password: PasswordRules::default(),
            mail_domain: "rsvp.invalid".to_owned(),
            limits: SendLimits::default(),
            own_places: OwnPlaces::default(),
        }
    }
}

/// What every use case works with; cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(super) store: Store,
    pub(super) keys: Arc<Keys>,
    pub(super) hasher: Arc<Hasher>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    pub(super) installation: Arc<Installation>,
    pub(super) options: Arc<Options>,
}

impl App {
    /// Puts the parts together for an organisation that exists; `services` and tests do this, nobody else.
    #[must_use]
    pub fn new(
        store: Store,
        keys: Arc<Keys>,
        hasher: Arc<Hasher>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        installation: Installation,
        options: Options,
    ) -> Self {
        Self { store, keys, hasher, clock, random, installation: Arc::new(installation), options: Arc::new(options) }
    }

    /// The same organisation with another clock: a demo is set up in the past.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same organisation whose portal has another public address.
    #[cfg(test)]
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        let options = Options { public_url: Some(url.to_owned()), ..Options::clone(&self.options) };
        Self { options: Arc::new(options), ..self }
    }

    /// The fingerprint of the key in use.
    #[must_use]
    pub fn key_fingerprint(&self) -> &str {
        self.keys.fingerprint()
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What this machine's own clock says.
    pub(super) fn machine_now(&self) -> Timestamp {
        self.clock.machine()
    }

    #[must_use]
    pub fn organisation(&self) -> &str {
        self.installation.organisation.as_str()
    }

    /// The file beside the key with the head of the audit log that was sealed last.
    #[must_use]
    pub fn head_file(&self) -> std::path::PathBuf {
        self.keys.kept_head().path().to_owned()
    }

    /// Where the key is, which need not be its usual place.
    #[must_use]
    pub fn key_file(&self) -> &std::path::Path {
        self.keys.path()
    }

    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// That nobody exchanged the key or restored a backup since this process began: what it makes with the old key or
    /// epoch, nobody could prove.
    /// Asked after an entry was written to the audit log it is certain, because whoever exchanges the key waits for
    /// those.
    pub(super) async fn check_key(&self, tx: &Tx) -> Result<(), Failure> {
        let (epoch, key) = tx.proof_in_use().await?;
        if key.as_deref() != Some(self.keys.fingerprint()) {
            return Err(SecretsError::Exchanged.into());
        }
        if epoch.as_deref() != Some(&self.installation.epoch) {
            return Err(Failure::Restored);
        }
        Ok(())
    }

    pub(super) fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }

    pub(super) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// A new Message-ID without its brackets: random, at the sender's domain.
    pub(super) fn message_id(&self) -> String {
        let bytes: [u8; 16] = self.bytes();
        format!("{}@{}", hex(&bytes), self.options.mail_domain)
    }

    /// The link that carries a code; without a public address the bare code.
    pub(super) fn link(&self, purpose: Purpose, code: &Code) -> String {
        let code = code.format();
        match &self.options.public_url {
            Some(url) => format!("{url}/{}/{code}", purpose.path()),
            None => code,
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads again who acts and what that allows.
pub(super) async fn authority(tx: &Tx, actor: &Actor) -> Result<Result<Authority, Denied>, StoreError> {
    Ok(match actor.who {
        Who::Operator | Who::System => Ok(Authority::FULL),
        Who::User(id) if actor.origin.by_key && !tx.may_come_by_key(id).await? => Err(Denied::KeyClosed),
        Who::User(id) => match actor.origin.resets {
            Some(before) if tx.used_links(id, Purpose::Reset).await? != before => Err(Denied::PasswordChanged),
            _ => tx.authority(id).await?.ok_or(Denied::NoAuthority),
        },
        Who::Invitee(_) => Err(Denied::NoAuthority),
    })
}
