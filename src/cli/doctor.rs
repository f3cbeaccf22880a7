//! `rsvp doctor`: what the program needs, one line each, and what to do about what is missing.

use serde_json::json;

use super::out::{Failed, Out, Status, Usage};
use super::portal;
use crate::app::upkeep::queue::Queue;
use crate::config::settings::{Settings, Transport};
use crate::domain::node::Alive;
use crate::domain::text::counted;
use crate::domain::time::words;

enum Found {
    /// As it should be.
    Ok(String),
    /// Works, but something is still open.
    Open(String),
    /// Does not work.
    Wrong(Failed),
}

/// The checks that were made, in order.
#[derive(Default)]
pub struct Checks(Vec<(&'static str, Found)>);

impl Checks {
    /// Something that works or does not.
    pub fn add<E>(&mut self, name: &'static str, result: Result<impl Into<String>, E>)
    where
        E: Into<Failed>,
    {
        self.0.push((name, result.map_or_else(|error| Found::Wrong(error.into()), |text| Found::Ok(text.into()))));
    }

    /// Something that works but is still open.
    pub fn open(&mut self, name: &'static str, text: &str) {
        self.0.push((name, Found::Open(text.to_owned())));
    }

    /// What only the settings and the network tell.
    pub async fn surroundings(&mut self, settings: &Settings) {
        for problem in settings.unusable_secrets() {
            self.add("secrets", Err::<String, _>(problem));
        }
        match &settings.portal.public_url {
            None => self.open(
                "portal",
                "portal.public_url isn't set, so links are bare codes: set it to the portal's public address",
            ),
            Some(address) => {
                let alive = portal::health(address).await.map(|()| format!("{address} answers"));
                // What an invited person is told to do is not what an administrator can do.
                let hint = "start `rsvp serve`, and check the proxy and the host name in front of it";
                self.add("portal", alive.map_err(|error| Usage::new(error.to_string(), hint)));
            }
        }
        match &settings.mail.transport {
            Transport::None => self.open(
                "mail",
                "mail.transport is none, so emails wait: set mail.transport = \"smtp\" and mail.smtp.host",
            ),
            Transport::File(folder) => self.add("mail", Ok::<_, Failed>(format!("into {}", folder.display()))),
            Transport::Smtp(smtp) => self.add("mail", Ok::<_, Failed>(format!("through {}:{}", smtp.host, smtp.port))),
        }
    }

    /// What the outbox and the running parts tell.
    pub fn queue(&mut self, settings: &Settings, queue: &Queue) {
        let health = &queue.health;
        let mails = |count: u64| counted(count, "email");
        match (queue.late(), queue.oldest_at) {
            (Some(age), _) => {
                let waiting = mails(health.waiting);
                let why = health.relay.as_ref().map_or_else(
                    || "see `rsvp mail list --state queued`, and check that a worker is running".to_owned(),
                    |relay| format!("the relay can't be used: {}", relay.reason),
                );
                let text = format!("{waiting} unsent, the oldest since {}", words(age));
                self.add("outbox", Err::<String, _>(Usage::new(text, why)));
            }
            (None, Some(oldest)) => {
                let since = words(health.at.since(oldest));
                self.add(
                    "outbox",
                    Ok::<_, Failed>(format!("{} unsent, the oldest since {since}", mails(health.waiting))),
                );
            }
            (None, None) => self.add("outbox", Ok::<_, Failed>("nothing waits")),
        }
        if health.dead > 0 {
            let text = format!("{} failed for good: `rsvp mail list --state failed` shows why", mails(health.dead));
            self.open("failed emails", &text);
        }
        for (name, alive, needed) in [
            ("worker", health.worker, !matches!(settings.mail.transport, Transport::None)),
            ("portal process", health.portal, settings.portal.public_url.is_some()),
        ] {
            match alive {
                Alive::Now => self.add(name, Ok::<_, Failed>("alive")),
                Alive::Never | Alive::Last(_) if !needed => {}
                Alive::Never => self.open(name, "none has run yet: start `rsvp serve`"),
                Alive::Last(at) => {
                    let since = words(health.at.since(at));
                    self.open(
                        name,
                        &format!("none is running, and the last one stopped {since} ago: start `rsvp serve`"),
                    );
                }
            }
        }
        if let Some(held) = queue.held {
            let hint = "if the clock is right, `rsvp release purge` goes on at once";
            self.add("deleting", Err::<String, _>(Usage::new(held.to_string(), hint)));
        }
        match queue.skew() {
            None => self.add("clock", Ok::<_, Failed>("agrees")),
            Some(skew) => {
                let text = format!(
                    "this machine's clock is off by {} from the database's or from what was written before",
                    words(skew)
                );
                let hint = "set it from the network (timedatectl set-ntp true): expiry and workers depend on it";
                self.add("clock", Err::<String, _>(Usage::new(text, hint)));
            }
        }
    }

    /// What the name system lacks for the sender's domain, or why it cannot be asked.
    pub fn domain(&mut self, domain: &str, missing: Result<Vec<&'static str>, String>) {
        match missing {
            Ok(missing) if missing.is_empty() => {
                self.add("sender's domain", Ok::<_, Failed>(format!("{domain} has MX, SPF and DMARC records")));
            }
            Ok(missing) => self.open("sender's domain", &format!("{domain} has {}", missing.join("; "))),
            Err(why) => self.open("sender's domain", &format!("{domain} could not be looked up: {why}")),
        }
    }

    /// The checks for a screen: what, whether it works (`None` for what is still open), and what was found.
    pub fn results(&self) -> Vec<(&'static str, Option<bool>, String)> {
        let one = |(name, found): &(&'static str, Found)| match found {
            Found::Ok(text) => (*name, Some(true), text.clone()),
            Found::Open(text) => (*name, None, text.clone()),
            Found::Wrong(failed) => (*name, Some(false), failed.to_line()),
        };
        self.0.iter().map(one).collect()
    }

    /// Writes the checks; fails if one did.
    pub fn report(&self, out: Out) -> Status {
        let items = self.0.iter().map(|(name, found)| match found {
            Found::Ok(text) => json!({ "check": name, "state": "ok", "message": text, "hint": null }),
            Found::Open(text) => json!({ "check": name, "state": "open", "message": text, "hint": null }),
            Found::Wrong(failed) => {
                let error = failed.to_json();
                json!({ "check": name, "state": "wrong", "message": error["message"], "hint": error["hint"] })
            }
        });
        let items: Vec<_> = items.collect();
        out.data(&json!({ "items": items, "next": null }), || {
            let line = |(name, found): &(&str, Found)| match found {
                Found::Ok(text) => format!("ok     {name}: {text}"),
                Found::Open(text) => format!("open   {name}: {text}"),
                Found::Wrong(failed) => format!("wrong  {name}: {}", failed.to_line()),
            };
            self.0.iter().map(line).collect::<Vec<_>>().join("\n")
        });
        if self.0.iter().any(|(_, found)| matches!(found, Found::Wrong(_))) { Status::Failed } else { Status::Done }
    }
}
