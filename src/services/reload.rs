//! What a running service reads anew on SIGHUP: the relay's password and certificates, and how much it logs. What cannot be
//! used leaves things as they were.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::log::OpenLog;
use crate::app::App;
use crate::app::mail::outbox;
use crate::config::layers::{self, Effective, Inputs, Loaded};
use crate::config::secret::SecretSource;
use crate::config::settings::{Settings, Smtp, Transport};
use crate::mail::smtp::{Authorities, Relay, SignIn};
use crate::mail::transport::SharedRelay;

/// The one setting that counts at once.
const LEVEL: &str = "log.level";

/// What a service was started with.
pub struct Started<'a> {
    pub settings: Settings,
    /// The settings one by one, as they were then.
    pub effective: Vec<Effective>,
    pub inputs: &'a Inputs<'a>,
    pub log: OpenLog,
}

impl Started<'_> {
    /// Reads anew what can be, and says in the log what that was and what needs a restart.
    pub async fn reload(&mut self, app: &App, relay: Option<&SharedRelay>) {
        let (mut took, mut given, mut refused) = (Vec::new(), None, false);
        match layers::load(self.inputs) {
            Ok(Loaded { settings, effective }) => {
                if settings.log.level != self.settings.log.level {
                    self.log.set_level(settings.log.level);
                    self.settings.log.level = settings.log.level;
                    took.push(LEVEL);
                }
                self.name_the_rest(&effective);
                given = password_in_url(&settings).cloned();
            }
            Err(problems) => {
                refused = true;
                for problem in problems.0 {
                    tracing::error!(%problem, "SIGHUP: the settings can't be used and stay as they were");
                }
            }
        }
        if let (Some(shared), Transport::Smtp(smtp)) = (relay, &self.settings.mail.transport)
            && let Some(changed) = read_anew(smtp, given.as_ref(), &shared.current(), &mut took)
        {
            shared.exchange(changed);
            if let Err(error) = outbox::probe_relay(app).await {
                tracing::warn!(%error, "SIGHUP: the relay is tried with the next email");
            }
        }
        let took = if took.is_empty() && refused {
            "nothing".to_owned()
        } else if took.is_empty() {
            "nothing: nothing that counts at once has changed".to_owned()
        } else {
            took.join(", ")
        };
        // Whoever asked for it wants to read it at any level but the quietest.
        tracing::warn!(took, "SIGHUP: read anew");
    }

    /// Names the settings that changed and count only after a restart.
    fn name_the_rest(&self, now: &[Effective]) {
        let is_new =
            |one: &&Effective| !self.effective.iter().any(|old| (&old.key, &old.value) == (&one.key, &one.value));
        let is_gone = |old: &&Effective| !now.iter().any(|one| one.key == old.key);
        let changed = now.iter().filter(is_new).chain(self.effective.iter().filter(is_gone));
        let changed: Vec<_> = changed.map(|one| one.key.as_str()).filter(|key| *key != LEVEL).collect();
        if !changed.is_empty() {
            tracing::warn!(settings = changed.join(", "), "SIGHUP: these settings need a restart");
        }
    }
}

/// The relay's password, where the settings hold it themselves.
fn password_in_url(settings: &Settings) -> Option<&SecretSource> {
    let Transport::Smtp(smtp) = &settings.mail.transport else { return None };
    smtp.password.as_ref().filter(|source| matches!(source, SecretSource::Given(_)))
}

/// The relay with the password and the certificates as they are now, if either has changed.
fn read_anew(
    smtp: &Smtp,
    given: Option<&SecretSource>,
    old: &Arc<Relay>,
    took: &mut Vec<&'static str>,
) -> Option<Relay> {
    let mut relay = Relay::clone(old);
    let before = took.len();
    let source = match (&smtp.password, given) {
        (Some(SecretSource::Given(_)), Some(given)) => Some(given),
        (source, _) => source.as_ref(),
    };
    if let (Some(sign_in), Some(source)) = (&old.sign_in, source) {
        match source.read() {
            Ok(password) if password.expose() == sign_in.password.as_str() => {}
            Ok(password) => {
                let password = Zeroizing::new(password.expose().to_owned());
                relay.sign_in = Some(SignIn { password, ..sign_in.clone() });
                took.push("the relay's password");
            }
            Err(problem) => tracing::error!(%problem, "SIGHUP: the relay's password stays as it was"),
        }
    }
    if let (Some(trusted), Some(path)) = (&old.authorities, &smtp.ca_file) {
        let read = Authorities::read(path);
        match read.roots() {
            Err(problem) => tracing::error!(problem, "SIGHUP: the relay's certificates stay as they were"),
            Ok(_) if read.are_same(trusted) => {}
            Ok(_) => {
                relay.authorities = Some(read);
                took.push("the relay's certificates");
            }
        }
    }
    (took.len() > before).then_some(relay)
}
